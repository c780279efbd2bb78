//! What an Olm conversation must be able to read: a model without any
//! cryptography, after the limits that both implementations have.

use std::collections::HashSet;

pub(crate) const CHAINS: usize = 5;
pub(crate) const SKIPPED_PER_CHAIN: usize = 40;
pub(crate) const GAP: u64 = 2000;
/// Runs of dropped keys that a chain here keeps a record of.
const RECORDED_RUNS: usize = 8;
/// Skipped keys that fit in libolm's format, over all chains.
const LIBOLM_SKIPPED: usize = 40;

/// The number of a sender chain, of either side, in order of making.
pub(crate) type Chain = usize;

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) chain: Chain,
    pub(crate) index: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The message decrypts, and so many others never will.
    Opens { forgotten: u64 },
    /// The chain is there and has passed the message, but holds no key for it.
    NoKey { used: bool },
    /// The message is too far ahead.
    Gap,
    /// The chain is not there, and the session cannot turn to it.
    NoChain { held_once: bool },
}

#[derive(Clone, Debug)]
struct Receiver {
    chain: Chain,
    next: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Side {
    sender: Option<Place>,
    /// The other's chain that this side turns against.
    newest: Option<Chain>,
    /// What a vodozemac pickle says this side turned against.
    told: Option<Chain>,
    /// First to go first.
    receivers: Vec<Receiver>,
    /// First to go first.
    skipped: Vec<Place>,
    used: HashSet<Place>,
    dropped: HashSet<Place>,
    held: HashSet<Chain>,
    pub(crate) received: bool,
    /// The session has been through a format that keeps no record of dropped
    /// keys.
    moved: bool,
}

impl Side {
    pub(crate) fn has_sender(&self) -> bool {
        self.sender.is_some()
    }

    pub(crate) fn receivers(&self) -> usize {
        self.receivers.len()
    }

    pub(crate) fn skipped(&self) -> usize {
        self.skipped.len()
    }

    /// Whether the session may have lost track of which keys of a chain it used
    /// and which it dropped.
    pub(crate) fn may_be_unsure(&self, chain: Chain) -> bool {
        let begins_run = |place: &&Place| {
            place.chain == chain
                && place
                    .index
                    .checked_sub(1)
                    .is_none_or(|index| !self.dropped.contains(&Place { chain, index }))
        };
        self.moved || self.dropped.iter().filter(begins_run).count() > RECORDED_RUNS
    }

    fn forget(&mut self, chain: Chain) -> u64 {
        let before = self.skipped.len();
        self.skipped.retain(|place| place.chain != chain);
        (before - self.skipped.len()) as u64
    }

    fn walk(&mut self, at: usize, index: u64) -> u64 {
        let Receiver { chain, next } = self.receivers[at];
        let mut forgotten = 0;
        for skipped in next..index {
            let place = Place {
                chain,
                index: skipped,
            };
            if index - skipped > SKIPPED_PER_CHAIN as u64 {
                self.dropped.insert(place);
                forgotten += 1;
                continue;
            }
            let of_chain = |place: &Place| place.chain == chain;
            if self.skipped.iter().filter(|place| of_chain(place)).count() == SKIPPED_PER_CHAIN {
                let oldest = self.skipped.iter().position(of_chain).unwrap();
                self.dropped.insert(self.skipped.remove(oldest));
                forgotten += 1;
            }
            self.skipped.push(place);
        }
        self.receivers[at].next = index + 1;
        forgotten
    }

    fn list(&self) -> Vec<Chain> {
        self.receivers
            .iter()
            .map(|receiver| receiver.chain)
            .collect()
    }

    /// From here to vodozemac in its own format.
    pub(crate) fn move_to_theirs(&mut self) {
        self.told = self.list().last().copied();
    }

