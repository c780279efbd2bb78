//! Accounts and Olm sessions.

use necturus::{
    SessionVersion,
    olm::{Account, OlmMessage, PreKeyMessage, Session},
};
use necturus_interop_libolm as libolm;
use vodozemac::olm as vodo;

use crate::{
    floor::{self, KIB},
    random,
    row::{Peer, Row},
};

const TEXT: [u8; KIB] = [0x61; KIB];

pub(crate) fn rows() -> Vec<Row> {
    vec![
        account(),
        one_time_keys(),
        outbound(),
        inbound(),
        same_chain(),
        ping_pong(),
    ]
}

fn account() -> Row {
    Row::new("account", Some(1.0))
        .with(Peer::Necturus, || {
            Account::new_with(&mut rand::rng()).unwrap()
        })
        .with(Peer::Vodozemac, vodo::Account::new)
        .with(Peer::Libolm, || libolm::Account::new(&random(64)).unwrap())
        .with(Peer::Floor, || (floor::ed25519_key(), floor::x25519_key()))
}

fn one_time_keys() -> Row {
    Row::new("50 one-time keys", Some(1.2))
        .with_setup(
            Peer::Necturus,
            || Account::new().unwrap(),
            |mut account| {
                let keys = account
                    .generate_one_time_keys_with(&mut rand::rng(), 50)
                    .unwrap();
                (account, keys)
            },
        )
        .with_setup(Peer::Vodozemac, vodo::Account::new, |mut account| {
            let keys = account.generate_one_time_keys(50);
            (account, keys)
        })
        .with_setup(
            Peer::Libolm,
            || libolm::Account::new(&random(64)).unwrap(),
            |mut account| {
                account
                    .generate_one_time_keys(50, &random(50 * 32))
                    .unwrap();
                account
            },
        )
        .with(Peer::Floor, || floor::x25519_keys(50))
}

/// The keys that a session is started with, for all three.
struct Bob {
    necturus: Account,
    vodozemac: vodo::Account,
    libolm: libolm::Account,
}

impl Bob {
    fn new() -> Self {
        let mut necturus = Account::new().unwrap();
        necturus.generate_one_time_keys(1).unwrap();
        let mut vodozemac = vodo::Account::new();
        vodozemac.generate_one_time_keys(1);
        let mut libolm = libolm::Account::new(&random(64)).unwrap();
        libolm.generate_one_time_keys(1, &random(32)).unwrap();
        Self {
            necturus,
            vodozemac,
            libolm,
        }
    }

    fn libolm_keys(&self) -> (String, String) {
        let identity = self.libolm.identity_keys_json().unwrap();
        let one_time = self.libolm.one_time_keys_json().unwrap();
        (
            value(&identity, "/curve25519"),
            serde_json::from_str::<serde_json::Value>(&one_time).unwrap()["curve25519"]
                .as_object()
                .and_then(|keys| keys.values().next())
                .and_then(|key| key.as_str())
                .unwrap()
                .to_owned(),
        )
    }
}

fn value(json: &str, pointer: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    json.pointer(pointer)
        .and_then(|value| value.as_str())
        .unwrap()
        .to_owned()
}

fn necturus_outbound(alice: &Account, bob: &Account) -> Session {
    let one_time_key = bob.one_time_keys()[0].key;
    alice
        .outbound_session(
            SessionVersion::V1,
            &bob.identity_keys().curve25519,
            &one_time_key,
        )
        .unwrap()
}

fn vodozemac_outbound(alice: &vodo::Account, bob: &vodo::Account) -> vodo::Session {
    let one_time_key = *bob.one_time_keys().values().next().unwrap();
    alice
        .create_outbound_session(
            vodo::SessionConfig::version_1(),
            bob.curve25519_key(),
            one_time_key,
        )
        .unwrap()
}

