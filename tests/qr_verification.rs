//! A verification by QR code gives trust in the keys that the code holds, to
//! those who hold the same, and only once the other side has answered.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use common::{
    rng::{BytesRng, FailingRng, SeededRng},
    verification::{alice, bob, device, key, participants},
};
use necturus::{
    Ed25519PublicKey,
    verification::{
        Device, Participants, Verified,
        qr::{QrCode, QrCodeError, QrMode, ScanError, ScannedByUs, ShowError, ShownQr},
    },
};
use proptest::prelude::*;

/// Who shows, who scans, whether each trusts its own master key, and the mode.
fn modes() -> [(Device, Device, (bool, bool), QrMode); 3] {
    // One user with the master key 2, and devices with the keys 1 and 5.
    let other = Device::new("@alice:example.org", "OTHER", key(5))
        .unwrap()
        .with_cross_signing_keys(key(2), &[]);
    [
        (alice(), bob(), (true, true), QrMode::TwoUsers),
        (alice(), other.clone(), (true, false), QrMode::Trusting),
        (other, alice(), (false, true), QrMode::NotYetTrusting),
    ]
}

fn shown(seed: u64, shower: &Participants, trusts: bool) -> ShownQr {
    ShownQr::new_with(&mut SeededRng::new(seed), shower, trusts).unwrap()
}

fn keys(verified: &Verified) -> (Option<Ed25519PublicKey>, Option<Ed25519PublicKey>) {
    (
        verified.device_key().copied(),
        verified.master_key().copied(),
    )
}

fn refused(bytes: &[u8], participants: &Participants, trusts: bool) -> ScanError {
    ScannedByUs::scan(bytes, participants, trusts).unwrap_err()
}

#[test]
fn each_mode_ends_with_the_keys_of_its_row() {
    // Device key and master key that the scanner trusts, and the shower.
    let expected = [
        ((None, Some(key(2))), (None, Some(key(4)))),
        ((None, Some(key(2))), (Some(key(5)), None)),
        ((Some(key(5)), None), (None, Some(key(2)))),
    ];
    for ((shower, scanner, trust, mode), (scanned, confirmed)) in modes().into_iter().zip(expected)
    {
        let (showers, scanners) = participants(&shower, &scanner);
        let code = shown(1, &showers, trust.0);
        let bytes = code.to_bytes();
        assert_eq!(QrCode::parse(&bytes).unwrap().mode(), mode);

        let seen = ScannedByUs::scan(&bytes, &scanners, trust.1).unwrap();
        let start = seen.to_start();
        assert_eq!(start.get_str("method"), Some("m.reciprocate.v1"));
        let by_shower = code
            .scanned(start.get_str("secret").unwrap())
            .unwrap()
            .confirm();
        let by_scanner = seen.confirmed_by_them();
        assert_eq!(keys(&by_scanner), scanned, "{mode:?}");
        assert_eq!(keys(&by_shower), confirmed, "{mode:?}");
        assert_eq!(by_scanner.user_id(), shower.user_id());
        assert_eq!(by_shower.device_id(), scanner.device_id());
    }
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    // "QR code format".
    let (showers, _) = participants(&alice(), &bob());
    let mut rng = BytesRng::new([0x5a; 17]);
    let bytes = ShownQr::new_with(&mut rng, &showers, true)
        .unwrap()
        .to_bytes();
    let (own, other) = (key(2), key(4));
    let expected = [
        b"MATRIX\x02\x00\x00\x04flow".as_slice(),
        own.as_bytes(),
        other.as_bytes(),
        &[0x5a; 16],
    ];
    assert_eq!(*bytes, expected.concat());
    assert_eq!(rng.left(), 1);
}

#[test]
fn a_code_of_another_flow_is_a_wrong_code() {
    for (shower, scanner, trust, _) in modes() {
        let showers = Participants::new(&shower, &scanner, "another").unwrap();
        let (_, scanners) = participants(&shower, &scanner);
        let bytes = shown(1, &showers, trust.0).to_bytes();
        assert_eq!(refused(&bytes, &scanners, trust.1), ScanError::AnotherFlow);
    }
}

