//! An end of an established channel, ours or vodozemac's, of either kind.

use necturus::{
    Curve25519PublicKey,
    channel::{
        PREFIX, ecies,
        hpke::{self, AssociatedData, Settings},
    },
};
use vodozemac::{ecies as their_ecies, hpke as their_hpke};

use crate::common::rng::SeededRng;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ecies,
    Hpke,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    Ours,
    Vodozemac,
}

pub(crate) enum End {
    Ecies(ecies::Channel),
    Hpke(hpke::Channel),
    TheirEcies(their_ecies::EstablishedEcies),
    TheirHpke(their_hpke::EstablishedHpkeChannel),
}

impl End {
    pub(crate) fn seal(&mut self, plaintext: &[u8], associated: &[u8]) -> String {
        match self {
            Self::Ecies(channel) => channel.seal(plaintext).unwrap(),
            Self::Hpke(channel) => channel.seal(plaintext, &data(associated)).unwrap(),
            Self::TheirEcies(channel) => channel.encrypt(plaintext).encode(),
            Self::TheirHpke(channel) => channel.seal(plaintext, associated).encode(),
        }
    }

    pub(crate) fn open(&mut self, message: &str, associated: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Ecies(channel) => channel.open(message).ok().map(|text| text.to_vec()),
            Self::Hpke(channel) => channel
                .open(message, &data(associated))
                .ok()
                .map(|text| text.to_vec()),
            Self::TheirEcies(channel) => channel
                .decrypt(&their_ecies::Message::decode(message).ok()?)
                .ok(),
            Self::TheirHpke(channel) => channel
                .open(&their_hpke::Message::decode(message).ok()?, associated)
                .ok(),
        }
    }

    /// A message that vodozemac's ECIES channel cannot open breaks it for good.
    pub(crate) fn survives_refusing(&self) -> bool {
        !matches!(self, Self::TheirEcies(_))
    }
}

fn data(bytes: &[u8]) -> AssociatedData {
    AssociatedData::from_bytes(bytes)
}

fn theirs(key: Curve25519PublicKey) -> vodozemac::Curve25519PublicKey {
    vodozemac::Curve25519PublicKey::from_bytes(*key.as_bytes())
}

fn ours(key: vodozemac::Curve25519PublicKey) -> Curve25519PublicKey {
    Curve25519PublicKey::from_bytes(key.to_bytes())
}

const INITIATE: &[u8] = b"MATRIX_QR_CODE_LOGIN_INITIATE";
const OK: &[u8] = b"MATRIX_QR_CODE_LOGIN_OK";

/// S and G, established with each other.
pub(crate) fn establish(kind: Kind, s: Library, g: Library, seed: u64) -> (End, End) {
    let mut rng = SeededRng::new(seed);
    match (kind, s, g) {
        (Kind::Ecies, s, g) => ecies_pair(s, g, &mut rng),
        (Kind::Hpke, s, g) => hpke_pair(s, g, &mut rng),
    }
}

