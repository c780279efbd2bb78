//! ECIES.

use serde_json::{Value, json};

use super::flipped;
use crate::{
    channel::{Ecies, From, INITIATE, OK, PREFIX},
    crypto::Pair,
    format::{Case, Group, Step},
    text::{base64, hex},
};

struct World {
    s: Pair,
    g: Pair,
    prefix: &'static str,
    channel: Ecies,
}

fn world(label: &str, prefix: &'static str) -> World {
    let s = Pair::drawn(&format!("ecies {label} s"));
    let g = Pair::drawn(&format!("ecies {label} g"));
    let channel = Ecies::new(prefix, &s, &g);
    World {
        s,
        g,
        prefix,
        channel,
    }
}

impl World {
    fn ok(&self) -> String {
        self.channel.message(From::G, 0, OK)
    }

    fn g_gets(&self, initiate: &str, code: &str) -> Value {
        json!({
            "prefix": self.prefix, "random": hex(&self.g.secret),
            "initiate": initiate, "check_code": code,
        })
    }

    fn s_gets(&self, ok: &str) -> Value {
        json!({
            "prefix": self.prefix, "random": hex(&self.s.secret),
            "public_key": base64(&self.g.public), "ok": ok,
        })
    }

    fn steps(&self, us: From, them: From) -> Vec<Step> {
        let message = |number, text: &[u8]| self.channel.message(them, number, text);
        let refuse = |body: String, class| Step::bad("open", json!({"body": body}), class);
        let open = |number, text: &[u8]| {
            let body = message(number, text);
            Step::good(
                "open",
                json!({"body": body}),
                json!({"plaintext": hex(text)}),
            )
        };
        let seal = |number, text: &[u8]| {
            let body = self.channel.message(us, number, text);
            Step::good(
                "seal",
                json!({"plaintext": hex(text)}),
                json!({"body": body}),
            )
        };
        let (one, two) = (b"{\"type\":\"m.login.success\"}".as_slice(), b"second");
        let sealed = self.channel.sealed(them, 1, one);
        vec![
            seal(1, one),
            seal(2, b""),
            // Ours, the next but one, and the one before.
            refuse(self.channel.message(us, 1, one), "authentication.mac"),
            refuse(message(2, two), "authentication.mac"),
            refuse(self.channel.message(them, 0, OK), "authentication.mac"),
            refuse(base64(&flipped(sealed.clone(), 0)), "authentication.mac"),
            refuse(
                base64(&flipped(sealed.clone(), sealed.len() - 1)),
                "authentication.mac",
            ),
            refuse(base64(&sealed[..sealed.len() - 1]), "authentication.mac"),
            refuse(base64(&sealed[..15]), "format.truncated"),
            refuse(String::new(), "format.truncated"),
            refuse(format!("{}=", base64(&sealed)), "format.base64"),
            refuse("A".repeat(4097), "format.too-long"),
            open(1, one),
            refuse(message(1, one), "authentication.mac"),
            open(2, two),
            open(3, b""),
            seal(3, two),
        ]
    }
}

pub(super) fn groups() -> Vec<Group> {
    let group = |name: &str, operation: &str, cases| Group::new(name, operation, json!({}), cases);
    vec![
        group("ECIES: the device that scanned", "ecies-scan", scan()),
        group(
            "ECIES: the device that was scanned",
            "ecies-receive",
            receive(),
        ),
    ]
}

fn scan() -> Vec<Case> {
    let mut cases = Vec::new();
    for (id, prefix) in [("good", PREFIX), ("other-prefix", "NECTURUS_TEST")] {
        let world = world(id, prefix);
        let expected = json!({
            "initiate": world.channel.first(INITIATE), "check_code": world.channel.check_code,
        });
        cases.push(
            Case::good(
                &format!("ecies-scan/{id}"),
                "a whole channel",
                world.s_gets(&world.ok()),
                expected,
                &[],
            )
            .with_steps(world.steps(From::S, From::G)),
        );
    }
    let world = world("good", PREFIX);
    let sealed = world.channel.sealed(From::G, 0, OK);
    let bad = |id: &str, comment: &str, ok: String, class: &str| {
        Case::bad(
            &format!("ecies-scan/{id}"),
            comment,
            world.s_gets(&ok),
            class,
            &[],
        )
    };
    cases.extend([
        bad(
            "other-text",
            "the answer says something else",
            world.channel.message(From::G, 0, b"hello"),
            "unexpected-text",
        ),
        bad(
            "initiate-as-answer",
            "the answer says what S said",
            world.channel.message(From::G, 0, INITIATE),
            "unexpected-text",
        ),
        bad(
            "reflected",
            "S's own message",
            world.channel.message(From::S, 0, INITIATE),
            "authentication.mac",
        ),
        bad(
            "second",
            "G counts from one, as the proposal's text has it",
            world.channel.message(From::G, 1, OK),
            "authentication.mac",
        ),
        bad(
            "flipped",
            "one bit changed",
            base64(&flipped(sealed.clone(), 3)),
            "authentication.mac",
        ),
        bad(
            "truncated",
            "no room for a tag",
            base64(&sealed[..8]),
            "format.truncated",
        ),
        bad(
            "padded",
            "padding",
            format!("{}=", base64(&sealed)),
            "format.base64",
        ),
        Case::bad(
            "ecies-scan/zero-key",
            "a key of small order in the QR code",
            json!({
                "prefix": PREFIX, "random": hex(&world.s.secret),
                "public_key": base64(&[0; 32]), "ok": world.ok(),
            }),
            "key.small-order",
            &[],
        ),
    ]);
    cases
}

