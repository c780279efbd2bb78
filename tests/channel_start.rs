//! A channel starts with INITIATE and OK, unchanged and for the right key, and
//! with the right check code. Anything else ends the attempt.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use necturus::{
    Curve25519PublicKey,
    channel::{
        DecodeError, EstablishError, PREFIX, ScanError, WrongCheckCode, ecies,
        hpke::{self, AssociatedData, ResponseLabel, Settings},
    },
};
use vodozemac::ecies as their_ecies;

use crate::common::rng::{BytesRng, FailingRng, SeededRng};

fn shown_ecies() -> ecies::ShownKey {
    ecies::ShownKey::new_with(&mut SeededRng::new(1), PREFIX).unwrap()
}

fn scan_ecies() -> (ecies::AwaitingOk, String) {
    ecies::scan_with(&mut SeededRng::new(2), &shown_ecies().public_key(), PREFIX).unwrap()
}

fn shown_hpke() -> hpke::ShownKey {
    hpke::ShownKey::new_with(&mut SeededRng::new(1), &Settings::default()).unwrap()
}

fn scan_hpke() -> (hpke::AwaitingOk, String) {
    let key = shown_hpke().public_key();
    hpke::scan_with(&mut SeededRng::new(2), &key, &Settings::default(), &place()).unwrap()
}

fn place() -> AssociatedData {
    AssociatedData::from_bytes(b"place")
}

/// The message with each of its bits changed in turn.
fn flips(message: &str) -> impl Iterator<Item = String> {
    let bytes = vodozemac::base64_decode(message).unwrap();
    (0..bytes.len() * 8).map(move |bit| {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        vodozemac::base64_encode(bytes)
    })
}

#[test]
fn the_check_code_has_one_try() {
    let (_, initiate) = scan_ecies();
    let right = scan_ecies()
        .0
        .receive(&shown_ecies().receive(&initiate).unwrap().1)
        .unwrap()
        .check_code()
        .to_string();
    for code in 0..100 {
        let typed = format!("{code:02}");
        let (waiting, _) = shown_ecies().receive(&initiate).unwrap();
        assert_eq!(waiting.confirm(&typed).is_ok(), typed == right);
    }
    let (_, initiate) = scan_hpke();
    for typed in ["", "0", "000", " 1"] {
        let (waiting, _) = shown_ecies().receive(&scan_ecies().1).unwrap();
        assert!(matches!(waiting.confirm(typed), Err(WrongCheckCode { .. })));
        let (waiting, _) = shown_hpke().receive(&initiate, &place(), &place()).unwrap();
        assert!(matches!(waiting.confirm(typed), Err(WrongCheckCode { .. })));
    }
}

#[test]
fn every_bit_of_the_first_messages_counts() {
    let (_, initiate) = scan_ecies();
    let (sealed, key) = initiate.split_once('|').unwrap();
    for sealed in flips(sealed) {
        let refused = shown_ecies().receive(&format!("{sealed}|{key}")).err();
        assert_eq!(refused, Some(EstablishError::Inauthentic));
    }
    for key in flips(key) {
        let refused = shown_ecies().receive(&format!("{sealed}|{key}")).err();
        assert_eq!(refused, Some(EstablishError::Inauthentic));
    }
    let (_, ok) = shown_ecies().receive(&initiate).unwrap();
    for ok in flips(&ok) {
        assert_eq!(
            scan_ecies().0.receive(&ok).err(),
            Some(EstablishError::Inauthentic)
        );
    }

    let (_, initiate) = scan_hpke();
    for initiate in flips(&initiate) {
        let refused = shown_hpke().receive(&initiate, &place(), &place()).err();
        assert_eq!(refused, Some(EstablishError::Inauthentic));
    }
    let (_, ok) = shown_hpke().receive(&initiate, &place(), &place()).unwrap();
    for ok in flips(&ok) {
        let refused = scan_hpke().0.receive(&ok, &place()).err();
        assert_eq!(refused, Some(EstablishError::Inauthentic));
    }
}

