//! `key-schedule.json`, `psk_secret.json` and `transcript-hashes.json`:
//! RFC 9420, section 8.

use alloc::{string::String, vec, vec::Vec};

use serde::Deserialize;

use super::{
    Case, Hex,
    formulas::{Suite, vector},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeySchedule {
    cipher_suite: u16,
    group_id: Hex,
    initial_init_secret: Hex,
    epochs: Vec<Epoch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Epoch {
    tree_hash: Hex,
    commit_secret: Hex,
    psk_secret: Hex,
    confirmed_transcript_hash: Hex,
    group_context: Hex,
    joiner_secret: Hex,
    welcome_secret: Hex,
    init_secret: Hex,
    sender_data_secret: Hex,
    encryption_secret: Hex,
    exporter_secret: Hex,
    epoch_authenticator: Hex,
    external_secret: Hex,
    confirmation_key: Hex,
    membership_key: Hex,
    resumption_psk: Hex,
    external_pub: Hex,
    exporter: Exporter,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exporter {
    label: String,
    context: Hex,
    length: u16,
    secret: Hex,
}

impl Case for KeySchedule {
    const THROUGH: &'static str = "our provider";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    fn check(&self) {
        let suite = Suite::new(self.cipher_suite);
        let length = suite.hash_length().try_into().unwrap();
        let mut init_secret = &self.initial_init_secret;
        assert!(!self.epochs.is_empty());
        for (number, epoch) in (0..).zip(&self.epochs) {
            let transcript = &epoch.confirmed_transcript_hash;
            let context = suite.group_context(&self.group_id, number, &epoch.tree_hash, transcript);
            assert_eq!(context, *epoch.group_context);

            let extracted = suite.extract(init_secret, &epoch.commit_secret);
            let joiner_secret = suite.expand_with_label(&extracted, "joiner", &context, length);
            assert_eq!(joiner_secret, *epoch.joiner_secret);

            let member_secret = suite.extract(&joiner_secret, &epoch.psk_secret);
            assert_eq!(
                suite.derive_secret(&member_secret, "welcome"),
                *epoch.welcome_secret
            );

            let epoch_secret = suite.expand_with_label(&member_secret, "epoch", &context, length);
            for (label, secret) in [
                ("init", &epoch.init_secret),
                ("sender data", &epoch.sender_data_secret),
                ("encryption", &epoch.encryption_secret),
                ("exporter", &epoch.exporter_secret),
                ("authentication", &epoch.epoch_authenticator),
                ("external", &epoch.external_secret),
                ("confirm", &epoch.confirmation_key),
                ("membership", &epoch.membership_key),
                ("resumption", &epoch.resumption_psk),
            ] {
                assert_eq!(
                    suite.derive_secret(&epoch_secret, label),
                    **secret,
                    "{label}"
                );
            }
            let external = suite.derive_key_pair(&epoch.external_secret);
            assert_eq!(external.public, *epoch.external_pub);

            let Exporter {
                label,
                context,
                length,
                secret,
            } = &epoch.exporter;
            let derived = suite.derive_secret(&epoch.exporter_secret, label);
            let exported =
                suite.expand_with_label(&derived, "exported", &suite.hash(context), *length);
            assert_eq!(exported, **secret, "exporter");

            init_secret = &epoch.init_secret;
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PskSecret {
    cipher_suite: u16,
    psks: Vec<Psk>,
    psk_secret: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Psk {
    psk_id: Hex,
    psk: Hex,
    psk_nonce: Hex,
}

impl Case for PskSecret {
    const THROUGH: &'static str = "our provider";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    fn check(&self) {
        let suite = Suite::new(self.cipher_suite);
        let zero = vec![0; suite.hash_length()];
        let count = u16::try_from(self.psks.len()).unwrap();
        let mut psk_secret = zero.clone();
        for (index, psk) in (0_u16..).zip(&self.psks) {
            // `external` is type 1.
            let label = [
                &[1][..],
                &vector(&psk.psk_id),
                &vector(&psk.psk_nonce),
                &index.to_be_bytes(),
                &count.to_be_bytes(),
            ]
            .concat();
            let extracted = suite.extract(&zero, &psk.psk);
            let length = suite.hash_length().try_into().unwrap();
            let input = suite.expand_with_label(&extracted, "derived psk", &label, length);
            psk_secret = suite.extract(&input, &psk_secret);
        }
        assert_eq!(psk_secret, *self.psk_secret);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TranscriptHashes {
    cipher_suite: u16,
    confirmation_key: Hex,
    authenticated_content: Hex,
    interim_transcript_hash_before: Hex,
    confirmed_transcript_hash_after: Hex,
    interim_transcript_hash_after: Hex,
}

impl Case for TranscriptHashes {
    const THROUGH: &'static str = "our provider";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    fn check(&self) {
        let suite = Suite::new(self.cipher_suite);
        // The confirmation tag comes last, and what is before it is hashed.
        let tag = suite.mac(
            &self.confirmation_key,
            &self.confirmed_transcript_hash_after,
        );
        let hashed = self.authenticated_content.strip_suffix(&vector(&tag)[..]);
        let hashed = hashed.expect("a commit with this confirmation tag");

        let confirmed = suite.hash(&[&self.interim_transcript_hash_before, hashed].concat());
        assert_eq!(confirmed, *self.confirmed_transcript_hash_after);
        let interim = suite.hash(&[confirmed, vector(&tag)].concat());
        assert_eq!(interim, *self.interim_transcript_hash_after);
    }
}
