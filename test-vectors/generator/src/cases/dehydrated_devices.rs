//! Dehydrated devices.

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use serde_json::{Value, json};

use crate::{
    crypto::{Pair, Signer, hkdf},
    draw::{draw, draw32},
    format::{Case, File, Group},
    records::{Account, Record, seal as seal_libolm},
    text::{base64, hex},
};

const ALGORITHM: &str = "org.matrix.msc3814.v2";

pub(crate) fn file() -> File {
    let key = json!({"key": hex(&key())});
    File::new(
        "Dehydrated devices (MSC3814): version 2, and version 1 to be read.",
        vec![
            Group::new("reading", "dehydrated-read", key.clone(), read()),
            Group::new("states", "dehydrated-read", key.clone(), states()),
            Group::new("version 1", "dehydrated-read", key.clone(), libolm()),
            Group::new("writing", "dehydrated-write", key, write()),
        ],
    )
}

fn key() -> [u8; 32] {
    draw32("dehydrated key")
}

fn nonce() -> [u8; 12] {
    crate::crypto::array(&draw("dehydrated nonce", 12))
}

fn identity() -> Pair {
    Pair::drawn("dehydrated identity")
}

fn signer() -> Signer {
    Signer::drawn("dehydrated signer")
}

fn device_id() -> String {
    base64(&identity().public)
}

/// A state with this version, count, as many one-time keys, and what follows.
fn state(version: u32, count: u32, keys: usize, rest: &[u8]) -> Vec<u8> {
    let mut state = Record::of_version(version);
    state.all(&[identity().secret, signer().seed]);
    state.u32(count);
    state.bytes(&draw("dehydrated one-time keys", keys * 32));
    state.bytes(rest);
    state.finish()
}

fn fallback() -> Vec<u8> {
    [&[1][..], &draw32("dehydrated fallback")].concat()
}

fn seal(state: &[u8], key: &[u8; 32], nonce: &[u8; 12]) -> Vec<u8> {
    let cipher = ChaCha20Poly1305::new_from_slice(key).expect("32 bytes");
    let mut buffer = state.to_vec();
    let tag = cipher
        .encrypt_inout_detached(nonce.into(), &[], buffer.as_mut_slice().into())
        .expect("short enough");
    buffer.extend_from_slice(&tag);
    buffer
}

fn data(pickle: &[u8], nonce: &[u8]) -> Value {
    json!({"algorithm": ALGORITHM, "device_pickle": base64(pickle), "nonce": base64(nonce)})
}

fn sealed(state: &[u8]) -> Value {
    data(&seal(state, &key(), &nonce()), &nonce())
}

fn inputs(device_id: &str, data: &Value) -> Value {
    json!({"device_id": device_id, "device_data": data.to_string()})
}

fn good(id: &str, comment: &str, data: &Value, keys: usize, flags: &[&str]) -> Case {
    Case::good(
        &format!("dehydrated/{id}"),
        comment,
        inputs(&device_id(), data),
        json!({
            "curve25519": device_id(),
            "ed25519": base64(&signer().public),
            "one_time_keys": keys,
        }),
        flags,
    )
}

fn bad(id: &str, comment: &str, data: &Value, error: &str, flags: &[&str]) -> Case {
    let inputs = inputs(&device_id(), data);
    Case::bad(&format!("dehydrated/{id}"), comment, inputs, error, flags)
}

