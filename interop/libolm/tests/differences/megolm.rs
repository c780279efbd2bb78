//! Megolm messages and session keys.

use necturus::{
    DecodeError, Field, KeyError,
    megolm::{
        DecryptError, ExportedSessionKey, InboundGroupSession, MegolmMessage, SessionKey,
        SessionKeyError,
    },
};
use necturus_interop_libolm as libolm;

use crate::{
    TEXT, V1,
    common::base64,
    world::{Megolm, add_l, number, with_last_bit, with_order},
};

/// Messages signed by the session's own key, the last one by anybody.
#[test]
fn megolm_messages() {
    type Make = fn(&Megolm) -> String;
    let decode = DecryptError::Decode;
    let cases: [(&str, Make, DecryptError); 8] = [
        // As with Olm.
        (
            "an unknown field behind",
            |megolm| megolm.sealed(|frame| frame.put(&number(0x18, &[1]))),
            decode(DecodeError::NotCanonical),
        ),
        (
            "the fields in another order",
            |megolm| megolm.sealed(|frame| frame.fields.swap(0, 1)),
            decode(DecodeError::Missing {
                field: Field::Index,
            }),
        ),
        (
            "a varint longer than it must be",
            |megolm| megolm.sealed(|frame| frame.fields[0] = number(0x08, &[0x80, 0])),
            decode(DecodeError::NotCanonical),
        ),
        (
            "an index with 2^32 added",
            |megolm| {
                megolm.sealed(|frame| {
                    frame.fields[0] = number(0x08, &[0x80, 0x80, 0x80, 0x80, 0x10]);
                })
            },
            decode(DecodeError::IndexTooLarge),
        ),
        (
            "an index named twice, the last one right",
            |megolm| megolm.sealed(|frame| frame.fields.insert(0, number(0x08, &[9]))),
            decode(DecodeError::NotCanonical),
        ),
        (
            "unequal padding bytes",
            |megolm| megolm.padded(&[TEXT, &[7; 14], &[15]].concat()),
            DecryptError::Inauthentic,
        ),
        (
            "base64 with last bits that are not zero",
            |megolm| with_last_bit(&megolm.sealed(|_| ())),
            decode(DecodeError::Base64),
        ),
        // S is reduced where it is used, so libolm takes S + L for S: anybody
        // can make a second signature of the first.
        (
            "a signature with L added to S",
            |megolm| {
                let message = megolm.sealed(|_| ());
                let mut bytes = MegolmMessage::from_base64(&message).unwrap().into_bytes();
                add_l(&mut bytes);
                base64(&bytes)
            },
            DecryptError::BadSignature,
        ),
    ];
    for (what, make, refused) in cases {
        let megolm = Megolm::new();
        let body = make(&megolm);
        let mut theirs = libolm::InboundGroupSession::new(&megolm.key).unwrap();
        assert_eq!(theirs.decrypt(&body), Ok((TEXT.to_vec(), 0)), "{what}");
        let key = SessionKey::from_base64(&megolm.key).unwrap();
        let mut ours = InboundGroupSession::new(&key, V1);
        assert_eq!(ours.decrypt_base64(&body), Err(refused), "{what}");
    }
}

/// Under the identity point as public key, R = that point and S = 0 sign
/// everything: libolm takes such a session key for verified, and any message.
#[test]
fn sessions_that_everybody_can_sign_for() {
    let megolm = Megolm::new();
    let (identity, signature) = (with_order(1), [with_order(1), [0; 32]].concat());
    let mut key = megolm.key_bytes();
    key[133..165].copy_from_slice(&identity);
    key[165..].copy_from_slice(&signature);
    let mut theirs = libolm::InboundGroupSession::new(base64(&key)).unwrap();
    assert!(theirs.is_verified());
    let mut message = megolm.bytes(|_| ());
    let end = message.len() - 64;
    message[end..].copy_from_slice(&signature);
    assert_eq!(theirs.decrypt(base64(&message)), Ok((TEXT.to_vec(), 0)));

    let small = SessionKeyError::PublicKey(KeyError::SmallOrder);
    assert_eq!(SessionKey::from_bytes(&key).unwrap_err(), small);
    key[0] = 1;
    let export = &key[..165];
    assert!(libolm::InboundGroupSession::import(base64(export)).is_ok());
    assert_eq!(ExportedSessionKey::from_bytes(export).unwrap_err(), small);
}

#[test]
fn megolm_keys() {
    let megolm = Megolm::new();
    let signed = |what, change: fn(&mut Vec<u8>), refused| {
        let mut key = megolm.key_bytes();
        change(&mut key);
        assert!(
            libolm::InboundGroupSession::new(base64(&key)).is_ok(),
            "{what}"
        );
        assert_eq!(SessionKey::from_bytes(&key).unwrap_err(), refused, "{what}");
    };
    signed("S + L", |key| add_l(key), SessionKeyError::BadSignature);

    // libolm never looks whether the key is a point: nothing will verify.
    let mut export = megolm.key_bytes()[..165].to_vec();
    export[0] = 1;
    export[133..].fill(0);
    export[133] = 2;
    assert!(libolm::InboundGroupSession::import(base64(&export)).is_ok());
    let refused = SessionKeyError::PublicKey(KeyError::NotAPoint);
    assert_eq!(
        ExportedSessionKey::from_bytes(&export).unwrap_err(),
        refused
    );

    let text = with_last_bit(&megolm.key);
    assert!(libolm::InboundGroupSession::new(&text).is_ok());
    assert_eq!(
        SessionKey::from_base64(&text).unwrap_err(),
        SessionKeyError::Base64
    );

    // libolm reads a byte outside the alphabet as some other symbol.
    let mut export = base64(&megolm.key_bytes()[..165]);
    export.replace_range(..8, "AQAAAAA-");
    let loaded = libolm::InboundGroupSession::import(&export).unwrap();
    assert_ne!(loaded.export(0), Ok(export.clone()));
    assert_eq!(
        ExportedSessionKey::from_base64(&export).unwrap_err(),
        SessionKeyError::Base64
    );
}
