//! What is believed of users, and of sessions.

use serde_json::{Value, json};

use super::{ALICE, BOB, BOB_DEVICE, User, device_keys};
use crate::{
    crypto::Pair,
    format::{Case, Group, Step},
    json::canonical,
    records::Account,
    text::{base64, hex},
};

pub(super) fn groups() -> Vec<Group> {
    let alice = User::alice();
    let identity = |user: &User, signed: bool| {
        let master = user.master_object();
        let master = if signed {
            alice.sign_user(master)
        } else {
            master
        };
        json!({"master": canonical(&master), "self_signing": canonical(&user.self_signing_object())})
    };
    let given = json!({
        "user": ALICE,
        "master": canonical(&alice.master_object()),
        "self_signing": canonical(&alice.self_signing_object()),
        "user_signing": canonical(&alice.user_signing_object()),
        "other": BOB,
        "identities": {
            "first": identity(&User::bob(), false),
            "first, signed": identity(&User::bob(), true),
            "second": identity(&second(), false),
            "second, signed": identity(&second(), true),
        },
    });
    let bob = User::bob();
    let device = device_keys(
        &Account::drawn("identity bob device"),
        BOB,
        BOB_DEVICE,
        false,
    );
    let owner = json!({
        "user": BOB,
        "device": BOB_DEVICE,
        "master": canonical(&bob.master_object()),
        "self_signing": canonical(&bob.self_signing_object()),
        "objects": {
            "signed": canonical(&bob.sign_device(device.clone())),
            "not signed": canonical(&device),
        },
    });
    vec![
        Group::new(
            "another user's identity over time",
            "user-trust",
            given,
            lives(),
        ),
        Group::new("sessions", "session-trust", owner, sessions()),
    ]
}

/// Bob's other identity.
fn second() -> User {
    User::drawn(BOB, "identity bob anew")
}

const PINNED: &str = "pinned";
const PIN_VIOLATION: &str = "pin violation";
const VERIFIED: &str = "verified";
const VIOLATION: &str = "verification violation";

/// The rules, once more.
#[derive(Default)]
struct Life {
    own_verified: bool,
    pinned: Option<&'static str>,
    current: &'static str,
    signed: bool,
    was_verified: bool,
    steps: Vec<Step>,
}

impl Life {
    fn new(own_verified: bool) -> Self {
        Self {
            own_verified,
            ..Self::default()
        }
    }

    fn step(&mut self, operation: &str, inputs: Value, state: &str) {
        if self.own_verified && self.signed {
            self.was_verified = true;
            self.pinned = Some(self.current);
        }
        let found = if self.own_verified && self.signed {
            VERIFIED
        } else if self.was_verified {
            VIOLATION
        } else if self.pinned == Some(self.current) {
            PINNED
        } else {
            PIN_VIOLATION
        };
        assert_eq!(found, state, "what is written down is what the rules give");
        self.steps
            .push(Step::good(operation, inputs, json!({"state": state})));
    }

    /// An identity arrives: `first`, `first, signed`, …
    fn sees(mut self, name: &'static str, state: &str) -> Self {
        (self.current, self.signed) = match name.split_once(", ") {
            Some((identity, _)) => (identity, true),
            None => (name, false),
        };
        self.pinned.get_or_insert(self.current);
        self.step("identity", json!({"identity": name}), state);
        self
    }

    fn accepts(mut self, state: &str) -> Self {
        self.pinned = Some(self.current);
        self.step("accept", json!({}), state);
        self
    }

    fn withdraws(mut self, state: &str) -> Self {
        self.was_verified = false;
        self.pinned = Some(self.current);
        self.step("withdraw", json!({}), state);
        self
    }

    fn own(mut self, verified: bool, state: &str) -> Self {
        self.own_verified = verified;
        let operation = if verified {
            "own-verified"
        } else {
            "own-unverified"
        };
        self.step(operation, json!({}), state);
        self
    }

    /// Ends with the record as necturus stores it.
    fn case(mut self, id: &str, comment: &str, own_verified: bool) -> Case {
        let key = |name: Option<&str>| match name {
            Some("second") => second().master.public,
            _ => User::bob().master.public,
        };
        let flags = u8::from(self.was_verified) | if self.signed { 2 } else { 0 };
        let mut record = vec![1, flags];
        record.extend(key(self.pinned));
        record.extend(key(Some(self.current)));
        if self.signed {
            record.extend(User::alice().user_signing.public);
        }
        self.steps.push(Step::good(
            "trust-record",
            json!({}),
            json!({"record": hex(&record)}),
        ));
        Case::good(
            &format!("user-trust/{id}"),
            comment,
            json!({"own_verified": own_verified}),
            json!({}),
            &["identity-change"],
        )
        .with_steps(self.steps)
    }
}

