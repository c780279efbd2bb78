//! The keys that others sent.

use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};
use core::fmt;

use zeroize::ZeroizeOnDrop;

use super::{media_key::MediaKey, membership::Membership, message::KeyMessage};

/// The keys of all other members of one call. A key whose membership is not known
/// yet waits for it. Secret; wiped on drop.
#[derive(Default)]
pub struct KeyTable {
    members: BTreeMap<Id, Membership>,
    keys: BTreeMap<Id, Keys>,
    /// Counts what arrived, to know what has waited longest.
    arrivals: u64,
}

/// User, device, member: the first two as Olm has shown them.
type Id = (String, String, String);

struct Keys {
    by_index: BTreeMap<u8, Box<MediaKey>>,
    arrived: u64,
}

/// A key that can be used.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MemberKey<'a> {
    /// Under which name LiveKit knows the member whose frames it opens.
    pub identity: String,
    /// The slot.
    pub index: u8,
    /// The key.
    pub key: &'a MediaKey,
}

impl KeyTable {
    /// How many memberships of one device keys can wait for: past that, those that
    /// waited longest are dropped.
    pub const MAX_WAITING_PER_DEVICE: usize = 8;
    /// The same for all devices.
    pub const MAX_WAITING: usize = 1024;

    /// A table without a key.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            members: BTreeMap::new(),
            keys: BTreeMap::new(),
            arrivals: 0,
        }
    }

    /// Takes a key. When its membership is known, it can be used at once, and takes
    /// the place of one with the same index; otherwise it waits, and `None` is given.
    pub fn receive(&mut self, message: KeyMessage) -> Option<MemberKey<'_>> {
        let id = (message.user_id, message.device_id, message.member_id);
        self.arrivals = self.arrivals.saturating_add(1);
        let identity = self.members.get(&id).map(Membership::livekit_identity);
        if identity.is_none() {
            self.make_room(&id);
        }
        let keys = self.keys.entry(id).or_insert_with(|| Keys {
            by_index: BTreeMap::new(),
            arrived: 0,
        });
        keys.arrived = self.arrivals;
        keys.by_index.insert(message.index, Box::new(message.key));
        Some(MemberKey {
            identity: identity?,
            index: message.index,
            key: keys.by_index.get(&message.index)?,
        })
    }

    /// Sets who is in the call now, and gives the keys that waited for those who are
    /// new. Keys of those who left are dropped.
    pub fn set_members(&mut self, members: &[Membership]) -> Vec<MemberKey<'_>> {
        let members: BTreeMap<Id, Membership> = members
            .iter()
            .map(|member| (id(member), member.clone()))
            .collect();
        let before = core::mem::replace(&mut self.members, members);
        let left = |id: &Id| before.contains_key(id) && !self.members.contains_key(id);
        self.keys.retain(|id, _| !left(id));
        self.keys
            .iter()
            .filter(|(id, _)| !before.contains_key(*id))
            .filter_map(|(id, keys)| Some((self.members.get(id)?, keys)))
            .flat_map(|(member, keys)| keys.of(member))
            .collect()
    }

    /// All keys that can be used, for a media engine that starts anew.
    pub fn keys(&self) -> impl Iterator<Item = MemberKey<'_>> {
        self.members.iter().flat_map(|(id, member)| {
            self.keys
                .get(id)
                .into_iter()
                .flat_map(|keys| keys.of(member))
        })
    }

    /// How many memberships keys are waiting for.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting_ids().count()
    }

    fn waiting_ids(&self) -> impl Iterator<Item = (&Id, u64)> {
        self.keys
            .iter()
            .filter(|(id, _)| !self.members.contains_key(*id))
            .map(|(id, keys)| (id, keys.arrived))
    }

    /// Drops what has waited longest, when there is no room for one more.
    fn make_room(&mut self, new: &Id) {
        if self.keys.contains_key(new) {
            return;
        }
        let of_device = |id: &Id| (&id.0, &id.1) == (&new.0, &new.1);
        let siblings = self.waiting_ids().filter(|(id, _)| of_device(id));
        let oldest = if siblings.count() >= Self::MAX_WAITING_PER_DEVICE {
            self.oldest(of_device)
        } else if self.waiting() >= Self::MAX_WAITING {
            self.oldest(|_| true)
        } else {
            None
        };
        if let Some(oldest) = oldest {
            self.keys.remove(&oldest);
        }
    }

    fn oldest(&self, which: impl Fn(&Id) -> bool) -> Option<Id> {
        self.waiting_ids()
            .filter(|(id, _)| which(id))
            .min_by_key(|(_, arrived)| *arrived)
            .map(|(id, _)| id.clone())
    }
}

impl Keys {
    fn of<'a>(&'a self, member: &Membership) -> impl Iterator<Item = MemberKey<'a>> + use<'a> {
        let identity = member.livekit_identity();
        self.by_index.iter().map(move |(index, key)| MemberKey {
            identity: identity.clone(),
            index: *index,
            key,
        })
    }
}

fn id(member: &Membership) -> Id {
    let (user_id, device_id) = member.device();
    (user_id, device_id, member.member_id().into_owned())
}

/// The keys wipe themselves.
impl ZeroizeOnDrop for KeyTable {}

impl fmt::Debug for KeyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyTable")
            .field("members", &self.members.len())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}
