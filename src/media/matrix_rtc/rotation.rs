//! Our own key: when it is made, to whom it goes, and from when on it is used.

use alloc::{
    collections::{BTreeMap, VecDeque},
    string::String,
    vec::Vec,
};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::ZeroizeOnDrop;

use self::step::{RotationAction, RotationError, RotationEvent, RotationTimes};
use super::{media_key::MediaKey, membership::Membership, message::KeyFormat};

pub(super) mod step;

/// Our own key in one call: a state machine without a clock and without a network.
/// Secret; wiped on drop.
///
/// 1. The first key is used at once.
/// 2. Somebody left: a new key, with the next index, to all.
/// 3. Somebody joined: the key to them, if it is younger than the grace period or
///    nothing was encrypted with it yet; otherwise a new key to all. A device whose
///    membership has another timestamp has joined.
/// 4. A new key is used a while after it was sent. While it can't be sent, the old
///    one stays in use.
///
/// One round of sending at a time: what changes meanwhile makes one more round.
pub struct KeyRotation {
    format: KeyFormat,
    times: RotationTimes,
    room_id: String,
    own: Membership,
    /// The others.
    members: BTreeMap<Device, Membership>,
    /// In use.
    current: Option<Key>,
    /// Sent, and used from a time on.
    waiting: VecDeque<(u64, Key)>,
    /// Not sent to all yet, and never used.
    unsent: Option<Key>,
    /// Who is being sent to.
    sending: Option<Vec<Membership>>,
    /// Members changed while that goes on.
    changed: bool,
    retry_at: Option<u64>,
}

type Device = (String, String);

struct Key {
    index: u8,
    secret: MediaKey,
    created: u64,
    holders: BTreeMap<Device, Holder>,
}

/// Somebody who has the key, or may have it, as it was being sent to them.
struct Holder {
    since: u64,
    confirmed: bool,
}

/// How long after a failure the same is sent again, in milliseconds.
const RETRY: u64 = 1_000;
/// Keys that wait for their time; with more, the first is used at once.
const MAX_WAITING: usize = 16;

impl KeyRotation {
    /// How many members a call can have.
    pub const MAX_MEMBERS: usize = 10_000;

    /// For our own membership of a room's call.
    #[must_use]
    pub fn new(format: KeyFormat, times: RotationTimes, room_id: &str, own: Membership) -> Self {
        Self {
            format,
            times,
            room_id: room_id.into(),
            own,
            members: BTreeMap::new(),
            current: None,
            waiting: VecDeque::new(),
            unsent: None,
            sending: None,
            changed: false,
            retry_at: None,
        }
    }

    /// The key to encrypt with, and its index.
    #[must_use]
    pub fn current(&self) -> Option<(u8, &MediaKey)> {
        self.current.as_ref().map(|key| (key.index, &key.secret))
    }

    /// When to tell [`RotationEvent::Tick`] next.
    #[must_use]
    pub fn wake_at(&self) -> Option<u64> {
        let used = self.waiting.front().map(|(at, _)| *at);
        let round = self.sending.is_none().then(|| self.round_at()).flatten();
        used.into_iter().chain(round).min()
    }

    /// Tells what happened, at a time in milliseconds of a clock that does not go
    /// back, and gives what to do, in this order.
    ///
    /// Draws a key (16 bytes, of MSC4143 32) in one call when a round begins, whether
    /// it needs one or not: at [`RotationEvent::Members`] unless something is being
    /// sent, after that has been answered if members changed meanwhile, and at a tick
    /// that repeats a round or ends the key's period.
    ///
    /// # Errors
    /// [`RotationError`]; nothing changed, and the event can be told again.
    pub fn step_with<R: TryCryptoRng + ?Sized>(
        &mut self,
        rng: &mut R,
        event: RotationEvent<'_>,
        now: u64,
    ) -> Result<Vec<RotationAction>, RotationError> {
        if let RotationEvent::Members(members) = event
            && members.len() > Self::MAX_MEMBERS
        {
            return Err(RotationError::TooManyMembers);
        }
        let fresh = if self.begins_round(event, now) {
            let key = MediaKey::draw(rng, self.format.key_length());
            Some(key.map_err(RotationError::Rng)?)
        } else {
            None
        };
        let mut actions = Vec::new();
        match event {
            RotationEvent::Members(members) => {
                self.members = members
                    .iter()
                    .filter(|member| member.device() != self.own.device())
                    .map(|member| (member.device(), member.clone()))
                    .collect();
                self.changed = true;
            }
            RotationEvent::Sent => self.sent(now, &mut actions),
            RotationEvent::NotSent => {
                if self.sending.take().is_some() {
                    self.retry_at = Some(now.saturating_add(RETRY));
                }
            }
            RotationEvent::Tick => {}
        }
        self.switch(now, &mut actions);
        if let Some(fresh) = fresh {
            self.round(fresh, now, &mut actions);
        }
        Ok(actions)
    }

