//! Sender keys that ratchet (RFC 9605, section 5.1).

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::fmt;

use zeroize::ZeroizeOnDrop;

use super::{
    base_key::BaseKey,
    error::{DecryptError, EncryptError, RatchetError},
    header::Header,
    key_id::{KeyId, KeyIdError, mask},
    receiving::{Opening, Received, ReceivingKey, in_slice, in_vector},
    replay::Replay,
    sending::SendingKey,
    suite::CipherSuite,
};

/// Our own key in a call where each sender has one: it ratchets when somebody
/// joins, who then is given [`base_key`](Self::base_key), and can't read what was
/// before; and it is replaced by a new generation when somebody leaves. Secret;
/// wiped on drop.
pub struct RatchetSender {
    ratchet_bits: u8,
    generation: u64,
    step: u64,
    base_key: BaseKey,
    key: SendingKey,
}

impl RatchetSender {
    /// Generation 0 at step 0. `ratchet_bits` (`R`) is the application's: all in the
    /// call have to have the same.
    ///
    /// # Errors
    /// [`RatchetError::KeyId`] when `R` is more than 63.
    pub fn new(
        base_key: BaseKey,
        suite: CipherSuite,
        ratchet_bits: u8,
    ) -> Result<Self, RatchetError> {
        let key_id = KeyId::of_step(ratchet_bits, 0, 0)?;
        Ok(Self {
            ratchet_bits,
            generation: 0,
            step: 0,
            key: SendingKey::new(base_key.duplicate(), suite, key_id),
            base_key,
        })
    }

    /// The base key as it is now, with [`generation`](Self::generation) and
    /// [`step`](Self::step): what the others need.
    #[must_use]
    pub const fn base_key(&self) -> &BaseKey {
        &self.base_key
    }

    /// How often the key was replaced.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// How often the generation has ratcheted.
    #[must_use]
    pub const fn step(&self) -> u64 {
        self.step
    }

    /// One step on: those who have the key follow by themselves.
    pub fn ratchet(&mut self) {
        let suite = self.key.suite();
        let key_id = self.key.key_id().next_step(self.ratchet_bits);
        self.base_key = self.base_key.ratchet(suite);
        self.key = SendingKey::new(self.base_key.duplicate(), suite, key_id);
        self.step = self.step.wrapping_add(1);
    }

    /// The next generation, from a key that is new: everybody has to be told.
    ///
    /// # Errors
    /// [`RatchetError::KeyId`] when there is no next generation.
    pub fn replace(&mut self, base_key: BaseKey) -> Result<(), RatchetError> {
        let generation = self.generation.checked_add(1).ok_or(KeyIdError)?;
        let key_id = KeyId::of_step(self.ratchet_bits, generation, 0)?;
        self.key = SendingKey::new(base_key.duplicate(), self.key.suite(), key_id);
        self.base_key = base_key;
        self.generation = generation;
        self.step = 0;
        Ok(())
    }

    /// The id that the frames carry now.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key.key_id()
    }

    /// Bytes that the next frame will have, when its text has `length`.
    #[must_use]
    pub fn sealed_length(&self, length: usize) -> usize {
        self.key.sealed_length(length)
    }

    /// As [`SendingKey::encrypt`].
    ///
    /// # Errors
    /// As there.
    pub fn encrypt(&mut self, frame: &mut Vec<u8>, metadata: &[u8]) -> Result<u64, EncryptError> {
        self.key.encrypt(frame, metadata)
    }

    /// As [`SendingKey::encrypt_slice`].
    ///
    /// # Errors
    /// As there.
    pub fn encrypt_slice(
        &mut self,
        buffer: &mut [u8],
        length: usize,
        metadata: &[u8],
    ) -> Result<usize, EncryptError> {
        self.key.encrypt_slice(buffer, length, metadata)
    }
}

/// Base key and key wipe themselves.
impl ZeroizeOnDrop for RatchetSender {}

impl fmt::Debug for RatchetSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RatchetSender")
            .field("generation", &self.generation)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// One other sender's keys: follows the ratchet by the key ids of the frames.
