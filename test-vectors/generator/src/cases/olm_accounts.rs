//! Accounts from given random bytes.

use serde_json::{Value, json};

use crate::{
    draw::draw,
    format::{Case, File, Group, Step},
    records::{Account, STATE_KEY, seal},
    text::{base64, hex},
};

pub(crate) fn file() -> File {
    let maker = |id: &str, comment: &str| Maker::new(id, comment);
    let mut plain = maker(
        "new",
        "64 random bytes: Ed25519 seed, then Curve25519 private key",
    );
    plain.look();

    let mut one_time = maker("one-time-keys", "three one-time keys, of 32 bytes each");
    one_time.one_time_keys(3);
    one_time.look();
    one_time.publish();
    one_time.look();
    one_time.one_time_keys(1);
    one_time.look();

    let mut fallback = maker(
        "fallback-keys",
        "three fallback keys: the one before the previous one is forgotten",
    );
    for _ in 0..3 {
        fallback.fallback_key();
        fallback.look();
    }
    fallback.publish();
    fallback.look();

    let mut both = maker(
        "ids",
        "one-time and fallback keys share one counter, from 1",
    );
    both.fallback_key();
    both.one_time_keys(2);
    both.fallback_key();
    both.look();

    let mut full = maker("105-one-time-keys", "an account holds 100: the oldest go");
    full.one_time_keys(100);
    full.publish();
    full.one_time_keys(5);
    full.look();

    let cases = [plain, one_time, fallback, both, full].map(Maker::finish);
    File::new(
        "Olm accounts from given random bytes.",
        vec![Group::new(
            "accounts",
            "olm-account",
            json!({}),
            cases.into(),
        )],
    )
}

struct Maker {
    case: Case,
    account: Account,
    steps: Vec<Step>,
}

impl Maker {
    fn new(id: &str, comment: &str) -> Self {
        let random = draw(&format!("account {id}"), 64);
        let account = Account::of(&random);
        let case = Case::good(
            &format!("olm-account/{id}"),
            comment,
            json!({"random": hex(&random)}),
            json!({"identity_keys": format!(
                r#"{{"curve25519":"{}","ed25519":"{}"}}"#,
                base64(&account.identity.public),
                base64(&account.signer.public),
            )}),
            &[],
        );
        Self {
            case,
            account,
            steps: Vec::new(),
        }
    }

    fn random(&self, length: usize) -> Vec<u8> {
        draw(
            &format!("{} step {}", self.case.id, self.steps.len()),
            length,
        )
    }

    fn step(&mut self, operation: &str, inputs: Value, expected: Value) {
        self.steps.push(Step::good(operation, inputs, expected));
    }

    fn one_time_keys(&mut self, count: usize) {
        let random = self.random(32 * count);
        self.account.add_one_time(&random);
        let inputs = json!({"count": count, "random": hex(&random)});
        self.step("generate-one-time-keys", inputs, json!({}));
    }

    fn fallback_key(&mut self) {
        let random = self.random(32);
        self.account.add_fallback(&random);
        self.step(
            "generate-fallback-key",
            json!({"random": hex(&random)}),
            json!({}),
        );
    }

    fn publish(&mut self) {
        self.account.publish();
        self.step("mark-published", json!({}), json!({}));
    }

    /// What is to be published, a signature, and the whole state.
    fn look(&mut self) {
        let unpublished = self.account.one_time.iter().filter(|key| !key.published);
        let current = self.account.fallback.first();
        let one_time = keys_json(unpublished);
        let fallback = keys_json(current.into_iter());
        let fresh = keys_json(current.filter(|key| !key.published).into_iter());
        let message = b"message to sign";
        let signature = base64(&self.account.signer.sign(message));
        let pickle = seal(&self.account.record(), STATE_KEY);
        self.step(
            "published-keys",
            json!({}),
            json!({
                "one_time_keys": one_time,
                "fallback_key": fallback,
                "unpublished_fallback_key": fresh,
            }),
        );
        self.step(
            "sign",
            json!({"message": hex(message)}),
            json!({"signature": signature}),
        );
        self.step(
            "libolm-pickle",
            json!({"key": hex(STATE_KEY)}),
            json!({"pickle": pickle}),
        );
    }

    fn finish(self) -> Case {
        self.case.with_steps(self.steps)
    }
}

fn keys_json<'a>(keys: impl Iterator<Item = &'a crate::records::OneTimeKey>) -> String {
    let entries: Vec<String> = keys
        .map(|key| {
            let (id, public) = (key.id.to_be_bytes(), &key.pair.public);
            format!(r#""{}":"{}""#, base64(&id), base64(public))
        })
        .collect();
    format!(r#"{{"curve25519":{{{}}}}}"#, entries.join(","))
}