    /// [`step_with`](Self::step_with) the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn step(
        &mut self,
        event: RotationEvent<'_>,
        now: u64,
    ) -> Result<Vec<RotationAction>, RotationError> {
        self.step_with(&mut crate::primitives::random::OsRng, event, now)
    }

    fn begins_round(&self, event: RotationEvent<'_>, now: u64) -> bool {
        match (event, &self.sending) {
            (RotationEvent::Members(_), None) => true,
            (RotationEvent::Sent | RotationEvent::NotSent, Some(_)) => self.changed,
            (RotationEvent::Tick, None) => self.round_at().is_some_and(|at| at <= now),
            _ => false,
        }
    }

    /// When a round begins by itself: to repeat one, or as the key is old.
    fn round_at(&self) -> Option<u64> {
        let period = self
            .times
            .period
            .zip(self.newest())
            .map(|(period, key)| key.created.saturating_add(period));
        self.retry_at.into_iter().chain(period).min()
    }

    fn newest(&self) -> Option<&Key> {
        self.unsent
            .as_ref()
            .or_else(|| self.waiting.back().map(|(_, key)| key))
            .or(self.current.as_ref())
    }

    /// Notes who has the newest key, or may have it.
    fn note_holders(&mut self, members: &[Membership], confirmed: bool) {
        let newest = self
            .unsent
            .as_mut()
            .or_else(|| self.waiting.back_mut().map(|(_, key)| key))
            .or(self.current.as_mut());
        if let Some(key) = newest {
            for member in members {
                let holder = Holder {
                    since: member.created(),
                    confirmed,
                };
                key.holders.insert(member.device(), holder);
            }
        }
    }

    /// Everybody who was sent to has the key.
    fn sent(&mut self, now: u64, actions: &mut Vec<RotationAction>) {
        let Some(to) = self.sending.take() else {
            return;
        };
        self.note_holders(&to, true);
        self.wait(now, actions);
    }

    /// Sets the time from which the new key is used, if there is one.
    fn wait(&mut self, now: u64, actions: &mut Vec<RotationAction>) {
        if let Some(key) = self.unsent.take() {
            self.waiting
                .push_back((now.saturating_add(self.times.delay), key));
        }
        if self.waiting.len() > MAX_WAITING
            && let Some((_, key)) = self.waiting.pop_front()
        {
            self.use_key(key, actions);
        }
    }

    /// Uses the newest of the keys whose time has come.
    fn switch(&mut self, now: u64, actions: &mut Vec<RotationAction>) {
        let mut due = None;
        while let Some((at, _)) = self.waiting.front()
            && *at <= now
        {
            due = self.waiting.pop_front();
        }
        if let Some((_, key)) = due {
            self.use_key(key, actions);
        }
    }

    fn use_key(&mut self, key: Key, actions: &mut Vec<RotationAction>) {
        actions.push(RotationAction::Use { index: key.index });
        self.current = Some(key);
    }

    fn round(&mut self, fresh: MediaKey, now: u64, actions: &mut Vec<RotationAction>) {
        self.changed = false;
        self.retry_at = None;
        let to = if let Some(key) = self.newest() {
            let joined: Vec<Membership> = self
                .members
                .iter()
                .filter(|(device, member)| !key.is_held_by(device, member))
                .map(|(_, member)| member.clone())
                .collect();
            let left = key
                .holders
                .keys()
                .any(|device| !self.members.contains_key(device));
            let age = now.saturating_sub(key.created);
            let old = self.times.period.is_some_and(|period| age >= period);
            let closed = self.unsent.is_none() && age >= self.times.grace;
            if left || old || (closed && !joined.is_empty()) {
                self.unsent = Some(Key::new(key.index.wrapping_add(1), fresh, now));
                self.members.values().cloned().collect()
            } else {
                joined
            }
        } else {
            self.use_key(Key::new(0, fresh, now), actions);
            self.members.values().cloned().collect()
        };
        self.send(to, now, actions);
    }

    fn send(&mut self, to: Vec<Membership>, now: u64, actions: &mut Vec<RotationAction>) {
        if to.is_empty() {
            // Nobody is there: what would be sent is sent.
            self.wait(now, actions);
            return;
        }
        self.note_holders(&to, false);
        if let Some(key) = self.newest() {
            let (format, room_id) = (self.format, &self.room_id);
            actions.push(RotationAction::Send {
                to: to.clone(),
                event_type: format.event_type(),
                content: format.content(room_id, &self.own, key.index, &key.secret, now),
            });
            self.sending = Some(to);
        }
    }
}

impl Key {
    const fn new(index: u8, secret: MediaKey, created: u64) -> Self {
        Self {
            index,
            secret,
            created,
            holders: BTreeMap::new(),
        }
    }

    fn is_held_by(&self, device: &Device, member: &Membership) -> bool {
        self.holders
            .get(device)
            .is_some_and(|holder| holder.confirmed && holder.since == member.created())
    }
}

/// The keys wipe themselves.
impl ZeroizeOnDrop for KeyRotation {}

impl fmt::Debug for KeyRotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRotation")
            .field("format", &self.format)
            .field("times", &self.times)
            .field("room_id", &self.room_id)
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}
