//! X25519 with a zero check.

use curve25519_dalek::{EdwardsPoint, MontgomeryPoint, constants::EIGHT_TORSION};
use serde_json::json;

use super::bad_base64;
use crate::{
    crypto::{Pair, near_p, small_order_u},
    format::{Case, File, Group},
    text::{base64, hex},
};

pub(crate) fn file() -> File {
    File::new(
        "X25519 (RFC 7748) whose all-zero result is refused, and keys as text.",
        vec![
            Group::new("RFC 7748, section 6.1", "curve25519-dh", json!({}), rfc()),
            Group::new(
                "keys of small order, on the curve and its twist, in all encodings",
                "curve25519-dh",
                json!({"secret": hex(&Pair::drawn("curve25519 secret").secret)}),
                small_order(),
            ),
            Group::new(
                "odd keys that are fine",
                "curve25519-dh",
                json!({"secret": hex(&Pair::drawn("curve25519 secret").secret)}),
                odd(),
            ),
            Group::new("keys as text", "curve25519-key", json!({}), texts()),
        ],
    )
}

fn rfc() -> Vec<Case> {
    let alice = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    let alice_public = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    let bob = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
    let bob_public = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    let shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    [("alice", alice, bob_public), ("bob", bob, alice_public)]
        .into_iter()
        .map(|(name, secret, public)| {
            Case::good(
                &format!("curve25519/rfc-7748-{name}"),
                "RFC 7748, section 6.1",
                json!({"secret": secret, "public": public}),
                json!({"shared": shared}),
                &[],
            )
        })
        .collect()
}

fn small_order() -> Vec<Case> {
    small_order_u()
        .into_iter()
        .map(|(name, u)| {
            Case::bad(
                &format!("curve25519/small-order-{name}"),
                "anybody knows the shared secret: zero",
                json!({"public": hex(&u)}),
                "key.small-order",
                &if u[31] & 0x80 != 0 || name.starts_with('p') {
                    vec!["small-order", "non-canonical"]
                } else {
                    vec!["small-order"]
                },
            )
        })
        .collect()
}

fn odd() -> Vec<Case> {
    let ours = Pair::drawn("curve25519 secret");
    let theirs = Pair::drawn("curve25519 other secret");
    let good = |id: &str, comment: &str, public: [u8; 32], flags: &[&str]| {
        let shared = ours.shared(&public);
        assert_ne!(shared, [0; 32], "{id}");
        Case::good(
            &format!("curve25519/{id}"),
            comment,
            json!({"public": hex(&public)}),
            json!({"shared": hex(&shared)}),
            flags,
        )
    };
    let mut top_bit = theirs.public;
    top_bit[31] |= 0x80;
    assert_eq!(ours.shared(&top_bit), ours.shared(&theirs.public));
    let mut cases = vec![good(
        "top-bit",
        "the top bit is ignored: the same secret as without",
        top_bit,
        &["non-canonical"],
    )];
    for (number, torsion) in EIGHT_TORSION.iter().enumerate().skip(1) {
        let point = EdwardsPoint::mul_base_clamped(theirs.secret) + torsion;
        let public = point.to_montgomery().to_bytes();
        assert_eq!(ours.shared(&public), ours.shared(&theirs.public));
        cases.push(good(
            &format!("mixed-order-{number}"),
            "a key plus a point of small order: clamping kills that part, the secret is the \
             same as without",
            public,
            &["torsion"],
        ));
    }
    let twist = (2u8..)
        .map(|n| {
            let mut u = [0; 32];
            u[0] = n;
            u
        })
        .find(|u| MontgomeryPoint(*u).to_edwards(0).is_none())
        .expect("half of all are");
    cases.push(good("twist", "a point of the twist", twist, &[]));
    for low in [0xef, 0xff] {
        cases.push(good(
            &format!("not-reduced-{low:x}"),
            "u of p and more is read modulo p",
            near_p(low),
            &["non-canonical"],
        ));
    }
    cases
}

fn texts() -> Vec<Case> {
    let key = Pair::drawn("curve25519 text").public;
    let good = base64(&key);
    let mut cases = vec![Case::good(
        "curve25519/text",
        "43 characters",
        json!({"text": good}),
        json!({"public": hex(&key)}),
        &[],
    )];
    for (id, comment, text) in bad_base64(&good) {
        cases.push(Case::bad(
            &format!("curve25519/text-{id}"),
            comment,
            json!({"text": text}),
            "format.base64",
            &["base64"],
        ));
    }
    for (id, length) in [("empty", 0), ("31-bytes", 31), ("33-bytes", 33)] {
        let bytes: Vec<u8> = key.iter().cycle().take(length).copied().collect();
        cases.push(Case::bad(
            &format!("curve25519/text-{id}"),
            "another length than 32 bytes",
            json!({"text": base64(&bytes)}),
            "format.length",
            &[],
        ));
    }
    cases
}