/// Secret; wiped on drop.
///
/// A frame some steps ahead is tried with a copy of the key that walks there, and
/// the copy is kept only if the frame is authentic. The key before the last move
/// stays, for frames that were overtaken, until the next move or
/// [`forget_previous`](Self::forget_previous).
pub struct RatchetReceiver {
    suite: CipherSuite,
    ratchet_bits: u8,
    replay: Replay,
    /// Oldest first, and never more than [`GENERATIONS`](Self::GENERATIONS).
    generations: VecDeque<Box<Generation>>,
}

struct Generation {
    number: u64,
    /// The step of `key`, modulo `2^R`.
    low_step: u64,
    base_key: BaseKey,
    key: ReceivingKey,
    previous: Option<ReceivingKey>,
}

impl RatchetReceiver {
    /// How many steps a frame can be ahead.
    pub const MAX_STEPS: u64 = 64;
    /// How many generations are kept: the newest, and one for frames that were
    /// overtaken.
    pub const GENERATIONS: usize = 2;

    /// A receiver without a key.
    ///
    /// # Errors
    /// [`RatchetError::KeyId`] when `ratchet_bits` is more than 63.
    pub fn new(suite: CipherSuite, ratchet_bits: u8, replay: Replay) -> Result<Self, RatchetError> {
        KeyId::of_step(ratchet_bits, 0, 0)?;
        Ok(Self {
            suite,
            ratchet_bits,
            replay,
            generations: VecDeque::with_capacity(Self::GENERATIONS.saturating_add(1)),
        })
    }

    /// Adds what the sender told: the base key of a generation at a step.
    ///
    /// # Errors
    /// [`RatchetError::NotNewer`] when the generation is not newer than all that are
    /// known, as it would start the ratchet over; [`RatchetError::KeyId`] when it
    /// does not fit into a key id.
    pub fn add(
        &mut self,
        base_key: BaseKey,
        generation: u64,
        step: u64,
    ) -> Result<(), RatchetError> {
        let key_id = KeyId::of_step(self.ratchet_bits, generation, step)?;
        if let Some(newest) = self.generations.back()
            && newest.number >= generation
        {
            return Err(RatchetError::NotNewer {
                newest: newest.number,
            });
        }
        let (_, low_step) = key_id.to_step(self.ratchet_bits);
        self.generations.push_back(Box::new(Generation {
            number: generation,
            low_step,
            key: ReceivingKey::of(&base_key, self.suite, key_id, self.replay),
            base_key,
            previous: None,
        }));
        if self.generations.len() > Self::GENERATIONS {
            self.generations.pop_front();
        }
        Ok(())
    }

    /// Drops all keys but the newest. After somebody joined or left and the frames
    /// on their way have come, nobody needs them.
    pub fn forget_previous(&mut self) {
        while self.generations.len() > 1 {
            self.generations.pop_front();
        }
        if let Some(newest) = self.generations.back_mut() {
            newest.previous = None;
        }
    }

    /// Decrypts the frame where it stands.
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
        let (number, low_step) = key_id.to_step(self.ratchet_bits);
        let generation = self
            .generations
            .iter_mut()
            .find(|generation| generation.number == number)
            .ok_or(DecryptError::UnknownKey { key_id })?;
        if generation.key.key_id() == key_id {
            return generation.key.open(frame, metadata);
        }
        if let Some(previous) = &mut generation.previous
            && previous.key_id() == key_id
            && let Ok(opening) = previous.open(frame, metadata)
        {
            return Ok(opening);
        }
        let steps = low_step.wrapping_sub(generation.low_step) & mask(u32::from(self.ratchet_bits));
        if steps > Self::MAX_STEPS {
            return Err(DecryptError::Invalid);
        }
        let mut base_key = generation.base_key.duplicate();
        for _ in 0..steps {
            base_key = base_key.ratchet(self.suite);
        }
        let mut key = ReceivingKey::of(&base_key, self.suite, key_id, self.replay);
        let opening = key.open(frame, metadata)?;
        let previous = core::mem::replace(&mut generation.key, key);
        generation.previous = Some(previous);
        generation.base_key = base_key;
        generation.low_step = low_step;
        Ok(opening)
    }
}

/// The keys wipe themselves.
impl ZeroizeOnDrop for RatchetReceiver {}

impl fmt::Debug for RatchetReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RatchetReceiver")
            .field("suite", &self.suite)
            .field("generations", &self.generations.len())
            .finish_non_exhaustive()
    }
}
