//! The MACs of keys.

use core::slice::from_ref;

use serde_json::{Map, Value, json};

use super::{HKDF, Side, Talk, V2};
use crate::{
    crypto::{Signer, hkdf, hmac},
    format::{Case, Group},
    text::base64,
};

const METHODS: [&str; 4] = [
    V2,
    "org.matrix.msc3783.hkdf-hmac-sha256",
    "hkdf-hmac-sha256",
    "hmac-sha256",
];

pub(super) fn groups() -> Vec<Group> {
    let talk = Talk::new(HKDF);
    let checking = |method: &str| {
        let mut given = talk.given(false);
        given["mac"] = json!(method);
        given
    };
    vec![
        Group::new("MACs made", "sas-macs", talk.given(false), made(&talk)),
        Group::new(
            "MACs checked",
            "sas-check-macs",
            talk.given(false),
            good(&talk),
        ),
        Group::new(
            "MACs refused",
            "sas-check-macs",
            checking(V2),
            refused(&talk),
        ),
        Group::new(
            "not a mac message",
            "sas-check-macs",
            checking(V2),
            malformed(&talk),
        ),
    ]
}

/// libolm's base64 into the buffer that it reads from.
fn in_place(mac: [u8; 32]) -> String {
    let mut buffer = mac.to_vec();
    buffer.resize(43, 0);
    for group in 0..10 {
        let text = base64(&buffer[3 * group..3 * group + 3]);
        buffer[4 * group..4 * group + 4].copy_from_slice(text.as_bytes());
    }
    let text = base64(&buffer[30..32]);
    buffer[40..].copy_from_slice(text.as_bytes());
    String::from_utf8(buffer).expect("symbols")
}

impl Talk {
    /// The MAC of `input` under the name `id`.
    fn mac(&self, method: &str, sender: &Side, receiver: &Side, id: &str, input: &str) -> String {
        let names = [sender.user, sender.device, receiver.user, receiver.device].concat();
        let info = format!("MATRIX_KEY_VERIFICATION_MAC{names}{}{id}", self.flow);
        let length = if method == "hmac-sha256" { 256 } else { 32 };
        let key = hkdf(&[0; 32], &self.shared(), info.as_bytes(), length);
        let mac = hmac(&key, input.as_bytes());
        match method {
            "hkdf-hmac-sha256" | "hmac-sha256" => in_place(mac),
            _ => base64(&mac),
        }
    }

    /// A `mac` message of these keys, with the MAC of this list.
    fn content(&self, method: &str, by_starter: bool, keys: &[(String, &str)]) -> Value {
        let (sender, receiver) = if by_starter {
            (&self.starter, &self.accepter)
        } else {
            (&self.accepter, &self.starter)
        };
        let mut ids: Vec<&str> = keys.iter().map(|(id, _)| id.as_str()).collect();
        ids.sort_unstable();
        let macs: Map<String, Value> = keys
            .iter()
            .map(|(id, key)| {
                let mac = self.mac(method, sender, receiver, id, key);
                (id.clone(), mac.into())
            })
            .collect();
        let list = self.mac(method, sender, receiver, "KEY_IDS", &ids.join(","));
        json!({"mac": macs, "keys": list})
    }
}

fn device(side: &Side) -> (String, &str) {
    (format!("ed25519:{}", side.device), &side.key)
}

fn master(side: &Side) -> (String, &str) {
    (format!("ed25519:{}", side.master), &side.master)
}

fn made(talk: &Talk) -> Vec<Case> {
    let us = &talk.accepter;
    let mut cases = Vec::new();
    for method in METHODS {
        for vouches in [true, false] {
            let id = format!(
                "sas-macs/{}-{}",
                method.replace('.', "-"),
                if vouches { "both" } else { "device" }
            );
            let inputs = json!({"mac": method, "vouch_for_master": vouches});
            let comment = "device key, and the master key if it is vouched for";
            if method == "hmac-sha256" {
                let comment = "checked, never made";
                cases.push(Case::bad(&id, comment, inputs, "read-only", &["downgrade"]));
                continue;
            }
            let mut keys = vec![device(us)];
            if vouches {
                keys.push(master(us));
            }
            let mut content = talk.content(method, false, &keys);
            content["mac"].sort_all_objects();
            cases.push(Case::good(&id, comment, inputs, content, &[]));
        }
    }
    cases
}