#[test]
fn a_code_whose_keys_are_not_held_is_refused() {
    let with = |device: &Device, key, master| {
        Device::new(device.user_id(), device.device_id(), key)
            .unwrap()
            .with_cross_signing_keys(master, &[])
    };
    for (shower, scanner, trust, mode) in modes() {
        let (showers, scanners) = participants(&shower, &scanner);
        let code = QrCode::parse(&shown(1, &showers, trust.0).to_bytes()).unwrap();
        let mut refused_keys = 0;
        for (ours, theirs) in [
            (
                with(&scanner, key(9), *scanner.master_key().unwrap()),
                shower.clone(),
            ),
            (with(&scanner, *scanner.key(), key(9)), shower.clone()),
            (
                scanner.clone(),
                with(&shower, key(9), *shower.master_key().unwrap()),
            ),
            (scanner.clone(), with(&shower, *shower.key(), key(9))),
        ] {
            let scanners = Participants::new(&ours, &theirs, "flow").unwrap();
            match ScannedByUs::scan(&code.to_bytes(), &scanners, trust.1) {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error, ScanError::Keys);
                    refused_keys += 1;
                }
            }
        }
        assert_eq!(refused_keys, 2, "{mode:?}: both keys of the code count");
        assert!(ScannedByUs::scan(&code.to_bytes(), &scanners, trust.1).is_ok());
    }
}

#[test]
fn a_code_of_another_mode_is_refused() {
    for (shower, scanner, trust, mode) in modes() {
        let (showers, scanners) = participants(&shower, &scanner);
        let mut bytes = shown(1, &showers, trust.0).to_bytes();
        for byte in 0..=2 {
            bytes[7] = byte;
            if QrCode::parse(&bytes).unwrap().mode() != mode {
                assert_eq!(refused(&bytes, &scanners, trust.1), ScanError::Keys);
            }
        }
    }
}

#[test]
fn who_does_not_trust_the_own_identity_vouches_for_nobody() {
    let [two_users, _, not_yet] = modes();
    let (showers, scanners) = participants(&two_users.0, &two_users.1);
    let code = ShownQr::new_with(&mut SeededRng::new(1), &showers, false);
    assert_eq!(code.unwrap_err(), ShowError::NotTrusting);
    let bytes = shown(1, &showers, true).to_bytes();
    assert_eq!(refused(&bytes, &scanners, false), ScanError::Keys);

    let (showers, scanners) = participants(&not_yet.0, &not_yet.1);
    let bytes = shown(1, &showers, false).to_bytes();
    assert_eq!(refused(&bytes, &scanners, false), ScanError::Keys);
}

#[test]
fn no_code_without_the_keys_that_it_holds() {
    let bare = |user: &str, name: &str| Device::new(user, name, key(1)).unwrap();
    let user = "@alice:example.org";
    for (ours, theirs) in [
        (bare(user, "A"), bob()),
        (alice(), bare("@bob:example.org", "B")),
        (bare(user, "A"), alice()),
    ] {
        let (showers, _) = participants(&ours, &theirs);
        let code = ShownQr::new_with(&mut SeededRng::new(1), &showers, true);
        assert_eq!(code.unwrap_err(), ShowError::NoMasterKey);
    }
    let (showers, _) = participants(&alice(), &bob());
    let code = ShownQr::new_with(&mut FailingRng, &showers, true);
    assert_eq!(code.unwrap_err(), ShowError::Rng);
}

/// CVE-2022-39250, for codes.
#[test]
fn a_device_named_like_a_cross_signing_key_is_never_verified() {
    let odd = device("@alice:example.org", &key(2).to_base64(), 1);
    let (odds, bobs) = participants(&odd, &bob());
    let code = ShownQr::new_with(&mut SeededRng::new(1), &bobs, true);
    assert_eq!(code.unwrap_err(), ShowError::DeviceLooksLikeAKey);
    let bytes = shown(1, &odds, true).to_bytes();
    assert_eq!(refused(&bytes, &bobs, true), ScanError::DeviceLooksLikeAKey);
}

