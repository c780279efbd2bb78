//! Cross-signing: keys made, identities read, and who signed whom.

use serde_json::{Value, json};

use super::{
    ALICE, ALICE_DEVICE, BOB, BOB_DEVICE, User, device_keys, identities, key_id, only_signature,
};
use crate::{
    crypto::Signer,
    format::{Case, Group},
    json::{canonical, sign},
    records::Account,
    text::{base64, hex},
};

pub(super) fn groups() -> Vec<Group> {
    let alice = User::alice();
    let own = json!({
        "user": ALICE,
        "master": canonical(&alice.master_object()),
        "self_signing": canonical(&alice.self_signing_object()),
        "user_signing": canonical(&alice.user_signing_object()),
    });
    let keys = json!({"random": hex(&alice.random), "user": ALICE});
    vec![
        Group::new(
            "cross-signing keys, made",
            "cross-signing-make",
            json!({}),
            made(),
        ),
        Group::new(
            "signing a device",
            "cross-signing-sign-device",
            keys.clone(),
            sign_device(),
        ),
        Group::new(
            "signing another user",
            "cross-signing-sign-user",
            keys,
            sign_user(),
        ),
        Group::new(
            "private keys taken in",
            "cross-signing-import",
            own.clone(),
            import(),
        ),
        identities::group(),
        Group::new(
            "who signed a device",
            "identity-signed-device",
            own.clone(),
            identities::signed_devices(),
        ),
        Group::new(
            "whether we signed a user",
            "identity-signed-user",
            own,
            identities::signed_users(),
        ),
    ]
}

fn made() -> Vec<Case> {
    let case = |id: &str, comment: &str, user: &User| {
        Case::good(
            &format!("cross-signing/{id}"),
            comment,
            json!({"random": hex(&user.random), "user": user.id}),
            json!({
                "master": canonical(&user.master_object()),
                "self_signing": canonical(&user.self_signing_object()),
                "user_signing": canonical(&user.user_signing_object()),
                "secrets": {
                    "m.cross_signing.master": base64(&user.master.seed),
                    "m.cross_signing.self_signing": base64(&user.self_signing.seed),
                    "m.cross_signing.user_signing": base64(&user.user_signing.seed),
                },
            }),
            &[],
        )
    };
    vec![
        case(
            "made",
            "the seeds are master, self-signing, user-signing",
            &User::alice(),
        ),
        case(
            "made-odd-id",
            "an id with quotes and more",
            &User::drawn("@\"\\\u{e9}:x", "identity odd"),
        ),
    ]
}

pub(super) fn device(label: &str, user: &str, id: &str) -> Value {
    device_keys(&Account::drawn(label), user, id, false)
}

fn sign_device() -> Vec<Case> {
    let alice = User::alice();
    let good = |id: &str, comment: &str, object: Value| {
        let signed = alice.sign_device(object.clone());
        let upload = only_signature(&signed, ALICE, &key_id(&alice.self_signing));
        Case::good(
            &format!("cross-signing/{id}"),
            comment,
            json!({"object": canonical(&object)}),
            json!({"object": canonical(&signed), "upload": canonical(&upload)}),
            &[],
        )
    };
    let bad = |id: &str, comment: &str, object: Value, class: &str, flags: &[&str]| {
        Case::bad(
            &format!("cross-signing/{id}"),
            comment,
            json!({"object": canonical(&object)}),
            class,
            flags,
        )
    };
    let ours = device("identity alice device", ALICE, ALICE_DEVICE);
    let mut named = ours.clone();
    named["unsigned"] = json!({"device_display_name": "phone"});
    let mut cases = vec![
        good(
            "device",
            "the upload has the new signature alone",
            ours.clone(),
        ),
        good(
            "device-again",
            "signed before by an older key",
            sign(ours, ALICE, "ed25519:older", &Signer::drawn("older")),
        ),
        good(
            "device-display-name",
            "what the server added is not uploaded",
            named,
        ),
        bad(
            "device-of-another",
            "another user's device",
            device("identity bob device", BOB, BOB_DEVICE),
            "sign.wrong-user",
            &["wrong-owner"],
        ),
    ];
    for (id, key) in [
        ("master", &alice.master),
        ("self-signing", &alice.self_signing),
        ("user-signing", &alice.user_signing),
    ] {
        cases.push(bad(
            &format!("device-named-like-{id}"),
            "a device whose id is one of the user's cross-signing keys (CVE-2022-39250)",
            device("identity alice device", ALICE, &base64(&key.public)),
            "sign.named-like-key",
            &["wrong-owner"],
        ));
    }
    cases
}

