//! The Megolm ratchet: four parts of 32 bytes and an index.

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::primitives::{
    cipher::Cipher,
    kdf::{HmacSha256, hmac},
};

const PARTS: usize = 4;
/// How far each part's turn reaches: part 0 moves every 2^24 messages, part 3
/// with each one.
const SHIFTS: [u32; PARTS] = [24, 16, 8, 0];

/// The ratchet at one index. Secret; wiped on drop.
#[derive(Clone)]
pub(crate) struct Ratchet {
    parts: [[u8; 32]; PARTS],
    index: u32,
}

impl Ratchet {
    /// Bytes in the four parts.
    pub(crate) const LENGTH: usize = 128;

    /// The ratchet with these parts at `index`.
    pub(crate) fn from_bytes(bytes: &[u8; Self::LENGTH], index: u32) -> Self {
        let mut parts = [[0; 32]; PARTS];
        for (to, from) in parts.as_flattened_mut().iter_mut().zip(bytes) {
            *to = *from;
        }
        Self { parts, index }
    }

    /// The 128 secret bytes.
    pub(crate) const fn as_bytes(&self) -> &[u8] {
        self.parts.as_flattened()
    }

    pub(crate) const fn index(&self) -> u32 {
        self.index
    }

    /// Whether both are one ratchet at one index, in constant time.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.index == other.index && bool::from(self.as_bytes().ct_eq(other.as_bytes()))
    }

    /// The keys of the message at the present index.
    pub(crate) fn message_cipher(&self) -> Cipher {
        Cipher::derive(self.as_bytes(), b"MEGOLM_KEYS")
    }

    /// Moves on by one message, or gives false at the end, index 2^32 − 1,
    /// where nothing changes.
    pub(crate) fn advance(&mut self) -> bool {
        let Some(next) = self.index.checked_add(1) else {
            return false;
        };
        self.advance_to(next);
        true
    }

    /// Winds forward to `index`; a lower or equal one changes nothing.
    ///
    /// Each part turns as often as it must and refills the parts below it only
    /// at its last turn: at most 255·4 + 6 HMACs in all.
    pub(crate) fn advance_to(&mut self, index: u32) {
        if index <= self.index {
            return;
        }
        for (part, shift) in SHIFTS.iter().enumerate() {
            let turns = (index >> shift).wrapping_sub(self.index >> shift);
            for _ in 1..turns {
                self.turn(part);
            }
            if turns > 0 {
                self.refill_from(part);
                // The parts below start anew, at zero.
                self.index = (index >> shift) << shift;
            }
        }
    }

    /// `R_part ← H_part(R_part)`.
    fn turn(&mut self, part: usize) {
        if let Some(key) = self.parts.get_mut(part) {
            *key = hmac(key, &label(part));
        }
    }

    /// `R_k ← H_k(R_part)` for `k` from the last part down to `part` itself.
    fn refill_from(&mut self, part: usize) {
        let Some(source) = self.parts.get(part) else {
            return;
        };
        let keyed = HmacSha256::new(source);
        for (k, key) in self.parts.iter_mut().enumerate().skip(part) {
            *key = keyed.tag(&label(k));
        }
    }
}

impl Drop for Ratchet {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for Ratchet {}

impl Zeroize for Ratchet {
    fn zeroize(&mut self) {
        self.parts.as_flattened_mut().zeroize();
        self.index.zeroize();
    }
}

/// The one byte that tells the four hash functions apart.
fn label(part: usize) -> [u8; 1] {
    [u8::try_from(part).unwrap_or(u8::MAX)]
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests {
    use super::*;

    fn at(index: u32) -> Ratchet {
        let mut bytes = [0; 128];
        for (byte, value) in bytes.iter_mut().zip(0..) {
            *byte = value;
        }
        Ratchet::from_bytes(&bytes, index)
    }

    /// The rule for one step as the specification states it.
    fn step(ratchet: &Ratchet) -> Ratchet {
        let next = ratchet.index + 1;
        let h = if next.is_multiple_of(1 << 24) {
            0
        } else if next.is_multiple_of(1 << 16) {
            1
        } else if next.is_multiple_of(1 << 8) {
            2
        } else {
            3
        };
        let mut stepped = ratchet.clone();
        let source = ratchet.parts[h];
        for k in (h..4).rev() {
            stepped.parts[k] = hmac(&source, &label(k));
        }
        stepped.index = next;
        stepped
    }

    #[test]
    fn single_steps_follow_the_rule_over_every_border() {
        for start in [0, 254, 65_534, (1 << 24) - 2, u32::MAX - 3] {
            let mut ratchet = at(start);
            for _ in 0..3 {
                let expected = step(&ratchet);
                assert!(ratchet.advance());
                assert_eq!(ratchet.index, expected.index);
                assert_eq!(ratchet.parts, expected.parts, "from {start}");
            }
        }
    }

    #[test]
    fn a_jump_is_the_same_as_its_steps() {
        for (start, steps) in [(0, 1), (0, 1000), (250, 70_000), ((1 << 24) - 300, 66_000)] {
            let mut stepped = at(start);
            for _ in 0..steps {
                stepped = step(&stepped);
            }
            let mut jumped = at(start);
            jumped.advance_to(start + steps);
            assert_eq!(jumped.parts, stepped.parts, "{start} + {steps}");
        }
    }

    #[test]
    fn the_end_is_the_end() {
        let mut ratchet = at(u32::MAX - 1);
        assert!(ratchet.advance());
        let end = ratchet.clone();
        assert!(!ratchet.advance());
        assert_eq!((ratchet.index, ratchet.parts), (end.index, end.parts));
        ratchet.advance_to(5);
        assert_eq!(ratchet.index, u32::MAX);
    }
}
