//! A conversation, and the record of it from either side.

use serde_json::{Value, json};

use crate::{
    crypto::{Pair, array},
    draw::{draw, draw32},
    format::{Case, Step},
    olm::{Sent, Session},
    records::Account,
    text::{base64, hex},
};

pub(super) struct Talk {
    label: String,
    config: u8,
    alice_account: Account,
    bob_account: Account,
    outbound_random: Vec<u8>,
    pub(super) alice: Session,
    /// Worth something once he has read a message.
    pub(super) bob: Session,
    /// What Bob's case starts with: the first message, and what comes of it.
    first: Option<(Sent, bool)>,
    on_fallback: bool,
    alice_steps: Vec<Step>,
    bob_steps: Vec<Step>,
    randoms: u32,
}

impl Talk {
    pub(super) fn new(label: &str, config: u8) -> Self {
        Self::start(label, config, false)
    }

    pub(super) fn on_fallback(label: &str) -> Self {
        Self::start(label, 1, true)
    }

    fn start(label: &str, config: u8, on_fallback: bool) -> Self {
        let alice_account = Account::drawn(&format!("{label}: alice"));
        let mut bob_account = Account::drawn(&format!("{label}: bob"));
        bob_account.add_one_time(&draw(&format!("{label}: one-time"), 32));
        bob_account.add_fallback(&draw(&format!("{label}: fallback"), 32));
        bob_account.publish();
        let key = if on_fallback {
            &bob_account.fallback[0]
        } else {
            &bob_account.one_time[0]
        };
        let outbound_random = draw(&format!("{label}: outbound"), 64);
        let mut alice = Session::outbound(
            &alice_account.identity,
            &Pair::of(array(&outbound_random[..32])),
            Pair::of(array(&outbound_random[32..])),
            &bob_account.identity.public,
            &key.pair.public,
        );
        alice.version = config + 2;
        let bob = alice.other_side();
        Self {
            label: label.to_owned(),
            config,
            alice_account,
            bob_account,
            outbound_random,
            alice,
            bob,
            first: None,
            on_fallback,
            alice_steps: Vec::new(),
            bob_steps: Vec::new(),
            randoms: 0,
        }
    }

    /// The random bytes of the last message that drew some.
    pub(super) fn last_random(&self) -> [u8; 32] {
        draw32(&format!("{}: turn {}", self.label, self.randoms))
    }

    pub(super) fn alice_sends(&mut self, text: &[u8]) -> Sent {
        let draws = self.alice.draws();
        self.randoms += u32::from(draws);
        let random = self.last_random();
        let sent = self.alice.encrypt(&random, text);
        self.alice_steps.push(encrypted(&sent, draws, &random));
        sent
    }

    pub(super) fn bob_sends(&mut self, text: &[u8]) -> Sent {
        let draws = self.bob.draws();
        self.randoms += u32::from(draws);
        let random = self.last_random();
        let sent = self.bob.encrypt(&random, text);
        self.bob_steps.push(encrypted(&sent, draws, &random));
        sent
    }

    pub(super) fn alice_gets(&mut self, sent: &Sent) {
        self.alice.receive(sent);
        self.alice_steps.push(decrypted(sent));
    }

    pub(super) fn bob_gets(&mut self, sent: &Sent) {
        self.bob.receive(sent);
        if self.first.is_none() {
            self.first = Some((sent.clone(), self.on_fallback));
        } else {
            self.bob_steps.push(decrypted(sent));
        }
    }

    pub(super) fn alice_refuses(&mut self, sent: &Sent, error: &str) {
        self.alice_steps.push(refused(sent, error));
    }

    pub(super) fn bob_refuses(&mut self, sent: &Sent, error: &str) {
        self.bob_steps.push(refused(sent, error));
    }

    /// Bob's session takes a message, or not, as the plain one here would not.
    pub(super) fn bob_reads(&mut self, sent: &Sent) {
        self.bob_steps.push(decrypted(sent));
    }

    pub(super) fn bob_starts_again(&mut self, sent: &Sent, result: Result<&[u8], &str>) {
        let inputs = json!({"sender": self.sender(), "body": sent.body()});
        self.bob_steps.push(match result {
            Ok(text) => Step::good(
                "inbound-again",
                inputs,
                json!({"plaintext": hex(text), "session_id": self.bob.id()}),
            ),
            Err(error) => Step::bad("inbound-again", inputs, error),
        });
    }

    pub(super) fn bob_matches(&mut self, bytes: &[u8], matches: bool) {
        self.bob_steps.push(Step::good(
            "matches",
            json!({"body": base64(bytes)}),
            json!({"matches": matches}),
        ));
    }

    fn sender(&self) -> Value {
        json!(base64(&self.alice_account.identity.public))
    }

    pub(super) fn alices(self, id: &str, comment: &str, flags: &[&str]) -> Case {
        let keys = self.alice.keys;
        Case::good(
            &format!("olm-outbound/{id}"),
            comment,
            json!({
                "config": self.config,
                "account": hex(&self.alice_account.record()),
                "random": hex(&self.outbound_random),
                "identity_key": base64(&self.bob_account.identity.public),
                "one_time_key": base64(&keys[2]),
            }),
            json!({"session_id": self.alice.id()}),
            flags,
        )
        .with_steps(self.alice_steps)
    }

    pub(super) fn bobs(self, id: &str, comment: &str, flags: &[&str]) -> Case {
        let (first, fallback) = self.first.as_ref().expect("Bob has read something");
        Case::good(
            &format!("olm-inbound/{id}"),
            comment,
            json!({
                "config": self.config,
                "account": hex(&self.bob_account.record()),
                "sender": self.sender(),
                "body": first.body(),
            }),
            json!({
                "plaintext": hex(&first.text),
                "session_id": self.bob.id(),
                "used_fallback_key": fallback,
            }),
            flags,
        )
        .with_steps(self.bob_steps)
    }
}

fn encrypted(sent: &Sent, draws: bool, random: &[u8; 32]) -> Step {
    let random = if draws { hex(random) } else { String::new() };
    Step::good(
        "encrypt",
        json!({"random": random, "plaintext": hex(&sent.text)}),
        json!({"type": sent.kind, "body": sent.body()}),
    )
}

pub(super) fn decrypted(sent: &Sent) -> Step {
    Step::good(
        "decrypt",
        json!({"type": sent.kind, "body": sent.body()}),
        json!({"plaintext": hex(&sent.text)}),
    )
}

pub(super) fn refused(sent: &Sent, error: &str) -> Step {
    Step::bad(
        "decrypt",
        json!({"type": sent.kind, "body": sent.body()}),
        error,
    )
}