fn ecies_pair(s: Library, g: Library, rng: &mut SeededRng) -> (End, End) {
    let g = match g {
        Library::Ours => Ok(ecies::ShownKey::new_with(rng, PREFIX).unwrap()),
        Library::Vodozemac => Err(their_ecies::Ecies::new()),
    };
    let key = match &g {
        Ok(ours) => ours.public_key(),
        Err(theirs) => ours(theirs.public_key()),
    };
    let (s, initiate) = match s {
        Library::Ours => {
            let (s, initiate) = ecies::scan_with(rng, &key, PREFIX).unwrap();
            (Ok(s), initiate)
        }
        Library::Vodozemac => {
            let made = their_ecies::Ecies::new()
                .establish_outbound_channel(theirs(key), INITIATE)
                .unwrap();
            (Err(made.ecies), made.message.encode())
        }
    };
    let (g, ok) = match g {
        Ok(g) => {
            let (g, ok) = g.receive(&initiate).unwrap();
            (Ok(g), ok)
        }
        Err(g) => {
            let initiate = their_ecies::InitialMessage::decode(&initiate).unwrap();
            let mut made = g.establish_inbound_channel(&initiate).unwrap();
            assert_eq!(made.message, INITIATE);
            let ok = made.ecies.encrypt(OK).encode();
            (Err(made.ecies), ok)
        }
    };
    let (s, code) = match s {
        Ok(s) => {
            let showing = s.receive(&ok).unwrap();
            let code = showing.check_code().to_string();
            (End::Ecies(showing.code_shown()), code)
        }
        Err(mut s) => {
            let ok = their_ecies::Message::decode(&ok).unwrap();
            assert_eq!(s.decrypt(&ok).unwrap(), OK);
            let code = their_ecies_code(s.check_code());
            (End::TheirEcies(s), code)
        }
    };
    let g = match g {
        Ok(g) => End::Ecies(g.confirm(&code).unwrap()),
        Err(g) => {
            assert_eq!(their_ecies_code(g.check_code()), code);
            End::TheirEcies(g)
        }
    };
    (s, g)
}

fn hpke_pair(s: Library, g: Library, rng: &mut SeededRng) -> (End, End) {
    let settings = Settings::default();
    let (first, second) = (b"first".as_slice(), b"second".as_slice());
    let g = match g {
        Library::Ours => Ok(hpke::ShownKey::new_with(rng, &settings).unwrap()),
        Library::Vodozemac => Err(their_hpke::HpkeRecipientChannel::new()),
    };
    let key = match &g {
        Ok(ours) => ours.public_key(),
        Err(theirs) => ours(theirs.public_key()),
    };
    let (s, initiate) = match s {
        Library::Ours => {
            let (s, initiate) = hpke::scan_with(rng, &key, &settings, &data(first)).unwrap();
            (Ok(s), initiate)
        }
        Library::Vodozemac => {
            let made = their_hpke::HpkeSenderChannel::new()
                .establish_channel(theirs(key), INITIATE, first)
                .unwrap();
            (Err(made.channel), made.message.encode())
        }
    };
    let (g, ok) = match g {
        Ok(g) => {
            let (g, ok) = g.receive(&initiate, &data(first), &data(second)).unwrap();
            (Ok(g), ok)
        }
        Err(g) => {
            let initiate = their_hpke::InitialMessage::decode(&initiate).unwrap();
            let made = g.establish_channel(&initiate, first).unwrap();
            assert_eq!(made.message, INITIATE);
            let made = made.channel.establish_bidirectional_channel(OK, second);
            (Err(made.channel), made.message.encode())
        }
    };
    let (s, code) = match s {
        Ok(s) => {
            let showing = s.receive(&ok, &data(second)).unwrap();
            let code = showing.check_code().to_string();
            (End::Hpke(showing.code_shown()), code)
        }
        Err(s) => {
            let ok = their_hpke::InitialResponse::decode(&ok).unwrap();
            let made = s.establish_bidirectional_channel(&ok, second).unwrap();
            assert_eq!(made.message, OK);
            let code = their_hpke_code(made.channel.check_code());
            (End::TheirHpke(made.channel), code)
        }
    };
    let g = match g {
        Ok(g) => End::Hpke(g.confirm(&code).unwrap()),
        Err(g) => {
            assert_eq!(their_hpke_code(g.check_code()), code);
            End::TheirHpke(g)
        }
    };
    (s, g)
}

fn their_ecies_code(code: &their_ecies::CheckCode) -> String {
    format!(
        "{:02}",
        code.to_digit(their_ecies::DigitMode::AllowLeadingZero)
    )
}

fn their_hpke_code(code: &their_hpke::CheckCode) -> String {
    code.to_digit(their_hpke::DigitMode::NoLeadingZero)
        .to_string()
}
