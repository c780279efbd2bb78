//! Ed25519 under one strict rule.

use curve25519_dalek::{
    EdwardsPoint, Scalar,
    constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION},
    edwards::CompressedEdwardsY,
    traits::IsIdentity,
};
use serde_json::{Value, json};

use super::bad_base64;
use crate::{
    crypto::{
        Signer, add_order, array, challenge, near_p, plus_torsion, signature, small_order_points,
    },
    format::{Case, File, Group},
    text::{base64, from_hex, hex},
};

pub(crate) fn file() -> File {
    File::new(
        "Ed25519. A signature R ‖ S of M under A verifies if and only if S, A and R are canonical, \
         neither A nor R is of small order, and 8(S·B − k·A − R) = 0 with \
         k = SHA-512(R ‖ A ‖ M) mod ℓ.",
        vec![
            Group::new("signing", "ed25519-sign", json!({}), signing()),
            Group::new("RFC 8032, section 7.1", "ed25519-verify", json!({}), rfc()),
            Group::new("changed signatures", "ed25519-verify", json!({}), changed()),
            Group::new(
                "R of small order, in all encodings, though the equation holds",
                "ed25519-verify",
                json!({}),
                small_r(),
            ),
            Group::new(
                "A of small order, in all encodings, with R = identity, S = 0",
                "ed25519-verify",
                json!({}),
                small_a(),
            ),
            Group::new(
                "A and R plus points of small order: the cofactored equation holds",
                "ed25519-verify",
                json!({}),
                mixed(),
            ),
            Group::new("keys", "ed25519-key", json!({}), keys()),
            Group::new("keys as text", "ed25519-key-text", json!({}), texts()),
        ],
    )
}

const RFC: [(&str, &str, &str); 3] = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
];

