//! The chains of a session (Olm specification, "Advancing the chain key").

use super::{MAX_RECEIVER_CHAINS, skipped::DroppedKeys};
use crate::primitives::{
    cipher::Cipher,
    curve25519::{Curve25519KeyPair, Curve25519PublicKey},
    inline_list::InlineList,
    kdf::{HmacSha256, hmac},
    wipe::Secret,
};

/// One past the last index of a chain.
pub(crate) const CHAIN_END: u64 = 1 << 32;

/// A chain key and the index of the message it opens next. Secret.
#[derive(Clone)]
pub(crate) struct ChainKey {
    pub(crate) key: Secret<32>,
    /// Up to [`CHAIN_END`], where the chain is spent.
    pub(crate) next: u64,
}

impl ChainKey {
    pub(crate) const fn new(key: Secret<32>, next: u64) -> Self {
        Self { key, next }
    }

    /// `M = HMAC(C, 0x01)`, then `C ← HMAC(C, 0x02)`.
    pub(super) fn next_message_key(&mut self) -> Secret<32> {
        let keyed = HmacSha256::new(&self.key);
        let message_key = keyed.tag(&[1]).into();
        *self.key = keyed.tag(&[2]);
        self.next = self.next.saturating_add(1);
        message_key
    }

    /// Moves on without a message key: `C ← HMAC(C, 0x02)`.
    pub(super) fn skip(&mut self) {
        *self.key = hmac(&self.key, &[2]);
        self.next = self.next.saturating_add(1);
    }
}

/// The keys that a message key gives.
pub(super) fn message_cipher(key: &[u8; 32]) -> Cipher {
    Cipher::derive(key, b"OLM_KEYS")
}

/// The chain that a session sends on. Secret.
#[derive(Clone)]
pub(crate) struct SenderChain {
    pub(crate) ratchet_key: Curve25519KeyPair,
    pub(crate) chain_key: ChainKey,
}

/// A chain that a session receives on. Secret.
#[derive(Clone)]
pub(crate) struct ReceiverChain {
    pub(crate) ratchet_key: Curve25519PublicKey,
    pub(crate) chain_key: ChainKey,
    pub(crate) dropped: DroppedKeys,
}

impl ReceiverChain {
    /// A chain that starts now, so that all of its messages are watched.
    pub(crate) fn new(ratchet_key: Curve25519PublicKey, chain_key: Secret<32>) -> Self {
        Self {
            ratchet_key,
            chain_key: ChainKey::new(chain_key, 0),
            dropped: DroppedKeys::watched_from(0),
        }
    }

    /// A chain that moved in at index `next`: of what came before, nobody knows
    /// whether it was used or dropped.
    pub(crate) fn moved_in(
        ratchet_key: Curve25519PublicKey,
        chain_key: Secret<32>,
        next: u64,
    ) -> Self {
        Self {
            ratchet_key,
            chain_key: ChainKey::new(chain_key, next),
            dropped: DroppedKeys::watched_from(next),
        }
    }
}

/// The newest receiver chains of a session, and the names of those that were
/// dropped last.
#[derive(Clone)]
pub(crate) struct ReceiverChains {
    /// A chain keeps its slot for life, so that its skipped keys can name it.
    slots: [Option<ReceiverChain>; MAX_RECEIVER_CHAINS],
    /// The slot of the newest chain.
    newest: usize,
    pub(crate) gone: InlineList<Curve25519PublicKey, MAX_RECEIVER_CHAINS>,
}

impl ReceiverChains {
    pub(crate) fn new() -> Self {
        Self {
            slots: [const { None }; MAX_RECEIVER_CHAINS],
            newest: 0,
            gone: InlineList::new(),
        }
    }

    /// The chain sent last, if any.
    pub(crate) fn newest(&self) -> Option<&ReceiverChain> {
        self.slots.get(self.newest)?.as_ref()
    }

    /// The chains with their slots, newest first.
    pub(crate) fn newest_first(
        &self,
    ) -> impl DoubleEndedIterator<Item = (u8, &ReceiverChain)> + Clone {
        (0..MAX_RECEIVER_CHAINS).filter_map(|age| {
            let slot = self
                .newest
                .wrapping_add(MAX_RECEIVER_CHAINS)
                .wrapping_sub(age)
                % MAX_RECEIVER_CHAINS;
            let chain = self.slots.get(slot)?.as_ref()?;
            Some((u8::try_from(slot).ok()?, chain))
        })
    }

    /// The chain of a ratchet key, with its slot.
    pub(crate) fn find(&self, ratchet_key: &Curve25519PublicKey) -> Option<(u8, &ReceiverChain)> {
        self.newest_first()
            .find(|(_, chain)| chain.ratchet_key == *ratchet_key)
    }

    pub(super) fn get_mut(&mut self, slot: u8) -> Option<&mut ReceiverChain> {
        self.slots.get_mut(usize::from(slot))?.as_mut()
    }

    /// Adds a chain as the newest. Its slot may have been the oldest chain's,
    /// which is then dropped: the caller drops that slot's skipped keys.
    pub(crate) fn push(&mut self, chain: ReceiverChain) -> u8 {
        let slot = if self.newest().is_some() {
            self.newest.saturating_add(1) % MAX_RECEIVER_CHAINS
        } else {
            0
        };
        self.newest = slot;
        if let Some(place) = self.slots.get_mut(slot) {
            if let Some(oldest) = place {
                if self.gone.is_full() {
                    self.gone.remove(0);
                }
                let _ = self.gone.push(oldest.ratchet_key);
            }
            *place = Some(chain);
        }
        u8::try_from(slot).unwrap_or_default()
    }

    /// Whether the chain of this ratchet key is known to have been dropped.
    pub(super) fn is_gone(&self, ratchet_key: &Curve25519PublicKey) -> bool {
        self.gone.iter().any(|gone| gone == ratchet_key)
    }
}
