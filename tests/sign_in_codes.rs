//! A QR code to sign in says one thing: each layout is read and written byte by
//! byte, and whatever is not one of them is refused, with a reason.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use necturus::{
    Curve25519PublicKey,
    channel::{
        hpke::{AssociatedData, AssociatedDataError},
        qr::{
            Intent, Layout, MAX_LENGTH, MAX_TEXT_LENGTH, Msc4108, Msc4388, QrLoginData,
            QrLoginError, TextField,
        },
    },
};
use proptest::prelude::*;

fn intent() -> impl Strategy<Value = Intent> {
    prop_oneof![Just(Intent::Login), Just(Intent::Reciprocate)]
}

fn layout() -> impl Strategy<Value = Layout> {
    let layouts = vec![Layout::RUST_SDK, Layout::DRAFT_2026_07, Layout::LATER_DRAFT];
    (prop::sample::select(layouts), any::<bool>())
        .prop_map(|(layout, stable)| if stable { layout.stable() } else { layout })
}

fn short() -> impl Strategy<Value = String> {
    "\\PC{1,60}"
}

fn code() -> impl Strategy<Value = QrLoginData> {
    let key = any::<[u8; 32]>().prop_map(Curve25519PublicKey::from_bytes);
    let old = (key.clone(), short(), prop::option::of(short())).prop_map(|(key, url, server)| {
        match server {
            None => Msc4108::login(key, &url),
            Some(server) => Msc4108::reciprocate(key, &url, &server),
        }
        .unwrap()
        .into()
    });
    let new = (intent(), key, short(), short(), layout()).prop_map(
        |(intent, key, id, base_url, layout)| {
            Msc4388::new(intent, key, &id, &base_url)
                .unwrap()
                .with_layout(layout)
                .into()
        },
    );
    prop_oneof![old, new]
}

proptest! {
    #[test]
    fn what_is_written_is_read(code in code()) {
        let bytes = code.to_bytes();
        prop_assert_eq!(QrLoginData::from_bytes(&bytes), Ok(code.clone()));
        prop_assert_eq!(QrLoginData::from_base64(&code.to_base64()), Ok(code.clone()));
        let own = code.intent();
        prop_assert_eq!(
            QrLoginData::scan(&bytes, own),
            Err(QrLoginError::SameIntent { intent: own })
        );
        // Neither a part of it nor more than it.
        for end in 0..bytes.len() {
            prop_assert!(QrLoginData::from_bytes(&bytes[..end]).is_err());
        }
        let longer = [&bytes[..], b"x"].concat();
        prop_assert_eq!(
            QrLoginData::from_bytes(&longer),
            Err(QrLoginError::TrailingBytes { count: 1 })
        );
    }

    #[test]
    fn what_is_read_is_written(mut bytes: Vec<u8>, start in 0usize..4) {
        let starts: [&[u8]; 4] = [
            b"",
            b"MATRIX\x02\x04",
            b"MATRIX\x03\x00",
            b"IO_ELEMENT_MSC4388\x03\x01",
        ];
        bytes.splice(0..0, starts[start].iter().copied());
        if let Ok(code) = QrLoginData::from_bytes(&bytes) {
            prop_assert_eq!(code.to_bytes(), bytes);
        }
    }
}

/// Matrix proposal 4388, draft of 3 July 2026, and the one after it: examples.
#[test]
fn the_examples_of_the_proposal() {
    let key =
        Curve25519PublicKey::from_base64("2IZoarIZe3gOMAqdSiFHSAcA15KfOasxueUUNwJI7Ws").unwrap();
    let (id, base_url) = (
        "e8da6355-550b-4a32-a193-1619d9830668",
        "https://matrix-client.matrix.org",
    );
    let rest = |lengths: [&[u8]; 2]| {
        [
            b"\x03\x01",
            &key.as_bytes()[..],
            lengths[0],
            id.as_bytes(),
            lengths[1],
            base_url.as_bytes(),
        ]
        .concat()
    };
    for (layout, lengths) in [
        (Layout::RUST_SDK, [&b"\0\x24"[..], b"\0\x20"]),
        (Layout::DRAFT_2026_07, [b"\x24", b"\0\x20"]),
        (Layout::LATER_DRAFT, [b"\x24", b"\x20"]),
    ] {
        let code = Msc4388::new(Intent::Reciprocate, key, id, base_url)
            .unwrap()
            .with_layout(layout);
        let written = QrLoginData::from(code.clone()).to_bytes();
        assert_eq!(
            written,
            [b"IO_ELEMENT_MSC4388", &rest(lengths)[..]].concat()
        );
        let stable = QrLoginData::from(code.clone().with_layout(layout.stable())).to_bytes();
        assert_eq!(stable, [b"MATRIX", &rest(lengths)[..]].concat());

        // The associated data takes its width from the last length.
        let data = AssociatedData::new(&code, "1").unwrap();
        let expected = [
            lengths[1],
            base_url.as_bytes(),
            b"\x24",
            id.as_bytes(),
            b"\x011",
        ];
        assert_eq!(data.as_bytes(), expected.concat());
    }
}

