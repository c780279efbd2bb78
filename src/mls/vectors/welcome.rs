//! `welcome.json`: RFC 9420, section 12.4.3.1. There is no signature key of the
//! new member in it, so it cannot be joined by; the passive clients do that.

use alloc::vec;

use serde::Deserialize;

use super::{
    Case, Hex,
    formulas::{Reader, Suite},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Welcome {
    cipher_suite: u16,
    init_priv: Hex,
    signer_pub: Hex,
    key_package: Hex,
    welcome: Hex,
}

impl Case for Welcome {
    const THROUGH: &'static str = "our provider";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    fn check(&self) {
        let suite = Suite::new(self.cipher_suite);
        let key_package = self
            .key_package
            .strip_prefix(&[0, 1, 0, 5])
            .expect("a key package");
        let reference = suite.ref_hash("MLS 1.0 KeyPackage Reference", key_package);

        let welcome = self.welcome.strip_prefix(&[0, 1, 0, 3]).expect("a welcome");
        let mut welcome = Reader(welcome);
        assert_eq!(welcome.u16(), self.cipher_suite);
        let mut entries = Reader(welcome.vector());
        let encrypted_group_info = welcome.vector();
        welcome.end();

        let mut ours = None;
        while !entries.0.is_empty() {
            let (new_member, ciphertext) = (entries.vector(), entries.hpke_ciphertext());
            if new_member == reference {
                ours = Some(ciphertext);
            }
        }
        let ours = ours.expect("secrets for this key package");
        let secrets =
            suite.decrypt_with_label(&self.init_priv, "Welcome", encrypted_group_info, &ours);
        let joiner_secret = Reader(&secrets).vector();

        let no_psks = vec![0; suite.hash_length()];
        let member_secret = suite.extract(joiner_secret, &no_psks);
        let welcome_secret = suite.derive_secret(&member_secret, "welcome");
        let key = suite.key_and_nonce(|label, length| {
            suite.expand_with_label(&welcome_secret, label, &[], length)
        });
        let group_info = suite.open(&key, &[], encrypted_group_info);

        let mut reader = Reader(&group_info);
        let mut transcript = &[][..];
        let mut tag = &[][..];
        let mut context = &[][..];
        let signed = reader.taken(|reader| {
            context = reader.taken(|reader| {
                reader.bytes(4);
                reader.skip_vectors(1);
                reader.u64();
                reader.skip_vectors(1);
                transcript = reader.vector();
                reader.vector();
            });
            reader.vector();
            tag = reader.vector();
            reader.u32();
        });
        let signature = reader.vector();
        reader.end();
        assert!(suite.verifies_with_label(&self.signer_pub, "GroupInfoTBS", signed, signature));

        let length = suite.hash_length().try_into().unwrap();
        let epoch_secret = suite.expand_with_label(&member_secret, "epoch", context, length);
        let confirmation_key = suite.derive_secret(&epoch_secret, "confirm");
        assert_eq!(suite.mac(&confirmation_key, transcript), tag);
    }
}
