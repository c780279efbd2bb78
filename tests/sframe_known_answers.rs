//! SFrame gives the bytes of RFC 9605 and of draft-barnes-sframe-iana-256.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

use necturus::media::sframe::{
    BaseKey, CipherSuite, Header, KeyId, MLS_EXPORTER_LABEL, MlsLayout, ReceivingKey, Replay,
    SendingKey, SuiteError,
};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

const BASE_KEY: &str = "000102030405060708090a0b0c0d0e0f";

/// Appendix C.3, and the draft's: key id 0x123, counter 0x4567.
#[test]
fn each_suite_gives_the_frame_of_the_rfc() {
    let metadata = b"IETF SFrame WG";
    let text = b"draft-ietf-sframe-enc";
    for (number, expected) in [
        (
            1,
            "9901234567449408b6f490086165b9d6f62b24ae1a59a56486b4ae8ed036b88912e24f11",
        ),
        (
            2,
            "99012345673f31438db4d09434e43afa0f8a2f00867a2be085046a9f5cb4f101d607",
        ),
        (
            3,
            "990123456717fc8af28a5a695afcfc6c8df6358a17e26b2fcb3bae32e443",
        ),
        (
            4,
            "9901234567b7412c2513a1b66dbb48841bbaf17f598751176ad847681a69c6d0b091c07018ce4adb34eb",
        ),
        (
            5,
            "990123456794f509d36e9beacb0e261d99c7d1e972f1fed787d4049f17ca21353c1cc24d56ceabced279",
        ),
        (
            6,
            "9901234567b369e03ec6467ad505ddc84914115069280c5c797555be6e32cde6ac25bc9e",
        ),
        (
            7,
            "990123456797cb5644d8831ff8bdc080249990b24b569144cab2a87be22c20d97976",
        ),
        (
            8,
            "9901234567112a94a288b85b49ffef1d279f2830165c39d76cac8884011c",
        ),
    ] {
        let suite = CipherSuite::from_number_with_short_tags(number).unwrap();
        let base_key = || BaseKey::from_bytes(&hex(BASE_KEY)).unwrap();
        let id = KeyId::new(0x123);
        let mut sender = SendingKey::resume(base_key(), suite, id, 0x4567);
        sender.reserve(1).unwrap();
        let mut frame = text.to_vec();
        assert_eq!(sender.sealed_length(text.len()), expected.len() / 2);
        assert_eq!(sender.encrypt(&mut frame, metadata), Ok(0x4567));
        assert_eq!(frame, hex(expected), "suite {number}");

        let mut receiver = ReceivingKey::new(base_key(), suite, id, Replay::Refuse);
        let received = receiver.decrypt(&mut frame, metadata).unwrap();
        assert_eq!((received.key_id(), received.counter()), (id, 0x4567));
        assert_eq!(frame, text);
    }
}

/// Appendix C.1.
#[test]
fn headers_are_those_of_the_rfc() {
    for (key_id, counter, encoded) in [
        (0, 0, "00"),
        (0, 7, "07"),
        (0, 8, "0808"),
        (255, 256, "89ff0100"),
        (65_535, 16_777_215, "9affffffffff"),
        (16_777_215, 1 << 32, "acffffff0100000000"),
        ((1 << 32) - 1, (1 << 48) - 1, "bdffffffffffffffffffff"),
        (1 << 48, 1, "e101000000000000"),
        (u64::MAX, u64::MAX, "ffffffffffffffffffffffffffffffffff"),
    ] {
        let header = Header::new(KeyId::new(key_id), counter);
        assert_eq!(header.encode().as_bytes(), hex(encoded));
        let with_text = [hex(encoded), vec![1, 2, 3]].concat();
        assert_eq!(Header::decode(&with_text), Ok((header, encoded.len() / 2)));
    }
}