    /// From vodozemac to here in its own format. Its chains stand oldest first,
    /// or newest first if it took the session from libolm; the chain that it
    /// says it turned against is the newest.
    pub(crate) fn move_to_ours(&mut self) {
        self.moved = true;
        if self.told.is_some() && self.list().first() == self.told.as_ref() {
            self.receivers.reverse();
        }
        // Each chain holds its own keys there, so the order between chains is
        // that of the chains; and in a chain, keys are skipped in rising order.
        let list = self.list();
        self.skipped.sort_by_key(|place| {
            let age = list.iter().position(|chain| *chain == place.chain);
            (age, place.index)
        });
    }

    /// From here and back in libolm's format.
    pub(crate) fn move_through_libolm(&mut self) {
        self.moved = true;
        let surplus = self.skipped.len().saturating_sub(LIBOLM_SKIPPED);
        self.skipped.drain(..surplus);
    }

    /// From here to vodozemac in libolm's format, whose order it keeps though
    /// its own is the reverse.
    pub(crate) fn move_to_theirs_through_libolm(&mut self) {
        self.move_through_libolm();
        self.receivers.reverse();
        self.skipped.reverse();
        self.told = if self.has_sender() { None } else { self.newest };
    }
}

/// Two sides, and every chain that was ever made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// The chain that each chain turned against.
    parents: Vec<Option<Chain>>,
    pub(crate) sides: [Side; 2],
}

impl Model {
    /// Side 0 has started, and side 1 has made its session of a pre-key message
    /// but not decrypted anything.
    pub(crate) fn new() -> Self {
        let mut model = Self::default();
        model.parents.push(None);
        model.sides[0].sender = Some(Place { chain: 0, index: 0 });
        let called = &mut model.sides[1];
        called.newest = Some(0);
        called.told = Some(0);
        called.held.insert(0);
        called.receivers.push(Receiver { chain: 0, next: 0 });
        model
    }

    /// Opens a sender chain if there is none.
    pub(crate) fn start_sending(&mut self, side: usize) {
        let chains = self.parents.len();
        let side = &mut self.sides[side];
        if side.sender.is_none() {
            side.sender = Some(Place {
                chain: chains,
                index: 0,
            });
            side.told = side.newest;
            self.parents.push(side.newest);
        }
    }

    pub(crate) fn send(&mut self, side: usize) -> Place {
        self.start_sending(side);
        let sender = self.sides[side].sender.as_mut().unwrap();
        let place = *sender;
        sender.index += 1;
        place
    }

    pub(crate) fn deliver(&mut self, side: usize, place: Place) -> Verdict {
        let Place { chain, index } = place;
        let parent = self.parents[chain];
        let side = &mut self.sides[side];
        let at = side
            .receivers
            .iter()
            .position(|receiver| receiver.chain == chain);
        let forgotten = match at {
            Some(at) if index < side.receivers[at].next => {
                let Some(key) = side.skipped.iter().position(|skipped| *skipped == place) else {
                    let used = side.used.contains(&place);
                    return Verdict::NoKey { used };
                };
                side.skipped.remove(key);
                0
            }
            Some(at) if index - side.receivers[at].next > GAP => return Verdict::Gap,
            Some(at) => side.walk(at, index),
            None if parent.is_none() || side.sender.map(|sender| sender.chain) != parent => {
                let held_once = side.held.contains(&chain);
                return Verdict::NoChain { held_once };
            }
            None if index > GAP => return Verdict::Gap,
            None => {
                side.sender = None;
                side.newest = Some(chain);
                side.told = Some(chain);
                side.held.insert(chain);
                let mut forgotten = 0;
                if side.receivers.len() == CHAINS {
                    let oldest = side.receivers.remove(0).chain;
                    forgotten += side.forget(oldest);
                }
                side.receivers.push(Receiver { chain, next: 0 });
                forgotten + side.walk(side.receivers.len() - 1, index)
            }
        };
        side.used.insert(place);
        side.received = true;
        Verdict::Opens { forgotten }
    }
}
