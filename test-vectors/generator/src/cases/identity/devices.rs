//! The keys of a device, and its one-time keys.

use serde_json::{Value, json};

use super::{ALICE, ALICE_DEVICE, BOB, BOB_DEVICE, User, device_keys, one_time_keys};
use crate::{
    crypto::{Pair, small_order_points},
    draw::draw,
    format::{Case, Group},
    json::{canonical, sign},
    records::Account,
    text::{base64, hex},
};

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group::new("device keys, made", "device-keys-make", json!({}), made()),
        Group::new(
            "device keys, as a server hands them out",
            "device-keys",
            json!({"user": BOB, "device": BOB_DEVICE}),
            read(),
        ),
        Group::new(
            "uploads",
            "keys-upload",
            json!({}),
            one_time_keys::uploads(),
        ),
        Group::new(
            "claimed keys",
            "one-time-key",
            json!({"device": canonical(&bob())}),
            one_time_keys::claimed(),
        ),
    ]
}

pub(super) fn account() -> Account {
    Account::drawn("identity bob device")
}

fn bob() -> Value {
    device_keys(&account(), BOB, BOB_DEVICE, false)
}

fn made() -> Vec<Case> {
    let random = draw("identity made device", 64);
    let account = Account::of(&random);
    let case = |id: &str, comment: &str, user: &str, device: &str, dehydrated: bool| {
        let mut inputs = json!({"random": hex(&random), "user": user, "device": device});
        if dehydrated {
            inputs["dehydrated"] = json!(true);
        }
        let object = device_keys(&account, user, device, dehydrated);
        Case::good(
            &format!("device-keys/{id}"),
            comment,
            inputs,
            json!({"object": canonical(&object)}),
            &[],
        )
    };
    vec![
        case("made", "an account's device", ALICE, ALICE_DEVICE, false),
        case(
            "made-dehydrated",
            "a dehydrated device says so",
            ALICE,
            ALICE_DEVICE,
            true,
        ),
        case(
            "made-odd-ids",
            "ids with quotes, colons and more",
            "@a\"\\/\u{e9}:b",
            "ed25519:\u{1f600} \u{7f}",
            false,
        ),
    ]
}

