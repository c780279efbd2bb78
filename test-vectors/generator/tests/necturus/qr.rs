//! Verification by QR code.

use necturus::verification::qr::{
    QrCode, QrCodeError, QrMode, ScanError, ScannedByUs, ShowError, ShownQr,
};
use necturus_test_vectors::{Inputs, hex};
use serde_json::json;

use crate::{
    Result,
    rng::Given,
    sas::{participants, verified},
};

pub(crate) fn parse(inputs: Inputs<'_>) -> Result {
    let code = QrCode::parse(&inputs.hex("bytes")).map_err(code_class)?;
    Ok(json!({
        "mode": match code.mode() {
            QrMode::TwoUsers => 0,
            QrMode::Trusting => 1,
            QrMode::NotYetTrusting => 2,
            other => panic!("no number for {other:?}"),
        },
        "flow_id": code.flow_id(),
        "first_key": code.first_key().to_base64(),
        "second_key": code.second_key().to_base64(),
        "written": hex(&code.to_bytes()),
    }))
}

pub(crate) fn show(inputs: Inputs<'_>) -> Result {
    let mut rng = Given::new(inputs.hex("random"));
    let trusts = inputs.flag("trusts_master_key");
    let code = ShownQr::new_with(&mut rng, &participants(inputs), trusts).map_err(show_class)?;
    assert!(rng.is_spent());
    let bytes = hex(&code.to_bytes());
    let scanned = code.scanned(inputs.text("answer"));
    let scanned = scanned.map_err(|_| "authentication.secret")?;
    Ok(verified(&scanned.confirm(), &[("bytes", json!(bytes))]))
}

pub(crate) fn scan(inputs: Inputs<'_>) -> Result {
    let trusts = inputs.flag("trusts_master_key");
    let scanned = ScannedByUs::scan(&inputs.hex("bytes"), &participants(inputs), trusts)
        .map_err(scan_class)?;
    let answer = json!(scanned.to_start().get_str("secret"));
    let keys = scanned.confirmed_by_them();
    Ok(verified(&keys, &[("answer", answer)]))
}

fn code_class(error: QrCodeError) -> &'static str {
    match error {
        QrCodeError::NotAVerificationCode => "format.header",
        QrCodeError::Version { .. } => "format.version",
        QrCodeError::Mode { .. } => "format.mode",
        QrCodeError::Truncated => "format.truncated",
        QrCodeError::FlowId => "format.utf-8",
        QrCodeError::Key => "key",
        QrCodeError::Secret { .. } | QrCodeError::TooLong { .. } => "format.length",
        other => panic!("no class for {other:?}"),
    }
}

fn scan_class(error: ScanError) -> &'static str {
    match error {
        ScanError::Code(error) => code_class(error),
        ScanError::AnotherFlow => "another-flow",
        ScanError::Keys => "key-mismatch",
        ScanError::DeviceLooksLikeAKey => "device-name",
        other => panic!("no class for {other:?}"),
    }
}

fn show_class(error: ShowError) -> &'static str {
    match error {
        ShowError::NoMasterKey => "no-master-key",
        ShowError::NotTrusting => "not-trusting",
        ShowError::DeviceLooksLikeAKey => "device-name",
        other => panic!("no class for {other:?}"),
    }
}
