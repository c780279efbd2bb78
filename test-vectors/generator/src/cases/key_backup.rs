//! Key backup, room keys, and libolm's public-key objects.

mod room_keys;

use serde_json::{Value, json};

use self::room_keys::{sender, session};
use crate::{
    crypto::{Pair, Signer},
    draw::draw32,
    format::{Case, File, Group},
    text::{base64, hex},
    vault::{Sealed, recovery_key, room_key},
};

const USER: &str = "@alice:example.org";
const DEVICE: &str = "PHONE";
const ALGORITHM: &str = "m.megolm_backup.v1.curve25519-aes-sha2";

pub(crate) fn file() -> File {
    let secret = hex(&backup().secret);
    let device = json!({
        "user": USER,
        "device_id": DEVICE,
        "device_key": base64(&device().public),
    });
    File::new(
        "Key backup, m.megolm_backup.v1.curve25519-aes-sha2: who may write, what is read; and \
         libolm's PkEncryption and PkDecryption beneath it, whose MAC covers nothing.",
        vec![
            Group::new("keys", "backup-key", json!({}), keys()),
            Group::new("encrypting", "pk-encrypt", json!({}), encrypt()),
            Group::new(
                "decrypting",
                "pk-decrypt",
                json!({"secret": secret}),
                decrypt(),
            ),
            Group::new("is it ours?", "backup-trust", device, trust()),
            Group::new(
                "backed-up sessions",
                "backup-session",
                json!({"secret": secret}),
                sessions(),
            ),
            Group::new("room keys", "room-key", json!({}), room_keys::cases()),
        ],
    )
}

fn backup() -> Pair {
    Pair::drawn("backup key")
}

fn device() -> Signer {
    Signer::drawn("backup device")
}

fn keys() -> Vec<Case> {
    let pair = backup();
    let rfc = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    let rfc = crate::text::from_hex(rfc)
        .and_then(|bytes| bytes.try_into().ok())
        .map(Pair::of)
        .expect("32 bytes");
    [("good", pair), ("rfc-7748", rfc)]
        .into_iter()
        .map(|(id, pair)| {
            Case::good(
                &format!("backup-key/{id}"),
                "the private key as a recovery key, and its public half",
                json!({"secret": hex(&pair.secret)}),
                json!({
                    "public_key": base64(&pair.public),
                    "recovery_key": recovery_key(&pair.secret),
                }),
                &[],
            )
        })
        .collect()
}

fn parts(sealed: &Sealed) -> Value {
    sealed.json()
}

fn encrypt() -> Vec<Case> {
    let recipient = backup().public;
    let mut cases: Vec<Case> = [0, 1, 15, 16, 31, 100]
        .into_iter()
        .map(|length| {
            let ephemeral = Pair::drawn(&format!("pk ephemeral {length}"));
            let text = vec![b'x'; length];
            Case::good(
                &format!("pk-encryption/{length}-bytes"),
                "the random bytes are the ephemeral private key",
                json!({
                    "public_key": base64(&recipient),
                    "random": hex(&ephemeral.secret),
                    "plaintext": hex(&text),
                }),
                parts(&Sealed::new(&ephemeral, &recipient, &text)),
                &[],
            )
        })
        .collect();
    cases.push(Case::bad(
        "pk-encryption/small-order",
        "a recipient whose secret everybody knows",
        json!({
            "public_key": base64(&[0; 32]),
            "random": hex(&draw32("pk ephemeral")),
            "plaintext": "",
        }),
        "key.small-order",
        &["small-order"],
    ));
    cases
}

