//! A session speaks the version it was made with, and no message makes it speak
//! another: no downgrade from outside. Version 2 differs in the length of its
//! MACs alone, and no other library can hold it.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::rng::{BytesRng, SeededRng};
use necturus::{
    SessionVersion::{self, V1, V2},
    megolm::{self, InboundGroupSession, MegolmMessage, OutboundGroupSession, SessionOrdering},
    olm::{
        Account, DecryptError, InboundError, Message, OlmMessage, PreKeyMessage, Session, steps,
    },
    pickle::{ExportError, PickleKey},
};

const VERSIONS: [SessionVersion; 2] = [V1, V2];
const CROSSED: [(SessionVersion, SessionVersion); 2] = [(V1, V2), (V2, V1)];

fn version_byte(version: SessionVersion) -> u8 {
    if version == V1 { 3 } else { 4 }
}

/// Draws what any pair of accounts and sessions needs; the same in both
/// versions, so that they differ in nothing but the version.
struct Pair {
    rng: SeededRng,
    alice: Account,
    bob: Account,
}

impl Pair {
    fn new() -> Self {
        let mut rng = SeededRng::new(0);
        let alice = Account::new_with(&mut rng).unwrap();
        let mut bob = Account::new_with(&mut rng).unwrap();
        bob.generate_one_time_keys_with(&mut rng, 1).unwrap();
        Self { rng, alice, bob }
    }

    fn outbound(&mut self, version: SessionVersion) -> Session {
        let identity_key = self.bob.identity_keys().curve25519;
        let one_time_key = self.bob.one_time_keys()[0].key;
        self.alice
            .outbound_session_with(&mut self.rng, version, &identity_key, &one_time_key)
            .unwrap()
    }

    /// The first message of a session of Alice's, and both sides of it.
    fn sessions(mut self, version: SessionVersion) -> (Session, Session, SeededRng) {
        let mut alices = self.outbound(version);
        let first = pre_key(alices.encrypt_with(&mut self.rng, b"first").unwrap());
        let sender = self.alice.identity_keys().curve25519;
        let pending = self.bob.open(version, &sender, &first).unwrap();
        let (bobs, text) = pending.accept(&mut self.bob).unwrap();
        assert_eq!(text, b"first");
        (alices, bobs, self.rng)
    }
}

fn pre_key(message: OlmMessage) -> PreKeyMessage {
    match message {
        OlmMessage::PreKey(message) => message,
        OlmMessage::Normal(_) => panic!("not a pre-key message"),
    }
}

fn state(session: &Session) -> Vec<u8> {
    let key = PickleKey::from_bytes(&[1; 32]);
    session
        .pickle_with(&mut BytesRng::new([0; 24]), &key, b"")
        .unwrap()
}

#[test]
fn a_pair_of_either_version_talks() {
    for version in VERSIONS {
        let (mut alices, mut bobs, mut rng) = Pair::new().sessions(version);
        for round in 0..3 {
            let text = [round; 100];
            let message = bobs.encrypt_with(&mut rng, &text).unwrap();
            assert_eq!(message.as_bytes()[0], version_byte(version));
            assert_eq!(alices.decrypt(&message).unwrap().plaintext, text);
            let message = alices.encrypt_with(&mut rng, &text).unwrap();
            assert_eq!(bobs.decrypt(&message).unwrap().plaintext, text);
        }
        assert_eq!((alices.version(), bobs.version()), (version, version));

        let mut outbound = OutboundGroupSession::new_with(&mut rng, version).unwrap();
        let mut inbound = InboundGroupSession::new(&outbound.session_key(), version);
        for index in 0..3 {
            let message = outbound.encrypt(b"to all").unwrap();
            assert_eq!(message.as_bytes()[0], version_byte(version));
            let decrypted = inbound.decrypt_base64(&message.to_base64()).unwrap();
            assert_eq!(decrypted.plaintext, b"to all");
            assert_eq!(decrypted.index, index);
        }
        assert_eq!((outbound.version(), inbound.version()), (version, version));
    }
}

#[test]
fn a_mac_has_8_bytes_or_32_and_all_else_is_the_same_length() {
    let lengths = VERSIONS.map(|version| {
        let (mut alices, mut bobs, mut rng) = Pair::new().sessions(version);
        let pre_key = alices.encrypt_with(&mut rng, b"text").unwrap();
        let normal = bobs.encrypt_with(&mut rng, b"text").unwrap();
        let mut outbound = OutboundGroupSession::new_with(&mut rng, version).unwrap();
        let group = outbound.encrypt(b"text").unwrap();
        [
            pre_key.as_bytes().len(),
            normal.as_bytes().len(),
            group.as_bytes().len(),
        ]
    });
    // version ‖ ratchet key ‖ index ‖ ciphertext ‖ MAC
    let normal = 1 + 34 + 2 + 18;
    // version ‖ three keys ‖ message
    let pre_key = 1 + 3 * 34 + 2 + normal;
    // version ‖ index ‖ ciphertext ‖ MAC ‖ signature
    let group = 1 + 2 + 18 + 64;
    let expected = [8, 32].map(|mac| [pre_key + mac, normal + mac, group + mac]);
    assert_eq!(lengths, expected);
}

