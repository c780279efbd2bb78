//! Key ids, and the two ways in which RFC 9605 puts meaning into their bits.

use core::fmt;

/// The number by which a frame names its key (`KID`). Public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u64);

impl KeyId {
    /// A key id that the application made up.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The id of a sender's key after some ratchet steps (section 5.1):
    /// `(generation << R) + (step mod 2^R)`, where `R` is `ratchet_bits`.
    ///
    /// # Errors
    /// [`KeyIdError`] when `R` is more than 63 or the generation does not fit into
    /// the other bits.
    pub fn of_step(ratchet_bits: u8, generation: u64, step: u64) -> Result<Self, KeyIdError> {
        let generation = shifted(generation, u32::from(ratchet_bits))?;
        Ok(Self(generation | (step & mask(u32::from(ratchet_bits)))))
    }

    /// The id one step further in the same generation.
    pub(super) fn next_step(self, ratchet_bits: u8) -> Self {
        let mask = mask(u32::from(ratchet_bits));
        Self((self.0 & !mask) | (self.0.wrapping_add(1) & mask))
    }

    /// The generation in it, and its step modulo `2^R`.
    pub(super) fn to_step(self, ratchet_bits: u8) -> (u64, u64) {
        let bits = u32::from(ratchet_bits);
        (self.0.checked_shr(bits).unwrap_or(0), self.0 & mask(bits))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// How an MLS group's key ids are laid out in one epoch (section 5.2):
/// `(context << (S + E)) + (leaf << E) + (epoch mod 2^E)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MlsLayout {
    epoch_bits: u8,
    index_bits: u8,
}

impl MlsLayout {
    /// Most bits of the epoch: so many old epochs can be told apart, and a group
    /// keeps far fewer.
    pub const MAX_EPOCH_BITS: u8 = 16;

    /// `E`, which the application fixes for the call, and `S`: the fewest bits
    /// that number `group_size` leaves.
    ///
    /// # Errors
    /// [`KeyIdError`] when `E` is more than [`MAX_EPOCH_BITS`](Self::MAX_EPOCH_BITS),
    /// or the group has no leaf.
    pub fn new(epoch_bits: u8, group_size: u32) -> Result<Self, KeyIdError> {
        let last = group_size.checked_sub(1).ok_or(KeyIdError)?;
        if epoch_bits > Self::MAX_EPOCH_BITS {
            return Err(KeyIdError);
        }
        let index_bits = u32::BITS.saturating_sub(last.leading_zeros());
        Ok(Self {
            epoch_bits,
            index_bits: u8::try_from(index_bits).map_err(|_| KeyIdError)?,
        })
    }

    /// `E`.
    #[must_use]
    pub const fn epoch_bits(self) -> u8 {
        self.epoch_bits
    }

    /// `S`.
    #[must_use]
    pub const fn index_bits(self) -> u8 {
        self.index_bits
    }

    /// The id of the key of a leaf in an epoch, for one of the leaf's contexts (an
    /// application's number, such as one for each track).
    ///
    /// # Errors
    /// [`KeyIdError`] when leaf or context do not fit into their bits.
    pub fn key_id(self, epoch: u64, leaf: u32, context: u64) -> Result<KeyId, KeyIdError> {
        let (epoch_bits, index_bits) = (u32::from(self.epoch_bits), u32::from(self.index_bits));
        let leaf = u64::from(leaf);
        if leaf > mask(index_bits) {
            return Err(KeyIdError);
        }
        let context = shifted(context, index_bits.saturating_add(epoch_bits))?;
        let leaf = shifted(leaf, epoch_bits)?;
        Ok(KeyId(context | leaf | (epoch & mask(epoch_bits))))
    }

    /// Leaf and context of a key id.
    pub(super) fn parts(self, key_id: KeyId) -> (u64, u64) {
        let (epoch_bits, index_bits) = (u32::from(self.epoch_bits), u32::from(self.index_bits));
        let rest = key_id.0.checked_shr(epoch_bits).unwrap_or(0);
        (
            rest & mask(index_bits),
            rest.checked_shr(index_bits).unwrap_or(0),
        )
    }
}

/// `value << bits`, when nothing is lost by it.
fn shifted(value: u64, bits: u32) -> Result<u64, KeyIdError> {
    value
        .checked_shl(bits)
        .filter(|shifted| shifted.checked_shr(bits) == Some(value))
        .ok_or(KeyIdError)
}

/// The lowest `bits` bits.
pub(super) fn mask(bits: u32) -> u64 {
    1u64.checked_shl(bits)
        .map_or(u64::MAX, |bit| bit.wrapping_sub(1))
}

/// The parts of a key id do not fit into its 64 bits, or a layout has more bits
/// than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyIdError;

impl fmt::Display for KeyIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the parts do not fit into a key id")
    }
}

impl core::error::Error for KeyIdError {}
