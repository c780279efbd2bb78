//! One participant's keys, and their frames.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::fmt;

use zeroize::ZeroizeOnDrop;

use super::{
    error::DecryptError,
    escape::unescape,
    frame::{Dialect, FrameKind, Layout},
    iv::IV_LENGTH,
    key::FrameKey,
    sender::{IV_LENGTH_BYTE, TRAILER},
};
use crate::primitives::{
    gcm::{Aes128Gcm, TAG_LENGTH},
    wipe::in_wiped_frame,
};

/// How a [`KeyRing`] behaves: all in the call ought to have the same number of slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingOptions {
    slots: u16,
    tolerance: Option<u32>,
    window: u8,
    dialect: Dialect,
}

impl RingOptions {
    /// Element Call with a key for each participant: 256 slots, a key is dropped
    /// after more than 10 failures in a row, ten steps of ratchet.
    pub const ELEMENT_CALL: Self = Self::new(256, Some(10), 10, Dialect::Web);
    /// Element Call with a password in the link: one key for all, no ratchet, never
    /// dropped.
    pub const LINK_PASSWORD: Self = Self::new(256, None, 0, Dialect::Web);
    /// The web SDK's own: 16 slots, 10 failures, eight steps.
    pub const WEB: Self = Self::new(16, Some(10), 8, Dialect::Web);
    /// The native cryptor's own: 16 slots, never dropped, 16 steps.
    pub const NATIVE: Self = Self::new(16, None, 16, Dialect::Native);

    const fn new(slots: u16, tolerance: Option<u32>, window: u8, dialect: Dialect) -> Self {
        Self {
            slots,
            tolerance,
            window,
            dialect,
        }
    }

    /// With so many failures in a row before a key is dropped; `None` for never.
    #[must_use]
    pub const fn with_tolerance(mut self, failures: Option<u32>) -> Self {
        self.tolerance = failures;
        self
    }

    /// With a ratchet that is followed so many steps when a frame fails. The first
    /// frame that fails costs a derivation for each step, of a passphrase 100 000
    /// rounds; the keys are kept, so that further ones do not.
    #[must_use]
    pub const fn with_window(mut self, steps: u8) -> Self {
        self.window = steps;
        self
    }

    /// With the rules that the participant's implementation has for headers.
    #[must_use]
    pub const fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }
}

/// The keys of one participant, and what opens their frames. Secret; wiped on drop.
pub struct KeyRing {
    options: RingOptions,
    slots: Vec<Slot>,
}

enum Slot {
    Empty,
    Dropped,
    Key(Box<SlotKey>),
}

struct SlotKey {
    now: Box<Step>,
    /// The steps that follow, as far as a frame has asked for them: whoever sends
    /// frames that fail has each derived once.
    ahead: VecDeque<Box<Step>>,
    /// In a row.
    failures: u32,
}

/// A key of the ratchet.
struct Step {
    key: FrameKey,
    cipher: Aes128Gcm,
}

impl Step {
    /// For a caller that clears the stack.
    fn boxed(key: FrameKey) -> Box<Self> {
        let cipher = key.cipher();
        Box::new(Self { key, cipher })
    }
}

/// How a frame was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened {
    /// The slot of the key.
    pub slot: u8,
    /// How many steps its ratchet moved for this frame.
    pub steps: u8,
}

impl KeyRing {
    /// A ring without a key.
    #[must_use]
    pub fn new(options: RingOptions) -> Self {
        Self {
            options,
            slots: (0..options.slots).map(|_| Slot::Empty).collect(),
        }
    }

    /// Puts a key into the slot of its index (modulo the number of slots), which
    /// ends what the slot's failures have done.
    pub fn set_key(&mut self, index: u32, key: FrameKey) {
        let slot = self.slot_of(index);
        if let Some(slot) = self.slots.get_mut(usize::from(slot)) {
            *slot = Slot::Key(Box::new(SlotKey {
                now: in_wiped_frame(|| Step::boxed(key)),
                ahead: VecDeque::new(),
                failures: 0,
            }));
        }
    }

    /// Drops all keys.
    pub fn clear(&mut self) {
        self.slots.fill_with(|| Slot::Empty);
    }

    /// The key in a slot, as far as its ratchet has moved.
    #[must_use]
    pub fn key(&self, slot: u8) -> Option<&FrameKey> {
        match self.slots.get(usize::from(slot)) {
            Some(Slot::Key(key)) => Some(&key.now.key),
            _ => None,
        }
    }

    /// Decrypts the frame where it stands. An empty one stays empty, and is `None`.
    ///
    /// Whether a frame comes twice or out of order is not noticed: the format has
    /// no counter that says so.
    ///
    /// # Errors
    /// [`DecryptError`]. No key moves. After [`DecryptError::MissingKey`] and
    /// [`DecryptError::KeyDropped`] the frame is as it was; otherwise it is still
    /// encrypted, but escapes in it may be gone.
    pub fn decrypt(
        &mut self,
        frame: &mut Vec<u8>,
        kind: FrameKind,
    ) -> Result<Option<Opened>, DecryptError> {
        let Some((length, opened)) = self.open(frame, kind)? else {
            return Ok(None);
        };
        frame.truncate(length);
        Ok(Some(opened))
    }

