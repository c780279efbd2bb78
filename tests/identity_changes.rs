//! A changed identity is told from a first meeting, and what was verified is not
//! forgotten when it ends.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::people::{ALICE, BOB, Person, account, keys};
use necturus::{
    identity::{
        CrossSigningKeys, DeviceKeys, IdentityState, OwnState, OwnTrust, SenderTrust,
        ShownIdentity, UserIdentity, UserTrust,
    },
    olm::Account,
};
use proptest::{collection::vec, prelude::*};

use IdentityState::{PinViolation, Pinned, VerificationViolation, Verified};

/// Alice, who meets Bob, who has two identities.
struct Meeting {
    alice: Person,
    own: OwnTrust,
    identities: [UserIdentity; 2],
    bob: Option<UserTrust>,
}

impl Meeting {
    fn new(verified: bool) -> Self {
        let alice = Person::alice();
        let own = if verified {
            alice.verified()
        } else {
            OwnTrust::first_seen(&alice.own)
        };
        Self {
            own,
            alice,
            identities: [0x10, 0x20]
                .map(|byte| keys(BOB, byte).public_identity().as_user().clone()),
            bob: None,
        }
    }

    /// One of Bob's identities arrives, signed by us or not.
    fn arrives(&mut self, identity: usize, signed: bool) -> IdentityState {
        let mut identity = self.identities.get(identity).unwrap().clone();
        if signed {
            self.alice.sign(&mut identity);
        }
        let own = Some(self.own.view(&self.alice.own));
        match &mut self.bob {
            Some(bob) => bob.observe(&identity, own),
            None => self.bob = Some(UserTrust::first_seen(&identity, own)),
        }
        self.state()
    }

    fn state(&self) -> IdentityState {
        let bob = self.bob.as_ref().unwrap();
        bob.state(Some(self.own.view(&self.alice.own)))
    }

    fn accept(&mut self) -> IdentityState {
        self.bob.as_mut().unwrap().pin();
        self.state()
    }

    fn withdraw(&mut self) -> IdentityState {
        let own = Some(self.own.view(&self.alice.own));
        self.bob.as_mut().unwrap().withdraw(own);
        self.state()
    }

    fn verify_own(&mut self) -> IdentityState {
        self.own
            .verify(&self.alice.keys.master.public_key())
            .unwrap();
        let own = self.own.view(&self.alice.own);
        self.bob.as_mut().unwrap().own_verified(own);
        self.state()
    }
}

#[test]
fn a_change_is_told_from_a_first_meeting() {
    let mut it = Meeting::new(true);
    assert_eq!(it.arrives(0, false), Pinned);
    assert_eq!(it.arrives(0, false), Pinned);
    assert_eq!(it.arrives(1, false), PinViolation);
    assert_eq!(it.arrives(1, false), PinViolation);
    assert_eq!(it.arrives(0, false), Pinned, "and back");
    assert_eq!(it.arrives(1, false), PinViolation);
    assert_eq!(it.accept(), Pinned);
    assert_eq!(it.arrives(0, false), PinViolation, "the pin has moved");
}

#[test]
fn a_new_self_signing_key_under_the_same_master_key_is_no_change() {
    let alice = Person::alice();
    let identity = |byte| {
        let seeds = [&[0x10; 32], &[byte; 32], &[0x30; 32]];
        let keys = CrossSigningKeys::from_seeds(BOB, seeds).unwrap();
        keys.public_identity().as_user().clone()
    };
    let (first, second) = (identity(0x11), identity(0x12));
    assert_ne!(first.self_signing_key(), second.self_signing_key());
    let mut trust = UserTrust::first_seen(&first, None);
    trust.observe(&second, Some(alice.verified().view(&alice.own)));
    assert_eq!(trust.state(None), Pinned);
}

