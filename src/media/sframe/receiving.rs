//! A key that decrypts, and a shelf of them.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::fmt;

use zeroize::ZeroizeOnDrop;

use super::{
    base_key::BaseKey,
    cipher::FrameCipher,
    error::{DecryptError, KeyringError},
    header::Header,
    key_id::KeyId,
    replay::{Replay, Window},
    suite::CipherSuite,
};
use crate::primitives::wipe::in_wiped_frame;

/// What a frame said of itself, and it was authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    header: Header,
}

impl Received {
    /// Under which key the frame was encrypted: whoever has that key may have
    /// written it.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.header.key_id()
    }

    /// Which frame under this key it was.
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.header.counter()
    }
}

/// A key that decrypts the frames of one key id. Secret; wiped on drop.
pub struct ReceivingKey {
    suite: CipherSuite,
    key_id: KeyId,
    cipher: FrameCipher,
    window: Option<Window>,
}

impl ReceivingKey {
    /// A key that has opened nothing.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a base key is spent on one key"
    )]
    pub fn new(base_key: BaseKey, suite: CipherSuite, key_id: KeyId, replay: Replay) -> Self {
        Self::of(&base_key, suite, key_id, replay)
    }

    pub(super) fn of(
        base_key: &BaseKey,
        suite: CipherSuite,
        key_id: KeyId,
        replay: Replay,
    ) -> Self {
        in_wiped_frame(|| Self {
            suite,
            key_id,
            cipher: FrameCipher::derive(base_key, suite, key_id),
            window: match replay {
                Replay::Allow => None,
                Replay::Refuse => Some(Window::new()),
            },
        })
    }

    /// The suite.
    #[must_use]
    pub const fn suite(&self) -> CipherSuite {
        self.suite
    }

    /// The id of the frames that it opens.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Decrypts the frame where it stands. `metadata` is what the sender
    /// authenticated with it.
    ///
    /// # Errors
    /// [`DecryptError`]; frame and key are unchanged.
    pub fn decrypt(
        &mut self,
        frame: &mut Vec<u8>,
        metadata: &[u8],
    ) -> Result<Received, DecryptError> {
        in_vector(frame, |frame| self.open(frame, metadata))
    }

    /// [`decrypt`](Self::decrypt) in a fixed buffer: gives the part of it that is
    /// the text.
    ///
    /// # Errors
    /// [`DecryptError`]; frame and key are unchanged.
    pub fn decrypt_slice<'a>(
        &mut self,
        frame: &'a mut [u8],
        metadata: &[u8],
    ) -> Result<(Received, &'a mut [u8]), DecryptError> {
        in_slice(frame, |frame| self.open(frame, metadata))
    }

    pub(super) fn open(
        &mut self,
        frame: &mut [u8],
        metadata: &[u8],
    ) -> Result<Opening, DecryptError> {
        let (header, front) = Header::decode(frame).map_err(|_| DecryptError::Invalid)?;
        if header.key_id() != self.key_id {
            return Err(DecryptError::UnknownKey {
                key_id: header.key_id(),
            });
        }
        if let Some(window) = &self.window
            && !window.is_new(header.counter())
        {
            return Err(DecryptError::Invalid);
        }
        let body = frame.get_mut(front..).unwrap_or_default();
        let length = body
            .len()
            .checked_sub(self.suite.tag_length())
            .ok_or(DecryptError::Invalid)?;
        let (text, tag) = body.split_at_mut(length);
        in_wiped_frame(|| self.cipher.open(&header, metadata, text, tag))
            .map_err(|_| DecryptError::Invalid)?;
        if let Some(window) = &mut self.window {
            window.note(header.counter());
        }
        Ok(Opening {
            header,
            front,
            length,
        })
    }
}

/// The cipher wipes itself.
impl ZeroizeOnDrop for ReceivingKey {}

impl fmt::Debug for ReceivingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivingKey")
            .field("suite", &self.suite)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// Keys by their ids: for an application that numbers keys by a rule of its own.
#[derive(Default)]
pub struct Keyring {
    keys: BTreeMap<KeyId, Box<ReceivingKey>>,
}

impl Keyring {
    /// How many keys there can be.
    pub const MAX_KEYS: usize = 4096;

    /// A ring without a key.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            keys: BTreeMap::new(),
        }
    }

    /// Adds a key. One of the same id is never replaced, since what it has seen
    /// would be forgotten: [`remove`](Self::remove) it first.
    ///
    /// # Errors
    /// [`KeyringError`] when the id is taken or the ring is full; nothing changed.
    pub fn insert(&mut self, key: ReceivingKey) -> Result<(), KeyringError> {
        let key_id = key.key_id();
        if self.keys.contains_key(&key_id) {
            return Err(KeyringError::Taken { key_id });
        }
        if self.keys.len() >= Self::MAX_KEYS {
            return Err(KeyringError::Full);
        }
        self.keys.insert(key_id, Box::new(key));
        Ok(())
    }

    /// Drops the key of this id, and says whether there was one.
    pub fn remove(&mut self, key_id: KeyId) -> bool {
        self.keys.remove(&key_id).is_some()
    }

    /// Decrypts the frame where it stands, with the key that it names.
    ///
    /// # Errors
    /// [`DecryptError`]; frame and keys are unchanged.
    pub fn decrypt(
        &mut self,
        frame: &mut Vec<u8>,
        metadata: &[u8],
    ) -> Result<Received, DecryptError> {
        in_vector(frame, |frame| self.open(frame, metadata))
    }

    /// [`decrypt`](Self::decrypt) in a fixed buffer: gives the part of it that is
    /// the text.
    ///
    /// # Errors
    /// [`DecryptError`]; frame and keys are unchanged.
    pub fn decrypt_slice<'a>(
        &mut self,
        frame: &'a mut [u8],
        metadata: &[u8],
    ) -> Result<(Received, &'a mut [u8]), DecryptError> {
        in_slice(frame, |frame| self.open(frame, metadata))
    }

    fn open(&mut self, frame: &mut [u8], metadata: &[u8]) -> Result<Opening, DecryptError> {
        let (header, _) = Header::decode(frame).map_err(|_| DecryptError::Invalid)?;
        let key_id = header.key_id();
        self.keys
            .get_mut(&key_id)
            .ok_or(DecryptError::UnknownKey { key_id })?
            .open(frame, metadata)
    }
}

/// The keys wipe themselves.
impl ZeroizeOnDrop for Keyring {}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

/// Where the text of an opened frame stands.
pub(super) struct Opening {
    pub(super) header: Header,
    front: usize,
    length: usize,
}

/// Opens a frame and leaves the text alone in the vector.
pub(super) fn in_vector(
    frame: &mut Vec<u8>,
    open: impl FnOnce(&mut [u8]) -> Result<Opening, DecryptError>,
) -> Result<Received, DecryptError> {
    let opening = open(frame)?;
    let end = opening.front.saturating_add(opening.length);
    frame.copy_within(opening.front..end, 0);
    frame.truncate(opening.length);
    Ok(Received {
        header: opening.header,
    })
}

/// Opens a frame and gives the part that is the text.
pub(super) fn in_slice(
    frame: &mut [u8],
    open: impl FnOnce(&mut [u8]) -> Result<Opening, DecryptError>,
) -> Result<(Received, &mut [u8]), DecryptError> {
    let opening = open(frame)?;
    let end = opening.front.saturating_add(opening.length);
    let received = Received {
        header: opening.header,
    };
    let text = frame.get_mut(opening.front..end).unwrap_or_default();
    Ok((received, text))
}
