//! One of everything that is parsed, and what uses of it there are.

use std::sync::LazyLock;

use necturus::{
    Curve25519SecretKey, SessionVersion,
    megolm::{InboundGroupSession, MegolmMessage, OutboundGroupSession},
    olm::{Account, OlmMessage, Session},
};

use crate::common::{
    envelope,
    rng::SeededRng,
    talk::{Pair, State, room},
};

/// One of everything, and how it looks at rest.
pub(crate) struct Samples {
    pub(crate) olm: Vec<OlmMessage>,
    pub(crate) megolm: Vec<MegolmMessage>,
    pub(crate) bytes: Vec<Vec<u8>>,
    pub(crate) texts: Vec<String>,
    pub(crate) libolm_states: Vec<Vec<u8>>,
    pub(crate) vodozemac_states: Vec<Vec<u8>>,
}

pub(crate) static SAMPLES: LazyLock<Samples> = LazyLock::new(|| {
    let mut pair = Pair::new(1);
    let late = pair.bob_says(b"late");
    pair.ping_pong();
    let olm = vec![
        OlmMessage::PreKey(pair.first.clone()),
        late,
        pair.bob_says(b"text"),
    ];
    let (mut outbound, inbound) = room(1, SessionVersion::V1);
    let megolm = vec![
        outbound.encrypt(b"text").unwrap(),
        outbound.encrypt(&[0; 200]).unwrap(),
    ];
    let account = &pair.bob;
    let pk = Curve25519SecretKey::from_bytes(&[8; 32]);
    let libolm = [
        account.to_libolm_pickle(&KEY).unwrap(),
        pair.alices.to_libolm_pickle(&KEY).unwrap(),
        pair.bobs.to_libolm_pickle(&KEY).unwrap(),
        outbound.to_libolm_pickle(&KEY).unwrap(),
        inbound.to_libolm_pickle(&KEY).unwrap(),
        pk.to_libolm_pk_decryption_pickle(&KEY),
    ];
    let vodozemac = [
        account.to_vodozemac_pickle(&KEY).unwrap(),
        pair.alices.to_vodozemac_pickle(&KEY).unwrap(),
        pair.bobs.to_vodozemac_pickle(&KEY).unwrap(),
        outbound.to_vodozemac_pickle(&KEY).unwrap(),
        inbound.to_vodozemac_pickle(&KEY).unwrap(),
    ];
    let open = |text: &String| envelope::open(text, &KEY);
    let session_key = outbound.session_key();
    let exported = inbound.export_at(300).unwrap();
    let mut bytes: Vec<_> = olm
        .iter()
        .map(|message| message.as_bytes().to_vec())
        .collect();
    bytes.extend(megolm.iter().map(|message| message.as_bytes().to_vec()));
    bytes.extend([
        session_key.to_bytes().to_vec(),
        exported.to_bytes().to_vec(),
    ]);
    bytes.push(account.identity_keys().ed25519.as_bytes().to_vec());
    bytes.extend([
        account.state(),
        pair.alices.state(),
        outbound.state(),
        inbound.state(),
    ]);
    let mut texts: Vec<_> = olm.iter().map(OlmMessage::to_base64).collect();
    texts.extend(megolm.iter().map(MegolmMessage::to_base64));
    texts.extend([
        session_key.to_base64().to_string(),
        exported.to_base64().to_string(),
    ]);
    texts.push(account.identity_keys().curve25519.to_base64());
    texts.push(account.sign(b"").to_base64());
    texts.push(account.one_time_keys()[0].id.to_base64());
    Samples {
        olm,
        megolm,
        bytes,
        texts,
        libolm_states: libolm.iter().map(open).collect(),
        vodozemac_states: vodozemac.iter().map(open).collect(),
    }
});

pub(crate) const KEY: [u8; 32] = [5; 32];