fn outbound() -> Row {
    let bob = Bob::new();
    let (identity_key, one_time_key) = bob.libolm_keys();
    let libolm_alice = libolm::Account::new(&random(64)).unwrap();
    let Bob {
        necturus: necturus_bob,
        vodozemac: vodozemac_bob,
        ..
    } = bob;
    let necturus_alice = Account::new().unwrap();
    let vodozemac_alice = vodo::Account::new();
    let (theirs, ours) = (floor::x25519_secret(), floor::x25519_public());
    Row::new("outbound session", Some(1.0))
        .with(Peer::Necturus, move || {
            necturus_outbound(&necturus_alice, &necturus_bob)
        })
        .with(Peer::Vodozemac, move || {
            vodozemac_outbound(&vodozemac_alice, &vodozemac_bob)
        })
        .with(Peer::Libolm, move || {
            libolm::Session::outbound(&libolm_alice, &random(64), &identity_key, &one_time_key)
                .unwrap()
        })
        .with(Peer::Floor, move || {
            (
                [(); 2].map(|()| floor::x25519_key()),
                [(); 3].map(|()| floor::x25519(&theirs, &ours)),
            )
        })
}

fn pre_key(session: &mut Session) -> PreKeyMessage {
    let OlmMessage::PreKey(message) = session.encrypt(&TEXT).unwrap() else {
        panic!("a session that has heard nothing sends pre-key messages")
    };
    message
}

fn vodozemac_pre_key(session: &mut vodo::Session) -> vodo::PreKeyMessage {
    let vodo::OlmMessage::PreKey(message) = session.encrypt(TEXT).unwrap() else {
        panic!("a session that has heard nothing sends pre-key messages")
    };
    message
}

fn inbound() -> Row {
    let alices = (
        Account::new().unwrap(),
        vodo::Account::new(),
        libolm::Account::new(&random(64)).unwrap(),
    );
    let necturus_identity = alices.0.identity_keys().curve25519;
    let vodozemac_identity = alices.1.curve25519_key();
    let (theirs, ours) = (floor::x25519_secret(), floor::x25519_public());
    Row::new("inbound session and its first decrypt", Some(1.0))
        .with_setup(
            Peer::Necturus,
            move || {
                let bob = Bob::new().necturus;
                let message = pre_key(&mut necturus_outbound(&alices.0, &bob));
                (bob, message)
            },
            move |(mut bob, message)| {
                let pending = bob
                    .open(SessionVersion::V1, &necturus_identity, &message)
                    .unwrap();
                let session = pending.accept(&mut bob).unwrap();
                (bob, session)
            },
        )
        .with_setup(
            Peer::Vodozemac,
            move || {
                let bob = Bob::new().vodozemac;
                let message = vodozemac_pre_key(&mut vodozemac_outbound(&alices.1, &bob));
                (bob, message)
            },
            move |(mut bob, message)| {
                let session = bob
                    .create_inbound_session(
                        vodo::SessionConfig::version_1(),
                        vodozemac_identity,
                        &message,
                    )
                    .unwrap();
                (bob, session)
            },
        )
        .with_setup(
            Peer::Libolm,
            move || {
                let bob = Bob::new();
                let (identity_key, one_time_key) = bob.libolm_keys();
                let mut session =
                    libolm::Session::outbound(&alices.2, &random(64), &identity_key, &one_time_key)
                        .unwrap();
                let (_, body) = session.encrypt(TEXT, &[]).unwrap();
                (bob.libolm, body)
            },
            move |(mut bob, body)| {
                let mut session = libolm::Session::inbound(&mut bob, &body).unwrap();
                let text = session.decrypt(0, &body).unwrap();
                bob.remove_one_time_keys(&session).unwrap();
                (bob, session, text)
            },
        )
        .with(Peer::Floor, move || {
            [(); 3].map(|()| floor::x25519(&theirs, &ours))
        })
}

/// Two sessions that have heard of each other.
fn necturus_pair() -> (Session, Session) {
    let (alice, mut bob) = (Account::new().unwrap(), Bob::new().necturus);
    let mut ours = necturus_outbound(&alice, &bob);
    let message = pre_key(&mut ours);
    let pending = bob
        .open(
            SessionVersion::V1,
            &alice.identity_keys().curve25519,
            &message,
        )
        .unwrap();
    let (mut theirs, _) = pending.accept(&mut bob).unwrap();
    ours.decrypt(&theirs.encrypt(b"reply").unwrap()).unwrap();
    theirs.decrypt(&ours.encrypt(b"heard").unwrap()).unwrap();
    (ours, theirs)
}