#[test]
fn a_broken_verification_is_resolved_by_verifying_anew_or_withdrawing() {
    let mut it = Meeting::new(true);
    assert_eq!(it.arrives(0, true), Verified);
    assert_eq!(it.arrives(1, false), VerificationViolation);
    assert_eq!(
        it.accept(),
        VerificationViolation,
        "accepting is not enough"
    );
    assert_eq!(it.withdraw(), Pinned);
    assert_eq!(it.arrives(0, false), PinViolation);
    assert_eq!(it.arrives(0, true), Verified);
    assert_eq!(
        it.arrives(0, false),
        VerificationViolation,
        "our signature is gone"
    );
    assert_eq!(it.arrives(0, true), Verified);
    assert_eq!(it.withdraw(), Verified, "still signed");
    assert_eq!(it.arrives(1, false), VerificationViolation, "so remembered");
}

#[test]
fn verifying_a_change_moves_the_pin() {
    let mut it = Meeting::new(true);
    assert_eq!(it.arrives(0, false), Pinned);
    assert_eq!(it.arrives(1, false), PinViolation);
    assert_eq!(it.arrives(1, true), Verified);
    // Else this would be a pin violation.
    it.own.withdraw();
    assert_eq!(it.state(), VerificationViolation);
    it.bob.as_mut().unwrap().withdraw(None);
    assert_eq!(it.state(), Pinned);
}

#[test]
fn nobody_is_verified_while_we_are_not() {
    let mut it = Meeting::new(false);
    assert_eq!(it.arrives(0, true), Pinned);
    assert_eq!(it.verify_own(), Verified);
    it.own.withdraw();
    assert_eq!(it.state(), VerificationViolation, "at once, without a call");
    assert_eq!(it.bob.as_ref().unwrap().state(None), VerificationViolation);
    assert_eq!(it.verify_own(), Verified);

    // Signed, but replaced before we were verified: never verified.
    let mut it = Meeting::new(false);
    assert_eq!(it.arrives(0, true), Pinned);
    assert_eq!(it.arrives(1, false), PinViolation);
    assert_eq!(it.verify_own(), PinViolation);
    assert!(!it.bob.unwrap().was_verified());
}

#[test]
fn our_new_identity_verified_nobody() {
    let mut it = Meeting::new(true);
    assert_eq!(it.arrives(0, true), Verified);
    // We start anew: the signature is the old identity's.
    let new = keys(ALICE, 0x60);
    let identity = new.public_identity();
    it.own.observe(&identity);
    it.own.verify(&new.master.public_key()).unwrap();
    let bob = it.bob.unwrap();
    assert_eq!(
        bob.state(Some(it.own.view(&identity))),
        VerificationViolation
    );
    // Nor does an identity of ours that was not observed pass for the verified one.
    let old = it.own.view(&it.alice.own);
    assert_eq!(old.state(), OwnState::Violation);
    assert_eq!(bob.state(Some(old)), VerificationViolation);
}

#[test]
fn our_own_identity_is_never_verified_verified_or_broken() {
    let (first, second) = (keys(ALICE, 1), keys(ALICE, 5));
    let (one, two) = (first.public_identity(), second.public_identity());
    let mut trust = OwnTrust::first_seen(&one);
    trust.observe(&two);
    assert_eq!(
        trust.state(),
        OwnState::Never,
        "a change breaks nothing yet"
    );
    // What was compared is not what is published now.
    assert!(trust.verify(&first.master.public_key()).is_err());
    assert_eq!(trust.state(), OwnState::Never);
    trust.verify(&second.master.public_key()).unwrap();
    trust.observe(&two);
    assert_eq!(trust.state(), OwnState::Verified);
    trust.observe(&one);
    assert_eq!(trust.state(), OwnState::Violation);
    trust.observe(&two);
    assert_eq!(trust.state(), OwnState::Violation, "back is not enough");
    trust.verify(&second.master.public_key()).unwrap();
    assert_eq!(trust.state(), OwnState::Verified);
    trust.observe(&one);
    trust.withdraw();
    assert_eq!(trust.state(), OwnState::Never);
    // Our other devices have the rows of anybody's.
    for (state, shown) in [
        (OwnState::Never, Pinned),
        (OwnState::Verified, Verified),
        (OwnState::Violation, VerificationViolation),
    ] {
        assert_eq!(IdentityState::from(state), shown);
    }
}

