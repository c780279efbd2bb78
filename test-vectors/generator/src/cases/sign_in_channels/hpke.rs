//! HPKE.

use serde_json::{Value, json};

use super::flipped;
use crate::{
    channel::{From, Hpke, INITIATE, OK, PREFIX, derive_pair},
    crypto::Pair,
    draw::draw32,
    format::{Case, Group, Step},
    text::{base64, hex},
};

const PLACES: [&[u8]; 3] = [b"first", b"second", b""];

struct World {
    random_s: [u8; 32],
    random_g: Vec<u8>,
    g: Pair,
    settings: (&'static str, &'static str),
    channel: Hpke,
}

fn world(label: &str, prefix: &'static str, response_label: &'static str) -> World {
    let random_s = draw32(&format!("hpke {label} s"));
    let random_g = draw32(&format!("hpke {label} g"));
    let nonce = draw32(&format!("hpke {label} nonce"));
    let (s, g) = (derive_pair(&random_s), derive_pair(&random_g));
    World {
        channel: Hpke::new(prefix, response_label, &s, &g, nonce),
        random_s,
        random_g: [random_g, nonce].concat(),
        g,
        settings: (prefix, response_label),
    }
}

impl World {
    fn initiate(&self) -> String {
        base64(&self.channel.first(From::S, INITIATE, PLACES[0]))
    }

    fn ok(&self) -> String {
        base64(&self.channel.first(From::G, OK, PLACES[1]))
    }

    fn g_gets(&self, initiate: &str, code: &str) -> Value {
        json!({
            "prefix": self.settings.0, "response_label": self.settings.1,
            "random": hex(&self.random_g), "associated": hex(PLACES[0]),
            "ok_associated": hex(PLACES[1]), "initiate": initiate, "check_code": code,
        })
    }

    fn s_gets(&self, key: &[u8; 32], ok: &str) -> Value {
        json!({
            "prefix": self.settings.0, "response_label": self.settings.1,
            "random": hex(&self.random_s), "associated": hex(PLACES[0]),
            "ok_associated": hex(PLACES[1]), "public_key": base64(key), "ok": ok,
        })
    }

    fn steps(&self, us: From, them: From) -> Vec<Step> {
        let message =
            |number, text: &[u8], place: &[u8]| self.channel.message(them, number, text, place);
        let refuse = |body: String, place: &[u8], class| {
            Step::bad(
                "open",
                json!({"body": body, "associated": hex(place)}),
                class,
            )
        };
        let open = |number, text: &[u8], place: &[u8]| {
            let inputs = json!({"body": message(number, text, place), "associated": hex(place)});
            Step::good("open", inputs, json!({"plaintext": hex(text)}))
        };
        let seal = |number, text: &[u8], place: &[u8]| {
            let body = self.channel.message(us, number, text, place);
            let inputs = json!({"plaintext": hex(text), "associated": hex(place)});
            Step::good("seal", inputs, json!({"body": body}))
        };
        let (one, two) = (b"{\"type\":\"m.login.success\"}".as_slice(), b"second");
        let place = b"here".as_slice();
        let sealed = self.channel.sealed(them, 1, one, place);
        vec![
            seal(1, one, place),
            seal(2, b"", b""),
            refuse(
                self.channel.message(us, 1, one, place),
                place,
                "authentication.mac",
            ),
            refuse(message(2, two, place), place, "authentication.mac"),
            refuse(message(1, one, place), b"there", "authentication.mac"),
            refuse(
                base64(&flipped(sealed.clone(), 0)),
                place,
                "authentication.mac",
            ),
            refuse(
                base64(&sealed[..sealed.len() - 1]),
                place,
                "authentication.mac",
            ),
            refuse(base64(&sealed[..15]), place, "format.truncated"),
            refuse(format!("{}=", base64(&sealed)), place, "format.base64"),
            open(1, one, place),
            refuse(message(1, one, place), place, "authentication.mac"),
            open(2, two, b""),
            open(3, b"", b"there"),
            seal(3, two, place),
        ]
    }
}

pub(super) fn groups() -> Vec<Group> {
    let group = |name: &str, operation: &str, cases| Group::new(name, operation, json!({}), cases);
    vec![
        group("HPKE: the device that scanned", "hpke-scan", scan()),
        group(
            "HPKE: the device that was scanned",
            "hpke-receive",
            receive(),
        ),
    ]
}

const SETTINGS: [(&str, &str, &str); 3] = [
    ("good", PREFIX, "_RESPONSE"),
    ("proposal-label", PREFIX, " response"),
    ("other-prefix", "NECTURUS_TEST", "_RESPONSE"),
];

