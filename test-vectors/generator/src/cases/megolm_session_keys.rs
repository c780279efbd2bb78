//! Session keys and exported session keys.

use curve25519_dalek::{
    constants::ED25519_BASEPOINT_POINT, edwards::CompressedEdwardsY, traits::IsIdentity,
};
use serde_json::json;

use super::{bad_base64, ed25519::is_cofactorless};
use crate::{
    crypto::{
        Signer, add_order, array, challenge, near_p, plus_torsion, signature, small_order_points,
    },
    draw::draw32,
    format::{Case, File, Group},
    megolm::Session,
    text::base64,
    wire::sign,
};

pub(crate) fn file() -> File {
    let session = Session::drawn("megolm session keys").at(7);
    File::new(
        "Megolm session keys (signed, 229 bytes) and exported ones (165 bytes).",
        vec![
            Group::new(
                "session keys",
                "megolm-session-key",
                json!({}),
                session_keys(&session),
            ),
            Group::new(
                "session keys: public keys",
                "megolm-session-key",
                json!({}),
                small(&session),
            ),
            Group::new(
                "session keys: torsion",
                "megolm-session-key",
                json!({}),
                mixed(&session),
            ),
            Group::new(
                "exported keys",
                "megolm-exported-key",
                json!({}),
                exports(&session),
            ),
        ],
    )
}

fn good(id: &str, comment: &str, key: &[u8], session: &Session, flags: &[&str]) -> Case {
    Case::good(
        id,
        comment,
        json!({"text": base64(key)}),
        json!({
            "session_id": base64(&session.signer.public),
            "index": session.ratchet.index,
        }),
        flags,
    )
}

fn bad(id: &str, comment: &str, key: &[u8], error: &str, flags: &[&str]) -> Case {
    Case::bad(id, comment, json!({"text": base64(key)}), error, flags)
}

fn session_keys(session: &Session) -> Vec<Case> {
    let key = session.session_key();
    let signature_error = "authentication.signature";
    let refused = |id: &str, comment: &str, key: &[u8], error: &str, flags: &[&str]| {
        bad(
            &format!("megolm-session-key/{id}"),
            comment,
            key,
            error,
            flags,
        )
    };
    let at_zero = Session::drawn("megolm session keys");
    let mut cases = vec![
        good("megolm-session-key/good", "at index 7", &key, session, &[]),
        good(
            "megolm-session-key/good-index-0",
            "at index 0",
            &at_zero.session_key(),
            &at_zero,
            &[],
        ),
    ];
    for (id, at) in [
        ("index-changed", 4),
        ("ratchet-changed", 5),
        ("ratchet-end-changed", 132),
        ("signature-changed", 165),
        ("signature-end-changed", 228),
    ] {
        let mut changed = key.clone();
        changed[at] ^= 1;
        cases.push(refused(
            id,
            "one bit flipped",
            &changed,
            signature_error,
            &[],
        ));
    }
    let mut other = key.clone();
    other[133..165].copy_from_slice(&Signer::drawn("session key other").public);
    cases.push(refused(
        "other-public-key",
        "another public key",
        &other,
        signature_error,
        &[],
    ));
    for version in [0, 1, 3, 0xff] {
        cases.push(refused(
            &format!("version-{version}"),
            "another version, signed",
            &sign(session.unsigned_key(version), &session.signer),
            "format.version",
            &["version"],
        ));
    }
    for length in [0, 1, 164, 165, 228] {
        cases.push(refused(
            &format!("{length}-bytes"),
            "cut short",
            &key[..length],
            "format.length",
            &["truncated"],
        ));
    }
    cases.push(refused(
        "byte-appended",
        "one byte more",
        &[key.as_slice(), &[0]].concat(),
        "format.length",
        &["trailing"],
    ));
    cases.push(refused(
        "is-export",
        "an exported key given as a session key",
        &session.export(),
        "format.length",
        &[],
    ));
    let right: [u8; 64] = array(&key[165..]);
    cases.push(refused(
        "s-plus-order",
        "S not reduced modulo the group order",
        &[&key[..165], &add_order(&right, 1)].concat(),
        signature_error,
        &["non-canonical", "malleable"],
    ));
    for (name, comment, text) in bad_base64(&base64(&key)) {
        cases.push(Case::bad(
            &format!("megolm-session-key/base64-{name}"),
            comment,
            json!({"text": text}),
            "format.base64",
            &["base64"],
        ));
    }
    cases
}