fn vodozemac_pair() -> (vodo::Session, vodo::Session) {
    let (alice, mut bob) = (vodo::Account::new(), Bob::new().vodozemac);
    let mut ours = vodozemac_outbound(&alice, &bob);
    let message = vodozemac_pre_key(&mut ours);
    let mut theirs = bob
        .create_inbound_session(
            vodo::SessionConfig::version_1(),
            alice.curve25519_key(),
            &message,
        )
        .unwrap()
        .session;
    ours.decrypt(&theirs.encrypt(b"reply").unwrap()).unwrap();
    theirs.decrypt(&ours.encrypt(b"heard").unwrap()).unwrap();
    (ours, theirs)
}

fn libolm_send(from: &mut libolm::Session, to: &mut libolm::Session) -> Vec<u8> {
    let random = random(from.encrypt_random_length());
    let (kind, body) = from.encrypt(TEXT, &random).unwrap();
    to.decrypt(kind, body).unwrap()
}

fn libolm_pair() -> (libolm::Session, libolm::Session) {
    let alice = libolm::Account::new(&random(64)).unwrap();
    let bob = Bob::new();
    let (identity_key, one_time_key) = bob.libolm_keys();
    let mut bob = bob.libolm;
    let mut ours =
        libolm::Session::outbound(&alice, &random(64), &identity_key, &one_time_key).unwrap();
    let (_, body) = ours.encrypt(TEXT, &[]).unwrap();
    let mut theirs = libolm::Session::inbound(&mut bob, &body).unwrap();
    theirs.decrypt(0, &body).unwrap();
    libolm_send(&mut theirs, &mut ours);
    libolm_send(&mut ours, &mut theirs);
    (ours, theirs)
}

fn same_chain() -> Row {
    let (mut alice, mut bob) = necturus_pair();
    let (mut vodo_alice, mut vodo_bob) = vodozemac_pair();
    let (mut olm_alice, mut olm_bob) = libolm_pair();
    Row::new("Olm encrypt + decrypt 1 KiB, same chain", Some(3.3))
        .with(Peer::Necturus, move || {
            bob.decrypt(&alice.encrypt_with(&mut rand::rng(), &TEXT).unwrap())
                .unwrap()
        })
        .with(Peer::Vodozemac, move || {
            vodo_bob
                .decrypt(&vodo_alice.encrypt(TEXT).unwrap())
                .unwrap()
        })
        .with(Peer::Libolm, move || {
            libolm_send(&mut olm_alice, &mut olm_bob)
        })
        .with(Peer::Floor, || {
            (floor::olm_encrypt(KIB), floor::olm_decrypt(KIB))
        })
}

fn ping_pong() -> Row {
    let (mut alice, mut bob) = necturus_pair();
    let (mut vodo_alice, mut vodo_bob) = vodozemac_pair();
    let (mut olm_alice, mut olm_bob) = libolm_pair();
    let (theirs, ours) = (floor::x25519_secret(), floor::x25519_public());
    Row::new("Olm ping-pong, two messages with turns, 1 KiB", Some(1.03))
        .with(Peer::Necturus, move || {
            alice
                .decrypt(&bob.encrypt_with(&mut rand::rng(), &TEXT).unwrap())
                .unwrap();
            bob.decrypt(&alice.encrypt_with(&mut rand::rng(), &TEXT).unwrap())
                .unwrap()
        })
        .with(Peer::Vodozemac, move || {
            vodo_alice
                .decrypt(&vodo_bob.encrypt(TEXT).unwrap())
                .unwrap();
            vodo_bob
                .decrypt(&vodo_alice.encrypt(TEXT).unwrap())
                .unwrap()
        })
        .with(Peer::Libolm, move || {
            libolm_send(&mut olm_bob, &mut olm_alice);
            libolm_send(&mut olm_alice, &mut olm_bob)
        })
        .with(Peer::Floor, move || {
            (
                [(); 2].map(|()| {
                    (
                        floor::x25519_key(),
                        floor::olm_encrypt(KIB),
                        floor::olm_decrypt(KIB),
                    )
                }),
                [(); 4].map(|()| floor::x25519(&theirs, &ours)),
            )
        })
}