fn sign_user() -> Vec<Case> {
    let (alice, bob) = (User::alice(), User::bob());
    let inputs = |of: &User, master: &Value, devices: Value| {
        json!({
            "other": of.id,
            "other_master": canonical(master),
            "other_self_signing": canonical(&of.self_signing_object()),
            "devices": devices,
        })
    };
    let good = |id: &str, comment: &str, master: Value| {
        let signed = alice.sign_user(master.clone());
        let upload = only_signature(&signed, ALICE, &key_id(&alice.user_signing));
        Case::good(
            &format!("cross-signing/{id}"),
            comment,
            inputs(&bob, &master, json!([BOB_DEVICE])),
            json!({"object": canonical(&signed), "upload": canonical(&upload)}),
            &[],
        )
    };
    let bad = |id: &str, comment: &str, inputs: Value, class: &str| {
        Case::bad(
            &format!("cross-signing/{id}"),
            comment,
            inputs,
            class,
            &["wrong-owner"],
        )
    };
    let by_device = Account::drawn("identity bob device").signer;
    let by_device = sign(
        bob.master_object(),
        BOB,
        &format!("ed25519:{BOB_DEVICE}"),
        &by_device,
    );
    vec![
        good(
            "user",
            "the upload has the new signature alone",
            bob.master_object(),
        ),
        good(
            "user-signed-by-device",
            "a device of the user's signed the key",
            by_device,
        ),
        bad(
            "user-ourselves",
            "our own user",
            inputs(&alice, &alice.master_object(), json!([])),
            "sign.wrong-user",
        ),
        bad(
            "user-with-device-named-like-master",
            "the user has a device whose id is the master key (CVE-2022-39250)",
            inputs(
                &bob,
                &bob.master_object(),
                json!([BOB_DEVICE, base64(&bob.master.public)]),
            ),
            "sign.named-like-key",
        ),
        bad(
            "user-with-device-named-like-self-signing",
            "the same with the self-signing key",
            inputs(
                &bob,
                &bob.master_object(),
                json!([base64(&bob.self_signing.public)]),
            ),
            "sign.named-like-key",
        ),
    ]
}

fn import() -> Vec<Case> {
    let (alice, bob) = (User::alice(), User::bob());
    let roles = [
        ("master", &alice.master),
        ("self_signing", &alice.self_signing),
        ("user_signing", &alice.user_signing),
    ];
    let mut cases = Vec::new();
    for (role, key) in roles {
        let name = role.replace('_', "-");
        let secret = base64(&key.seed);
        cases.push(Case::good(
            &format!("cross-signing/import-{name}"),
            "the secret of the key that is published",
            json!({"role": role, "secret": secret}),
            json!({"public": base64(&key.public)}),
            &[],
        ));
        for (other, wrong) in roles {
            if other != role {
                let other = other.replace('_', "-");
                cases.push(Case::bad(
                    &format!("cross-signing/import-{other}-as-{name}"),
                    "the secret of another key of ours",
                    json!({"role": role, "secret": base64(&wrong.seed)}),
                    "secret.other-key",
                    &["wrong-kind"],
                ));
            }
        }
    }
    let secret = base64(&alice.master.seed);
    cases.push(Case::good(
        "cross-signing/import-padded",
        "full padding is read, too",
        json!({"role": "master", "secret": format!("{secret}=")}),
        json!({"public": base64(&alice.master.public)}),
        &[],
    ));
    for (id, comment, secret, class) in [
        (
            "replaced",
            "the secret of an identity that is not ours (any more)",
            base64(&bob.master.seed),
            "secret.other-key",
        ),
        ("empty", "nothing", String::new(), "secret.not-a-seed"),
        (
            "short",
            "31 bytes",
            base64(&alice.master.seed[..31]),
            "secret.not-a-seed",
        ),
        (
            "expanded",
            "64 bytes",
            base64(&alice.master.expanded()),
            "secret.not-a-seed",
        ),
        (
            "white-space",
            "a line feed behind it",
            format!("{secret}\n"),
            "secret.not-a-seed",
        ),
        (
            "hex",
            "no base64 of 32 bytes",
            hex(&alice.master.seed),
            "secret.not-a-seed",
        ),
    ] {
        cases.push(Case::bad(
            &format!("cross-signing/import-{id}"),
            comment,
            json!({"role": "master", "secret": secret}),
            class,
            &[],
        ));
    }
    cases
}
