//! Keys from an MLS group (RFC 9605, section 5.2).

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use core::fmt;

use zeroize::ZeroizeOnDrop;

use super::{
    base_key::BaseKey,
    error::{DecryptError, EpochError},
    header::Header,
    key_id::{KeyId, KeyIdError, MlsLayout, mask},
    receiving::{Opening, Received, ReceivingKey, in_slice, in_vector},
    replay::Replay,
    sending::SendingKey,
    suite::CipherSuite,
};

/// The keys of all members of an MLS group, by epoch. Secret; wiped on drop.
///
/// Each epoch has one base key, which the group exports under
/// [`MLS_EXPORTER_LABEL`](super::MLS_EXPORTER_LABEL); all members' keys come from
/// it, told apart by leaf and context. So every member can make every other's
/// frames.
pub struct MlsKeys {
    suite: CipherSuite,
    epoch_bits: u8,
    replay: Replay,
    newest: Option<u64>,
    /// By the epoch's low bits, which is all that a frame says of it.
    epochs: BTreeMap<u64, Box<Epoch>>,
}

struct Epoch {
    number: u64,
    layout: MlsLayout,
    leaves: u32,
    own_leaf: u32,
    base_key: BaseKey,
    /// A bit for each context that sends.
    sending: u64,
    /// Keys that have opened a frame: an outsider adds none.
    keys: BTreeMap<KeyId, Box<ReceivingKey>>,
}

impl MlsKeys {
    /// How many contexts a member can send in: 0 to 63.
    pub const MAX_CONTEXTS: u8 = 64;
    /// How many senders of an epoch (leaf and context) are remembered.
    pub const MAX_SENDERS: usize = 8192;

    /// Without an epoch. `epoch_bits` (`E`) is the application's: all members have to
    /// have the same.
    ///
    /// # Errors
    /// [`EpochError::KeyId`] when `E` is more than
    /// [`MlsLayout::MAX_EPOCH_BITS`].
    pub fn new(suite: CipherSuite, epoch_bits: u8, replay: Replay) -> Result<Self, EpochError> {
        MlsLayout::new(epoch_bits, 1)?;
        Ok(Self {
            suite,
            epoch_bits,
            replay,
            newest: None,
            epochs: BTreeMap::new(),
        })
    }

    /// Adds the group's new epoch, and drops the old one whose low bits are the
    /// same. `leaves` is the number of leaves of the tree, `own_leaf` ours.
    ///
    /// # Errors
    /// [`EpochError::NotNewer`] for an epoch that is not newer than all before it: a group
    /// that went back over a commit begins with new keys,
    /// [`EpochError::BaseKeyLength`] for a key that the group did not export for
    /// this suite, [`EpochError::KeyId`] when `own_leaf` is none of the `leaves`.
    pub fn add_epoch(
        &mut self,
        base_key: BaseKey,
        epoch: u64,
        leaves: u32,
        own_leaf: u32,
    ) -> Result<(), EpochError> {
        let expected = self.suite.key_length();
        if base_key.bytes().len() != expected {
            return Err(EpochError::BaseKeyLength {
                found: base_key.bytes().len(),
                expected,
            });
        }
        if let Some(newest) = self.newest
            && newest >= epoch
        {
            return Err(EpochError::NotNewer { newest });
        }
        let layout = MlsLayout::new(self.epoch_bits, leaves)?;
        if own_leaf >= leaves {
            return Err(EpochError::KeyId(KeyIdError));
        }
        self.newest = Some(epoch);
        let added = Epoch {
            number: epoch,
            layout,
            leaves,
            own_leaf,
            base_key,
            sending: 0,
            keys: BTreeMap::new(),
        };
        self.epochs.insert(self.low_bits(epoch), Box::new(added));
        Ok(())
    }

    /// Drops all epochs but the newest, with their keys: after a commit, as soon as
    /// the frames on their way have come.
    pub fn forget_old_epochs(&mut self) {
        let newest = self.newest;
        self.epochs.retain(|_, epoch| Some(epoch.number) == newest);
    }

    /// The key of one of our contexts in the newest epoch. Each is given out once,
    /// as two of them would use the same counters.
    ///
    /// # Errors
    /// [`EpochError::NoEpoch`] before the first epoch, [`EpochError::ContextUsed`]
    /// when it was given out or the number is 64 or more.
    pub fn sending_key(&mut self, context: u8) -> Result<SendingKey, EpochError> {
        let newest = self.newest.ok_or(EpochError::NoEpoch)?;
        let low_bits = self.low_bits(newest);
        let epoch = self.epochs.get_mut(&low_bits).ok_or(EpochError::NoEpoch)?;
        let bit = 1u64
            .checked_shl(u32::from(context))
            .filter(|bit| epoch.sending & bit == 0)
            .ok_or(EpochError::ContextUsed { context })?;
        let key_id = epoch
            .layout
            .key_id(newest, epoch.own_leaf, u64::from(context))?;
        epoch.sending |= bit;
        Ok(SendingKey::new(
            epoch.base_key.duplicate(),
            self.suite,
            key_id,
        ))
    }

    /// Which leaf sent a frame that was received.
    #[must_use]
    pub fn leaf_of(&self, received: &Received) -> Option<u32> {
        let epoch = self.epochs.get(&self.low_bits(received.key_id().value()))?;
        u32::try_from(epoch.layout.parts(received.key_id()).0).ok()
    }

    /// Decrypts the frame where it stands.
    ///
    /// # Errors
    /// [`DecryptError`]; frame and keys are unchanged. A frame under one of our own
    /// key ids is not valid: somebody sent ours back.
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
    /// As [`decrypt`](Self::decrypt).
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
        let low_bits = self.low_bits(key_id.value());
        let (suite, replay) = (self.suite, self.replay);
        let epoch = self
            .epochs
            .get_mut(&low_bits)
            .ok_or(DecryptError::UnknownKey { key_id })?;
        let (leaf, context) = epoch.layout.parts(key_id);
        if leaf == u64::from(epoch.own_leaf)
            || leaf >= u64::from(epoch.leaves)
            || context >= u64::from(Self::MAX_CONTEXTS)
        {
            return Err(DecryptError::Invalid);
        }
        if let Some(key) = epoch.keys.get_mut(&key_id) {
            return key.open(frame, metadata);
        }
        if epoch.keys.len() >= Self::MAX_SENDERS {
            return Err(DecryptError::Invalid);
        }
        let mut key = Box::new(ReceivingKey::of(&epoch.base_key, suite, key_id, replay));
        let opening = key.open(frame, metadata)?;
        epoch.keys.insert(key_id, key);
        Ok(opening)
    }

    fn low_bits(&self, value: u64) -> u64 {
        value & mask(u32::from(self.epoch_bits))
    }
}

/// The keys wipe themselves.
impl ZeroizeOnDrop for MlsKeys {}

impl fmt::Debug for MlsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MlsKeys")
            .field("suite", &self.suite)
            .field("newest", &self.newest)
            .finish_non_exhaustive()
    }
}