#[test]
fn a_session_is_believed_as_far_as_its_device_and_user() {
    let bob = Person::bob();
    let (identity, unsigned) = (bob.seen(), bob.other_device("BBBBBBBBBB", 0xb0));
    let recorded = bob.account.identity_keys();
    let row = |device: Option<&DeviceKeys>, state: Option<IdentityState>| {
        let owner = state.map(|state| ShownIdentity::new(&identity, state));
        SenderTrust::of_session(&recorded.curve25519, &recorded.ed25519, device, owner)
    };
    assert_eq!(unsigned.identity_keys(), recorded);
    let signed = Some(&bob.device);
    let states = [
        None,
        Some(Pinned),
        Some(PinViolation),
        Some(VerificationViolation),
        Some(Verified),
    ];
    for state in states {
        assert_eq!(row(None, state), Ok(SenderTrust::UnknownDevice));
        assert_eq!(row(Some(&unsigned), state), Ok(SenderTrust::DeviceInfo));
    }
    let rows = states.map(|state| row(signed, state).unwrap());
    assert_eq!(
        rows,
        [
            SenderTrust::DeviceInfo,
            SenderTrust::SenderUnverified,
            SenderTrust::SenderUnverified,
            SenderTrust::VerificationViolation,
            SenderTrust::SenderVerified,
        ]
    );
    assert!(SenderTrust::UnknownDevice < SenderTrust::DeviceInfo);
    assert!(SenderTrust::DeviceInfo < SenderTrust::VerificationViolation);
    assert!(SenderTrust::VerificationViolation < SenderTrust::SenderUnverified);
    assert!(SenderTrust::SenderUnverified < SenderTrust::SenderVerified);
    assert_eq!(
        rows.map(SenderTrust::is_cross_signed),
        [false, true, true, false, true]
    );

    // Mallory publishes one of Bob's keys as her own.
    for [ed25519, curve25519] in [[0xb0, 0x01], [0x01, 0xb0 ^ 0x0f]] {
        let mut rng = common::rng::BytesRng::new([[ed25519; 32], [curve25519; 32]].concat());
        let account = Account::new_with(&mut rng).unwrap();
        let device = DeviceKeys::new(&account, "@mallory:example.org", "M");
        assert!(
            SenderTrust::of_session(&recorded.curve25519, &recorded.ed25519, Some(&device), None)
                .is_err()
        );
    }
}

#[test]
fn an_identity_that_was_not_observed_is_not_taken_for_the_verified_one() {
    let (alice, bob) = (Person::alice(), Person::bob());
    let mut seen = bob.seen();
    let trust = alice.verify(&mut seen);
    let (own, other) = (alice.verified(), keys(BOB, 0x70).public_identity());
    let own = Some(own.view(&alice.own));
    assert_eq!(trust.shown(&seen, own).state(), Verified);
    assert_eq!(
        trust.shown(other.as_user(), own).state(),
        VerificationViolation
    );
    let trust = UserTrust::first_seen(&bob.seen(), own);
    assert_eq!(trust.shown(other.as_user(), own).state(), PinViolation);

    let ours = ShownIdentity::from(alice.verified().view(&alice.own));
    assert_eq!(
        (ours.identity(), ours.state()),
        (alice.own.as_user(), Verified)
    );
    let second = alice.other_device("SECOND", 1);
    assert_eq!(
        SenderTrust::of_device(&alice.device, Some(ours)),
        SenderTrust::SenderVerified
    );
    assert_eq!(
        SenderTrust::of_device(&second, Some(ours)),
        SenderTrust::DeviceInfo
    );
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Arrives(usize, bool),
    Accept,
    Withdraw,
    OwnVerified,
    OwnUnverified,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0usize..2, any::<bool>()).prop_map(|(identity, signed)| Event::Arrives(identity, signed)),
        1 => Just(Event::Accept),
        1 => Just(Event::Withdraw),
        1 => Just(Event::OwnVerified),
        1 => Just(Event::OwnUnverified),
    ]
}