/// Computed with two implementations of HKDF from section 5.1.
#[test]
fn a_ratchet_step_is_that_of_the_rfc() {
    let base_key = BaseKey::from_bytes(&hex(BASE_KEY)).unwrap();
    let next = base_key.ratchet(CipherSuite::Aes128GcmSha256_128);
    assert_eq!(
        next.expose_secret(),
        hex("fb75d8d5782da6c6cbf18ac43eca5da9e47f7e6ac7926a78e486226bd2af0f87")
    );
    assert_eq!(
        next.ratchet(CipherSuite::Aes128CtrHmacSha256_80)
            .expose_secret(),
        hex("e24577b569963f5222734f2f57c43927c10dd36180e6124cf9f10cd43ab4598e")
    );
    assert_eq!(
        base_key
            .ratchet(CipherSuite::Aes256GcmSha512_128)
            .expose_secret(),
        hex(
            "895fe5603750295ccbe0d5ed9745617b46e9cf9b428179b8f29f3147492bb08faa190560720ee0e4570760b64e7d5931120c391b7c7becc429ea35a9d07475aa"
        )
    );
}

/// Section 5.2's figure, and section 5.1's formula.
#[test]
fn key_ids_are_those_of_the_rfc() {
    // 4 bits of epoch; a group of 64 has 6 bits of leaf.
    for size in [33, 64] {
        let layout = MlsLayout::new(4, size).unwrap();
        assert_eq!((layout.epoch_bits(), layout.index_bits()), (4, 6));
        for (epoch, leaf, context, id) in [
            (14, 3, 0, 0x3e),
            (14, 20, 0, 0x14e),
            (15, 5, 0, 0x5f),
            (16, 2, 2, 0x820),
            (17, 51, 0, 0x331),
        ] {
            assert_eq!(layout.key_id(epoch, leaf, context), Ok(KeyId::new(id)));
        }
    }
    for (size, bits) in [(1, 0), (2, 1), (3, 2), (65, 7), (u32::MAX, 32)] {
        assert_eq!(MlsLayout::new(4, size).unwrap().index_bits(), bits);
    }
    assert!(MlsLayout::new(4, 0).is_err());
    assert!(MlsLayout::new(17, 1).is_err());
    assert!(MlsLayout::new(4, 64).unwrap().key_id(0, 64, 0).is_err());
    assert!(
        MlsLayout::new(4, 64)
            .unwrap()
            .key_id(0, 0, 1 << 54)
            .is_err()
    );

    for (bits, generation, step, id) in [
        (4, 0, 15, 0xf),
        (4, 0, 16, 0),
        (4, 1, 0, 0x10),
        (8, 3, 257, 0x301),
        (0, 5, 9, 5),
    ] {
        assert_eq!(KeyId::of_step(bits, generation, step), Ok(KeyId::new(id)));
    }
    assert!(KeyId::of_step(4, 1 << 60, 0).is_err());
    assert!(KeyId::of_step(64, 0, 0).is_err());
}

#[test]
fn an_mls_group_exports_as_many_bytes_as_the_suite_has_in_its_key() {
    assert_eq!(MLS_EXPORTER_LABEL, "SFrame 1.0 Base Key");
    for suite in CipherSuite::ALL {
        let length = suite.key_length();
        assert!(BaseKey::from_mls_exporter(suite, &vec![1; length]).is_ok());
        assert!(BaseKey::from_mls_exporter(suite, &vec![1; length - 1]).is_err());
        assert!(BaseKey::from_mls_exporter(suite, &vec![1; length + 1]).is_err());
    }
    assert!(BaseKey::from_bytes(&[1; 15]).is_err());
    assert!(BaseKey::from_bytes(&[1; 129]).is_err());
}

#[test]
fn suites_with_tags_of_four_bytes_have_to_be_named() {
    for number in [3, 8] {
        assert_eq!(
            CipherSuite::from_number(number),
            Err(SuiteError::ShortTag { number })
        );
    }
    for number in [0, 9, 0xf000, u16::MAX] {
        assert_eq!(
            CipherSuite::from_number(number),
            Err(SuiteError::Unknown { number })
        );
    }
    for number in [1, 2, 4, 5, 6, 7] {
        assert_eq!(CipherSuite::from_number(number).unwrap().number(), number);
    }
}