fn case(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Value {
    json!({
        "public": hex(public),
        "message": hex(message),
        "signature": hex(signature),
    })
}

fn refused(id: &str, comment: &str, inputs: Value, flags: &[&str]) -> Case {
    let id = format!("ed25519/{id}");
    Case::bad(&id, comment, inputs, "authentication.signature", flags)
}

fn signer() -> Signer {
    Signer::drawn("ed25519 signer")
}

const MESSAGE: &[u8] = b"message to sign";

fn signing() -> Vec<Case> {
    let ours = signer();
    let expected = json!({
        "public": hex(&ours.public),
        "signature": hex(&ours.sign(MESSAGE)),
    });
    let mut cases = vec![
        Case::good(
            "ed25519/sign",
            "by the seed",
            json!({"seed": hex(&ours.seed), "message": hex(MESSAGE)}),
            expected.clone(),
            &[],
        ),
        Case::good(
            "ed25519/sign-expanded",
            "by libolm's expanded key: clamped scalar and prefix",
            json!({"expanded": hex(&ours.expanded()), "message": hex(MESSAGE)}),
            expected.clone(),
            &[],
        ),
        Case::good(
            "ed25519/sign-expanded-not-clamped",
            "by an expanded key whose scalar is as the hash gave it, as vodozemac writes it: it \
             is clamped when read",
            json!({"expanded": hex(&ours.hash), "message": hex(MESSAGE)}),
            expected,
            &[],
        ),
    ];
    for (number, (seed, message, signature)) in (1..).zip(RFC) {
        let ours = Signer::of(array(&from_hex(seed).expect("hex")));
        cases.push(Case::good(
            &format!("ed25519/sign-rfc-8032-{number}"),
            "RFC 8032, section 7.1",
            json!({"seed": seed, "message": message}),
            json!({"public": hex(&ours.public), "signature": signature}),
            &[],
        ));
    }
    cases
}

fn rfc() -> Vec<Case> {
    (1..)
        .zip(RFC)
        .map(|(number, (seed, message, signature))| {
            let public = Signer::of(array(&from_hex(seed).expect("hex"))).public;
            Case::good(
                &format!("ed25519/rfc-8032-{number}"),
                "RFC 8032, section 7.1",
                json!({"public": hex(&public), "message": message, "signature": signature}),
                json!({}),
                &[],
            )
        })
        .collect()
}

fn changed() -> Vec<Case> {
    let ours = signer();
    let good = ours.sign(MESSAGE);
    let with = |bytes: &[u8; 64]| case(&ours.public, MESSAGE, bytes);
    let mut cases = vec![Case::good(
        "ed25519/good",
        "the one that the others are changed from",
        with(&good),
        json!({}),
        &[],
    )];
    for at in [0, 15, 31, 32, 47, 63] {
        for bit in [0, 7] {
            let mut bytes = good;
            bytes[at] ^= 1 << bit;
            let part = if at < 32 { "R" } else { "S" };
            cases.push(refused(
                &format!("byte-{at}-bit-{bit}"),
                &format!("one bit of {part} flipped"),
                with(&bytes),
                &[],
            ));
        }
    }
    cases.push(refused(
        "other-message",
        "of another message",
        case(&ours.public, b"message to sign.", &good),
        &[],
    ));
    cases.push(refused(
        "other-key",
        "under another key",
        case(&Signer::drawn("ed25519 other").public, MESSAGE, &good),
        &[],
    ));
    cases.push(refused("zero", "64 zero bytes", with(&[0; 64]), &[]));
    for (id, times) in [("s-plus-order", 1), ("s-plus-14-orders", 14)] {
        cases.push(refused(
            id,
            "S not reduced modulo the group order",
            with(&add_order(&good, times)),
            &["non-canonical", "malleable"],
        ));
    }
    let zero_s = signature(&array(&good[..32]), &[0; 32]);
    cases.push(refused(
        "s-zero",
        "S = 0, R of another signature",
        with(&zero_s),
        &[],
    ));
    cases.push(refused(
        "s-order",
        "S = ℓ, which is 0 not reduced",
        with(&add_order(&zero_s, 1)),
        &["non-canonical"],
    ));
    // y = p + 3 names the same point as y = 3, but hashes to another k.
    let not_reduced = near_p(0xf0);
    let _ = CompressedEdwardsY(not_reduced)
        .decompress()
        .expect("a point");
    cases.push(refused(
        "r-not-reduced",
        "the y of R is p + 3",
        with(&signature(&not_reduced, &array(&good[32..]))),
        &["non-canonical"],
    ));
    cases.push(refused(
        "r-no-point",
        "R is no point",
        with(&signature(&no_point(), &array(&good[32..]))),
        &[],
    ));
    cases
}

/// A string of bytes that decodes to no point.
fn no_point() -> [u8; 32] {
    (2u8..)
        .map(|n| {
            let mut bytes = [0; 32];
            bytes[0] = n;
            bytes
        })
        .find(|bytes| CompressedEdwardsY(*bytes).decompress().is_none())
        .expect("half of all are")
}

/// `S = k·a` makes `S·B − k·A = 0`, which is R up to a point of small order.
fn small_r() -> Vec<Case> {
    let ours = signer();
    small_order_points()
        .into_iter()
        .enumerate()
        .map(|(number, (name, r))| {
            let bytes = ours.sign_with(Scalar::ZERO, &r, MESSAGE);
            refused(
                &format!("r-{name}"),
                "the nonce is zero: S = k·a",
                case(&ours.public, MESSAGE, &bytes),
                if number < 8 {
                    &["small-order"]
                } else {
                    &["small-order", "non-canonical"]
                },
            )
        })
        .collect()
}

/// The messages are picked so that `k·A` is the identity: a check without rules
/// on the order accepts.
fn small_a() -> Vec<Case> {
    let mut identity = [0; 32];
    identity[0] = 1;
    small_order_points()
        .into_iter()
        .enumerate()
        .map(|(number, (name, public))| {
            let point = CompressedEdwardsY(public).decompress();
            let message = (0u32..)
                .map(|n| format!("forged {n}").into_bytes())
                .find(|message| {
                    let k = challenge(&identity, &public, message);
                    point.is_none_or(|point| (point * k).is_identity())
                })
                .expect("one in eight is");
            let canonical = number < 8;
            Case::bad(
                &format!("ed25519/a-{name}"),
                "anybody can sign under this key",
                case(&public, &message, &signature(&identity, &[0; 32])),
                if canonical || name.ends_with("wrong-sign") && !name.contains("plus-p") {
                    "key.small-order"
                } else {
                    "key.not-a-point"
                },
                if canonical {
                    &["small-order"]
                } else {
                    &["small-order", "non-canonical"]
                },
            )
        })
        .collect()
}

/// Whether `R` is just `S·B − k·A`, without the cofactor.
pub(super) fn is_cofactorless(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let (r, s): ([u8; 32], [u8; 32]) = (array(&signature[..32]), array(&signature[32..]));
    let a = CompressedEdwardsY(*public).decompress().expect("a point");
    let s = Scalar::from_bytes_mod_order(s);
    let point: EdwardsPoint = ED25519_BASEPOINT_POINT * s - a * challenge(&r, public, message);
    point.compress().to_bytes() == r
}

fn mixed() -> Vec<Case> {
    let ours = signer();
    let mut cases = Vec::new();
    for a in 0..8usize {
        let mut mixed = ours.clone();
        mixed.public = plus_torsion(ED25519_BASEPOINT_POINT * ours.scalar, a);
        for r in 0..8usize {
            if (a, r) == (0, 0) {
                continue;
            }
            let nonce = ours.nonce(&[a.to_be_bytes(), r.to_be_bytes()].concat());
            let point = plus_torsion(ED25519_BASEPOINT_POINT * nonce, r);
            let bytes = mixed.sign_with(nonce, &point, MESSAGE);
            let kind = if is_cofactorless(&mixed.public, MESSAGE, &bytes) {
                "cofactorless"
            } else {
                "cofactored"
            };
            cases.push(Case::good(
                &format!("ed25519/{kind}-a{a}-r{r}"),
                if kind == "cofactorless" {
                    "the parts of small order cancel: with and without the cofactor the equation \
                     holds"
                } else {
                    "the equation holds with the cofactor only"
                },
                case(&mixed.public, MESSAGE, &bytes),
                json!({}),
                &["torsion"],
            ));
        }
    }
    assert!(EIGHT_TORSION[0].is_identity(), "the first of them is none");
    cases
}

fn keys() -> Vec<Case> {
    let mut cases = vec![Case::good(
        "ed25519/key",
        "a key",
        json!({"public": hex(&signer().public)}),
        json!({}),
        &[],
    )];
    for (number, (name, public)) in small_order_points().into_iter().enumerate() {
        let canonical = number < 8;
        cases.push(Case::bad(
            &format!("ed25519/key-{name}"),
            "a point of small order",
            json!({"public": hex(&public)}),
            if canonical || name.ends_with("wrong-sign") && !name.contains("plus-p") {
                "key.small-order"
            } else {
                "key.not-a-point"
            },
            if canonical {
                &["small-order"]
            } else {
                &["small-order", "non-canonical"]
            },
        ));
    }
    for low in 0xef..=0xff {
        for top in [0x7f, 0xff] {
            let mut public = near_p(low);
            public[31] = top;
            if CompressedEdwardsY(public).decompress().is_some() {
                cases.push(Case::bad(
                    &format!("ed25519/key-not-reduced-{low:x}-{top:x}"),
                    "a point whose y is p and more",
                    json!({"public": hex(&public)}),
                    "key.not-a-point",
                    &["non-canonical"],
                ));
            }
        }
    }
    cases.push(Case::bad(
        "ed25519/key-no-point",
        "no point has this y",
        json!({"public": hex(&no_point())}),
        "key.not-a-point",
        &[],
    ));
    for torsion in 1..8 {
        let public = plus_torsion(ED25519_BASEPOINT_POINT * signer().scalar, torsion);
        cases.push(Case::good(
            &format!("ed25519/key-mixed-order-{torsion}"),
            "a key plus a point of small order",
            json!({"public": hex(&public)}),
            json!({}),
            &["torsion"],
        ));
    }
    cases
}

fn texts() -> Vec<Case> {
    let key = signer().public;
    let good = base64(&key);
    let mut cases = vec![Case::good(
        "ed25519/text",
        "43 characters",
        json!({"text": good}),
        json!({"public": hex(&key)}),
        &[],
    )];
    for (id, comment, text) in bad_base64(&good) {
        cases.push(Case::bad(
            &format!("ed25519/text-{id}"),
            comment,
            json!({"text": text}),
            "format.base64",
            &["base64"],
        ));
    }
    for (id, length) in [("empty", 0), ("31-bytes", 31), ("33-bytes", 33)] {
        let bytes: Vec<u8> = key.iter().cycle().take(length).copied().collect();
        cases.push(Case::bad(
            &format!("ed25519/text-{id}"),
            "another length than 32 bytes",
            json!({"text": base64(&bytes)}),
            "format.length",
            &[],
        ));
    }
    cases
}
