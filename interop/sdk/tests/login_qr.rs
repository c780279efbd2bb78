//! The bytes of QR codes that sign a device in: each reads what the other shows.

use matrix_sdk_crypto::{
    types::qr_login::{Msc4108IntentData, QrCodeData, QrCodeIntent, QrCodeIntentData},
    vodozemac,
};
use necturus::{
    Curve25519PublicKey,
    channel::qr::{Intent, Layout, Msc4108, Msc4388, QrLoginData},
};

const KEY: [u8; 32] = [9; 32];
const URL: &str = "https://rendezvous.example.org/abc?d=e";

fn our_key() -> Curve25519PublicKey {
    Curve25519PublicKey::from_bytes(KEY)
}

fn their_key() -> vodozemac::Curve25519PublicKey {
    vodozemac::Curve25519PublicKey::from(KEY)
}

/// The same contents from each.
fn pairs() -> Vec<(QrLoginData, QrCodeData)> {
    let their_4108 = |data| QrCodeData::new_msc4108(their_key(), URL.parse().unwrap(), data);
    let base = "https://example.org/path";
    let their_4388 =
        |intent| QrCodeData::new_msc4388(their_key(), "id-7".into(), base.parse().unwrap(), intent);
    let our_4388 = |intent| {
        Msc4388::new(intent, our_key(), "id-7", base)
            .unwrap()
            .into()
    };
    vec![
        (
            Msc4108::login(our_key(), URL).unwrap().into(),
            their_4108(Msc4108IntentData::Login),
        ),
        (
            Msc4108::reciprocate(our_key(), URL, "example.org")
                .unwrap()
                .into(),
            their_4108(Msc4108IntentData::Reciprocate {
                server_name: "example.org".into(),
            }),
        ),
        (our_4388(Intent::Login), their_4388(QrCodeIntent::Login)),
        (
            our_4388(Intent::Reciprocate),
            their_4388(QrCodeIntent::Reciprocate),
        ),
    ]
}

#[test]
fn both_write_the_same_bytes_and_read_them() {
    for (ours, theirs) in pairs() {
        assert_eq!(ours.to_bytes(), theirs.to_bytes());
        assert_eq!(ours.to_base64(), theirs.to_base64());
        assert_eq!(QrLoginData::from_bytes(&theirs.to_bytes()).unwrap(), ours);
        assert_eq!(QrLoginData::from_base64(&theirs.to_base64()).unwrap(), ours);
        let read = QrCodeData::from_bytes(&ours.to_bytes()).unwrap();
        assert_eq!(read, theirs);
        assert_eq!(QrCodeData::from_base64(&ours.to_base64()).unwrap(), theirs);

        assert_eq!(read.public_key().as_bytes(), ours.public_key().as_bytes());
        let intent = match read.intent() {
            QrCodeIntent::Login => Intent::Login,
            QrCodeIntent::Reciprocate => Intent::Reciprocate,
        };
        assert_eq!(ours.intent(), intent);
        match (&ours, read.intent_data()) {
            (QrLoginData::Msc4108(ours), QrCodeIntentData::Msc4108 { rendezvous_url, .. }) => {
                assert_eq!(ours.rendezvous_url(), rendezvous_url.as_str());
            }
            (
                QrLoginData::Msc4388(ours),
                QrCodeIntentData::Msc4388 {
                    rendezvous_id,
                    base_url,
                },
            ) => {
                assert_eq!(ours.rendezvous_id(), rendezvous_id);
                assert_eq!(ours.base_url(), base_url.as_str());
            }
            _ => panic!("one is of MSC4108, and one is not"),
        }
    }
}

/// The bytes are ours as they came. The peer parses URLs, and writes what a
/// browser would: not always what was shown.
#[test]
fn only_they_rewrite_urls() {
    let shown = Msc4108::login(our_key(), "https://EXAMPLE.org").unwrap();
    let bytes = QrLoginData::from(shown).to_bytes();
    assert_eq!(QrLoginData::from_bytes(&bytes).unwrap().to_bytes(), bytes);
    let read = QrCodeData::from_bytes(&bytes).unwrap();
    assert!(read.to_bytes().ends_with(b"https://example.org/"));
    // What is no URL is refused by the peer alone.
    let no_url = QrLoginData::from(Msc4108::login(our_key(), "here").unwrap());
    assert!(QrCodeData::from_bytes(&no_url.to_bytes()).is_err());
}

/// Of MSC4388 the peer knows one layout.
#[test]
fn only_we_read_other_drafts() {
    let code = Msc4388::new(Intent::Login, our_key(), "id-7", "https://example.org").unwrap();
    for (layout, theirs) in [
        (Layout::RUST_SDK, true),
        (Layout::DRAFT_2026_07, false),
        (Layout::LATER_DRAFT, false),
        (Layout::RUST_SDK.stable(), false),
    ] {
        let bytes = QrLoginData::from(code.clone().with_layout(layout)).to_bytes();
        assert!(QrLoginData::from_bytes(&bytes).is_ok());
        assert_eq!(QrCodeData::from_bytes(&bytes).is_ok(), theirs);
    }
}

#[test]
fn verdicts_on_hostile_bytes() {
    let verdicts = |bytes: &[u8]| {
        let theirs = QrCodeData::from_bytes(bytes).is_ok();
        (QrLoginData::from_bytes(bytes).is_ok(), theirs)
    };
    for (ours, _) in pairs() {
        let good = ours.to_bytes();
        assert_eq!(verdicts(&good), (true, true));
        for length in 0..good.len() {
            let (we, they) = verdicts(&good[..length]);
            assert!(!we && !they, "{length}");
        }
        // Magic, type, intent.
        let head = if good.starts_with(b"MATRIX") { 6 } else { 18 };
        for at in [0, head - 1, head, head + 1] {
            let mut changed = good.clone();
            changed[at] = 0x77;
            assert_eq!(verdicts(&changed), (false, false), "{at}");
        }
        // The last byte of the last text: no UTF-8.
        let mut changed = good.clone();
        *changed.last_mut().unwrap() = 0xff;
        assert_eq!(verdicts(&changed), (false, false));
        // The peer passes over what follows.
        assert_eq!(verdicts(&[&good[..], b"more"].concat()), (false, true));
    }
}
