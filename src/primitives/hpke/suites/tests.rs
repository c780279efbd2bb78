//! Known answers, one for each suite, and what is refused.

mod rfc9180;

use super::*;
use crate::primitives::hex::hex;
#[cfg(feature = "experimental-x-wing")]
use crate::primitives::kdf::sha256;

const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
const TEXT: &[u8] = b"Beauty is truth, truth beauty";

const SUITES: &[Suite] = &[
    Suite::X25519Aes128Gcm,
    Suite::X25519ChaCha20Poly1305,
    Suite::P256Aes128Gcm,
    #[cfg(feature = "experimental-x-wing")]
    Suite::XWingChaCha20Poly1305,
];

fn randomness(text: &str) -> EncapsulationRandomness {
    let mut random = Secret::ZERO;
    let bytes = hex(text);
    random[..bytes.len()].copy_from_slice(&bytes);
    random
}

/// One case of an appendix: what goes in, and what comes out.
struct Known {
    receiver_material: &'static str,
    sender_material: &'static str,
    private: &'static str,
    public: &'static str,
    encapsulated: &'static str,
    info: Vec<u8>,
    text: Vec<u8>,
    sealed: &'static str,
    export_context: &'static [u8],
    exported: &'static str,
}

impl Known {
    fn holds_in(&self, suite: Suite, shorten: fn(&[u8]) -> Vec<u8>) {
        let (private, public) = suite.derive_key_pair(&hex(self.receiver_material)).unwrap();
        assert_eq!(private, hex(self.private));
        assert_eq!(shorten(&public), hex(self.public));

        let random = randomness(self.sender_material);
        let (encapsulated, sealed) = suite
            .seal(&public, &self.info, b"Count-0", &self.text, &random)
            .unwrap();
        assert_eq!(shorten(&encapsulated), hex(self.encapsulated));
        assert_eq!(sealed, hex(self.sealed));
        let opened = suite.open(&private, &encapsulated, &self.info, b"Count-0", &sealed);
        assert_eq!(opened.as_ref(), Ok(&self.text));

        let (again, sent) = suite
            .send_export(&public, &self.info, self.export_context, 32, &random)
            .unwrap();
        assert_eq!(again, encapsulated);
        assert_eq!(sent, hex(self.exported));
        let received =
            suite.receive_export(&private, &encapsulated, &self.info, self.export_context, 32);
        assert_eq!(received, Ok(sent));
    }
}

#[test]
fn x25519_with_aes_gives_rfc_9180_appendix_a_1_1() {
    Known {
        receiver_material: "6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037",
        sender_material: "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234",
        private: "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
        public: "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
        encapsulated: "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        info: hex(INFO),
        text: TEXT.to_vec(),
        sealed: "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
        export_context: b"TestContext",
        exported: "e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931",
    }
    .holds_in(Suite::X25519Aes128Gcm, <[u8]>::to_vec);
}

#[test]
fn x25519_with_chacha_gives_rfc_9180_appendix_a_2_1() {
    Known {
        receiver_material: "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df",
        sender_material: "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b",
        private: "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
        public: "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
        encapsulated: "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
        info: hex(INFO),
        text: TEXT.to_vec(),
        sealed: "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
        export_context: b"TestContext",
        exported: "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53",
    }
    .holds_in(Suite::X25519ChaCha20Poly1305, <[u8]>::to_vec);
}

#[test]
fn p_256_with_aes_gives_rfc_9180_appendix_a_3_1() {
    Known {
        receiver_material: "668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550",
        sender_material: "4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e",
        private: "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
        public: "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
        encapsulated: "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
        info: hex(INFO),
        text: TEXT.to_vec(),
        sealed: "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
        export_context: b"TestContext",
        exported: "d8f1ea7942adbba7412c6d431c62d01371ea476b823eb697e1f6e6cae1dab85a",
    }
    .holds_in(Suite::P256Aes128Gcm, <[u8]>::to_vec);
}

/// draft-ietf-hpke-pq, test vectors: KEM 0x647a, KDF 0x0001, AEAD 0x0003. Info and
/// text are hexadecimal digits, and the long keys stand as their SHA-256.
#[cfg(feature = "experimental-x-wing")]
#[test]
fn x_wing_with_chacha_gives_the_draft() {
    Known {
        receiver_material: "c8575d137deab99ac98fb0873048c83c3a1f47ef5b409f609c0ca652f58c83e0",
        sender_material: "c82228383c9fb887f7d8b332c28262024eda5b6b0ecd2325fe662daffc0594fad4990e7c8d13812137d06ba7017453de675ab0388d418853617f3ca58cc5daf3",
        private: "b6bfa0299b955e85224df2e468f29eeab377ff3b96d4462b39447a22d32b91be",
        public: "ad42b3d8669605eb351273b945e2f4bfe62986517b411e606c225d96d4de9099",
        encapsulated: "1797094252fe99a0326cf71b3a61448803efc34eef46ebec36d8ceeeb386c614",
        info: INFO.as_bytes().to_vec(),
        text: b"4265617574792069732074727574682c20747275746820626561757479".to_vec(),
        sealed: "a4ab74475a498ed725f685421f67c09a4783fe76f67bd251e1e73db8eb1452dfad4df3c6453f7edecc7bb055dde561e2efd54d73a3d4f1f2f02eac90ba1e9b84ded66d43aee6393524db",
        export_context: b"pseudorandom1",
        exported: "7152f82449d4cd8137afb9b514fab6791e0938ba7734cb62228b8385003f32a6",
    }
    .holds_in(Suite::XWingChaCha20Poly1305, |key| sha256(&[key]).to_vec());
}

