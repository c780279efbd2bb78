//! A receiver's side of a Megolm session.

use alloc::vec::Vec;
use core::fmt;

use zeroize::ZeroizeOnDrop;

use super::{
    error::{DecryptError, IndexError, MergeError},
    message::{Layout, MegolmMessage, part},
    ratchet::Ratchet,
    session_id::GroupSessionId,
    session_key::{ExportedSessionKey, SessionKey},
};
use crate::{
    codec::{error::DecodeError, version::SessionVersion},
    primitives::{base64, cipher::Inauthentic, ed25519::Ed25519PublicKey, wipe::in_wiped_frame},
};

/// What a Megolm message held.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decrypted {
    /// The text.
    pub plaintext: Vec<u8>,
    /// The index of the message. The same message decrypts again: whoever shows
    /// it checks that no other event had this index of this session.
    pub index: u32,
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypted")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// How one copy of a session stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionOrdering {
    /// Both start at the same index.
    Equal,
    /// The first starts earlier, so it opens more messages.
    Better,
    /// The first starts later, so it opens fewer messages.
    Worse,
    /// They are not copies of one session.
    Unconnected,
}

/// A Megolm session that receives. Secret; no heap inside, wiped on drop.
///
/// It keeps its earliest ratchet, and the latest one used, so that messages in
/// order cost one step each.
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::{
///     SessionVersion,
///     megolm::{DecryptError, InboundGroupSession, OutboundGroupSession, SessionOrdering},
/// };
///
/// let mut outbound = OutboundGroupSession::new(SessionVersion::V1)?;
/// let mut whole = InboundGroupSession::new(&outbound.session_key(), SessionVersion::V1);
/// let first = outbound.encrypt(b"first")?;
/// let second = outbound.encrypt(b"second")?;
///
/// // What goes to a backup, from the second message on.
/// let export = whole.export_at(1)?;
/// let mut restored = InboundGroupSession::import(&export, SessionVersion::V1);
/// assert_eq!(restored.decrypt(&second)?.plaintext, b"second");
/// let error = restored.decrypt(&first).unwrap_err();
/// assert_eq!(error, DecryptError::BelowFirstKnown { index: 0, first_known: 1 });
/// assert!(!error.is_final()); // another copy of the session can
///
/// assert_eq!(restored.compare(&whole), SessionOrdering::Worse);
/// restored.merge(&whole)?;
/// assert_eq!(restored.decrypt(&first)?.plaintext, b"first");
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct InboundGroupSession {
    pub(crate) version: SessionVersion,
    pub(crate) initial: Ratchet,
    pub(crate) latest: Ratchet,
    pub(crate) signing_key: Ed25519PublicKey,
    /// The index from which ratchet and signing key are known to belong together.
    pub(crate) verified_from: Option<u32>,
}

impl InboundGroupSession {
    /// The session of a key that its sender signed; it is
    /// [verified](Self::is_verified) from the start.
    #[must_use]
    pub fn new(key: &SessionKey, version: SessionVersion) -> Self {
        Self::from_parts(key.ratchet(), *key.signing_key(), version, true)
    }

    /// The session of an exported key, which nobody signed.
    #[must_use]
    pub fn import(key: &ExportedSessionKey, version: SessionVersion) -> Self {
        Self::from_parts(key.ratchet(), *key.signing_key(), version, false)
    }

    fn from_parts(
        ratchet: &Ratchet,
        signing_key: Ed25519PublicKey,
        version: SessionVersion,
        verified: bool,
    ) -> Self {
        Self {
            version,
            initial: ratchet.clone(),
            latest: ratchet.clone(),
            signing_key,
            verified_from: verified.then_some(ratchet.index()),
        }
    }

    /// The id of the session.
    #[must_use]
    pub fn session_id(&self) -> GroupSessionId {
        GroupSessionId::of(&self.signing_key)
    }

    /// The public key that the session's messages verify under.
    #[must_use]
    pub const fn signing_key(&self) -> Ed25519PublicKey {
        self.signing_key
    }

    /// The version that the session speaks.
    #[must_use]
    pub const fn version(&self) -> SessionVersion {
        self.version
    }

    /// The first index that the session can decrypt.
    #[must_use]
    pub const fn first_known_index(&self) -> u32 {
        self.initial.index()
    }

    /// Whether ratchet and signing key are known to belong together: the key
    /// that the session was made of was signed, or a message has decrypted.
    ///
    /// That may hold for later messages alone: see
    /// [`verified_from`](Self::verified_from).
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        self.verified_from.is_some()
    }

    /// The index from which ratchet and signing key are known to belong together,
    /// if any.
    ///
    /// The ratchet throws its lowest part away at every multiple of 256, so what
    /// vouches for one index vouches for those before it only back to there. An
    /// export or a backup could hold an invented ratchet for the messages below,
    /// which then do not decrypt, but look like a session that is verified.
    #[must_use]
    pub const fn verified_from(&self) -> Option<u32> {
        self.verified_from
    }

    /// Decrypts a message, which costs one allocation, for the plaintext.
    ///
    /// # Errors
    /// [`DecryptError`]; the session is then as it was.
    pub fn decrypt(&mut self, message: &MegolmMessage) -> Result<Decrypted, DecryptError> {
        let (bytes, layout) = (message.as_bytes(), message.layout());
        in_wiped_frame(|| {
            let ratchet = self.authenticate(bytes, layout)?;
            let plaintext = ratchet
                .1
                .decrypt(part(bytes, layout.ciphertext.clone()))
                .map_err(inauthentic)?;
            self.accept(ratchet.0);
            Ok(Decrypted {
                plaintext,
                index: layout.index,
            })
        })
    }

    /// Decrypts a message from unpadded base64. The plaintext takes over the
    /// buffer that the text was decoded into: one allocation in all.
    ///
    /// # Errors
    /// [`DecryptError`]; the session is then as it was.
    pub fn decrypt_base64(&mut self, text: &str) -> Result<Decrypted, DecryptError> {
        let mut bytes = base64::decode(text).map_err(|_| DecodeError::Base64)?;
        let layout = Layout::parse(&bytes)?;
        in_wiped_frame(|| {
            let (ratchet, cipher) = self.authenticate(&bytes, &layout)?;
            let start = layout.ciphertext.start;
            let length = cipher
                .decrypt_in_place(bytes.get_mut(layout.ciphertext).unwrap_or_default())
                .map_err(inauthentic)?;
            bytes.copy_within(start..start.saturating_add(length), 0);
            bytes.truncate(length);
            self.accept(ratchet);
            Ok(Decrypted {
                plaintext: bytes,
                index: layout.index,
            })
        })
    }

    /// Checks version, signature, index and MAC, in this order, and gives the
    /// ratchet at the message's index with its cipher.
    fn authenticate(
        &self,
        bytes: &[u8],
        layout: &Layout,
    ) -> Result<(Ratchet, crate::primitives::cipher::Cipher), DecryptError> {
        if layout.version != self.version {
            return Err(DecryptError::Version {
                expected: self.version,
                found: layout.version,
            });
        }
        let (signed, signature) = layout.signed(bytes);
        self.signing_key
            .verify(signed, &signature)
            .map_err(|_| DecryptError::BadSignature)?;
        let ratchet =
            self.ratchet_at(layout.index)
                .map_err(|error| DecryptError::BelowFirstKnown {
                    index: error.index,
                    first_known: error.first_known,
                })?;
        let cipher = ratchet.message_cipher();
        let (authenticated, mac) = layout.authenticated(bytes);
        cipher.check_tag(authenticated, mac).map_err(inauthentic)?;
        Ok((ratchet, cipher))
    }

    /// Takes note that the message at this ratchet has decrypted.
    fn accept(&mut self, ratchet: Ratchet) {
        self.vouch(ratchet.index());
        if ratchet.index() > self.latest.index() {
            self.latest = ratchet;
        }
    }

    /// Takes note that the ratchet at `index` belongs to the signing key.
    fn vouch(&mut self, index: u32) {
        let from = (index & !0xff).max(self.first_known_index());
        self.verified_from = Some(self.verified_from.map_or(from, |known| known.min(from)));
    }

    /// The ratchet at `index`, from the nearest one that is held.
    fn ratchet_at(&self, index: u32) -> Result<Ratchet, IndexError> {
        let first_known = self.first_known_index();
        if index < first_known {
            return Err(IndexError { index, first_known });
        }
        let nearest = if index >= self.latest.index() {
            &self.latest
        } else {
            &self.initial
        };
        let mut ratchet = nearest.clone();
        ratchet.advance_to(index);
        Ok(ratchet)
    }

    /// Exports the session at `index`: the key opens that message and all after
    /// it.
    ///
    /// # Errors
    /// [`IndexError`] below the [first known index](Self::first_known_index).
    pub fn export_at(&self, index: u32) -> Result<ExportedSessionKey, IndexError> {
        in_wiped_frame(|| {
            Ok(ExportedSessionKey::new(
                self.ratchet_at(index)?,
                self.signing_key,
            ))
        })
    }

    /// Exports all that the session can decrypt.
    #[must_use]
    pub fn export_at_first_known_index(&self) -> ExportedSessionKey {
        ExportedSessionKey::new(self.initial.clone(), self.signing_key)
    }

    /// Forgets how to decrypt everything below `index`: only another copy, by
    /// [`merge`](Self::merge), can bring it back. An index at
    /// or below the [first known one](Self::first_known_index) changes nothing.
    pub fn forget_before(&mut self, index: u32) {
        in_wiped_frame(|| {
            if let Ok(ratchet) = self.ratchet_at(index) {
                if self.latest.index() < index {
                    self.latest = ratchet.clone();
                }
                self.initial = ratchet;
                self.verified_from = self.verified_from.map(|from| from.max(index));
            }
        });
    }

    /// How this copy of a session stands to another.
    #[must_use]
    pub fn compare(&self, other: &Self) -> SessionOrdering {
        let (ours, theirs) = (self.first_known_index(), other.first_known_index());
        if !self.agrees_at(other, ours.max(theirs)) {
            return SessionOrdering::Unconnected;
        }
        match ours.cmp(&theirs) {
            core::cmp::Ordering::Less => SessionOrdering::Better,
            core::cmp::Ordering::Equal => SessionOrdering::Equal,
            core::cmp::Ordering::Greater => SessionOrdering::Worse,
        }
    }

    /// Whether both copies know `index` and are one session from there on.
    fn agrees_at(&self, other: &Self, index: u32) -> bool {
        self.version == other.version
            && self.signing_key == other.signing_key
            && in_wiped_frame(|| match (self.ratchet_at(index), other.ratchet_at(index)) {
                (Ok(ours), Ok(theirs)) => ours.is_same(&theirs),
                _ => false,
            })
    }

    /// Takes over what another copy of the session has more: an earlier first
    /// index, and that it is verified.
    ///
    /// A verified copy also replaces what this one holds below the index from
    /// which it is [verified](Self::verified_from), if they agree from there on.
    ///
    /// # Errors
    /// [`MergeError`] if they are not copies of one session; nothing is changed.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        let takes_initial = match self.compare(other) {
            SessionOrdering::Equal | SessionOrdering::Better => false,
            SessionOrdering::Worse => true,
            SessionOrdering::Unconnected if self.is_corrected_by(other) => true,
            SessionOrdering::Unconnected => return Err(MergeError),
        };
        if takes_initial {
            self.initial = other.initial.clone();
        }
        self.latest = self.initial.clone();
        for from in [self.verified_from.take(), other.verified_from] {
            from.into_iter().for_each(|from| self.vouch(from));
        }
        Ok(())
    }

    /// Whether `other` is verified as a whole, and equals this copy from where
    /// this one is verified.
    fn is_corrected_by(&self, other: &Self) -> bool {
        other.verified_from == Some(other.first_known_index())
            && self
                .verified_from
                .is_some_and(|from| self.agrees_at(other, from))
    }
}

/// The ratchet wipes itself, and the rest is public.
impl ZeroizeOnDrop for InboundGroupSession {}

impl fmt::Debug for InboundGroupSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundGroupSession")
            .field("session_id", &self.session_id())
            .field("version", &self.version)
            .field("first_known_index", &self.first_known_index())
            .field("verified_from", &self.verified_from)
            .finish_non_exhaustive()
    }
}

/// One verdict for MAC and padding.
fn inauthentic(_: Inauthentic) -> DecryptError {
    DecryptError::Inauthentic
}
