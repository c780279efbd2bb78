//! Who gets a room's key, under each strategy (MSC4153).

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

mod common;

use common::people::{BOB, Person, account};
use necturus::identity::{
    DeviceKeys, IdentityState, LocalTrust, OwnTrust, Sharing, SharingError, SharingStrategy,
    ShownIdentity, WithholdReason,
};

use IdentityState::{PinViolation, Pinned, VerificationViolation, Verified};
use SharingStrategy::{AllDevices, CrossSigned, ErrorOnVerifiedUserProblem, OnlyTrusted};

const ALL: [SharingStrategy; 4] = [
    CrossSigned,
    ErrorOnVerifiedUserProblem,
    AllDevices,
    OnlyTrusted,
];
const SHARE: Sharing = Sharing::Share;
const UNVERIFIED: Sharing = Sharing::Withhold(WithholdReason::Unverified);
const BLACKLISTED: Sharing = Sharing::Withhold(WithholdReason::Blacklisted);

struct Room {
    alice: Person,
    own: OwnTrust,
    bob: Person,
    unsigned: DeviceKeys,
}

impl Room {
    fn new() -> Self {
        let (alice, bob) = (Person::alice(), Person::bob());
        Self {
            own: alice.verified(),
            unsigned: bob.other_device("UNSIGNED", 1),
            alice,
            bob,
        }
    }

    fn decide(
        &self,
        strategy: SharingStrategy,
        state: Option<IdentityState>,
        device: &DeviceKeys,
        local: LocalTrust,
    ) -> Result<Sharing, SharingError> {
        let identity = self.bob.seen();
        let owner = state.map(|state| ShownIdentity::new(&identity, state));
        let own = Some(self.own.view(&self.alice.own));
        strategy
            .decide(own, owner, [(device, local)])
            .map(|decisions| decisions[0].1)
    }
}

#[test]
fn the_default_is_cross_signed_devices_only() {
    let room = Room::new();
    let decide =
        |state, device| room.decide(SharingStrategy::default(), state, device, LocalTrust::Unset);
    for state in [Pinned, PinViolation, Verified] {
        assert_eq!(decide(Some(state), &room.bob.device), Ok(SHARE));
        assert_eq!(decide(Some(state), &room.unsigned), Ok(UNVERIFIED));
    }
    assert_eq!(decide(None, &room.bob.device), Ok(UNVERIFIED));
    for device in [&room.bob.device, &room.unsigned] {
        let refusal = Err(SharingError::VerificationViolation);
        assert_eq!(decide(Some(VerificationViolation), device), refusal);
    }
    // A word on the device alone does not put it above the rule.
    for local in [LocalTrust::Verified, LocalTrust::Ignored] {
        let decision = room.decide(CrossSigned, Some(Pinned), &room.unsigned, local);
        assert_eq!(decision, Ok(UNVERIFIED));
    }
}

#[test]
fn it_needs_our_own_identity_verified() {
    let room = Room::new();
    let devices = || [(&room.bob.device, LocalTrust::Unset)];
    let identity = room.bob.seen();
    let owner = Some(ShownIdentity::new(&identity, Pinned));
    let mut own = OwnTrust::first_seen(&room.alice.own);
    for strategy in ALL {
        let without = strategy.decide(None, owner, devices());
        let unverified = strategy.decide(Some(own.view(&room.alice.own)), owner, devices());
        if strategy == CrossSigned {
            assert_eq!(without, Err(SharingError::NoOwnIdentity));
            assert_eq!(unverified, Err(SharingError::OwnIdentityNotVerified));
        } else {
            assert!(without.is_ok() && unverified.is_ok());
        }
    }
    own.verify(&room.alice.keys.master.public_key()).unwrap();
    let replaced = common::people::keys(common::people::ALICE, 0x60).public_identity();
    assert_eq!(
        CrossSigned.decide(Some(own.view(&replaced)), owner, devices()),
        Err(SharingError::OwnIdentityNotVerified)
    );
}

#[test]
fn a_blacklisted_device_gets_nothing_under_any() {
    let room = Room::new();
    for strategy in ALL {
        for state in [None, Some(Pinned), Some(Verified)] {
            for device in [&room.bob.device, &room.unsigned] {
                let decision = room.decide(strategy, state, device, LocalTrust::Blacklisted);
                assert_eq!(decision, Ok(BLACKLISTED), "{strategy:?} {state:?}");
            }
        }
    }
}

