//! Megolm sessions, to and from base64 as in a room event.

use ed25519_dalek::{Signer, SigningKey, Verifier};
use necturus::{
    SessionVersion,
    megolm::{InboundGroupSession, OutboundGroupSession},
};
use necturus_interop_libolm as libolm;
use vodozemac::megolm as vodo;

use crate::{
    floor, random,
    row::{Peer, Row},
};

pub(crate) fn rows() -> Vec<Row> {
    let sizes = [
        (100, "100 B", 1.0, 1.12),
        (1024, "1 KiB", 1.03, 1.1),
        (65_536, "64 KiB", 1.05, 1.15),
    ];
    let encrypts = sizes
        .iter()
        .map(|(length, name, encrypt, _)| self::encrypt(*length, name, *encrypt));
    let decrypts = sizes
        .iter()
        .map(|(length, name, _, decrypt)| self::decrypt(*length, name, *decrypt));
    encrypts.chain(decrypts).collect()
}

fn encrypt(length: usize, name: &str, must_reach: f64) -> Row {
    let text = vec![0x61; length];
    let [text2, text3] = [text.clone(), text.clone()];
    let mut necturus = OutboundGroupSession::new(SessionVersion::V1).unwrap();
    let mut vodozemac = vodo::GroupSession::new(vodo::SessionConfig::version_1());
    let mut libolm = libolm::OutboundGroupSession::new(&random(160)).unwrap();
    let key = SigningKey::from_bytes(&floor::x25519_secret());
    let signed = vec![0x61; length + 24];
    Row::new(format!("Megolm encrypt {name}"), Some(must_reach))
        .with(Peer::Necturus, move || {
            necturus.encrypt_base64(&text).unwrap()
        })
        .with(Peer::Vodozemac, move || {
            vodozemac.encrypt(&text2).to_base64()
        })
        .with(Peer::Libolm, move || libolm.encrypt(&text3).unwrap())
        .with(Peer::Floor, move || {
            (
                // HKDF of 128 bytes to 80, and one step of the ratchet.
                (
                    floor::hmac(128),
                    [(); 3].map(|()| floor::hmac(44)),
                    floor::hmac(1),
                ),
                (
                    floor::cbc_encrypt(length),
                    floor::hmac(length),
                    key.sign(&signed),
                ),
            )
        })
}

fn decrypt(length: usize, name: &str, must_reach: f64) -> Row {
    let text = vec![0x61; length];
    let mut necturus_sender = OutboundGroupSession::new(SessionVersion::V1).unwrap();
    let mut necturus = InboundGroupSession::new(&necturus_sender.session_key(), SessionVersion::V1);
    let mut vodozemac_sender = vodo::GroupSession::new(vodo::SessionConfig::version_1());
    let mut vodozemac = vodo::InboundGroupSession::new(
        &vodozemac_sender.session_key(),
        vodo::SessionConfig::version_1(),
    );
    let mut libolm_sender = libolm::OutboundGroupSession::new(&random(160)).unwrap();
    let mut libolm =
        libolm::InboundGroupSession::new(libolm_sender.session_key().unwrap()).unwrap();
    let key = SigningKey::from_bytes(&floor::x25519_secret());
    let public = key.verifying_key();
    let signed = vec![0x61; length + 24];
    let signature = key.sign(&signed);
    let [text2, text3] = [text.clone(), text.clone()];
    Row::new(format!("Megolm decrypt {name}"), Some(must_reach))
        .with_setup(
            Peer::Necturus,
            move || necturus_sender.encrypt(&text).unwrap().to_base64(),
            move |message| necturus.decrypt_base64(&message).unwrap(),
        )
        .with_setup(
            Peer::Vodozemac,
            move || vodozemac_sender.encrypt(&text2).to_base64(),
            move |message| {
                let message = vodo::MegolmMessage::from_base64(&message).unwrap();
                vodozemac.decrypt(&message).unwrap()
            },
        )
        .with_setup(
            Peer::Libolm,
            move || libolm_sender.encrypt(&text3).unwrap(),
            move |message| libolm.decrypt(message).unwrap(),
        )
        .with(Peer::Floor, move || {
            (
                public.verify(&signed, &signature),
                (
                    floor::hmac(128),
                    [(); 3].map(|()| floor::hmac(44)),
                    floor::hmac(1),
                ),
                (floor::cbc_decrypt(length), floor::hmac(length)),
            )
        })
}