#[test]
fn what_is_cut_or_changed_does_not_open() {
    for suite in SUITES {
        let (private, public) = suite.derive_key_pair(&[1; 32]).unwrap();
        let random = EncapsulationRandomness::from([2; 64]);
        let (enc, sealed) = suite
            .seal(&public, b"info", b"aad", b"text", &random)
            .unwrap();
        let open = |private: &[u8], enc: &[u8], info: &[u8], aad: &[u8], sealed: &[u8]| {
            suite.open(private, enc, info, aad, sealed)
        };
        assert_eq!(
            open(&private, &enc, b"info", b"aad", &sealed).unwrap(),
            b"text"
        );
        for length in 0..sealed.len() {
            let cut = &sealed[..length];
            assert_eq!(open(&private, &enc, b"info", b"aad", cut), Err(HpkeError));
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(
                open(&private, &enc, b"info", b"aad", &changed),
                Err(HpkeError)
            );
        }
        assert_eq!(
            open(&private, &enc, b"inf", b"aad", &sealed),
            Err(HpkeError)
        );
        assert_eq!(open(&private, &enc, b"info", b"", &sealed), Err(HpkeError));
        let (other, _) = suite.derive_key_pair(&[3; 32]).unwrap();
        assert_eq!(open(&other, &enc, b"info", b"aad", &sealed), Err(HpkeError));
    }
}

#[test]
fn keys_of_another_length_are_refused() {
    let random = EncapsulationRandomness::from([2; 64]);
    for suite in SUITES {
        let (private, public) = suite.derive_key_pair(&[1; 32]).unwrap();
        let (enc, sealed) = suite.seal(&public, b"", b"", b"text", &random).unwrap();
        for wrong in [&[][..], &public[1..], &[&public[..], &[0]].concat()] {
            assert!(suite.seal(wrong, b"", b"", b"", &random).is_err());
            assert!(suite.send_export(wrong, b"", b"", 32, &random).is_err());
        }
        for wrong in [&[][..], &private[1..], &[&private[..], &[0]].concat()] {
            assert!(suite.open(wrong, &enc, b"", b"", &sealed).is_err());
            assert!(suite.receive_export(wrong, &enc, b"", b"", 32).is_err());
        }
        for wrong in [&[][..], &enc[1..], &[&enc[..], &[0]].concat()] {
            assert!(suite.open(&private, wrong, b"", b"", &sealed).is_err());
            assert!(suite.receive_export(&private, wrong, b"", b"", 32).is_err());
        }
    }
}

#[test]
fn keys_that_are_no_points_are_refused() {
    let random = EncapsulationRandomness::from([2; 64]);
    let (private, public) = Suite::P256Aes128Gcm.derive_key_pair(&[1; 32]).unwrap();
    let mut off_the_curve = public.clone();
    off_the_curve[64] ^= 1;
    // X25519's small order gives zero; the scalars 0 and n are none.
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    for (suite, wrong) in [
        (Suite::P256Aes128Gcm, &off_the_curve[..]),
        (Suite::P256Aes128Gcm, &[0; 65]),
        (Suite::X25519Aes128Gcm, &[0; 32]),
        (Suite::X25519ChaCha20Poly1305, &[0; 32]),
    ] {
        assert!(suite.seal(wrong, b"", b"", b"", &random).is_err());
        let (private, _) = suite.derive_key_pair(&[1; 32]).unwrap();
        assert!(suite.open(&private, wrong, b"", b"", &[0; 16]).is_err());
        assert!(suite.receive_export(&private, wrong, b"", b"", 32).is_err());
    }
    let (enc, sealed) = Suite::P256Aes128Gcm
        .seal(&public, b"", b"", b"", &random)
        .unwrap();
    assert!(
        Suite::P256Aes128Gcm
            .open(&private, &enc, b"", b"", &sealed)
            .is_ok()
    );
    for wrong in [&[0; 32][..], &order] {
        assert!(
            Suite::P256Aes128Gcm
                .open(wrong, &enc, b"", b"", &sealed)
                .is_err()
        );
    }
}

#[test]
fn exports_end_at_255_blocks_and_info_does_not() {
    let random = EncapsulationRandomness::from([2; 64]);
    let info = alloc::vec![7; 100_000];
    for suite in SUITES {
        let (private, public) = suite.derive_key_pair(&[1; 32]).unwrap();
        let (enc, sent) = suite
            .send_export(&public, &info, &info, MAX_EXPAND_LENGTH, &random)
            .unwrap();
        let received = suite.receive_export(&private, &enc, &info, &info, MAX_EXPAND_LENGTH);
        assert_eq!(received, Ok(sent));
        let too_long = MAX_EXPAND_LENGTH + 1;
        assert!(
            suite
                .send_export(&public, b"", b"", too_long, &random)
                .is_err()
        );
        assert!(
            suite
                .receive_export(&private, &enc, b"", b"", too_long)
                .is_err()
        );
    }
}