#[test]
fn no_session_starts_by_a_message_of_the_other_version() {
    for (expected, found) in CROSSED {
        let mut pair = Pair::new();
        let mut alices = pair.outbound(found);
        let first = pre_key(alices.encrypt_with(&mut pair.rng, b"first").unwrap());
        // The version outside is 3 always; the one inside speaks.
        assert_eq!(first.as_bytes()[0], 3);
        assert_eq!(first.version(), found);
        let sender = pair.alice.identity_keys().curve25519;
        assert_eq!(
            pair.bob.open(expected, &sender, &first).unwrap_err(),
            InboundError::Decrypt(DecryptError::Version { expected, found })
        );
        // Nor does it through the bare steps.
        assert_eq!(
            steps::inbound_session(&pair.bob, expected, None, &first).unwrap_err(),
            InboundError::Decrypt(DecryptError::Version { expected, found })
        );
        // Nothing is spent: the right version still opens it.
        assert_eq!(pair.bob.one_time_key_count(), 1);
        let pending = pair.bob.open(found, &sender, &first).unwrap();
        assert_eq!(pending.plaintext(), b"first");
    }
}

#[test]
fn no_session_reads_a_message_of_the_other_version() {
    for (expected, found) in CROSSED {
        // The same keys and the same randomness, but for the version.
        let (mut alices, mut bobs, mut rng) = Pair::new().sessions(expected);
        let (mut other_alices, mut other_bobs, mut other_rng) = Pair::new().sessions(found);
        assert_eq!(alices.id(), other_alices.id());
        let refusal = DecryptError::Version { expected, found };

        let before = state(&bobs);
        let message = other_alices.encrypt_with(&mut other_rng, b"").unwrap();
        assert!(matches!(message, OlmMessage::PreKey(_)));
        assert_eq!(bobs.decrypt(&message), Err(refusal));
        assert_eq!(state(&bobs), before);

        let before = state(&alices);
        let message = other_bobs.encrypt_with(&mut other_rng, b"").unwrap();
        assert!(matches!(message, OlmMessage::Normal(_)));
        assert_eq!(alices.decrypt(&message), Err(refusal));
        assert_eq!(state(&alices), before);

        let message = bobs.encrypt_with(&mut rng, b"still talking").unwrap();
        assert_eq!(
            alices.decrypt(&message).unwrap().plaintext,
            b"still talking"
        );
    }
}

#[test]
fn cutting_a_mac_down_is_no_way_into_either_session() {
    let (mut alices, mut bobs, mut rng) = Pair::new().sessions(V2);
    let OlmMessage::Normal(message) = bobs.encrypt_with(&mut rng, b"long MAC").unwrap() else {
        panic!("whoever was called answers with normal messages");
    };
    let mut cut = message.as_bytes()[..message.as_bytes().len() - 24].to_vec();
    cut[0] = 3;
    let cut = Message::from_bytes(cut).unwrap();
    assert_eq!((cut.version(), message.version()), (V1, V2));
    assert_eq!(
        alices.decrypt(&OlmMessage::Normal(cut.clone())),
        Err(DecryptError::Version {
            expected: V2,
            found: V1
        })
    );
    // The MAC covers the version, so not even the keys of that very message
    // help in a session that does speak version 1.
    let (mut as_v1, ..) = Pair::new().sessions(V1);
    assert_eq!(as_v1.id(), alices.id());
    assert_eq!(
        as_v1.decrypt(&OlmMessage::Normal(cut)),
        Err(DecryptError::NotThisSession)
    );
    let message = OlmMessage::Normal(message);
    assert_eq!(alices.decrypt(&message).unwrap().plaintext, b"long MAC");
}

#[test]
fn no_group_session_reads_a_message_of_the_other_version() {
    for (expected, found) in CROSSED {
        let mut rng = SeededRng::new(1);
        let mut outbound = OutboundGroupSession::new_with(&mut rng, found).unwrap();
        let key = outbound.session_key();
        let message = outbound.encrypt(b"to all").unwrap();
        assert_eq!(message.version(), found);
        let exported = InboundGroupSession::new(&key, found).export_at_first_known_index();

        // A session key carries no version: whoever makes the session says it.
        let mut inbound = InboundGroupSession::new(&key, expected);
        let mut imported = InboundGroupSession::import(&exported, expected);
        let refusal = megolm::DecryptError::Version { expected, found };
        assert_eq!(inbound.decrypt(&message), Err(refusal));
        assert_eq!(inbound.decrypt_base64(&message.to_base64()), Err(refusal));
        assert_eq!(imported.decrypt(&message), Err(refusal));
        assert!(!imported.is_verified());

        let mut right = InboundGroupSession::import(&exported, found);
        assert_eq!(right.decrypt(&message).unwrap().plaintext, b"to all");
        assert_eq!(inbound.compare(&right), SessionOrdering::Unconnected);
        assert!(inbound.merge(&right).is_err());
        assert_eq!(inbound.decrypt(&message), Err(refusal));
    }
}

