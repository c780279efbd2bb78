//! vodozemac's structures as JSON, the members in its order.

use serde_json::{Value, json};

use crate::{
    megolm,
    olm::{Chain, Session},
    records::{Account, OneTimeKey},
};

/// The members stand in the order of vodozemac's structures.
pub(super) fn account_json(account: &Account, signing_key: Value) -> Value {
    let oldest_first = || account.one_time.iter().rev();
    let entries = |keys: Vec<(u32, [u8; 32])>| {
        Value::Object(
            keys.into_iter()
                .map(|(id, key)| (id.to_string(), json!(key)))
                .collect(),
        )
    };
    let public = oldest_first().filter(|key| !key.published);
    let fallback = |key: Option<&OneTimeKey>| {
        key.map(|key| json!({"key_id": key.id, "key": key.pair.secret, "published": key.published}))
    };
    json!({
        "signing_key": signing_key,
        "diffie_hellman_key": account.identity.secret,
        "one_time_keys": {
            "next_key_id": account.last_id + 1,
            "public_keys": entries(public.map(|key| (key.id, key.pair.public)).collect()),
            "private_keys": entries(oldest_first().map(|key| (key.id, key.pair.secret)).collect()),
        },
        "fallback_keys": {
            "key_id": account.last_id + 1,
            "fallback_key": fallback(account.fallback.first()),
            "previous_fallback_key": fallback(account.fallback.get(1)),
        },
    })
}

pub(super) fn normal(account: &Account) -> Value {
    json!({"Normal": account.signer.seed})
}

pub(super) fn expanded(bytes: &[u8]) -> Value {
    json!({"Expanded": bytes})
}

pub(super) fn session_json(session: &Session) -> Value {
    let indexed = |chain: &Chain| json!({"key": chain.key, "index": chain.next});
    let newest = session.receivers.first().map(|(key, _)| key);
    let sending = match &session.sender {
        Some((ratchet, chain)) => json!({
            "type": "active",
            "parent_ratchet_key": newest,
            "ratchet_count": {"Unknown": null},
            "active_ratchet": {"root_key": session.root, "ratchet_key": ratchet.secret},
            "symmetric_key_ratchet": indexed(chain),
        }),
        None => json!({
            "type": "inactive",
            "root_key": {"key": session.root},
            "ratchet_key": newest,
            "ratchet_count": {"Unknown": null},
        }),
    };
    let chains: Vec<Value> = session
        .receivers
        .iter()
        .rev()
        .map(|(ratchet_key, chain)| {
            let skipped: Vec<Value> = session
                .skipped
                .iter()
                .rev()
                .filter(|held| held.ratchet_key == *ratchet_key)
                .map(|held| json!({"key": held.key, "index": held.index}))
                .collect();
            json!({
                "ratchet_key": ratchet_key,
                "hkdf_ratchet": indexed(chain),
                "skipped_message_keys": {"inner": skipped},
                "ratchet_count": {"Unknown": null},
            })
        })
        .collect();
    let [identity, base, one_time] = session.keys;
    json!({
        "session_keys": {"identity_key": identity, "base_key": base, "one_time_key": one_time},
        "sending_ratchet": sending,
        "receiving_chains": {"inner": chains},
        "config": {"version": "V1"},
    })
}

fn ratchet_json(session: &megolm::Session) -> Value {
    json!({"inner": session.ratchet.parts.concat(), "counter": session.ratchet.index})
}

pub(super) fn outbound_json(session: &megolm::Session) -> Value {
    json!({
        "ratchet": ratchet_json(session),
        "signing_key": {"Normal": session.signer.seed},
        "config": {"version": "V1"},
    })
}

pub(super) fn inbound_json(session: &megolm::Session, verified: bool) -> Value {
    json!({
        "initial_ratchet": ratchet_json(session),
        "signing_key": session.signer.public,
        "signing_key_verified": verified,
        "config": {"version": "V1"},
    })
}

/// The value with the one at a path changed, or taken away.
pub(super) fn changed(mut value: Value, path: &str, to: Option<Value>) -> Value {
    let (parent, name) = path.rsplit_once('/').expect("a path");
    let place = value.pointer_mut(parent).expect("is there");
    match to {
        Some(to) => match name.parse::<usize>() {
            Ok(at) if place.is_array() => place[at] = to,
            _ => place[name] = to,
        },
        None => {
            place.as_object_mut().expect("an object").shift_remove(name);
        }
    }
    value
}