fn read() -> Vec<Case> {
    let whole = state(1, 2, 2, &fallback());
    let right = sealed(&whole);
    let with = |member: &str, value: Value| {
        let mut data = right.clone();
        data[member] = value;
        data
    };
    let without = |member: &str| {
        let mut data = right.clone();
        data.as_object_mut()
            .expect("an object")
            .shift_remove(member);
        data
    };
    let flipped = |at: usize| {
        let mut pickle = seal(&whole, &key(), &nonce());
        pickle[at] ^= 1;
        data(&pickle, &nonce())
    };
    let text = |member: &str| right[member].as_str().expect("a text").to_owned();
    let length = whole.len();
    let other = Case::bad(
        "dehydrated/other-device-id",
        "everything decrypts, but the server says that it is another device",
        inputs(&base64(&Pair::drawn("dehydrated other").public), &right),
        "device-id",
        &["wrong-context"],
    );
    let mut foreign_nonce = nonce();
    foreign_nonce[0] ^= 1;
    vec![
        good(
            "two-keys-and-fallback",
            "as clients write it",
            &right,
            3,
            &[],
        ),
        good(
            "no-keys",
            "no one-time keys",
            &sealed(&state(1, 0, 0, &fallback())),
            1,
            &[],
        ),
        good(
            "no-fallback",
            "no fallback key",
            &sealed(&state(1, 2, 2, &[0])),
            2,
            &[],
        ),
        good(
            "fifty-keys",
            "as many keys as clients make",
            &sealed(&state(1, 50, 50, &fallback())),
            51,
            &[],
        ),
        good(
            "stable-name",
            "what the algorithm will be called",
            &with("algorithm", "m.dehydration.v2".into()),
            3,
            &[],
        ),
        good(
            "unknown-member",
            "a member that nobody knows",
            &with("org.example", 1.into()),
            3,
            &[],
        ),
        good(
            "padded",
            "base64 with padding",
            &with(
                "device_pickle",
                format!(
                    "{}{}",
                    text("device_pickle"),
                    "=".repeat((4 - text("device_pickle").len() % 4) % 4)
                )
                .into(),
            ),
            3,
            &["base64"],
        ),
        other,
        bad(
            "wrong-key",
            "another key",
            &data(
                &seal(&whole, &draw32("dehydrated other key"), &nonce()),
                &nonce(),
            ),
            "pickle.wrong-key",
            &["mac"],
        ),
        bad(
            "flipped-first",
            "one bit of the ciphertext is flipped",
            &flipped(0),
            "pickle.wrong-key",
            &["mac"],
        ),
        bad(
            "flipped-tag",
            "one bit of the tag is flipped",
            &flipped(length + 15),
            "pickle.wrong-key",
            &["mac"],
        ),
        bad(
            "other-nonce",
            "another nonce",
            &with("nonce", base64(&foreign_nonce).into()),
            "pickle.wrong-key",
            &["mac"],
        ),
        bad(
            "tag-alone",
            "a tag and nothing else",
            &data(&[7; 16], &nonce()),
            "pickle.wrong-key",
            &["truncated"],
        ),
        bad(
            "shorter-than-a-tag",
            "not even a tag",
            &data(&[7; 3], &nonce()),
            "pickle.wrong-key",
            &["truncated"],
        ),
        bad(
            "nonce-11-bytes",
            "a nonce of 11 bytes",
            &with("nonce", base64(&[7; 11]).into()),
            "format.length",
            &[],
        ),
        bad(
            "nonce-24-bytes",
            "a nonce of 24 bytes",
            &with("nonce", base64(&[7; 24]).into()),
            "format.length",
            &[],
        ),
        bad(
            "nonce-base64",
            "a nonce that is not base64",
            &with("nonce", "AAAA*AAAAAAAAAAA".into()),
            "format.base64",
            &["base64"],
        ),
        bad(
            "no-nonce",
            "no nonce",
            &without("nonce"),
            "format.missing",
            &[],
        ),
        bad(
            "no-pickle",
            "no pickle",
            &without("device_pickle"),
            "format.missing",
            &[],
        ),
        bad(
            "no-algorithm",
            "no algorithm",
            &without("algorithm"),
            "algorithm",
            &[],
        ),
        bad(
            "unknown-algorithm",
            "an unknown algorithm",
            &with("algorithm", "org.matrix.msc3814.v3".into()),
            "algorithm",
            &["version"],
        ),
        bad(
            "derived-key",
            "version 2 uses the key itself, and derives none from it",
            &data(
                &seal(&whole, &crate::crypto::array(&derived()), &nonce()),
                &nonce(),
            ),
            "pickle.wrong-key",
            &["downgrade"],
        ),
    ]
}

