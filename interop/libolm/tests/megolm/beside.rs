//! Megolm sessions, each twice: ours and libolm's in step.

use necturus::{
    SessionVersion,
    megolm::{
        DecryptError, ExportedSessionKey, InboundGroupSession, MegolmMessage, OutboundGroupSession,
        SessionKey,
    },
};
use necturus_interop_libolm as libolm;

use crate::common::{
    PICKLE_KEY, envelope,
    rng::{BytesRng, SeededRng},
};

const V1: SessionVersion = SessionVersion::V1;

pub(crate) struct Outbound {
    pub(crate) ours: OutboundGroupSession,
    pub(crate) theirs: libolm::OutboundGroupSession,
}

impl Outbound {
    pub(crate) fn new(seed: u64) -> Self {
        let random: [u8; 160] = SeededRng::new(seed).bytes();
        let mut source = BytesRng::new(random);
        let ours = OutboundGroupSession::new_with(&mut source, V1).unwrap();
        assert_eq!(source.left(), 0);
        let theirs = libolm::OutboundGroupSession::new(&random).unwrap();
        Self { ours, theirs }
    }

    /// At another index, with the same 128 bytes: any are a ratchet anywhere.
    pub(crate) fn at(seed: u64, index: u32) -> Self {
        let pickle = Self::new(seed).theirs.pickle(PICKLE_KEY).unwrap();
        let mut state = envelope::open(&pickle, PICKLE_KEY);
        state[132..136].copy_from_slice(&index.to_be_bytes());
        let pickle = envelope::seal(&state, PICKLE_KEY);
        Self {
            ours: OutboundGroupSession::from_libolm_pickle(&pickle, PICKLE_KEY).unwrap(),
            theirs: libolm::OutboundGroupSession::unpickle(PICKLE_KEY, pickle).unwrap(),
        }
    }

    pub(crate) fn compare(&self) {
        let (ours, theirs) = (&self.ours, &self.theirs);
        assert_eq!(Ok(ours.session_id().to_base64()), theirs.id());
        assert_eq!(ours.message_index(), theirs.message_index());
        assert_eq!(
            ours.session_key().to_base64().as_str(),
            theirs.session_key().unwrap()
        );
        assert_eq!(
            Ok(ours.to_libolm_pickle(PICKLE_KEY).unwrap()),
            theirs.pickle(PICKLE_KEY)
        );
    }

    pub(crate) fn encrypt(&mut self, text: &[u8]) -> String {
        let ours = self.ours.encrypt(text).unwrap().to_base64();
        assert_eq!(Ok(ours.clone()), self.theirs.encrypt(text));
        ours
    }

    pub(crate) fn swap(&mut self) {
        let ours = self.ours.to_libolm_pickle(PICKLE_KEY).unwrap();
        let theirs = self.theirs.pickle(PICKLE_KEY).unwrap();
        self.ours = OutboundGroupSession::from_libolm_pickle(&theirs, PICKLE_KEY).unwrap();
        self.theirs = libolm::OutboundGroupSession::unpickle(PICKLE_KEY, ours).unwrap();
    }
}

pub(crate) struct Inbound {
    pub(crate) ours: InboundGroupSession,
    pub(crate) theirs: libolm::InboundGroupSession,
}

impl Inbound {
    pub(crate) fn new(key: &str) -> Self {
        let ours = InboundGroupSession::new(&SessionKey::from_base64(key).unwrap(), V1);
        let theirs = libolm::InboundGroupSession::new(key).unwrap();
        Self { ours, theirs }
    }

    pub(crate) fn import(key: &str) -> Self {
        let ours = ExportedSessionKey::from_base64(key).unwrap();
        Self {
            ours: InboundGroupSession::import(&ours, V1),
            theirs: libolm::InboundGroupSession::import(key).unwrap(),
        }
    }

    pub(crate) fn compare(&self) {
        let (ours, theirs) = (&self.ours, &self.theirs);
        assert_eq!(Ok(ours.session_id().to_base64()), theirs.id());
        assert_eq!(ours.first_known_index(), theirs.first_known_index());
        assert_eq!(ours.is_verified(), theirs.is_verified());
        // The pickle holds the latest ratchet as well.
        assert_eq!(
            Ok(ours.to_libolm_pickle(PICKLE_KEY).unwrap()),
            theirs.pickle(PICKLE_KEY)
        );
    }

    /// Decrypts on both; gives what libolm said where it refused.
    pub(crate) fn decrypt(&mut self, body: &str) -> Result<(Vec<u8>, u32), &'static str> {
        let parsed = MegolmMessage::from_base64(body).map_err(DecryptError::from);
        let whole = parsed.and_then(|message| self.ours.decrypt(&message));
        // Both roads to the plaintext.
        let text = self.ours.decrypt_base64(body);
        assert_eq!(whole, text);
        let theirs = self.theirs.decrypt(body);
        match (text, theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!((ours.plaintext, ours.index), theirs);
                Ok(theirs)
            }
            (Err(error), Err(refusal)) => {
                let fits = match refusal.as_str() {
                    "UNKNOWN_MESSAGE_INDEX" => {
                        matches!(error, DecryptError::BelowFirstKnown { .. })
                    }
                    // A field that libolm reads over fails at the signature.
                    "BAD_SIGNATURE" => {
                        matches!(error, DecryptError::BadSignature | DecryptError::Decode(_))
                    }
                    "BAD_MESSAGE_VERSION" | "BAD_MESSAGE_FORMAT" => {
                        matches!(error, DecryptError::Decode(_))
                    }
                    _ => false,
                };
                assert!(fits, "{error:?}, but libolm {refusal}");
                Err(refusal.as_str())
            }
            (ours, theirs) => panic!("{ours:?}, but libolm {theirs:?}"),
        }
    }

    /// From a copy of libolm's: see the difference that an export makes.
    pub(crate) fn export(&self, index: u32) -> Option<String> {
        let ours = self.ours.export_at(index);
        let copy = self.theirs.pickle(PICKLE_KEY).unwrap();
        let copy = libolm::InboundGroupSession::unpickle(PICKLE_KEY, copy).unwrap();
        match copy.export(index) {
            Ok(theirs) => {
                assert_eq!(ours.unwrap().to_base64().as_str(), theirs);
                Some(theirs)
            }
            Err(refusal) => {
                assert_eq!(refusal.as_str(), "UNKNOWN_MESSAGE_INDEX");
                let error = ours.unwrap_err();
                let first_known = self.ours.first_known_index();
                assert_eq!((error.index, error.first_known), (index, first_known));
                None
            }
        }
    }

    pub(crate) fn swap(&mut self) {
        let ours = self.ours.to_libolm_pickle(PICKLE_KEY).unwrap();
        let theirs = self.theirs.pickle(PICKLE_KEY).unwrap();
        self.ours = InboundGroupSession::from_libolm_pickle(&theirs, PICKLE_KEY).unwrap();
        self.theirs = libolm::InboundGroupSession::unpickle(PICKLE_KEY, ours).unwrap();
    }
}