fn scan() -> Vec<Case> {
    let mut cases = Vec::new();
    for (id, prefix, label) in SETTINGS {
        let world = world(id, prefix, label);
        let expected = json!({
            "initiate": world.initiate(), "check_code": world.channel.check_code,
        });
        cases.push(
            Case::good(
                &format!("hpke-scan/{id}"),
                "a whole channel",
                world.s_gets(&world.g.public, &world.ok()),
                expected,
                &[],
            )
            .with_steps(world.steps(From::S, From::G)),
        );
    }
    let world = world("good", PREFIX, "_RESPONSE");
    let first = |text| world.channel.first(From::G, text, PLACES[1]);
    let bad = |id: &str, comment: &str, ok: Vec<u8>, class: &str| {
        let inputs = world.s_gets(&world.g.public, &base64(&ok));
        Case::bad(&format!("hpke-scan/{id}"), comment, inputs, class, &[])
    };
    cases.extend([
        bad(
            "other-text",
            "the answer says something else",
            first(b"hello"),
            "unexpected-text",
        ),
        bad(
            "other-place",
            "other associated data",
            world.channel.first(From::G, OK, PLACES[2]),
            "authentication.mac",
        ),
        bad(
            "reflected",
            "S's own message",
            world.channel.first(From::S, INITIATE, PLACES[0]),
            "authentication.mac",
        ),
        bad(
            "flipped-nonce",
            "one bit of the nonce changed",
            flipped(first(OK), 31),
            "authentication.mac",
        ),
        bad(
            "flipped",
            "one bit of the text changed",
            flipped(first(OK), 32),
            "authentication.mac",
        ),
        bad(
            "no-text",
            "no room for a tag",
            first(OK)[..47].to_vec(),
            "format.truncated",
        ),
        bad(
            "short",
            "no room for the nonce",
            vec![0; 31],
            "format.truncated",
        ),
        bad("empty", "nothing", Vec::new(), "format.truncated"),
        Case::bad(
            "hpke-scan/zero-key",
            "a key of small order in the QR code",
            world.s_gets(&[0; 32], &world.ok()),
            "key.small-order",
            &[],
        ),
    ]);
    cases
}

fn receive() -> Vec<Case> {
    let mut cases = Vec::new();
    for (id, prefix, label) in SETTINGS {
        let world = world(id, prefix, label);
        cases.push(
            Case::good(
                &format!("hpke-receive/{id}"),
                "a whole channel",
                world.g_gets(&world.initiate(), &world.channel.check_code),
                json!({"ok": world.ok()}),
                &[],
            )
            .with_steps(world.steps(From::G, From::S)),
        );
    }
    let world = world("good", PREFIX, "_RESPONSE");
    let code = world.channel.check_code.as_str();
    let first = |text| world.channel.first(From::S, text, PLACES[0]);
    let bad = |id: &str, comment: &str, initiate: Vec<u8>, class: &str| {
        let inputs = world.g_gets(&base64(&initiate), code);
        Case::bad(&format!("hpke-receive/{id}"), comment, inputs, class, &[])
    };
    let zero = [&[0; 32], &first(INITIATE)[32..]].concat();
    cases.extend([
        bad(
            "other-text",
            "says something else",
            first(b"hello"),
            "unexpected-text",
        ),
        bad(
            "other-place",
            "other associated data",
            world.channel.first(From::S, INITIATE, PLACES[1]),
            "authentication.mac",
        ),
        bad("zero-key", "a key of small order", zero, "key.small-order"),
        bad(
            "flipped-key",
            "one bit of the key changed",
            flipped(first(INITIATE), 0),
            "authentication.mac",
        ),
        bad(
            "flipped",
            "one bit of the text changed",
            flipped(first(INITIATE), 32),
            "authentication.mac",
        ),
        bad(
            "no-text",
            "no room for a tag",
            first(INITIATE)[..47].to_vec(),
            "format.truncated",
        ),
        bad(
            "short",
            "no room for the key",
            vec![0; 31],
            "format.truncated",
        ),
        bad(
            "too-long",
            "more than a rendezvous carries",
            vec![1; 3073],
            "format.too-long",
        ),
    ]);
    for (id, typed) in [("wrong-code", "xx"), ("no-code", ""), ("long-code", "100")] {
        cases.push(Case::bad(
            &format!("hpke-receive/{id}"),
            "the user typed another code",
            world.g_gets(&world.initiate(), typed),
            "check-code",
            &[],
        ));
    }
    cases
}