/// The rules in so many words, beside the machine.
#[derive(Default)]
struct Rules {
    own: bool,
    current: usize,
    pinned: usize,
    signed: bool,
    remembered: bool,
}

impl Rules {
    fn step(&mut self, event: Event) -> IdentityState {
        match event {
            Event::Arrives(identity, signed) => (self.current, self.signed) = (identity, signed),
            Event::Accept => self.pinned = self.current,
            Event::Withdraw => (self.pinned, self.remembered) = (self.current, false),
            Event::OwnVerified => self.own = true,
            Event::OwnUnverified => self.own = false,
        }
        if self.own && self.signed {
            (self.pinned, self.remembered) = (self.current, true);
            Verified
        } else if self.remembered {
            VerificationViolation
        } else if self.current == self.pinned {
            Pinned
        } else {
            PinViolation
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_life_follows_the_rules_and_is_stored(events in vec(event(), 1..20)) {
        let mut it = Meeting::new(false);
        it.arrives(0, false);
        let mut rules = Rules::default();
        for event in events {
            let state = match event {
                Event::Arrives(identity, signed) => it.arrives(identity, signed),
                Event::Accept => it.accept(),
                Event::Withdraw => it.withdraw(),
                Event::OwnVerified => it.verify_own(),
                Event::OwnUnverified => { it.own.withdraw(); it.state() }
            };
            prop_assert_eq!(state, rules.step(event), "{:?}", event);
            let stored = it.bob.as_ref().unwrap().to_bytes();
            let read = UserTrust::from_bytes(&stored).unwrap();
            prop_assert_eq!(Some(&read), it.bob.as_ref());
            it.bob = Some(read);
            it.own = OwnTrust::from_bytes(&it.own.to_bytes()).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_record_or_refused(
        head in (0u8..3, 0u8..5),
        keys in vec(prop_oneof![Just([1; 32]), Just([0; 32]), any::<[u8; 32]>()], 0..4),
        tail in vec(any::<u8>(), 0..3),
    ) {
        let good = account(3).identity_keys().ed25519;
        let keys = keys.into_iter().map(|key| if key == [1; 32] { *good.as_bytes() } else { key });
        let bytes = [vec![head.0, head.1], keys.flatten().collect(), tail].concat();
        if let Ok(trust) = UserTrust::from_bytes(&bytes) {
            prop_assert_eq!(&trust.to_bytes(), &bytes);
        }
        if let Ok(trust) = OwnTrust::from_bytes(&bytes) {
            prop_assert_eq!(&trust.to_bytes(), &bytes);
        }
    }
}

#[test]
fn records_of_another_form_are_refused() {
    let (alice, mut bob) = (Person::alice(), Person::bob().seen());
    let user = alice.verify(&mut bob).to_bytes();
    let own = alice.verified().to_bytes();
    assert_eq!((user.len(), own.len()), (98, 34));
    assert_eq!(UserTrust::first_seen(&bob, None).to_bytes().len(), 66);
    let longer = |bytes: &[u8]| [bytes, &[0]].concat();
    assert!(UserTrust::from_bytes(&longer(&user)).is_err());
    assert!(OwnTrust::from_bytes(&longer(&own)).is_err());
    for end in 0..user.len() {
        assert!(UserTrust::from_bytes(user.get(..end).unwrap()).is_err());
    }
    for end in 0..own.len() {
        assert!(OwnTrust::from_bytes(own.get(..end).unwrap()).is_err());
    }
    for (at, value) in [(0, 0), (0, 2), (1, 4)] {
        let change = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            *bytes.get_mut(at).unwrap() = value;
            bytes
        };
        assert!(UserTrust::from_bytes(&change(&user)).is_err());
        assert!(OwnTrust::from_bytes(&change(&own)).is_err());
    }
}
