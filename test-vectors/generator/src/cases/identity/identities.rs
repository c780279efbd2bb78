//! Identities as they are read, and who signed whom.

use serde_json::{Value, json};

use super::{ALICE, ALICE_DEVICE, BOB, BOB_DEVICE, User, cross_signing::device, key_id};
use crate::{
    crypto::{Signer, small_order_points},
    format::{Case, Group},
    json::{canonical, sign},
    text::base64,
};

/// Three texts as inputs; without the third, another user's identity.
fn texts(master: &Value, self_signing: &Value, user_signing: Option<&Value>) -> Value {
    let mut inputs = json!({"master": canonical(master), "self_signing": canonical(self_signing)});
    if let Some(key) = user_signing {
        inputs["user_signing"] = json!(canonical(key));
    }
    inputs
}

/// What a case has in common with the good identity stands in the group alone.
pub(super) fn group() -> Group {
    let alice = User::alice();
    let given = json!({
        "user": ALICE,
        "master": canonical(&alice.master_object()),
        "self_signing": canonical(&alice.self_signing_object()),
    });
    let mut cases = identities();
    for case in &mut cases {
        case.inputs
            .retain(|name, value| given.get(name) != Some(value));
    }
    Group::new("identities", "identity", given, cases)
}

fn identities() -> Vec<Case> {
    let alice = User::alice();
    let (master, self_signing, user_signing) = (
        alice.master_object(),
        alice.self_signing_object(),
        alice.user_signing_object(),
    );
    let outputs = json!({"master_key": base64(&alice.master.public), "self_signing_key": base64(&alice.self_signing.public)});
    let mut own_outputs = outputs.clone();
    own_outputs["user_signing_key"] = json!(base64(&alice.user_signing.public));
    let good = |id: &str, comment: &str, inputs: Value, outputs: &Value| {
        Case::good(
            &format!("identity/{id}"),
            comment,
            inputs,
            outputs.clone(),
            &[],
        )
    };
    let bad = |id: &str, comment: &str, inputs: Value, class: &str, flags: &[&str]| {
        Case::bad(&format!("identity/{id}"), comment, inputs, class, flags)
    };
    let with = |change: &dyn Fn(&mut Value)| {
        let mut master = master.clone();
        change(&mut master);
        texts(&master, &self_signing, None)
    };
    let under = |change: &dyn Fn(&mut Value)| {
        let mut object = self_signing.clone();
        change(&mut object);
        texts(&master, &object, None)
    };
    let key = base64(&alice.master.public);
    let name = key_id(&alice.master);
    let wrong = "authentication.signature";
    let mut cases = vec![
        good(
            "other",
            "as others see it",
            texts(&master, &self_signing, None),
            &outputs,
        ),
        good(
            "own",
            "as its user sees it",
            texts(&master, &self_signing, Some(&user_signing)),
            &own_outputs,
        ),
        good(
            "master-signed",
            "a device and another user signed the master key, and a server named it",
            with(&|object| {
                object["signatures"] = json!({ALICE: {"ed25519:X": "?"}, BOB: {}});
                object["unsigned"] = json!(7);
            }),
            &outputs,
        ),
        good(
            "master-unknown-member",
            "the master key's object has a member that nobody knows",
            with(&|object| object["x"] = json!(1)),
            &outputs,
        ),
        good(
            "padded",
            "full padding of the key is read, too",
            with(&|object| object["keys"][&name] = json!(format!("{key}="))),
            &outputs,
        ),
        bad(
            "self-signing-not-signed",
            "nobody signed the self-signing key",
            under(&|object| {
                object
                    .as_object_mut()
                    .expect("object")
                    .shift_remove("signatures");
            }),
            "signature.missing",
            &[],
        ),
        bad(
            "self-signing-changed",
            "a member that the master key did not sign",
            under(&|object| object["x"] = json!(1)),
            wrong,
            &[],
        ),
        bad(
            "other-master",
            "signed by another master key, which is not this one",
            texts(
                &User::drawn(ALICE, "identity new alice").master_object(),
                &self_signing,
                None,
            ),
            "signature.missing",
            &["identity-change"],
        ),
        bad(
            "forged-in-master-s-name",
            "signed by another key in the master key's name",
            texts(
                &master,
                &sign(
                    alice.key_object("self_signing", &alice.self_signing),
                    ALICE,
                    &name,
                    &Signer::drawn("forger"),
                ),
                None,
            ),
            wrong,
            &["wrong-owner"],
        ),
        bad(
            "two-usages",
            "two usages, signed",
            texts(
                &master,
                &{
                    let mut object = alice.key_object("self_signing", &alice.self_signing);
                    object["usage"] = json!(["self_signing", "user_signing"]);
                    sign(object, ALICE, &name, &alice.master)
                },
                None,
            ),
            "identity.usage",
            &[],
        ),
        bad(
            "empty-usage",
            "an empty usage",
            with(&|object| object["usage"] = json!([])),
            "identity.usage",
            &[],
        ),
        bad(
            "master-twice",
            "the same usage twice",
            with(&|object| object["usage"] = json!(["master", "master"])),
            "identity.usage",
            &[],
        ),
        bad(
            "swapped",
            "self-signing and user-signing key in each other's place",
            texts(&master, &user_signing, Some(&self_signing)),
            "identity.usage",
            &["wrong-kind"],
        ),
        bad(
            "swapped-with-master",
            "the self-signing key in the master key's place",
            texts(&self_signing, &master, None),
            "identity.usage",
            &["wrong-kind"],
        ),
        bad(
            "another-user-s",
            "it came under another user",
            {
                let mut inputs = texts(&master, &self_signing, None);
                inputs["user"] = json!(BOB);
                inputs
            },
            "identity.user",
            &["wrong-owner"],
        ),
        bad(
            "self-signing-of-another",
            "the self-signing key is another user's, signed by this master key",
            texts(
                &master,
                &{
                    let mut object = alice.key_object("self_signing", &alice.self_signing);
                    object["user_id"] = json!(BOB);
                    sign(object, ALICE, &name, &alice.master)
                },
                None,
            ),
            "identity.user",
            &["wrong-owner"],
        ),
        bad(
            "name-of-another-key",
            "the key's name is another key's",
            with(&|object| object["keys"] = json!({key_id(&alice.self_signing): key})),
            "identity.key-name",
            &[],
        ),
        bad(
            "name-without-algorithm",
            "the key's name has no algorithm",
            with(&|object| object["keys"] = json!({&key: key})),
            "identity.key-name",
            &[],
        ),
        bad(
            "name-padded",
            "the key's name is padded",
            with(&|object| object["keys"] = json!({format!("{name}="): key})),
            "identity.key-name",
            &["base64"],
        ),
        bad(
            "two-keys",
            "two keys",
            with(&|object| {
                object["keys"][key_id(&alice.self_signing)] =
                    json!(base64(&alice.self_signing.public));
            }),
            "identity.key-name",
            &[],
        ),
        bad(
            "empty-keys",
            "no key",
            with(&|object| object["keys"] = json!({})),
            "identity.key-name",
            &[],
        ),
        bad(
            "key-small-order",
            "a key under which everybody signs",
            with(&|object| {
                let point = base64(&small_order_points()[0].1);
                object["keys"] = json!({format!("ed25519:{point}"): point});
            }),
            "key.small-order",
            &["small-order"],
        ),
        bad(
            "key-not-base64",
            "a key that is no base64",
            with(&|object| object["keys"] = json!({"ed25519:?": "?"})),
            "format.base64",
            &["base64"],
        ),
        bad(
            "key-short",
            "a key of 31 bytes",
            with(&|object| {
                object["keys"] = json!({"ed25519:x": base64(&alice.master.public[..31])});
            }),
            "format.length",
            &[],
        ),
        bad(
            "fraction",
            "a fraction in a member that nobody reads: nobody could sign this key",
            {
                let mut inputs = texts(&master, &self_signing, None);
                inputs["master"] = json!(canonical(&master).replacen('{', r#"{"x":0.5,"#, 1));
                inputs
            },
            "identity.malformed",
            &["number"],
        ),
        bad(
            "signatures-array",
            "the master key's signatures are an array",
            with(&|object| object["signatures"] = json!([])),
            "identity.malformed",
            &[],
        ),
        bad(
            "usage-string",
            "the usage is a string",
            with(&|object| object["usage"] = json!("master")),
            "identity.malformed",
            &[],
        ),
        bad(
            "key-number",
            "the key is a number",
            with(&|object| object["keys"][&name] = json!(7)),
            "identity.malformed",
            &[],
        ),
        bad(
            "duplicate-key",
            "a member twice",
            {
                let mut inputs = texts(&master, &self_signing, None);
                inputs["master"] = json!(canonical(&master).replacen('{', r#"{"usage":[],"#, 1));
                inputs
            },
            "json.duplicate-key",
            &["duplicate"],
        ),
    ];
    for member in ["user_id", "usage", "keys"] {
        cases.push(bad(
            &format!("no-{}", member.replace('_', "-")),
            "a member is missing",
            with(&|object| {
                object.as_object_mut().expect("object").shift_remove(member);
            }),
            "identity.malformed",
            &[],
        ));
    }
    cases.extend(one_key_for_two());
    cases
}

fn one_key_for_two() -> Vec<Case> {
    let same = |pick: [usize; 3]| {
        let alice = User::alice();
        let random: Vec<u8> = pick
            .iter()
            .flat_map(|at| alice.random[32 * at..32 * at + 32].to_vec())
            .collect();
        let user = User::of(ALICE, random);
        texts(
            &user.master_object(),
            &user.self_signing_object(),
            Some(&user.user_signing_object()),
        )
    };
    [
        ("same-master-and-self-signing", [0, 0, 1]),
        ("same-master-and-user-signing", [0, 1, 0]),
        ("same-self-signing-and-user-signing", [0, 1, 1]),
    ]
    .map(|(id, pick)| {
        Case::bad(
            &format!("identity/{id}"),
            "one key stands for two",
            same(pick),
            "identity.same-key",
            &["wrong-kind"],
        )
    })
    .into()
}

pub(super) fn signed_devices() -> Vec<Case> {
    let (alice, bob) = (User::alice(), User::bob());
    let case = |id: &str, comment: &str, object: &Value, signed: bool| {
        let (user, device) = (object["user_id"].clone(), object["device_id"].clone());
        Case::good(
            &format!("identity/device-{id}"),
            comment,
            json!({"device": {"user": user, "device": device, "object": canonical(object)}}),
            json!({"signed": signed}),
            &[],
        )
    };
    let ours = device("identity alice device", ALICE, ALICE_DEVICE);
    let theirs = device("identity bob device", BOB, BOB_DEVICE);
    let by =
        |object: &Value, user: &str, key: &Signer| sign(object.clone(), user, &key_id(key), key);
    vec![
        case(
            "signed",
            "by the self-signing key",
            &alice.sign_device(ours.clone()),
            true,
        ),
        case("not-signed", "by nobody", &ours, false),
        case(
            "signed-by-master",
            "by the master key, which does not sign devices",
            &by(&ours, ALICE, &alice.master),
            false,
        ),
        case(
            "signed-by-user-signing",
            "by the user-signing key, which does not sign devices",
            &by(&ours, ALICE, &alice.user_signing),
            false,
        ),
        case(
            "of-another",
            "another user's device, whom this self-signing key does not sign for",
            &by(&theirs, ALICE, &alice.self_signing),
            false,
        ),
        case(
            "of-another-in-their-name",
            "the same, under the other user's name",
            &by(&theirs, BOB, &alice.self_signing),
            false,
        ),
        case(
            "by-another-user",
            "by another user's self-signing key",
            &bob.sign_device(ours.clone()),
            false,
        ),
        case(
            "forged",
            "by another key under the self-signing key's name",
            &sign(
                ours,
                ALICE,
                &key_id(&alice.self_signing),
                &Signer::drawn("forger"),
            ),
            false,
        ),
    ]
}

pub(super) fn signed_users() -> Vec<Case> {
    let (alice, bob) = (User::alice(), User::bob());
    let case = |id: &str, comment: &str, of: &User, master: &Value, signed: bool| {
        Case::good(
            &format!("identity/user-{id}"),
            comment,
            json!({
                "other": of.id,
                "other_master": canonical(master),
                "other_self_signing": canonical(&of.self_signing_object()),
            }),
            json!({"signed": signed}),
            &[],
        )
    };
    let by =
        |object: &Value, user: &str, key: &Signer| sign(object.clone(), user, &key_id(key), key);
    let master = bob.master_object();
    let mut changed = alice.sign_user(master.clone());
    changed["x"] = json!(1);
    let older = User::drawn(ALICE, "identity new alice");
    vec![
        case(
            "signed",
            "by our user-signing key",
            &bob,
            &alice.sign_user(master.clone()),
            true,
        ),
        case("not-signed", "by nobody", &bob, &master, false),
        case("changed", "changed since", &bob, &changed, false),
        case(
            "signed-by-older",
            "by the user-signing key of an identity that we had before",
            &bob,
            &older.sign_user(master.clone()),
            false,
        ),
        case(
            "signed-by-master",
            "by our master key: our user-signing key is what counts",
            &bob,
            &by(&master, ALICE, &alice.master),
            false,
        ),
        case(
            "signed-in-their-name",
            "under the other user's name",
            &bob,
            &by(&master, BOB, &alice.user_signing),
            false,
        ),
        case(
            "ourselves",
            "our own master key: no other user",
            &alice,
            &alice.sign_user(alice.master_object()),
            false,
        ),
    ]
}