fn read() -> Vec<Case> {
    let (account, other) = (account(), Account::drawn("identity other device"));
    let key = format!("ed25519:{BOB_DEVICE}");
    let curve = format!("curve25519:{BOB_DEVICE}");
    let text = |object: &Value| json!({"object": canonical(object)});
    let good = |id: &str, comment: &str, object: Value, dehydrated: bool| {
        Case::good(
            &format!("device-keys/{id}"),
            comment,
            text(&object),
            json!({
                "ed25519": base64(&account.signer.public),
                "curve25519": base64(&account.identity.public),
                "dehydrated": dehydrated,
            }),
            &[],
        )
    };
    let bad = |id: &str, comment: &str, inputs: Value, class: &str, flags: &[&str]| {
        Case::bad(&format!("device-keys/{id}"), comment, inputs, class, flags)
    };
    let with = |change: &dyn Fn(&mut Value)| {
        let mut object = bob();
        change(&mut object);
        object
    };
    // Signed again by the device, after the change.
    let signed = |change: &dyn Fn(&mut Value)| {
        let mut object = with(change);
        object
            .as_object_mut()
            .expect("object")
            .shift_remove("signatures");
        sign(object, BOB, &key, &account.signer)
    };
    let remove = |member: &'static str| {
        with(&move |object| {
            object.as_object_mut().expect("object").shift_remove(member);
        })
    };
    let wrong = "authentication.signature";
    let mut cases = vec![
        good("good", "signed by itself", bob(), false),
        good(
            "good-cross-signed",
            "signed by its user, too",
            User::bob().sign_device(bob()),
            false,
        ),
        good(
            "good-display-name",
            "with a name that the server gave",
            with(&|object| object["unsigned"] = json!({"device_display_name": "phone"})),
            false,
        ),
        good(
            "good-dehydrated",
            "a dehydrated device",
            device_keys(&account, BOB, BOB_DEVICE, true),
            true,
        ),
        good(
            "good-dehydrated-false",
            "says that it is none",
            signed(&|object| object["dehydrated"] = json!(false)),
            false,
        ),
        good(
            "good-unknown-members",
            "with members that nobody knows, which it signed",
            signed(&|object| {
                object["x"] = json!({"y": [1]});
                object["keys"]["x:y"] = json!("z");
            }),
            false,
        ),
        good(
            "good-unknown-algorithms",
            "with no algorithm that we know",
            signed(&|object| object["algorithms"] = json!(["x"])),
            false,
        ),
        good(
            "good-padded",
            "full padding is read, too",
            signed(&|object| {
                object["keys"][&key] = json!(format!("{}=", base64(&account.signer.public)));
            }),
            false,
        ),
        bad(
            "member-added",
            "a member that it did not sign",
            text(&with(&|object| object["x"] = json!(1))),
            wrong,
            &[],
        ),
        bad(
            "algorithms-changed",
            "an algorithm that it did not sign",
            text(&with(&|object| {
                object["algorithms"] = json!(["m.megolm.v1.aes-sha2"]);
            })),
            wrong,
            &[],
        ),
        bad(
            "dehydrated-added",
            "said to be dehydrated",
            text(&with(&|object| object["dehydrated"] = json!(true))),
            wrong,
            &[],
        ),
        bad(
            "dehydrated-removed",
            "said not to be",
            text(&{
                let mut object = device_keys(&account, BOB, BOB_DEVICE, true);
                object
                    .as_object_mut()
                    .expect("object")
                    .shift_remove("dehydrated");
                object
            }),
            wrong,
            &[],
        ),
        bad(
            "curve25519-changed",
            "another Curve25519 key, which it did not sign",
            text(&with(&|object| {
                object["keys"][&curve] = json!(base64(&other.identity.public));
            })),
            wrong,
            &["unknown-key-share"],
        ),
        bad(
            "ed25519-changed",
            "another Ed25519 key, which did not sign",
            text(&with(&|object| {
                object["keys"][&key] = json!(base64(&other.signer.public));
            })),
            wrong,
            &[],
        ),
        bad(
            "only-cross-signed",
            "its user signed it, and it did not",
            text(&{
                let mut object = bob();
                object
                    .as_object_mut()
                    .expect("object")
                    .shift_remove("signatures");
                object["signatures"] = json!({});
                User::bob().sign_device(object)
            }),
            "signature.missing",
            &[],
        ),
        bad(
            "signed-as-another-device",
            "signed under another device's id",
            text(&{
                let mut object = bob();
                object["signatures"] = json!({});
                sign(object, BOB, "ed25519:OTHER", &account.signer)
            }),
            "signature.missing",
            &[],
        ),
        bad(
            "signed-as-another-user",
            "signed in another user's name",
            text(&{
                let mut object = bob();
                object["signatures"] = json!({});
                sign(object, ALICE, &key, &account.signer)
            }),
            "signature.missing",
            &["wrong-owner"],
        ),
        bad(
            "fraction",
            "a fraction in a member that nobody reads",
            json!({"object": canonical(&bob()).replacen('{', r#"{"x":0.5,"#, 1)}),
            "json.number",
            &["number"],
        ),
        bad(
            "duplicate-key",
            "a member twice",
            json!({"object": canonical(&bob()).replacen('{', r#"{"keys":{},"#, 1)}),
            "json.duplicate-key",
            &["duplicate"],
        ),
        bad(
            "signatures-malformed",
            "somebody's signatures are a string",
            text(&with(&|object| {
                object["signatures"]["@eve:example.org"] = json!("x");
            })),
            "signature.malformed",
            &[],
        ),
        bad(
            "under-another-user",
            "it came under another user",
            json!({"object": canonical(&bob()), "user": ALICE}),
            "device.user",
            &["wrong-owner"],
        ),
        bad(
            "under-another-device",
            "it came under another device",
            json!({"object": canonical(&bob()), "device": ALICE_DEVICE}),
            "device.device",
            &["wrong-owner"],
        ),
        bad(
            "keys-of-another-id",
            "its keys are another id's",
            text(&signed(
                &|object| object["keys"] = json!({"ed25519:OTHER": base64(&account.signer.public), "curve25519:OTHER": base64(&account.identity.public)}),
            )),
            "device.no-key",
            &[],
        ),
        bad(
            "no-curve25519",
            "it has no Curve25519 key",
            text(&signed(&|object| {
                object["keys"] = json!({&key: base64(&account.signer.public)});
            })),
            "device.no-key",
            &[],
        ),
        bad(
            "curve25519-short",
            "a Curve25519 key of 31 bytes",
            text(&signed(&|object| {
                object["keys"][&curve] = json!(base64(&account.identity.public[..31]));
            })),
            "format.length",
            &[],
        ),
        bad(
            "ed25519-not-base64",
            "an Ed25519 key that is no base64",
            text(&with(&|object| object["keys"][&key] = json!("?"))),
            "format.base64",
            &["base64"],
        ),
        bad(
            "ed25519-small-order",
            "an Ed25519 key under which everybody signs",
            text(&with(&|object| {
                object["keys"][&key] = json!(base64(&small_order_points()[0].1));
            })),
            "key.small-order",
            &["small-order"],
        ),
        bad(
            "dehydrated-no-boolean",
            "dehydrated, but not true or false",
            text(&signed(&|object| object["dehydrated"] = json!("true"))),
            "device.malformed",
            &[],
        ),
        bad(
            "not-an-object",
            "no object",
            json!({"object": "[]"}),
            "json.not-an-object",
            &[],
        ),
        bad(
            "empty",
            "nothing in it",
            json!({"object": "{}"}),
            "device.malformed",
            &[],
        ),
    ];
    for member in ["user_id", "device_id", "algorithms", "keys", "signatures"] {
        cases.push(bad(
            &format!("no-{}", member.replace('_', "-")),
            "a member is missing",
            text(&remove(member)),
            "device.malformed",
            &[],
        ));
        cases.push(bad(
            &format!("{}-null", member.replace('_', "-")),
            "a member is null",
            text(&with(&|object| object[member] = Value::Null)),
            "device.malformed",
            &[],
        ));
    }
    cases.extend(against_known(&account, &other));
    cases
}

/// The same device as before, or as our own.
fn against_known(account: &Account, other: &Account) -> Vec<Case> {
    let object = |account: &Account| canonical(&device_keys(account, BOB, BOB_DEVICE, false));
    let outputs = json!({
        "ed25519": base64(&account.signer.public),
        "curve25519": base64(&account.identity.public),
        "dehydrated": false,
    });
    let moved = Account {
        identity: Pair::drawn("identity moved"),
        ..Account::drawn("identity bob device")
    };
    let inputs = |known: &str, account: &Account| json!({"object": object(account), known: object(&self::account())});
    let good = |id: &str, comment: &str, known| {
        Case::good(
            &format!("device-keys/{id}"),
            comment,
            inputs(known, account),
            outputs.clone(),
            &[],
        )
    };
    let bad = |id: &str, comment: &str, known, account: &Account, class: &str| {
        Case::bad(
            &format!("device-keys/{id}"),
            comment,
            inputs(known, account),
            class,
            &["identity-change"],
        )
    };
    vec![
        good("known", "as it was before", "stored"),
        bad(
            "known-other-keys",
            "other keys than before",
            "stored",
            other,
            "device.signing-key-changed",
        ),
        bad(
            "known-other-curve25519",
            "another Curve25519 key than before, which it signed",
            "stored",
            &moved,
            "device.identity-key-changed",
        ),
        good("ours", "our own device", "ours"),
        bad(
            "ours-other-keys",
            "other keys under our own device's id",
            "ours",
            other,
            "device.not-ours",
        ),
        bad(
            "ours-other-curve25519",
            "another Curve25519 key under our own device's id, signed by our key",
            "ours",
            &moved,
            "device.not-ours",
        ),
    ]
}