fn receive() -> Vec<Case> {
    let mut cases = Vec::new();
    for (id, prefix) in [("good", PREFIX), ("other-prefix", "NECTURUS_TEST")] {
        let world = world(id, prefix);
        let initiate = world.channel.first(INITIATE);
        cases.push(
            Case::good(
                &format!("ecies-receive/{id}"),
                "a whole channel",
                world.g_gets(&initiate, &world.channel.check_code),
                json!({"ok": world.ok()}),
                &[],
            )
            .with_steps(world.steps(From::G, From::S)),
        );
    }
    let world = world("good", PREFIX);
    let code = world.channel.check_code.as_str();
    let sealed = world.channel.sealed(From::S, 0, INITIATE);
    let key = base64(&world.s.public);
    let good = world.channel.first(INITIATE);
    let bad = |id: &str, comment: &str, initiate: &str, class: &str| {
        let inputs = world.g_gets(initiate, code);
        Case::bad(&format!("ecies-receive/{id}"), comment, inputs, class, &[])
    };
    let with_key = |key: &str| format!("{}|{key}", base64(&sealed));
    cases.extend([
        bad(
            "other-text",
            "says something else",
            &world.channel.first(b"hello"),
            "unexpected-text",
        ),
        bad(
            "ok-as-first",
            "says what G says",
            &world.channel.first(OK),
            "unexpected-text",
        ),
        bad(
            "no-separator",
            "no `|`",
            &base64(&sealed),
            "format.separator",
        ),
        bad(
            "short-key",
            "a key of 31 bytes",
            &with_key(&base64(&world.s.public[1..])),
            "format.length",
        ),
        bad(
            "padded-key",
            "a key with padding",
            &with_key(&format!("{key}=")),
            "format.base64",
        ),
        bad(
            "two-separators",
            "something behind the key",
            &format!("{good}|"),
            "format.base64",
        ),
        bad(
            "zero-key",
            "a key of small order",
            &with_key(&base64(&[0; 32])),
            "key.small-order",
        ),
        bad(
            "one-key",
            "the key 1, of small order",
            &with_key(&base64(&one())),
            "key.small-order",
        ),
        bad(
            "other-key",
            "somebody else's key",
            &with_key(&base64(&world.g.public)),
            "authentication.mac",
        ),
        bad(
            "top-bit",
            "another encoding of the same key",
            &with_key(&base64(&top_bit(world.s.public))),
            "authentication.mac",
        ),
        bad(
            "flipped",
            "one bit changed",
            &format!("{}|{key}", base64(&flipped(sealed.clone(), 0))),
            "authentication.mac",
        ),
        bad(
            "truncated",
            "no room for a tag",
            &format!("AAAA|{key}"),
            "format.truncated",
        ),
        bad(
            "padded",
            "padding",
            &format!("{}=|{key}", base64(&sealed)),
            "format.base64",
        ),
        bad(
            "too-long",
            "more than a rendezvous carries",
            &format!("{}|{key}", "A".repeat(4096)),
            "format.too-long",
        ),
    ]);
    for (id, typed) in [("wrong-code", "xx"), ("no-code", ""), ("long-code", "000")] {
        cases.push(Case::bad(
            &format!("ecies-receive/{id}"),
            "the user typed another code",
            world.g_gets(&good, typed),
            "check-code",
            &[],
        ));
    }
    cases
}

fn one() -> [u8; 32] {
    let mut key = [0; 32];
    key[0] = 1;
    key
}

fn top_bit(mut key: [u8; 32]) -> [u8; 32] {
    key[31] |= 0x80;
    key
}