    /// [`decrypt`](Self::decrypt) in a fixed buffer: gives the front of it that is
    /// the frame.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub fn decrypt_slice<'a>(
        &mut self,
        frame: &'a mut [u8],
        kind: FrameKind,
    ) -> Result<Option<(Opened, &'a mut [u8])>, DecryptError> {
        let Some((length, opened)) = self.open(frame, kind)? else {
            return Ok(None);
        };
        let frame = frame.get_mut(..length).unwrap_or_default();
        Ok(Some((opened, frame)))
    }

    /// Decrypts a data packet where it stands.
    ///
    /// # Errors
    /// [`DecryptError`]; the packet is as it was, and no key moves.
    pub fn decrypt_data(
        &mut self,
        packet: &mut Vec<u8>,
        iv: &[u8],
        index: u32,
    ) -> Result<Opened, DecryptError> {
        let slot = self.slot_of(index);
        let iv = iv.try_into().map_err(|_| DecryptError::Malformed)?;
        let length = packet
            .len()
            .checked_sub(TAG_LENGTH)
            .ok_or(DecryptError::Malformed)?;
        let (text, tag) = packet.split_at_mut(length);
        let tag = (&*tag).try_into().map_err(|_| DecryptError::Malformed)?;
        let steps = self.open_in_slot(slot, iv, b"", text, tag)?;
        packet.truncate(length);
        Ok(Opened { slot, steps })
    }

    /// Opens a frame, and gives how long it is then.
    fn open(
        &mut self,
        frame: &mut [u8],
        kind: FrameKind,
    ) -> Result<Option<(usize, Opened)>, DecryptError> {
        let Some(last) = frame.last() else {
            return Ok(None);
        };
        let slot = self.slot_of(u32::from(*last));
        let layout =
            Layout::of(frame, kind, self.options.dialect).map_err(|_| DecryptError::Malformed)?;
        let (header, body) = frame
            .split_at_mut_checked(layout.header)
            .filter(|(_, body)| body.len() >= TRAILER)
            .ok_or(DecryptError::Malformed)?;
        match self.slots.get(usize::from(slot)) {
            Some(Slot::Key(_)) => {}
            Some(place) => return Err(place.no_key(slot)),
            None => return Err(DecryptError::MissingKey { slot }),
        }
        let length = if layout.escaped {
            unescape(body)
        } else {
            body.len()
        };
        let body = body.get_mut(..length).unwrap_or_default();
        let (text, trailer) = body
            .split_last_chunk_mut::<TRAILER>()
            .ok_or(DecryptError::Malformed)?;
        let (tag, rest) = trailer
            .split_first_chunk::<TAG_LENGTH>()
            .ok_or(DecryptError::Malformed)?;
        let (iv, rest) = rest
            .split_first_chunk::<IV_LENGTH>()
            .ok_or(DecryptError::Malformed)?;
        if rest.first() != Some(&IV_LENGTH_BYTE) {
            return Err(DecryptError::Malformed);
        }
        let steps = self.open_in_slot(slot, iv, header, text, tag)?;
        let length = layout.header.saturating_add(text.len());
        Ok(Some((length, Opened { slot, steps })))
    }

    /// Decrypts with the key of a slot, or one a few steps on, which it then keeps.
    fn open_in_slot(
        &mut self,
        slot: u8,
        iv: &[u8; IV_LENGTH],
        header: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<u8, DecryptError> {
        let (tolerance, window) = (self.options.tolerance, self.options.window);
        let place = self
            .slots
            .get_mut(usize::from(slot))
            .ok_or(DecryptError::MissingKey { slot })?;
        let Slot::Key(current) = place else {
            return Err(place.no_key(slot));
        };
        let opened = in_wiped_frame(|| {
            if current.now.cipher.open(iv, header, text, tag).is_ok() {
                return Some(0);
            }
            for step in 1..=window {
                let before = usize::from(step).saturating_sub(1);
                if current.ahead.len() <= before {
                    let last = current.ahead.back().unwrap_or(&current.now);
                    let next = Step::boxed(last.key.ratchet());
                    current.ahead.push_back(next);
                }
                let next = current.ahead.get(before)?;
                if next.cipher.open(iv, header, text, tag).is_ok() {
                    current.ahead.drain(..before);
                    current.now = current.ahead.pop_front()?;
                    return Some(step);
                }
            }
            None
        });
        if let Some(steps) = opened {
            current.failures = 0;
            return Ok(steps);
        }
        current.failures = current.failures.saturating_add(1);
        if tolerance.is_some_and(|tolerance| current.failures > tolerance) {
            *place = Slot::Dropped;
        }
        Err(DecryptError::Inauthentic)
    }

    /// The slot of an index: there are 16 or 256.
    fn slot_of(&self, index: u32) -> u8 {
        let [.., low] = index.to_be_bytes();
        if self.options.slots == 16 {
            low % 16
        } else {
            low
        }
    }
}

impl Slot {
    /// Why there is no key.
    const fn no_key(&self, slot: u8) -> DecryptError {
        match self {
            Self::Dropped => DecryptError::KeyDropped { slot },
            Self::Empty | Self::Key(_) => DecryptError::MissingKey { slot },
        }
    }
}

/// The keys wipe themselves.
impl ZeroizeOnDrop for KeyRing {}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
