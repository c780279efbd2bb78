//! Of all copies of a session, the earliest ratchet and the most trusted owner are
//! kept, in whatever order they arrive; what does not fit changes nothing.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod common;

use std::sync::LazyLock;

use common::{
    rng::SeededRng,
    talk::State,
    to_device::{ROOM, group_session},
};
use necturus::{
    SessionVersion,
    events::{MergeRefusal, Merged, RoomSession, SessionOwner},
    json::Object,
    megolm::{ExportedSessionKey, InboundGroupSession, SessionKey},
    olm::{Account, IdentityKeys},
    vault::RoomKey,
};
use proptest::{collection::vec, prelude::*};

const TRUST: [&str; 5] = [
    "unknown device",
    "device info",
    "verification violation",
    "sender unverified",
    "sender verified",
];

fn keys(seed: u64) -> IdentityKeys {
    Account::new_with(&mut SeededRng::new(seed))
        .unwrap()
        .identity_keys()
}

fn owner(keys: IdentityKeys, trust: usize, shared_history: bool) -> SessionOwner {
    let json = SessionOwner::imported(keys.curve25519, keys.ed25519)
        .with_shared_history(shared_history)
        .to_json()
        .with("imported", trust == 0)
        .with("trust", TRUST[trust]);
    SessionOwner::from_json(&json).unwrap()
}

/// Session keys of one session at these indexes, which rise.
fn session_keys(seed: u64, indexes: &[u32]) -> Vec<SessionKey> {
    let mut outbound = group_session(seed);
    indexes
        .iter()
        .map(|index| {
            while outbound.message_index() < *index {
                outbound.encrypt(b"").unwrap();
            }
            outbound.session_key()
        })
        .collect()
}

fn copy(key: &SessionKey, owner: SessionOwner) -> RoomSession {
    let session = InboundGroupSession::new(key, SessionVersion::V1);
    RoomSession::new(ROOM, session, owner)
}

/// Both sides of the place where the ratchet throws a part away.
const INDEXES: [u32; 6] = [0, 1, 3, 255, 256, 258];
static KEYS: LazyLock<Vec<SessionKey>> = LazyLock::new(|| session_keys(1, &INDEXES));

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        copies in vec((0_usize..6, 0_usize..5, any::<bool>()), 1..6),
        order in vec(any::<prop::sample::Index>(), 6),
    ) {
        let session_keys = &*KEYS;
        let owner = |trust, shared| owner(keys(2), trust, shared);
        let copies: Vec<_> = copies
            .into_iter()
            .map(|(index, trust, shared)| (index, trust, owner(trust, shared)))
            .collect();
        let earliest = copies.iter().map(|copy| copy.0).min().unwrap();
        let trust = copies.iter().map(|copy| copy.1).max().unwrap();
        let mut best = copies.iter().filter(|copy| copy.1 == trust);
        let best = (best.next().unwrap(), best.next().is_none());

        let mut left = copies.clone();
        let mut held: Option<RoomSession> = None;
        for place in &order[..copies.len()] {
            let (index, _, owner) = left.swap_remove(place.index(left.len()));
            let new = copy(&session_keys[index], owner);
            match &mut held {
                Some(held) => {
                    prop_assert!(held.merge(new).is_ok());
                }
                None => held = Some(new),
            }
        }
        let held = held.unwrap();
        prop_assert_eq!(held.session().first_known_index(), INDEXES[earliest]);
        let stored = held.owner().to_json();
        prop_assert_eq!(stored.get_str("trust"), Some(TRUST[trust]));
        if best.1 {
            prop_assert_eq!(held.owner(), &best.0.2);
        }
    }

    /// Copies of another owner, room, session or ratchet: however early, however
    /// trusted.
    #[test]
    fn what_does_not_fit_changes_nothing(
        held_trust in 0_usize..5,
        new_trust in 0_usize..5,
        held_index in 0_usize..6,
        new_index in 0_usize..6,
        kind in 0_usize..4,
    ) {
        let mut held = copy(&KEYS[held_index], owner(keys(2), held_trust, false));
        let key = &KEYS[new_index];
        let new_owner = owner(keys(2), new_trust, true);
        let (new, refusal) = match kind {
            0 => (copy(key, owner(keys(3), new_trust, true)), MergeRefusal::OtherOwner),
            1 => {
                let session = InboundGroupSession::new(key, SessionVersion::V1);
                let new = RoomSession::new("!other:example.org", session, new_owner);
                (new, MergeRefusal::OtherSession)
            }
            2 => (copy(&session_keys(4, &[0])[0], new_owner), MergeRefusal::OtherSession),
            _ => {
                // Another ratchet under the same signing key.
                let session = InboundGroupSession::new(key, SessionVersion::V1);
                let mut export = session.export_at_first_known_index().to_bytes();
                export[5..133].fill(7);
                let export = ExportedSessionKey::from_bytes(&export).unwrap();
                let invented = InboundGroupSession::import(&export, SessionVersion::V1);
                (RoomSession::new(ROOM, invented, new_owner), MergeRefusal::Unconnected)
            }
        };
        let before = (held.session().state(), held.owner().clone());
        prop_assert_eq!(held.merge(new), Err(refusal));
        prop_assert_eq!((held.session().state(), held.owner().clone()), before);
    }
}

