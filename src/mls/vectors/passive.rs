//! `passive-client-welcome.json`, `-handling-commit.json` and `-random.json`: a
//! client that joins by a Welcome and follows. All through our public API, but the
//! key package, whose private keys come from outside.

use alloc::vec::Vec;
use std::time::{SystemTime, UNIX_EPOCH};

use openmls::{key_packages::KeyPackageBundle, prelude::HpkePrivateKey};
use openmls_traits::storage::StorageProvider as _;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        CipherSuite, Group, Identity, Invitation, KeyPackage, Received, Settings, codec,
        overlay::Overlay,
    },
    Case, Hex,
    formulas::{Reader, Suite},
    outside::{Counter, keystore, rules},
    tree::Leaf,
};
use crate::store::Keystore;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Client {
    cipher_suite: u16,
    external_psks: Vec<ExternalPsk>,
    key_package: Hex,
    signature_priv: Hex,
    encryption_priv: Hex,
    init_priv: Hex,
    welcome: Hex,
    /// There, if only to say that there is none.
    #[serde(deserialize_with = "Option::deserialize")]
    ratchet_tree: Option<Hex>,
    initial_epoch_authenticator: Hex,
    epochs: Vec<Epoch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExternalPsk {
    psk_id: Hex,
    psk: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Epoch {
    proposals: Vec<Hex>,
    commit: Hex,
    epoch_authenticator: Hex,
}

impl Case for Client {
    const THROUGH: &'static str = "our public API";

    fn suite(&self) -> Option<u16> {
        Some(self.cipher_suite)
    }

    /// The engine takes no Add of an expired key package, and has no switch for it:
    /// cases with lifetimes that end can be followed as long as they last.
    fn out_of_reach(&self) -> Option<&'static str> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let messages = self
            .epochs
            .iter()
            .flat_map(|epoch| epoch.proposals.iter().chain([&epoch.commit]));
        let mut added = messages.flat_map(|message| added(message));
        added
            .any(|leaf| leaf.not_after.unwrap() <= now)
            .then_some("adds by key packages that have expired, which the engine refuses")
    }

    fn check(&self) {
        let rng = &mut Counter(0);
        let mut keystore = keystore(rng);
        self.import(rng, &mut keystore);

        let tree = self.ratchet_tree.as_deref();
        let settings = Settings::default();
        let welcome = Invitation::open_with(rng, &keystore, &self.welcome, tree, settings, rules());
        let mut group = welcome.unwrap().accept_with(rng, &mut keystore).unwrap();
        let authenticator = group.epoch_authenticator().unwrap();
        assert_eq!(authenticator, *self.initial_epoch_authenticator);

        for epoch in &self.epochs {
            for proposal in &epoch.proposals {
                match group.receive_with(rng, &mut keystore, proposal).unwrap() {
                    Received::Proposal(proposal) => {
                        group
                            .accept_proposal_with(rng, &mut keystore, proposal)
                            .unwrap();
                    }
                    other => panic!("not a proposal: {other:?}"),
                }
            }
            match group
                .receive_with(rng, &mut keystore, &epoch.commit)
                .unwrap()
            {
                Received::Commit(commit) => group.merge_with(rng, &mut keystore, commit).unwrap(),
                other => panic!("not a commit: {other:?}"),
            }
            let authenticator = group.epoch_authenticator().unwrap();
            assert_eq!(authenticator, *epoch.epoch_authenticator);
        }

        let stored = Group::load(&keystore, group.id(), rules())
            .unwrap()
            .unwrap();
        assert_eq!(
            stored.epoch_authenticator().unwrap(),
            group.epoch_authenticator().unwrap()
        );
    }
}

impl Client {
    /// Puts all that the client has before it joins into the keystore, and checks
    /// that private keys and public ones belong together.
    fn import(&self, rng: &mut Counter, keystore: &mut Keystore) {
        let package = KeyPackage::from_bytes(&self.key_package, &rules()).unwrap();
        let suite = CipherSuite::from_number(self.cipher_suite).unwrap();
        let identity = Identity::from_secret(suite, package.credential(), &self.signature_priv);
        assert_eq!(identity.signature_key(), package.signature_key());
        identity.store_with(rng, keystore).unwrap();

        let suite = Suite::new(self.cipher_suite);
        // Message header, version and suite.
        let mut reader = Reader(&self.key_package[8..]);
        let (init_key, leaf) = (reader.vector(), Leaf::read(&mut reader));
        for (public, private) in [
            (init_key, &self.init_priv),
            (&leaf.key, &self.encryption_priv),
        ] {
            let sealed = suite.encrypt_with_label(public, "", &[], b"for this key");
            assert_eq!(
                suite.decrypt_with_label(private, "", &[], &sealed),
                b"for this key"
            );
        }

        let engine = package.engine();
        let overlay = Overlay::new(keystore);
        let bundle = Bundle {
            key_package: engine,
            private_init_key: self.init_priv.to_vec().into(),
            private_encryption_key: EncryptionKey {
                key: self.encryption_priv.to_vec().into(),
            },
        };
        let bundle: KeyPackageBundle = codec::decode(&codec::encode(&bundle).unwrap()).unwrap();
        overlay
            .write_key_package(&engine.hash_ref(&suite.crypto).unwrap(), &bundle)
            .unwrap();
        let changes = overlay.into_changes().unwrap();
        keystore.commit(rng, &changes).unwrap();

        for psk in &self.external_psks {
            Group::store_psk_with(rng, keystore, &psk.psk_id, &psk.psk).unwrap();
        }
    }
}

/// The leaves of the Adds in a public message.
fn added(message: &[u8]) -> Vec<Leaf> {
    let mut reader = Reader(message);
    if reader.bytes(4) != [0, 1, 0, 1] {
        return Vec::new();
    }
    // Group, epoch, sender and authenticated data.
    reader.skip_vectors(1);
    reader.u64();
    if matches!(reader.u8(), 1 | 2) {
        reader.u32();
    }
    reader.skip_vectors(1);
    let mut added = Vec::new();
    match reader.u8() {
        2 => added.extend(added_by(&mut reader)),
        3 => {
            let mut proposals = Reader(reader.vector());
            while !proposals.0.is_empty() {
                match proposals.u8() {
                    1 => added.extend(added_by(&mut proposals)),
                    _ => proposals.skip_vectors(1),
                }
            }
        }
        _ => {}
    }
    added
}

/// The leaf of the next proposal, if it is an Add.
fn added_by(proposal: &mut Reader<'_>) -> Option<Leaf> {
    match proposal.u16() {
        1 => return Some(Leaf::of_key_package(proposal)),
        2 => drop(Leaf::read(proposal)),
        3 => _ = proposal.u32(),
        4 => {
            // A pre-shared key is external, or one of another epoch.
            if proposal.u8() == 1 {
                proposal.skip_vectors(1);
            } else {
                proposal.u8();
                proposal.skip_vectors(1);
                proposal.u64();
            }
            proposal.skip_vectors(1);
        }
        5 => {
            proposal.skip_vectors(1);
            proposal.bytes(4);
            proposal.skip_vectors(1);
        }
        6 | 7 => proposal.skip_vectors(1),
        other => panic!("proposal type {other}"),
    }
    None
}

/// As the engine's [`KeyPackageBundle`] is stored, which it lets nobody make.
#[derive(Serialize)]
struct Bundle<'p> {
    key_package: &'p openmls::key_packages::KeyPackage,
    private_init_key: HpkePrivateKey,
    private_encryption_key: EncryptionKey,
}

#[derive(Serialize)]
struct EncryptionKey {
    key: HpkePrivateKey,
}