#[test]
fn each_fault_has_its_name() {
    let key = [7; 32];
    let with = |head: &[u8], tail: &[u8]| [head, &key, tail].concat();
    let field = TextField::RendezvousId;
    for (bytes, error) in [
        (b"MATRIY\x02\x03".to_vec(), QrLoginError::Magic),
        (b"matrix\x02\x03".to_vec(), QrLoginError::Magic),
        (vec![], QrLoginError::Magic),
        (b"MATRIX".to_vec(), QrLoginError::Truncated),
        (b"MATRIX\x05".to_vec(), QrLoginError::Type { found: 5 }),
        // The older type has no magic of its own.
        (
            b"IO_ELEMENT_MSC4388\x02\x03".to_vec(),
            QrLoginError::Type { found: 2 },
        ),
        (b"MATRIX\x02\x00".to_vec(), QrLoginError::DeviceVerification),
        (b"MATRIX\x02\x02".to_vec(), QrLoginError::DeviceVerification),
        (
            b"MATRIX\x02\x05".to_vec(),
            QrLoginError::Intent { found: 5 },
        ),
        (
            b"MATRIX\x03\x02".to_vec(),
            QrLoginError::Intent { found: 2 },
        ),
        (
            with(b"MATRIX\x03\x00", b"\0\0\x01u"),
            QrLoginError::Empty { field },
        ),
        (
            with(b"MATRIX\x03\x00", b"\x01i\0\0"),
            QrLoginError::Empty {
                field: TextField::BaseUrl,
            },
        ),
        (
            with(b"MATRIX\x03\x00", b"\x01\xff\x01u"),
            QrLoginError::NotUtf8 { field },
        ),
        (
            with(b"MATRIX\x02\x03", b"\0\0"),
            QrLoginError::Empty {
                field: TextField::RendezvousUrl,
            },
        ),
        (
            with(b"MATRIX\x02\x04", b"\0\x01u\0\0"),
            QrLoginError::Empty {
                field: TextField::Server,
            },
        ),
        (
            vec![0; MAX_LENGTH + 1],
            QrLoginError::TooLong {
                length: MAX_LENGTH + 1,
            },
        ),
    ] {
        assert_eq!(QrLoginData::from_bytes(&bytes), Err(error), "{bytes:02x?}");
    }
    for text in ["TUFUUklYAg==", "TUFUUklYAh", "TUFU Ukl", "%"] {
        assert_eq!(QrLoginData::from_base64(text), Err(QrLoginError::Base64));
    }
}

#[test]
fn texts_have_a_largest_length() {
    let key = Curve25519PublicKey::from_bytes([7; 32]);
    let (most, more) = ("x".repeat(MAX_TEXT_LENGTH), "x".repeat(MAX_TEXT_LENGTH + 1));
    let code = |id: &str, url: &str| Msc4388::new(Intent::Login, key, id, url);
    let good = code(&most, &most).unwrap();
    assert_eq!(
        QrLoginData::from_bytes(&QrLoginData::from(good.clone()).to_bytes()),
        Ok(good.clone().into())
    );
    assert!(matches!(
        code(&more, "u"),
        Err(QrLoginError::TextTooLong { length: 256, .. })
    ));
    assert!(matches!(code("i", ""), Err(QrLoginError::Empty { .. })));
    assert!(AssociatedData::new(&good, &most).is_ok());
    let Err(AssociatedDataError::TokenTooLong { length: 256 }) = AssociatedData::new(&good, &more)
    else {
        panic!("the token is too long");
    };
    // Two texts that together fill no code.
    let half = "x".repeat(MAX_LENGTH / 2);
    assert!(Msc4108::login(key, &half).is_ok());
    assert!(matches!(
        Msc4108::reciprocate(key, &half, &half),
        Err(QrLoginError::TooLong { .. })
    ));
}
