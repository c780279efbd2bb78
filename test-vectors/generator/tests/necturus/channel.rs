//! The channels of sign-in, and its QR codes.

use necturus::{
    Curve25519PublicKey,
    channel::{
        ecies,
        hpke::{self, AssociatedData, ResponseLabel, Settings},
        qr::{Intent, Msc4388, QrLoginData},
    },
};
use necturus_test_vectors::{Case, Inputs, Step, check::Run, hex};
use serde_json::{Map, Value, json};

use crate::{Result, classes, outcome, rng::Given};

/// Either channel, for its steps.
enum Channel {
    Ecies(ecies::Channel),
    Hpke(hpke::Channel),
}

impl Channel {
    fn step(&mut self, step: &Step) -> Result {
        let inputs = Inputs::new(&step.inputs);
        match step.operation.as_str() {
            "seal" => {
                let text = inputs.hex("plaintext");
                let body = match self {
                    Self::Ecies(channel) => channel.seal(&text),
                    Self::Hpke(channel) => channel.seal(&text, &place(inputs, "associated")),
                };
                Ok(json!({"body": body.expect("a text that fits")}))
            }
            "open" => {
                let body = inputs.text("body");
                let text = match self {
                    Self::Ecies(channel) => channel.open(body),
                    Self::Hpke(channel) => channel.open(body, &place(inputs, "associated")),
                };
                let text = text.map_err(classes::open)?;
                Ok(json!({"plaintext": hex(&text)}))
            }
            other => panic!("no step {other}"),
        }
    }
}

/// What a channel's start gave, and its steps.
fn run(case: &Case, start: Result<(Value, Channel)>) -> Run {
    match start {
        Err(class) => outcome(Err(class)).into(),
        Ok((outputs, mut channel)) => {
            let steps = case.steps.iter();
            let steps = steps.map(|step| outcome(channel.step(step))).collect();
            Run::new(outcome(Ok(outputs)), steps)
        }
    }
}

fn place(inputs: Inputs<'_>, name: &str) -> AssociatedData {
    AssociatedData::from_bytes(&inputs.hex(name))
}

fn settings(inputs: Inputs<'_>) -> Settings {
    let label = match inputs.text("response_label") {
        "_RESPONSE" => ResponseLabel::Underscore,
        " response" => ResponseLabel::Space,
        other => panic!("no label {other}"),
    };
    Settings::new(inputs.text("prefix"), label)
}

fn public_key(inputs: Inputs<'_>) -> Curve25519PublicKey {
    Curve25519PublicKey::from_base64(inputs.text("public_key")).expect("a key")
}

pub(crate) fn ecies_scan(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let start = || {
        let mut rng = Given::new(inputs.hex("random"));
        let (scanned, initiate) =
            ecies::scan_with(&mut rng, &public_key(inputs), inputs.text("prefix"))
                .map_err(classes::scan)?;
        assert!(rng.is_spent(), "{}", case.id);
        let showing = scanned
            .receive(inputs.text("ok"))
            .map_err(classes::establish)?;
        let code = showing.check_code().to_string();
        Ok((
            json!({"initiate": initiate, "check_code": code}),
            Channel::Ecies(showing.code_shown()),
        ))
    };
    run(case, start())
}

pub(crate) fn ecies_receive(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let start = || {
        let mut rng = Given::new(inputs.hex("random"));
        let shown = ecies::ShownKey::new_with(&mut rng, inputs.text("prefix")).expect("bytes");
        assert!(rng.is_spent(), "{}", case.id);
        let (waiting, ok) = shown
            .receive(inputs.text("initiate"))
            .map_err(classes::establish)?;
        let channel = waiting
            .confirm(inputs.text("check_code"))
            .map_err(|_| "check-code")?;
        Ok((json!({"ok": ok}), Channel::Ecies(channel)))
    };
    run(case, start())
}

pub(crate) fn hpke_scan(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let start = || {
        let mut rng = Given::new(inputs.hex("random"));
        let associated = place(inputs, "associated");
        let (scanned, initiate) = hpke::scan_with(
            &mut rng,
            &public_key(inputs),
            &settings(inputs),
            &associated,
        )
        .map_err(classes::scan)?;
        assert!(rng.is_spent(), "{}", case.id);
        let showing = scanned
            .receive(inputs.text("ok"), &place(inputs, "ok_associated"))
            .map_err(classes::establish)?;
        let code = showing.check_code().to_string();
        Ok((
            json!({"initiate": initiate, "check_code": code}),
            Channel::Hpke(showing.code_shown()),
        ))
    };
    run(case, start())
}

pub(crate) fn hpke_receive(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let start = || {
        let mut rng = Given::new(inputs.hex("random"));
        let shown = hpke::ShownKey::new_with(&mut rng, &settings(inputs)).expect("bytes");
        assert!(rng.is_spent(), "{}", case.id);
        let (waiting, ok) = shown
            .receive(
                inputs.text("initiate"),
                &place(inputs, "associated"),
                &place(inputs, "ok_associated"),
            )
            .map_err(classes::establish)?;
        let channel = waiting
            .confirm(inputs.text("check_code"))
            .map_err(|_| "check-code")?;
        Ok((json!({"ok": ok}), Channel::Hpke(channel)))
    };
    run(case, start())
}

pub(crate) fn code(inputs: Inputs<'_>) -> Result {
    let bytes = inputs.hex("code");
    let code = QrLoginData::from_bytes(&bytes).map_err(classes::code)?;
    assert_eq!(code.to_bytes(), bytes);
    let mut outputs = Map::new();
    let mut show = |name: &str, value: &str| outputs.insert(name.to_owned(), value.into());
    show(
        "intent",
        match code.intent() {
            Intent::Login => "login",
            Intent::Reciprocate => "reciprocate",
        },
    );
    show("public_key", &code.public_key().to_base64());
    show("text", &code.to_base64());
    match &code {
        QrLoginData::Msc4108(code) => {
            show("rendezvous_url", code.rendezvous_url());
            if let Some(server) = code.server() {
                show("server", server);
            }
        }
        QrLoginData::Msc4388(code) => {
            show("rendezvous_id", code.rendezvous_id());
            show("base_url", code.base_url());
        }
        other => panic!("no such code: {other:?}"),
    }
    Ok(outputs.into())
}

pub(crate) fn associated_data(inputs: Inputs<'_>) -> Result {
    let data = AssociatedData::new(&msc4388(&inputs.hex("code")), inputs.text("token"))
        .map_err(classes::associated_data)?;
    Ok(json!({"associated": hex(data.as_bytes())}))
}

fn msc4388(bytes: &[u8]) -> Msc4388 {
    match QrLoginData::from_bytes(bytes) {
        Ok(QrLoginData::Msc4388(code)) => code,
        other => panic!("no code of MSC4388: {other:?}"),
    }
}