#[test]
fn each_part_of_the_rule() {
    let keys_at = session_keys(1, &[2, 5]);
    let (early, late) = (&keys_at[0], &keys_at[1]);
    let owner = |trust, shared| owner(keys(2), trust, shared);
    for (held, new, merged, result) in [
        (
            (late, 3, false),
            (early, 3, true),
            Merged::Replaced,
            (2, 3, true),
        ),
        (
            (late, 0, false),
            (early, 4, true),
            Merged::Replaced,
            (2, 4, true),
        ),
        (
            (late, 4, false),
            (early, 0, true),
            Merged::NewRatchet,
            (2, 4, false),
        ),
        (
            (early, 0, true),
            (late, 3, false),
            Merged::NewOwner,
            (2, 3, false),
        ),
        (
            (early, 0, true),
            (early, 1, false),
            Merged::NewOwner,
            (2, 1, false),
        ),
        (
            (early, 3, false),
            (early, 3, true),
            Merged::Kept,
            (2, 3, false),
        ),
        (
            (early, 3, false),
            (late, 3, true),
            Merged::Kept,
            (2, 3, false),
        ),
        (
            (early, 3, false),
            (late, 1, true),
            Merged::Kept,
            (2, 3, false),
        ),
    ] {
        let mut session = copy(held.0, owner(held.1, held.2));
        assert_eq!(session.merge(copy(new.0, owner(new.1, new.2))), Ok(merged));
        assert_eq!(session.session().first_known_index(), result.0);
        assert_eq!(session.owner(), &owner(result.1, result.2));
    }
}

/// A backup gave a ratchet that was invented below index 256 and is true above. The
/// signed key that comes later corrects it.
#[test]
fn a_signed_copy_corrects_what_was_invented() {
    let mut outbound = group_session(1);
    let genuine = outbound.session_key();
    let mut export = InboundGroupSession::new(&genuine, SessionVersion::V1)
        .export_at(0)
        .unwrap()
        .to_bytes();
    export[5 + 96..5 + 128].fill(0x55);
    let export = ExportedSessionKey::from_bytes(&export).unwrap();
    let mut invented = InboundGroupSession::import(&export, SessionVersion::V1);
    let first = outbound.encrypt(b"first").unwrap();
    while outbound.message_index() < 256 {
        outbound.encrypt(b"").unwrap();
    }
    assert!(invented.decrypt(&outbound.encrypt(b"").unwrap()).is_ok());
    assert!(invented.decrypt(&first).is_err());

    let mut held = RoomSession::new(ROOM, invented, owner(keys(2), 0, false));
    let signed = copy(&genuine, owner(keys(2), 3, false));
    assert_eq!(held.merge(signed), Ok(Merged::Replaced));
    assert_eq!(held.session().verified_from(), Some(0));
}

#[test]
fn what_is_no_owner_is_not_read() {
    let good = owner(keys(2), 3, true).to_json();
    assert!(SessionOwner::from_json(&good).is_ok());
    for member in [
        "curve25519",
        "ed25519",
        "imported",
        "legacy",
        "shared_history",
        "trust",
    ] {
        let mut json = good.clone();
        json.remove(member);
        assert!(SessionOwner::from_json(&json).is_err(), "{member}");
    }
    assert!(SessionOwner::from_json(&good.clone().with("trust", "absolute")).is_err());
    let chain = vec![keys(2).curve25519.to_base64(); 101];
    assert!(SessionOwner::from_json(&good.with("forwarding_chain", chain)).is_err());
    assert!(SessionOwner::from_json(&Object::new()).is_err());
}

/// A backup keeps what is recorded, but for the proof of it.
#[test]
fn a_session_goes_to_a_backup_and_back() {
    let session_keys = session_keys(1, &[2]);
    let mut held = copy(&session_keys[0], owner(keys(2), 3, true));
    let json = held.export_at(5).unwrap().to_json();
    let imported = RoomSession::import(ROOM, &RoomKey::from_json(&json).unwrap()).unwrap();
    assert_eq!(imported.owner(), &owner(keys(2), 0, true));
    assert_eq!(imported.session().first_known_index(), 5);
    assert!(held.export_at(1).is_err());
    assert_eq!(held.merge(imported), Ok(Merged::Kept));
}