fn decrypt() -> Vec<Case> {
    let pair = backup();
    let ephemeral = Pair::drawn("pk decryption ephemeral");
    let text = b"a text that fills more than two blocks";
    let sealed = Sealed::new(&ephemeral, &pair.public, text);
    let good = parts(&sealed);
    let with = |member: &str, value: String| {
        let mut parts = good.clone();
        parts[member] = json!(value);
        parts
    };
    let accepted = |id: &str, comment: &str, inputs: Value, text: &[u8], flags: &[&str]| {
        let id = format!("pk-decryption/{id}");
        Case::good(&id, comment, inputs, json!({"plaintext": hex(text)}), flags)
    };
    let mut changed = sealed.ciphertext.clone();
    changed[0] ^= 1;
    let noise = sealed.keys.decrypt_blocks(&changed);
    let mut cases = vec![
        accepted("good", "three parts", good.clone(), text, &[]),
        accepted(
            "padded",
            "padded base64, as it may stand in JSON",
            with("mac", base64(&sealed.mac) + "="),
            text,
            &["base64"],
        ),
        accepted(
            "malleable",
            "a flipped bit of the ciphertext: the MAC does not cover it",
            with("ciphertext", base64(&changed)),
            &noise[..text.len()],
            &["malleable"],
        ),
    ];
    let flipped = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1;
        base64(&bytes)
    };
    // Everything is consistent with a secret of zeros.
    let zeros = crate::crypto::Keys::derive(&[0; 32], b"");
    let zero = json!({
        "ephemeral": base64(&crate::crypto::near_p(0xec)),
        "ciphertext": base64(&zeros.encrypt(text)),
        "mac": base64(&zeros.mac(b"")[..8]),
    });
    let blocks = |padding: u8, count: usize| {
        let mut text = vec![b'x'; 16];
        let start = text.len() - count;
        text[start..].fill(padding);
        with("ciphertext", base64(&sealed.keys.encrypt_blocks(text)))
    };
    let over_ciphertext = base64(&sealed.keys.mac(&sealed.ciphertext)[..8]);
    let last = sealed.ciphertext.len() - 1;
    let ciphertext = &sealed.ciphertext;
    let mac = "authentication.mac";
    for (id, comment, inputs, error, flag) in [
        (
            "mac-bit",
            "a flipped bit",
            with("mac", flipped(&sealed.mac, 7)),
            mac,
            "mac",
        ),
        (
            "mac-zero",
            "eight zeros",
            with("mac", base64(&[0; 8])),
            mac,
            "mac",
        ),
        (
            "mac-over-ciphertext",
            "what the specification first meant",
            with("mac", over_ciphertext),
            mac,
            "mac",
        ),
        (
            "mac-of-0",
            "no byte",
            with("mac", String::new()),
            "format.length",
            "mac",
        ),
        (
            "mac-of-1",
            "a true prefix",
            with("mac", base64(&sealed.mac[..1])),
            "format.length",
            "mac",
        ),
        (
            "mac-of-7",
            "a true prefix",
            with("mac", base64(&sealed.mac[..7])),
            "format.length",
            "mac",
        ),
        (
            "mac-of-32",
            "the whole MAC",
            with("mac", base64(&sealed.keys.mac(b""))),
            "format.length",
            "mac",
        ),
        (
            "ephemeral-bit",
            "a flipped bit",
            with("ephemeral", flipped(&ephemeral.public, 0)),
            mac,
            "mac",
        ),
        (
            "ephemeral-of-31",
            "31 bytes",
            with("ephemeral", base64(&ephemeral.public[1..])),
            "format.length",
            "truncated",
        ),
        (
            "ephemeral-zero",
            "a key of small order",
            with("ephemeral", base64(&[0; 32])),
            mac,
            "small-order",
        ),
        (
            "ephemeral-small-order",
            "a key of small order, and the rest as for a secret of zeros",
            zero,
            mac,
            "small-order",
        ),
        (
            "ciphertext-empty",
            "no block",
            with("ciphertext", String::new()),
            mac,
            "truncated",
        ),
        (
            "ciphertext-cut",
            "no whole block",
            with("ciphertext", base64(&ciphertext[..last])),
            mac,
            "truncated",
        ),
        (
            "truncated-base64",
            "a character is missing",
            with("ciphertext", "AAAAA".to_owned()),
            "format.base64",
            "base64",
        ),
        (
            "padding-0",
            "padding of no byte: the error of the MAC",
            blocks(0, 1),
            mac,
            "padding",
        ),
        (
            "padding-17",
            "padding of more than a block",
            blocks(17, 16),
            mac,
            "padding",
        ),
        (
            "padding-mixed",
            "padding of 4 with 3 bytes of it",
            blocks(4, 3),
            mac,
            "padding",
        ),
    ] {
        let id = format!("pk-decryption/{id}");
        cases.push(Case::bad(&id, comment, inputs, error, &[flag]));
    }
    cases
}