/// Imports as every kind of object; gives what it would be exported as.
pub(crate) fn import_libolm(text: &str) -> [Option<String>; 5] {
    [
        Account::from_libolm_pickle(text, &KEY)
            .ok()
            .and_then(|mut object| {
                use_account(&mut object);
                Account::from_libolm_pickle(text, &KEY)
                    .unwrap()
                    .to_libolm_pickle(&KEY)
                    .ok()
            }),
        Session::from_libolm_pickle(text, &KEY)
            .ok()
            .and_then(|object| {
                use_session(object.copy());
                object.to_libolm_pickle(&KEY).ok()
            }),
        OutboundGroupSession::from_libolm_pickle(text, &KEY)
            .ok()
            .and_then(|object| {
                use_outbound(object.copy());
                object.to_libolm_pickle(&KEY).ok()
            }),
        InboundGroupSession::from_libolm_pickle(text, &KEY)
            .ok()
            .and_then(|object| {
                use_inbound(object.copy());
                object.to_libolm_pickle(&KEY).ok()
            }),
        Curve25519SecretKey::from_libolm_pk_decryption_pickle(text, &KEY)
            .ok()
            .map(|object| object.to_libolm_pk_decryption_pickle(&KEY)),
    ]
}

pub(crate) fn import_vodozemac(text: &str) -> [Option<String>; 4] {
    [
        Account::from_vodozemac_pickle(text, &KEY)
            .ok()
            .and_then(|object| {
                use_account(&mut object.account.copy());
                object.account.to_vodozemac_pickle(&KEY).ok()
            }),
        Session::from_vodozemac_pickle(text, &KEY)
            .ok()
            .and_then(|object| {
                use_session(object.copy());
                object.to_vodozemac_pickle(&KEY).ok()
            }),
        OutboundGroupSession::from_vodozemac_pickle(text, &KEY)
            .ok()
            .and_then(|object| {
                use_outbound(object.copy());
                object.to_vodozemac_pickle(&KEY).ok()
            }),
        InboundGroupSession::from_vodozemac_pickle(text, &KEY)
            .ok()
            .and_then(|object| {
                use_inbound(object.copy());
                object.to_vodozemac_pickle(&KEY).ok()
            }),
    ]
}

// Whatever was imported can be used without a panic.

fn use_account(account: &mut Account) {
    let mut rng = SeededRng::new(1);
    let _ = account.generate_one_time_keys_with(&mut rng, 1);
    let _ = account.generate_fallback_key_with(&mut rng);
    account.mark_all_published();
    let _ = (
        account.one_time_keys_json(),
        account.fallback_key_json(),
        account.sign(b""),
    );
    let _ = (
        account.to_libolm_pickle(&KEY),
        account.to_vodozemac_pickle(&KEY),
    );
}

fn use_session(mut session: Session) {
    for message in &SAMPLES.olm {
        let _ = session.decrypt(message);
    }
    let _ = session.encrypt_with(&mut SeededRng::new(1), b"text");
    let _ = (session.describe(), session.copy());
    let _ = (
        session.to_libolm_pickle(&KEY),
        session.to_vodozemac_pickle(&KEY),
    );
}

fn use_outbound(mut session: OutboundGroupSession) {
    let _ = (session.encrypt(b"text"), session.encrypt(b"text"));
    let _ = (session.session_key().to_bytes(), session.copy());
    let _ = (
        session.to_libolm_pickle(&KEY),
        session.to_vodozemac_pickle(&KEY),
    );
}

fn use_inbound(mut session: InboundGroupSession) {
    for message in &SAMPLES.megolm {
        let _ = session.decrypt(message);
    }
    let _ = session.export_at(u32::MAX);
    session.forget_before(70_000);
    let _ = (
        session.compare(&session.copy()),
        session.export_at_first_known_index(),
    );
    let _ = (
        session.to_libolm_pickle(&KEY),
        session.to_vodozemac_pickle(&KEY),
    );
}