#[test]
fn no_prefix_of_a_first_message_is_one() {
    let (_, initiate) = scan_ecies();
    for end in 0..initiate.len() {
        match shown_ecies().receive(&initiate[..end]).err().unwrap() {
            EstablishError::Decode(DecodeError::MissingSeparator | DecodeError::Key(_)) => {}
            other => panic!("{end}: {other:?}"),
        }
    }
    let (_, initiate) = scan_hpke();
    for end in 0..initiate.len() {
        let refused = shown_hpke().receive(&initiate[..end], &place(), &place());
        assert!(refused.is_err(), "{end}");
    }
    assert_eq!(
        shown_hpke().receive("", &place(), &place()).err(),
        Some(EstablishError::Decode(DecodeError::Truncated { length: 0 }))
    );
}

#[test]
fn another_text_is_no_start() {
    let key = vodozemac::Curve25519PublicKey::from_bytes(*shown_ecies().public_key().as_bytes());
    for text in [&b"hello"[..], b"", b"MATRIX_QR_CODE_LOGIN_OK"] {
        let made = their_ecies::Ecies::new()
            .establish_outbound_channel(key, text)
            .unwrap();
        assert_eq!(
            shown_ecies().receive(&made.message.encode()).err(),
            Some(EstablishError::UnexpectedText)
        );
    }
    // The first message of S, given back to it.
    let (scanned, initiate) = scan_ecies();
    let (sealed, _) = initiate.split_once('|').unwrap();
    assert_eq!(
        scanned.receive(sealed).err(),
        Some(EstablishError::Inauthentic)
    );
}

#[test]
fn both_sides_agree_on_prefix_label_and_place() {
    let shown = || shown_hpke();
    let key = shown().public_key();
    let scan = |settings: &Settings| {
        hpke::scan_with(&mut SeededRng::new(2), &key, settings, &place()).unwrap()
    };
    let refused = Some(EstablishError::Inauthentic);
    let (_, initiate) = scan(&Settings::new("OTHER", ResponseLabel::Underscore));
    assert_eq!(
        shown().receive(&initiate, &place(), &place()).err(),
        refused
    );

    let (scanned, initiate) = scan(&Settings::new(PREFIX, ResponseLabel::Space));
    let (_, ok) = shown().receive(&initiate, &place(), &place()).unwrap();
    assert_eq!(scanned.receive(&ok, &place()).err(), refused);

    let elsewhere = AssociatedData::from_bytes(b"elsewhere");
    let (scanned, initiate) = scan(&Settings::default());
    assert_eq!(
        shown().receive(&initiate, &elsewhere, &place()).err(),
        refused
    );
    let (_, ok) = shown().receive(&initiate, &place(), &elsewhere).unwrap();
    assert_eq!(scanned.receive(&ok, &place()).err(), refused);

    let (_, initiate) = ecies::scan_with(&mut SeededRng::new(2), &key, "OTHER").unwrap();
    assert_eq!(shown_ecies().receive(&initiate).err(), refused);
}

#[test]
fn small_orders_and_failing_generators() {
    let zero = Curve25519PublicKey::from_bytes([0; 32]);
    let settings = Settings::default();
    let mut rng = SeededRng::new(3);
    let refused = ecies::scan_with(&mut rng, &zero, PREFIX).err();
    assert!(matches!(refused, Some(ScanError::Key(_))));
    let refused = hpke::scan_with(&mut rng, &zero, &settings, &place()).err();
    assert!(matches!(refused, Some(ScanError::Key(_))));
    assert_eq!(
        shown_ecies()
            .receive(&format!("{}|{zero}", "A".repeat(60)))
            .err(),
        Some(EstablishError::ZeroSharedSecret)
    );
    assert_eq!(
        shown_hpke()
            .receive(&"A".repeat(100), &place(), &place())
            .err(),
        Some(EstablishError::ZeroSharedSecret)
    );

    let key = shown_ecies().public_key();
    assert!(ecies::ShownKey::new_with(&mut FailingRng, PREFIX).is_err());
    assert!(hpke::ShownKey::new_with(&mut BytesRng::new([1; 63]), &settings).is_err());
    let refused = ecies::scan_with(&mut FailingRng, &key, PREFIX).err();
    assert!(matches!(refused, Some(ScanError::Rng(_))));
    let refused = hpke::scan_with(&mut FailingRng, &key, &settings, &place()).err();
    assert!(matches!(refused, Some(ScanError::Rng(_))));
}