fn trust() -> Vec<Case> {
    let public = base64(&backup().public);
    let signed = |user: &str, device_id: &str, signer: &Signer, more: &str| {
        // Canonical JSON: members sorted.
        let text = format!("{{{more}\"public_key\":\"{public}\"}}");
        let signature = base64(&signer.sign(text.as_bytes()));
        let mut data: Value = serde_json::from_str(&text).expect("JSON");
        let mut signatures = json!({});
        signatures[user][format!("ed25519:{device_id}")] = json!(signature);
        data["signatures"] = signatures;
        data
    };
    let version = |auth_data: Value| {
        json!({"algorithm": ALGORITHM, "auth_data": auth_data, "version": "1"}).to_string()
    };
    let good = signed(USER, DEVICE, &device(), "");
    let with = |member: &str, value: Value| {
        let mut data = good.clone();
        data[member] = value;
        data
    };
    let mut cases: Vec<Case> = [
        ("good", "this device signed it", good.clone()),
        (
            "unknown-members",
            "signed, too",
            signed(USER, DEVICE, &device(), "\"more\":{\"x\":1},"),
        ),
        (
            "unsigned",
            "what stands in unsigned is not signed",
            with("unsigned", json!({"age": 1})),
        ),
    ]
    .into_iter()
    .map(|(id, comment, data)| {
        Case::good(
            &format!("backup-trust/{id}"),
            comment,
            json!({"version": version(data)}),
            json!({"public_key": public, "trusted_by": "own-device"}),
            &[],
        )
    })
    .collect();
    let bare = json!({"public_key": public});
    let other = Signer::drawn("backup other device");
    let low = json!({"public_key": base64(&[0; 32])});
    let twice = version(good.clone()).replacen('{', "{\"version\":\"2\",", 1);
    let float = version(with("more", json!(0)));
    for (id, comment, version, error, flag) in [
        (
            "no-signature",
            "nobody signed it",
            version(bare),
            "backup.unsigned",
            "signature",
        ),
        (
            "another-device",
            "a device that is not known",
            version(signed(USER, "LAPTOP", &other, "")),
            "backup.unsigned",
            "signature",
        ),
        (
            "another-user",
            "another user's signature",
            version(signed("@mallory:example.org", DEVICE, &device(), "")),
            "backup.unsigned",
            "signature",
        ),
        (
            "another-key",
            "another key's under this device's name",
            version(signed(USER, DEVICE, &other, "")),
            "backup.bad-signature",
            "signature",
        ),
        (
            "changed",
            "a member put in",
            version(with("more", json!(1))),
            "backup.bad-signature",
            "signature",
        ),
        (
            "fraction",
            "a number that cannot be signed",
            float.replace("\"more\":0", "\"more\":0.5"),
            "backup.bad-signature",
            "json",
        ),
        (
            "small-order",
            "a public key with which everybody reads the backup",
            version(low),
            "key.small-order",
            "small-order",
        ),
        (
            "algorithm",
            "an algorithm that nobody here knows",
            version(good.clone()).replace("backup.v1", "backup.v9"),
            "algorithm",
            "version",
        ),
        (
            "version-twice",
            "a member stands twice",
            twice,
            "format.json",
            "json",
        ),
    ] {
        cases.push(Case::bad(
            &format!("backup-trust/{id}"),
            comment,
            json!({"version": version}),
            error,
            &[flag],
        ));
    }
    cases
}

fn sessions() -> Vec<Case> {
    let id = base64(&session().signer.public);
    let sealed = |text: &[u8], recipient: [u8; 32]| {
        let data = Sealed::new(&Pair::drawn("backup ephemeral"), &recipient, text);
        json!({
            "first_message_index": session().ratchet.index,
            "forwarded_count": 0,
            "is_verified": false,
            "session_data": data.json(),
        })
    };
    let ours = backup().public;
    let key = room_key(&session(), &sender(), true);
    let good = sealed(key.to_string().as_bytes(), ours);
    let mut cases = vec![Case::good(
        "backup-session/good",
        "the session that was asked for",
        json!({"session_id": id, "session": good.to_string()}),
        room_keys::shown(&session(), &sender(), true),
        &[],
    )];
    let other = base64(
        &crate::megolm::Session::drawn("backup other session")
            .signer
            .public,
    );
    let mut bad_mac = good.clone();
    bad_mac["session_data"]["mac"] = json!(base64(&[0; 8]));
    let with = |member: &str, value: Value| {
        let mut session = good.clone();
        session[member] = value;
        session.to_string()
    };
    let wrong = "backup.undecryptable";
    let text = key.to_string();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        sealed(text.replacen(from, to, 1).as_bytes(), ours).to_string()
    };
    let elsewhere = Pair::drawn("backup other key").public;
    for (name, comment, id, session, error, flag) in [
        (
            "another-session",
            "the server put it in another's place",
            &other,
            good.to_string(),
            wrong,
            "wrong-context",
        ),
        (
            "another-backup",
            "encrypted to another key",
            &id,
            sealed(text.as_bytes(), elsewhere).to_string(),
            wrong,
            "mac",
        ),
        (
            "mac",
            "a MAC of zeros",
            &id,
            bad_mac.to_string(),
            wrong,
            "mac",
        ),
        (
            "not-utf8",
            "bytes that are no text",
            &id,
            sealed(b"\xff", ours).to_string(),
            wrong,
            "utf8",
        ),
        (
            "not-json",
            "an array",
            &id,
            sealed(b"[]", ours).to_string(),
            wrong,
            "json",
        ),
        (
            "member-twice",
            "a member stands twice",
            &id,
            changed("{", "{\"session_key\":\"\","),
            wrong,
            "json",
        ),
        (
            "algorithm",
            "an algorithm that nobody here knows",
            &id,
            changed(".v1.", ".v9."),
            wrong,
            "version",
        ),
        (
            "index-negative",
            "an index below zero",
            &id,
            with("first_message_index", json!(-1)),
            "format",
            "json",
        ),
        (
            "index-fraction",
            "a fraction",
            &id,
            with("first_message_index", json!(0.5)),
            "format",
            "json",
        ),
        (
            "no-data",
            "no session_data",
            &id,
            with("session_data", json!(null)),
            "format",
            "json",
        ),
    ] {
        cases.push(Case::bad(
            &format!("backup-session/{name}"),
            comment,
            json!({"session_id": id, "session": session}),
            error,
            &[flag],
        ));
    }
    cases
}