fn good(talk: &Talk) -> Vec<Case> {
    let them = &talk.starter;
    let (device, master) = (device(them), master(them));
    let future = ("future:AAAA".to_owned(), "nothing that we know");
    let stranger = ("ed25519:OTHER".to_owned(), "nothing that we know");
    let (with_device, with_master) = (json!(them.key), json!(them.master));
    let expected = |keys: &[(&str, &Value)]| -> Value {
        keys.iter()
            .map(|(name, key)| ((*name).to_owned(), (*key).clone()))
            .collect::<Map<_, _>>()
            .into()
    };
    let both = expected(&[("device_key", &with_device), ("master_key", &with_master)]);
    let only_device = expected(&[("device_key", &with_device)]);
    let only_master = expected(&[("master_key", &with_master)]);
    let mut cases = Vec::new();
    let mut case = |id: &str, comment: &str, method: &str, keys: &[_], expected: &Value| {
        cases.push(Case::good(
            &format!("sas-check-macs/{id}"),
            comment,
            json!({"mac": method, "content": talk.content(method, true, keys).to_string()}),
            expected.clone(),
            &[],
        ));
    };
    for method in METHODS {
        let keys = [device.clone(), master.clone()];
        let id = method.replace('.', "-");
        case(&id, "device key and master key", method, &keys, &both);
    }
    let device_and = |other: &(String, &'static str)| [device.clone(), other.clone()];
    case(
        "device",
        "the device key alone",
        V2,
        from_ref(&device),
        &only_device,
    );
    case(
        "master",
        "the master key alone",
        V2,
        &[master],
        &only_master,
    );
    case(
        "stranger",
        "an unknown name is skipped",
        V2,
        &device_and(&stranger),
        &only_device,
    );
    case(
        "future",
        "an unknown algorithm is skipped",
        V2,
        &device_and(&future),
        &only_device,
    );
    cases
}

fn refused(talk: &Talk) -> Vec<Case> {
    let (them, us) = (&talk.starter, &talk.accepter);
    let (d, m) = (device(them), master(them));
    let good = talk.content(V2, true, &[d.clone(), m.clone()]);
    let one = talk.content(V2, true, from_ref(&d));
    let other_key = base64(&Signer::drawn("sas other").public);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut content = good.clone();
        change(&mut content);
        content
    };
    let flipped = |text: &Value| {
        let text = text.as_str().expect("a MAC");
        let first = if text.starts_with('A') { "B" } else { "A" };
        json!(format!("{first}{}", &text[1..]))
    };
    let other_flow = Talk {
        flow: "another",
        ..Talk::new(HKDF)
    };
    let stranger = ("ed25519:OTHER".to_owned(), "nothing that we know");
    let mac = "authentication.mac";
    let mut cases: Vec<Case> = [
        (
            "device-changed",
            "the device's MAC is another",
            changed(&|c| c["mac"][&d.0] = flipped(&c["mac"][&d.0])),
            mac,
        ),
        (
            "master-changed",
            "the master key's MAC is another",
            changed(&|c| c["mac"][&m.0] = flipped(&c["mac"][&m.0])),
            mac,
        ),
        (
            "list-changed",
            "the list's MAC is another",
            changed(&|c| c["keys"] = flipped(&c["keys"])),
            mac,
        ),
        (
            "device-other-key",
            "a MAC of another device key",
            talk.content(V2, true, &[(d.0.clone(), &other_key), m.clone()]),
            mac,
        ),
        (
            "master-other-key",
            "a MAC of another master key under this name",
            talk.content(V2, true, &[d.clone(), (m.0.clone(), &other_key)]),
            mac,
        ),
        (
            "taken-out",
            "a key is missing that the list has",
            changed(&|c| c["mac"] = one["mac"].clone()),
            mac,
        ),
        (
            "put-in",
            "a key that the list has not",
            json!({"mac": good["mac"], "keys": one["keys"]}),
            mac,
        ),
        (
            "swapped",
            "the MACs of the two keys have changed places",
            changed(&|c| {
                let (first, second) = (c["mac"][&d.0].clone(), c["mac"][&m.0].clone());
                c["mac"][&d.0] = second;
                c["mac"][&m.0] = first;
            }),
            mac,
        ),
        (
            "sent-back",
            "our own message comes back",
            talk.content(V2, false, &[device(us), master(us)]),
            mac,
        ),
        (
            "other-flow",
            "from another verification",
            other_flow.content(V2, true, from_ref(&d)),
            mac,
        ),
        (
            "old-base64",
            "right, but for the older method",
            talk.content("hkdf-hmac-sha256", true, from_ref(&d)),
            mac,
        ),
        (
            "short",
            "the first 30 bytes of the list's MAC",
            changed(&|c| c["keys"] = json!(good["keys"].as_str().expect("a MAC")[..40])),
            mac,
        ),
        (
            "not-base64",
            "no base64",
            changed(&|c| c["keys"] = json!("?")),
            mac,
        ),
        (
            "strangers",
            "unknown names alone",
            talk.content(V2, true, &[stranger]),
            "unknown-keys",
        ),
        (
            "nobody",
            "no key at all",
            talk.content(V2, true, &[]),
            "unknown-keys",
        ),
    ]
    .into_iter()
    .map(|(id, comment, content, error)| {
        let inputs = json!({"content": content.to_string()});
        Case::bad(
            &format!("sas-check-macs/{id}"),
            comment,
            inputs,
            error,
            &["mac"],
        )
    })
    .collect();
    // CVE-2022-39250.
    let mut named = them.json();
    named["device"] = json!(them.master);
    cases.push(Case::bad(
        "sas-check-macs/device-named-like-a-key",
        "the device is named like its user's master key: MACs of the one pass for the other's",
        json!({"theirs": named, "content": good.to_string()}),
        "device-name",
        &["unknown-key-share"],
    ));
    cases
}

fn malformed(talk: &Talk) -> Vec<Case> {
    let good = talk.content(V2, true, &[device(&talk.starter)]);
    let keys = &good["keys"];
    [
        ("empty", "no member", json!({})),
        ("no-list", "no MAC of the list", json!({"mac": good["mac"]})),
        ("no-macs", "no MACs", json!({"keys": keys})),
        (
            "list-number",
            "a number",
            json!({"mac": good["mac"], "keys": 1}),
        ),
        ("macs-array", "an array", json!({"mac": [], "keys": keys})),
        (
            "mac-number",
            "a MAC is a number",
            json!({"mac": {"ed25519:AAAA": 1}, "keys": keys}),
        ),
        (
            "mac-null",
            "a MAC is null",
            json!({"mac": {"ed25519:AAAA": null}, "keys": keys}),
        ),
    ]
    .into_iter()
    .map(|(id, comment, content)| {
        let inputs = json!({"content": content.to_string()});
        let id = format!("sas-check-macs/malformed-{id}");
        Case::bad(&id, comment, inputs, "content", &["json"])
    })
    .collect()
}