#[test]
fn a_verified_user_s_problem_is_resolved_first() {
    let room = Room::new();
    let strategy = ErrorOnVerifiedUserProblem;
    let decide = |state, device, local| room.decide(strategy, state, device, local);
    for state in [None, Some(Pinned), Some(PinViolation)] {
        assert_eq!(decide(state, &room.unsigned, LocalTrust::Unset), Ok(SHARE));
    }
    let verified = Some(Verified);
    assert_eq!(
        decide(verified, &room.bob.device, LocalTrust::Unset),
        Ok(SHARE)
    );
    for local in [LocalTrust::Unset, LocalTrust::Verified] {
        assert_eq!(
            decide(verified, &room.unsigned, local),
            Err(SharingError::UnsignedDevices {
                device_ids: vec!["UNSIGNED".to_owned()]
            })
        );
    }
    assert_eq!(
        decide(verified, &room.unsigned, LocalTrust::Ignored),
        Ok(SHARE)
    );
    assert_eq!(
        decide(
            Some(VerificationViolation),
            &room.bob.device,
            LocalTrust::Unset
        ),
        Err(SharingError::VerificationViolation)
    );
}

#[test]
fn all_devices_and_only_trusted_ones() {
    let room = Room::new();
    let decide = |strategy, state, device, local| room.decide(strategy, state, device, local);
    let states = [
        None,
        Some(Pinned),
        Some(PinViolation),
        Some(VerificationViolation),
        Some(Verified),
    ];
    for state in states {
        for device in [&room.bob.device, &room.unsigned] {
            assert_eq!(
                decide(AllDevices, state, device, LocalTrust::Unset),
                Ok(SHARE)
            );
            for local in [LocalTrust::Verified, LocalTrust::Ignored] {
                assert_eq!(decide(OnlyTrusted, state, device, local), Ok(SHARE));
            }
        }
        let trusted = if state == Some(Verified) {
            SHARE
        } else {
            UNVERIFIED
        };
        assert_eq!(
            decide(OnlyTrusted, state, &room.bob.device, LocalTrust::Unset),
            Ok(trusted)
        );
        assert_eq!(
            decide(OnlyTrusted, state, &room.unsigned, LocalTrust::Unset),
            Ok(UNVERIFIED)
        );
    }
}

/// Nobody is there to look at a dehydrated device, so its owner must have signed
/// it, whoever else would get the key.
#[test]
fn a_dehydrated_device_must_be_cross_signed() {
    let room = Room::new();
    let unsigned = DeviceKeys::new_dehydrated(&account(2), BOB, "DEHYDRATED");
    let mut signed = unsigned.clone();
    room.bob
        .keys
        .self_signing
        .sign_device(&mut signed, &room.bob.own)
        .unwrap();
    for strategy in [CrossSigned, ErrorOnVerifiedUserProblem, AllDevices] {
        let decide = |state, device| room.decide(strategy, state, device, LocalTrust::Unset);
        assert_eq!(decide(Some(Pinned), &signed), Ok(SHARE), "{strategy:?}");
        assert_eq!(decide(Some(Pinned), &unsigned), Ok(UNVERIFIED));
        assert_eq!(decide(None, &signed), Ok(UNVERIFIED));
    }
    let broken = room.decide(
        AllDevices,
        Some(VerificationViolation),
        &signed,
        LocalTrust::Unset,
    );
    assert_eq!(broken, Ok(UNVERIFIED));
}

#[test]
fn every_device_has_its_decision_in_order() {
    let room = Room::new();
    let (identity, blocked) = (room.bob.seen(), room.bob.other_device("BLOCKED", 3));
    let owner = Some(ShownIdentity::new(&identity, Pinned));
    let devices = [
        (&room.unsigned, LocalTrust::Unset),
        (&blocked, LocalTrust::Blacklisted),
        (&room.bob.device, LocalTrust::Unset),
    ];
    let own = Some(room.own.view(&room.alice.own));
    let decisions = CrossSigned.decide(own, owner, devices).unwrap();
    assert_eq!(
        decisions,
        [
            (&room.unsigned, UNVERIFIED),
            (&blocked, BLACKLISTED),
            (&room.bob.device, SHARE),
        ]
    );
    assert_eq!(WithholdReason::Unverified.code(), "m.unverified");
    assert_eq!(WithholdReason::Blacklisted.code(), "m.blacklisted");
    assert_eq!(CrossSigned.decide(own, owner, []), Ok(Vec::new()));
}