#[test]
fn a_wrong_secret_confirms_nothing() {
    let (showers, _) = participants(&alice(), &bob());
    let secret = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    let right = ShownQr::new_with(&mut BytesRng::new([0x5a; 16]), &showers, true).unwrap();
    let padded = format!("{}==", secret(&[0x5a; 16]));
    assert!(right.scanned(&padded).is_ok());
    for wrong in [
        String::new(),
        "not base64".to_owned(),
        secret(&[0x5a; 15]),
        secret(&[0x5a; 17]),
        secret(&[0; 16]),
    ] {
        let code = ShownQr::new_with(&mut BytesRng::new([0x5a; 16]), &showers, true).unwrap();
        assert!(code.scanned(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_no_code_is_refused_by_its_reason() {
    let (showers, _) = participants(&alice(), &bob());
    let good = shown(1, &showers, true).to_bytes().to_vec();
    let changed = |at: usize, bytes: &[u8]| {
        let mut code = good.clone();
        code[at..at + bytes.len()].copy_from_slice(bytes);
        code
    };
    // Header 6, version, mode, length 2, identifier 4, keys 32 each, secret 16.
    let not_a_point = [&[2][..], &[0; 31]].concat();
    for (code, reason) in [
        (Vec::new(), QrCodeError::NotAVerificationCode),
        (
            b"https://example.org".to_vec(),
            QrCodeError::NotAVerificationCode,
        ),
        (changed(0, b"m"), QrCodeError::NotAVerificationCode),
        (changed(6, &[1]), QrCodeError::Version { found: 1 }),
        (changed(6, &[3]), QrCodeError::Version { found: 3 }),
        (changed(7, &[3]), QrCodeError::Mode { found: 3 }),
        (changed(8, &[0xff, 0xff]), QrCodeError::Truncated),
        (changed(10, &[0xff]), QrCodeError::FlowId),
        (changed(14, &not_a_point), QrCodeError::Key),
        (changed(46, &[0; 32]), QrCodeError::Key),
        (good[..14 + 64].to_vec(), QrCodeError::Secret { found: 0 }),
        (
            good[..14 + 64 + 7].to_vec(),
            QrCodeError::Secret { found: 7 },
        ),
        (
            [&good[..], &[0; 2953]].concat(),
            QrCodeError::TooLong { found: 94 + 2953 },
        ),
    ] {
        assert_eq!(QrCode::parse(&code).unwrap_err(), reason);
        let (_, scanners) = participants(&alice(), &bob());
        assert_eq!(refused(&code, &scanners, true), ScanError::Code(reason));
    }
    for length in 0..14 + 64 + 8 {
        assert!(QrCode::parse(&good[..length]).is_err(), "{length}");
    }
    // The secret is the rest, whatever its length from 8 on.
    assert!(QrCode::parse(&good[..14 + 64 + 8]).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_code_read_is_written_again(
        mode in 0_u8..3,
        flow in "[ -~é🦎]{0,60}",
        (first, second) in (any::<u8>(), any::<u8>()),
        secret in proptest::collection::vec(any::<u8>(), 8..40),
    ) {
        let (first, second) = (key(first), key(second));
        let length = u16::try_from(flow.len()).unwrap().to_be_bytes();
        let bytes = [
            b"MATRIX\x02".as_slice(), &[mode], &length, flow.as_bytes(),
            first.as_bytes(), second.as_bytes(), &secret,
        ].concat();
        let code = QrCode::parse(&bytes).unwrap();
        prop_assert_eq!(code.flow_id(), flow);
        prop_assert_eq!((code.first_key(), code.second_key()), (&first, &second));
        prop_assert_eq!(&*code.to_bytes(), &bytes);
    }

    #[test]
    fn a_flipped_bit_is_noticed_by_one_of_both(seed: u64, which in 0_usize..3, at in 0_usize..94 * 8) {
        let (shower, scanner, trust, _) = modes()[which].clone();
        let (showers, scanners) = participants(&shower, &scanner);
        let code = shown(seed, &showers, trust.0);
        let mut bytes = code.to_bytes();
        bytes[at / 8] ^= 1 << (at % 8);
        // All but the secret is seen by the scanner, and the secret by the shower.
        if let Ok(seen) = ScannedByUs::scan(&bytes, &scanners, trust.1) {
            let start = seen.to_start();
            prop_assert!(code.scanned(start.get_str("secret").unwrap()).is_err());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [b"MATRIX\x02", &bytes[..]].concat();
        if let Ok(code) = QrCode::parse(&bytes) {
            prop_assert_eq!(&*code.to_bytes(), &bytes);
        }
    }
}
