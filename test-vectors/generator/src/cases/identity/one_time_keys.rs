//! One-time and fallback keys: uploaded and claimed.

use serde_json::{Value, json};

use super::{ALICE, BOB, BOB_DEVICE, User, device_keys, devices::account, key_id};
use crate::{
    draw::draw,
    format::Case,
    json::{canonical, sign},
    records::{Account, OneTimeKey},
    text::{base64, hex},
};

fn one_time_key(account: &Account, key: &OneTimeKey, fallback: bool) -> (String, Value) {
    let id = base64(&key.id.to_be_bytes());
    let mut object = json!({"key": base64(&key.pair.public)});
    if fallback {
        object["fallback"] = json!(true);
    }
    let object = sign(
        object,
        BOB,
        &format!("ed25519:{BOB_DEVICE}"),
        &account.signer,
    );
    (format!("signed_curve25519:{id}"), object)
}

pub(super) fn uploads() -> Vec<Case> {
    let case = |id: &str, comment: &str, account: &Account, with_device: bool| {
        let mut body = json!({});
        if with_device {
            body["device_keys"] = device_keys(account, BOB, BOB_DEVICE, false);
        }
        for key in account.one_time.iter().filter(|key| !key.published) {
            let (name, object) = one_time_key(account, key, false);
            body["one_time_keys"][name] = object;
        }
        for key in account.fallback.first().iter().filter(|key| !key.published) {
            let (name, object) = one_time_key(account, key, true);
            body["fallback_keys"][name] = object;
        }
        let mut inputs =
            json!({"account": hex(&account.record()), "user": BOB, "device": BOB_DEVICE});
        if with_device {
            inputs["with_device_keys"] = json!(true);
        }
        Case::good(
            &format!("one-time-key/{id}"),
            comment,
            inputs,
            json!({"body": canonical(&body)}),
            &[],
        )
    };
    let mut account = account();
    let nothing = case("upload-nothing", "nothing to upload", &account, false);
    let device = case("upload-device", "the device alone", &account, true);
    account.add_one_time(&draw("identity one-time", 96));
    account.add_fallback(&draw("identity fallback", 32));
    let all = case("upload-all", "all there is", &account, true);
    account.publish();
    account.add_one_time(&draw("identity one-time more", 32));
    let more = case(
        "upload-more",
        "what was made since the last upload",
        &account,
        false,
    );
    vec![nothing, device, all, more]
}

pub(super) fn claimed() -> Vec<Case> {
    let mut account = account();
    account.add_one_time(&draw("identity claimed", 32));
    account.add_fallback(&draw("identity claimed fallback", 32));
    let (one_time_key_, fallback_key) = (&account.one_time[0], &account.fallback[0]);
    let (name, one_time) = one_time_key(&account, one_time_key_, false);
    let (fallback_name, fallback) = one_time_key(&account, fallback_key, true);
    let inputs = |name: &str, object: &Value| json!({"name": name, "object": canonical(object)});
    let good = |id: &str, comment: &str, inputs: Value, key: &OneTimeKey, fallback: bool| {
        Case::good(
            &format!("one-time-key/{id}"),
            comment,
            inputs,
            json!({"key": base64(&key.pair.public), "fallback": fallback}),
            &[],
        )
    };
    let bad = |id: &str, comment: &str, inputs: Value, class: &str, flags: &[&str]| {
        Case::bad(&format!("one-time-key/{id}"), comment, inputs, class, flags)
    };
    let with = |change: &dyn Fn(&mut Value)| {
        let mut object = fallback.clone();
        change(&mut object);
        inputs(&name, &object)
    };
    let key = format!("ed25519:{BOB_DEVICE}");
    let other = Account::drawn("identity other device");
    let wrong = "authentication.signature";
    let bare = |object: &Value| json!({"key": object["key"]});
    vec![
        good(
            "one-time",
            "a one-time key",
            inputs(&name, &one_time),
            one_time_key_,
            false,
        ),
        good(
            "fallback",
            "a fallback key",
            inputs(&fallback_name, &fallback),
            fallback_key,
            true,
        ),
        good(
            "unsigned-label",
            "under another name: it is not signed",
            inputs("signed_curve25519:x", &one_time),
            one_time_key_,
            false,
        ),
        good(
            "more-signatures",
            "somebody else signed it, too",
            inputs(
                &name,
                &sign(
                    one_time.clone(),
                    ALICE,
                    &key_id(&User::alice().master),
                    &User::alice().master,
                ),
            ),
            one_time_key_,
            false,
        ),
        bad(
            "fallback-hidden",
            "a fallback key said to be none",
            with(&|object| {
                object
                    .as_object_mut()
                    .expect("object")
                    .shift_remove("fallback");
            }),
            wrong,
            &[],
        ),
        bad(
            "fallback-added",
            "a one-time key said to be a fallback key",
            {
                let mut object = one_time.clone();
                object["fallback"] = json!(true);
                inputs(&name, &object)
            },
            wrong,
            &[],
        ),
        bad(
            "fallback-no-boolean",
            "neither true nor false",
            with(&|object| object["fallback"] = json!(1)),
            "claim.malformed",
            &[],
        ),
        bad(
            "key-replaced",
            "another key",
            with(&|object| object["key"] = json!(base64(&other.identity.public))),
            wrong,
            &["unknown-key-share"],
        ),
        bad(
            "not-signed",
            "nobody signed it",
            inputs(&name, &bare(&one_time)),
            "signature.missing",
            &[],
        ),
        bad(
            "signed-by-another-device",
            "another device's key signed it in this one's name",
            inputs(&name, &sign(bare(&one_time), BOB, &key, &other.signer)),
            wrong,
            &["wrong-owner"],
        ),
        bad(
            "signed-as-another-device",
            "signed under another device's id",
            inputs(
                &name,
                &sign(bare(&one_time), BOB, "ed25519:OTHER", &account.signer),
            ),
            "signature.missing",
            &["wrong-owner"],
        ),
        bad(
            "signed-as-another-user",
            "signed in another user's name",
            inputs(&name, &sign(bare(&one_time), ALICE, &key, &account.signer)),
            "signature.missing",
            &["wrong-owner"],
        ),
        bad(
            "no-key",
            "there is no key in it",
            with(&|object| {
                object.as_object_mut().expect("object").shift_remove("key");
            }),
            "claim.malformed",
            &[],
        ),
        bad(
            "short-key",
            "a key of 31 bytes",
            with(&|object| object["key"] = json!(base64(&[1; 31]))),
            "format.length",
            &[],
        ),
        bad(
            "base64",
            "a key that is no base64",
            with(&|object| object["key"] = json!("-_")),
            "format.base64",
            &["base64"],
        ),
        bad(
            "bare-algorithm",
            "the obsolete kind that is not signed",
            inputs("curve25519:AAAAAQ", &one_time),
            "claim.algorithm",
            &["downgrade"],
        ),
        bad(
            "no-id",
            "a name without an id",
            inputs("signed_curve25519", &one_time),
            "claim.algorithm",
            &[],
        ),
        bad(
            "string",
            "a bare string",
            json!({"name": name, "object": "\"x\""}),
            "json.not-an-object",
            &[],
        ),
    ]
}