fn lives() -> Vec<Case> {
    let verified = || Life::new(true);
    vec![
        verified().sees("first", PINNED).sees("first", PINNED).case(
            "unchanged",
            "a first meeting, and the same again",
            true,
        ),
        verified()
            .sees("first", PINNED)
            .sees("second", PIN_VIOLATION)
            .accepts(PINNED)
            .sees("first", PIN_VIOLATION)
            .case(
                "accepted",
                "a change is asked about; what is accepted is pinned",
                true,
            ),
        verified()
            .sees("first", PINNED)
            .sees("second", PIN_VIOLATION)
            .sees("first", PINNED)
            .case("changed-back", "the pin stays until it is moved", true),
        verified()
            .sees("first, signed", VERIFIED)
            .sees("second", VIOLATION)
            .accepts(VIOLATION)
            .withdraws(PINNED)
            .case(
                "violated-withdrawn",
                "accepting does not resolve a broken verification",
                true,
            ),
        verified()
            .sees("first", PINNED)
            .sees("first, signed", VERIFIED)
            .sees("second", VIOLATION)
            .sees("second, signed", VERIFIED)
            .case("verified-anew", "verifying anew resolves it", true),
        verified()
            .sees("first", PINNED)
            .sees("second", PIN_VIOLATION)
            .sees("second, signed", VERIFIED)
            .own(false, VIOLATION)
            .withdraws(PINNED)
            .case(
                "verifying-moves-the-pin",
                "a change that was verified is no question later",
                true,
            ),
        verified()
            .sees("first, signed", VERIFIED)
            .sees("first", VIOLATION)
            .sees("first, signed", VERIFIED)
            .case(
                "signature-gone",
                "our signature is withheld, and comes back",
                true,
            ),
        verified()
            .sees("first, signed", VERIFIED)
            .withdraws(VERIFIED)
            .sees("second", VIOLATION)
            .case("withdrawn-while-verified", "who is verified stays it", true),
        Life::new(false)
            .sees("first, signed", PINNED)
            .own(true, VERIFIED)
            .own(false, VIOLATION)
            .own(true, VERIFIED)
            .case(
                "own-identity",
                "our signature counts while our own identity is verified",
                false,
            ),
        Life::new(false)
            .sees("first, signed", PINNED)
            .sees("second", PIN_VIOLATION)
            .own(true, PIN_VIOLATION)
            .case(
                "never-verified",
                "replaced before our own identity was verified",
                false,
            ),
        Life::new(false)
            .sees("first", PINNED)
            .own(true, PINNED)
            .sees("first, signed", VERIFIED)
            .sees("second", VIOLATION)
            .withdraws(PINNED)
            .sees("second, signed", VERIFIED)
            .own(false, VIOLATION)
            .case("long", "all of it", false),
    ]
}

fn sessions() -> Vec<Case> {
    let account = Account::drawn("identity bob device");
    let keys = |account: &Account| json!({"ed25519": base64(&account.signer.public), "curve25519": base64(&account.identity.public)});
    let recorded = keys(&account);
    let inputs = |object: Option<&str>, state: Option<&str>, recorded: &Value| json!({"object": object, "state": state, "recorded": recorded});
    let mut cases = Vec::new();
    let states = [
        None,
        Some(PINNED),
        Some(PIN_VIOLATION),
        Some(VIOLATION),
        Some(VERIFIED),
    ];
    for state in states {
        for object in [None, Some("not signed"), Some("signed")] {
            let row = match (object, state) {
                (None, _) => "unknown device",
                (Some("not signed"), _) | (_, None) => "device info",
                (_, Some(VIOLATION)) => "verification violation",
                (_, Some(VERIFIED)) => "sender verified",
                _ => "sender unverified",
            };
            let id = format!(
                "session-trust/{}-{}",
                object.unwrap_or("no device"),
                state.unwrap_or("no identity")
            )
            .replace(' ', "-");
            cases.push(Case::good(
                &id,
                "a session that came directly, its device and the state of its user",
                inputs(object, state, &recorded),
                json!({"trust": row}),
                &[],
            ));
        }
    }
    let other = Account::drawn("identity other device");
    let mut half = [
        Account::drawn("identity bob device"),
        Account::drawn("identity bob device"),
    ];
    half[0].identity = Pair::drawn("identity moved");
    half[1].signer = other.signer.clone();
    for (id, comment, account) in [
        (
            "other-keys",
            "the device has other keys than those recorded",
            &other,
        ),
        (
            "other-curve25519",
            "it has another Curve25519 key",
            &half[0],
        ),
        ("other-ed25519", "it has another Ed25519 key", &half[1]),
    ] {
        cases.push(Case::bad(
            &format!("session-trust/{id}"),
            comment,
            inputs(Some("signed"), Some(VERIFIED), &keys(account)),
            "session-owner",
            &["unknown-key-share"],
        ));
    }
    cases
}