fn states() -> Vec<Case> {
    let whole = state(1, 2, 2, &fallback());
    let of = |id: &str, comment: &str, state: &[u8], error: &str, flags: &[&str]| {
        bad(
            &format!("state-{id}"),
            comment,
            &sealed(state),
            error,
            flags,
        )
    };
    let mut cases = vec![good(
        "state-version-msc",
        "the version that the MSC's text names",
        &sealed(&state(0x8000_0000, 2, 2, &fallback())),
        3,
        &["version"],
    )];
    for version in [0, 2, 0x8000_0001] {
        cases.push(of(
            &format!("version-{version:x}"),
            "an unknown version",
            &state(version, 2, 2, &fallback()),
            "pickle.version",
            &["version"],
        ));
    }
    for (id, count, flags) in [
        ("1001", 1001, &["too-many"][..]),
        ("2-pow-32", u32::MAX, &["too-many", "wrap"]),
    ] {
        cases.push(of(
            &format!("count-{id}"),
            "more keys than there may be: refused before looking whether they are there",
            &state(1, count, 2, &fallback()),
            "pickle.too-many",
            flags,
        ));
    }
    cases.push(of(
        "count-one-more",
        "a count of one key more than there are takes the flag for a key",
        &state(1, 3, 2, &[1; 33]),
        "pickle.truncated",
        &["truncated"],
    ));
    for (id, length) in [
        ("empty", 0),
        ("version-alone", 4),
        ("no-flag", 136),
        ("fallback", whole.len() - 1),
    ] {
        cases.push(of(
            &format!("cut-{id}"),
            "the state ends too early",
            &whole[..length],
            "pickle.truncated",
            &["truncated"],
        ));
    }
    cases.push(of(
        "trailing",
        "a byte behind the state",
        &[&whole[..], &[0]].concat(),
        "pickle.trailing",
        &["trailing"],
    ));
    let mut flag = fallback();
    flag[0] = 2;
    cases.push(of(
        "flag-2",
        "a flag that is neither 0 nor 1",
        &state(1, 2, 2, &flag),
        "pickle.invalid",
        &["non-canonical"],
    ));
    flag[0] = 0;
    cases.push(of(
        "flag-0-with-key",
        "a fallback key behind a flag that says there is none",
        &state(1, 2, 2, &flag),
        "pickle.trailing",
        &["trailing"],
    ));
    cases
}

fn derived() -> Vec<u8> {
    hkdf(
        device_id().as_bytes(),
        &key(),
        b"dehydrated-device-pickle-key",
        32,
    )
}

/// libolm's pickle of an account, under a derived key.
fn libolm() -> Vec<Case> {
    let mut account = Account::drawn("dehydrated libolm");
    account.identity = identity();
    account.signer = signer();
    account.add_one_time(&draw("dehydrated one-time keys", 32));
    account.add_fallback(&draw32("dehydrated fallback"));
    let data = |key: &[u8]| {
        json!({
            "algorithm": "org.matrix.msc3814.v1.olm",
            "device_pickle": seal_libolm(&account.record(), key),
        })
    };
    vec![
        good(
            "v1",
            "libolm's pickle under a key that the device id goes into",
            &data(&derived()),
            2,
            &["version"],
        ),
        Case::bad(
            "dehydrated/v1-other-device-id",
            "another device id makes another key",
            inputs("DEVICE", &data(&derived())),
            "pickle.wrong-key",
            &["wrong-context"],
        ),
        bad(
            "v1-key-itself",
            "the key is derived, not used itself",
            &data(&key()),
            "pickle.wrong-key",
            &["version"],
        ),
    ]
}

fn write() -> Vec<Case> {
    [0usize, 1, 3]
        .into_iter()
        .map(|count| {
            let keys = draw("dehydrated one-time keys", count * 32);
            let whole = state(1, u32::try_from(count).expect("few"), count, &fallback());
            Case::good(
                &format!("dehydrated/write-{count}"),
                "an account with a fallback key: the same bytes for the same random ones",
                json!({
                    "count": count,
                    "account": hex(&[signer().seed, identity().secret].concat()),
                    "random": hex(&[&keys[..], &draw32("dehydrated fallback"), &nonce()].concat()),
                }),
                json!({"device_id": device_id(), "device_data": sealed(&whole)}),
                &[],
            )
        })
        .collect()
}
