//! `crypto-basics.json`.

use alloc::string::String;

use serde::Deserialize;

use openmls_traits::types::HpkeCiphertext;

use super::{Case, Hex, formulas::Suite};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CryptoBasics {
    cipher_suite: u16,
    ref_hash: RefHash,
    expand_with_label: Expand,
    derive_secret: Derive,
    derive_tree_secret: DeriveTree,
    sign_with_label: Sign,
    encrypt_with_label: Encrypt,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefHash {
    label: String,
    value: Hex,
    out: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expand {
    secret: Hex,
    label: String,
    context: Hex,
    length: u16,
    out: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Derive {
    secret: Hex,
    label: String,
    out: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeriveTree {
    secret: Hex,
    label: String,
    generation: u32,
    length: u16,
    out: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sign {
    #[serde(rename = "priv")]
    private: Hex,
    #[serde(rename = "pub")]
    public: Hex,
    content: Hex,
    label: String,
    signature: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encrypt {
    #[serde(rename = "priv")]
    private: Hex,
    #[serde(rename = "pub")]
    public: Hex,
    label: String,
    context: Hex,
    plaintext: Hex,
    kem_output: Hex,
    ciphertext: Hex,
}

impl Case for CryptoBasics {
    const THROUGH: &'static str = "our provider";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    fn check(&self) {
        let suite = Suite::new(self.cipher_suite);

        let case = &self.ref_hash;
        assert_eq!(
            suite.ref_hash(&case.label, &case.value),
            *case.out,
            "ref_hash"
        );

        let case = &self.expand_with_label;
        let out = suite.expand_with_label(&case.secret, &case.label, &case.context, case.length);
        assert_eq!(out, *case.out, "expand_with_label");

        let case = &self.derive_secret;
        assert_eq!(
            suite.derive_secret(&case.secret, &case.label),
            *case.out,
            "derive_secret"
        );

        let case = &self.derive_tree_secret;
        let out = suite.derive_tree_secret(&case.secret, &case.label, case.generation, case.length);
        assert_eq!(out, *case.out, "derive_tree_secret");

        let case = &self.sign_with_label;
        let ours = suite.sign_with_label(&case.private, &case.label, &case.content);
        for signature in [&ours[..], &case.signature] {
            let verifies = |content: &[u8]| {
                suite.verifies_with_label(&case.public, &case.label, content, signature)
            };
            assert!(verifies(&case.content), "sign_with_label");
            assert!(!verifies(&signature[1..]), "a signature of something else");
        }

        let case = &self.encrypt_with_label;
        let theirs = HpkeCiphertext {
            kem_output: case.kem_output.0.clone().into(),
            ciphertext: case.ciphertext.0.clone().into(),
        };
        let ours =
            suite.encrypt_with_label(&case.public, &case.label, &case.context, &case.plaintext);
        for ciphertext in [theirs, ours] {
            let plaintext =
                suite.decrypt_with_label(&case.private, &case.label, &case.context, &ciphertext);
            assert_eq!(plaintext, *case.plaintext, "encrypt_with_label");
        }
    }
}