#[test]
fn vodozemac_without_its_experiment_reads_no_version_2() {
    use vodozemac::{megolm as their_megolm, olm as theirs};

    let key = [5; 32];
    let mut pair = Pair::new();
    let mut alices = pair.outbound(V2);
    let first = pre_key(alices.encrypt_with(&mut pair.rng, b"first").unwrap());
    let pickle = pair.bob.to_vodozemac_pickle(&key).unwrap();
    let pickle = theirs::AccountPickle::from_encrypted(&pickle, &key).unwrap();
    let sender = *pair.alice.identity_keys().curve25519.as_bytes();
    let refused = theirs::Account::from(pickle).create_inbound_session(
        theirs::SessionConfig::version_1(),
        vodozemac::Curve25519PublicKey::from_bytes(sender),
        &theirs::PreKeyMessage::from_bytes(first.as_bytes()).unwrap(),
    );
    assert!(matches!(
        refused,
        Err(theirs::SessionCreationError::MismatchedSessionConfig { got: None, .. })
    ));

    let mut outbound = OutboundGroupSession::new_with(&mut pair.rng, V2).unwrap();
    let session_key = outbound.session_key().to_base64();
    let session_key = their_megolm::SessionKey::from_base64(&session_key).unwrap();
    let config = their_megolm::SessionConfig::version_1();
    let mut inbound = their_megolm::InboundGroupSession::new(&session_key, config);
    let message = outbound.encrypt(b"to all").unwrap();
    let message = their_megolm::MegolmMessage::from_bytes(message.as_bytes()).unwrap();
    assert!(matches!(
        inbound.decrypt(&message),
        Err(their_megolm::DecryptionError::InvalidMACLength(8, 32))
    ));
}

#[test]
fn neither_legacy_format_takes_version_2() {
    let (alices, bobs, mut rng) = Pair::new().sessions(V2);
    let refusal = Err(ExportError::UnsupportedConfig);
    for session in [&alices, &bobs] {
        assert_eq!(session.to_libolm_pickle(b"key"), refusal);
        assert_eq!(session.to_vodozemac_pickle(&[0; 32]), refusal);
    }
    let outbound = OutboundGroupSession::new_with(&mut rng, V2).unwrap();
    assert_eq!(outbound.to_libolm_pickle(b"key"), refusal);
    assert_eq!(outbound.to_vodozemac_pickle(&[0; 32]), refusal);
    let inbound = InboundGroupSession::new(&outbound.session_key(), V2);
    assert_eq!(inbound.to_libolm_pickle(b"key"), refusal);
    assert_eq!(inbound.to_vodozemac_pickle(&[0; 32]), refusal);
}

#[test]
fn our_own_pickle_keeps_the_version() {
    let key = PickleKey::from_bytes(&[2; 32]);
    for version in VERSIONS {
        let (alices, mut bobs, mut rng) = Pair::new().sessions(version);
        let pickle = alices.pickle_with(&mut rng, &key, b"session").unwrap();
        let mut alices = Session::unpickle(&pickle, &key, b"session").unwrap();
        assert_eq!(alices.version(), version);
        let message = bobs.encrypt_with(&mut rng, b"back").unwrap();
        assert_eq!(alices.decrypt(&message).unwrap().plaintext, b"back");

        let outbound = OutboundGroupSession::new_with(&mut rng, version).unwrap();
        let inbound = InboundGroupSession::new(&outbound.session_key(), version);
        let pickle = outbound.pickle_with(&mut rng, &key, b"out").unwrap();
        let mut outbound = OutboundGroupSession::unpickle(&pickle, &key, b"out").unwrap();
        let pickle = inbound.pickle_with(&mut rng, &key, b"in").unwrap();
        let mut inbound = InboundGroupSession::unpickle(&pickle, &key, b"in").unwrap();
        assert_eq!((outbound.version(), inbound.version()), (version, version));
        let message = outbound.encrypt(b"to all").unwrap();
        let message = MegolmMessage::from_bytes(message.into_bytes()).unwrap();
        assert_eq!(inbound.decrypt(&message).unwrap().plaintext, b"to all");
    }
}