/// Which error a public key of small order gives, and its flags.
fn class(name: &str, number: usize) -> (&'static str, &'static [&'static str]) {
    if number < 8 {
        ("key.small-order", &["small-order"])
    } else if name.contains("plus-p") {
        ("key.not-a-point", &["small-order", "non-canonical"])
    } else {
        ("key.small-order", &["small-order", "non-canonical"])
    }
}

/// With R = identity and S = 0, and ratchets that are picked so that `k·A` is
/// the identity: a check without rules on the order accepts.
fn small(session: &Session) -> Vec<Case> {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut cases = Vec::new();
    for (number, (name, public)) in small_order_points().into_iter().enumerate() {
        let point = CompressedEdwardsY(public).decompress().expect("a point");
        let mut forged = session.clone();
        forged.signer.public = public;
        let unsigned = (0u32..)
            .map(|n| {
                forged.ratchet.parts[0] = draw32(&format!("forged ratchet {n}"));
                forged.unsigned_key(2)
            })
            .find(|unsigned| (point * challenge(&identity, &public, unsigned)).is_identity())
            .expect("one in eight is");
        let (error, flags) = class(name, number);
        cases.push(bad(
            &format!("megolm-session-key/public-key-{name}"),
            "anybody can sign under this key, and has",
            &[unsigned.as_slice(), &signature(&identity, &[0; 32])].concat(),
            error,
            flags,
        ));
    }
    cases
}

fn mixed(session: &Session) -> Vec<Case> {
    let mut cases = Vec::new();
    for (a, r) in [(0usize, 1usize), (1, 0), (4, 0), (4, 4), (3, 6)] {
        let mut session = session.clone();
        session.signer.public = plus_torsion(ED25519_BASEPOINT_POINT * session.signer.scalar, a);
        let unsigned = session.unsigned_key(2);
        let nonce = session
            .signer
            .nonce(&[a.to_be_bytes(), r.to_be_bytes()].concat());
        let point = plus_torsion(ED25519_BASEPOINT_POINT * nonce, r);
        let bytes = session.signer.sign_with(nonce, &point, &unsigned);
        let kind = if is_cofactorless(&session.signer.public, &unsigned, &bytes) {
            "cofactorless"
        } else {
            "cofactored"
        };
        cases.push(good(
            &format!("megolm-session-key/{kind}-a{a}-r{r}"),
            "A or R have a part of small order; the cofactored equation holds",
            &[unsigned.as_slice(), &bytes].concat(),
            &session,
            &["torsion"],
        ));
    }
    cases
}

fn exports(session: &Session) -> Vec<Case> {
    let key = session.export();
    let refused = |id: &str, comment: &str, key: &[u8], error: &str, flags: &[&str]| {
        bad(
            &format!("megolm-exported-key/{id}"),
            comment,
            key,
            error,
            flags,
        )
    };
    let last = session.at(u32::MAX);
    let mut cases = vec![
        good("megolm-exported-key/good", "at index 7", &key, session, &[]),
        good(
            "megolm-exported-key/good-last-index",
            "at index 2^32 − 1",
            &last.export(),
            &last,
            &[],
        ),
    ];
    for version in [0, 2, 3, 0xff] {
        cases.push(refused(
            &format!("version-{version}"),
            "another version",
            &session.unsigned_key(version),
            "format.version",
            &["version"],
        ));
    }
    for length in [0, 1, 133, 164] {
        cases.push(refused(
            &format!("{length}-bytes"),
            "cut short",
            &key[..length],
            "format.length",
            &["truncated"],
        ));
    }
    cases.push(refused(
        "byte-appended",
        "one byte more",
        &[key.as_slice(), &[0]].concat(),
        "format.length",
        &["trailing"],
    ));
    cases.push(refused(
        "is-session-key",
        "a session key given as an exported key",
        &session.session_key(),
        "format.length",
        &[],
    ));
    for (number, (name, public)) in small_order_points().into_iter().enumerate() {
        let mut session = session.clone();
        session.signer.public = public;
        let (error, flags) = class(name, number);
        cases.push(refused(
            &format!("public-key-{name}"),
            "a public key of small order",
            &session.export(),
            error,
            flags,
        ));
    }
    for (id, public) in [("no-point", no_point()), ("not-reduced", near_p(0xf0))] {
        let mut session = session.clone();
        session.signer.public = public;
        cases.push(refused(
            &format!("public-key-{id}"),
            "the public key is not the canonical encoding of a point",
            &session.export(),
            "key.not-a-point",
            if id == "no-point" {
                &[]
            } else {
                &["non-canonical"]
            },
        ));
    }
    for (name, comment, text) in bad_base64(&base64(&key)) {
        cases.push(Case::bad(
            &format!("megolm-exported-key/base64-{name}"),
            comment,
            json!({"text": text}),
            "format.base64",
            &["base64"],
        ));
    }
    cases
}

fn no_point() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = 2;
    assert!(CompressedEdwardsY(bytes).decompress().is_none());
    bytes
}
