//! A plain Megolm, to write vectors with.

use crate::{
    crypto::{Keys, Signer, array, hmac},
    draw::draw,
    records::Record,
    wire,
};

/// The ratchet at one index.
#[derive(Clone)]
pub(crate) struct Ratchet {
    pub(crate) parts: [[u8; 32]; 4],
    pub(crate) index: u32,
}

impl Ratchet {
    pub(crate) fn of(bytes: &[u8], index: u32) -> Self {
        let parts = [0, 32, 64, 96].map(|start| array(&bytes[start..start + 32]));
        Self { parts, index }
    }

    /// One step as the specification states it.
    pub(crate) fn step(&mut self) {
        self.index = self.index.wrapping_add(1);
        let highest = match self.index.trailing_zeros() {
            24.. => 0,
            16.. => 1,
            8.. => 2,
            _ => 3,
        };
        let source = self.parts[highest];
        for (part, key) in self.parts.iter_mut().enumerate().skip(highest) {
            *key = hmac(&source, &[u8::try_from(part).expect("below 4")]);
        }
    }

    /// The ratchet at a later index, by whole turns of the upper parts.
    pub(crate) fn at(&self, index: u32) -> Self {
        let mut ratchet = self.clone();
        for part in 0..4 {
            let shift = 8 * (3 - part);
            while ratchet.index >> shift != index >> shift {
                let source = ratchet.parts[part];
                for (k, key) in ratchet.parts.iter_mut().enumerate().skip(part) {
                    *key = hmac(&source, &[u8::try_from(k).expect("below 4")]);
                }
                ratchet.index = ((ratchet.index >> shift) + 1) << shift;
            }
        }
        ratchet
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::derive(&self.parts.concat(), b"MEGOLM_KEYS")
    }

    pub(crate) fn put(&self, record: &mut Record) {
        record.all(&self.parts);
        record.u32(self.index);
    }
}

/// A session: its ratchet at the start, and who signs.
#[derive(Clone)]
pub(crate) struct Session {
    /// The version byte of its messages.
    pub(crate) version: u8,
    pub(crate) ratchet: Ratchet,
    pub(crate) signer: Signer,
    /// The 160 random bytes that it is made of.
    pub(crate) random: Vec<u8>,
}

impl Session {
    pub(crate) fn drawn(label: &str) -> Self {
        let random = draw(label, 160);
        Self {
            version: 3,
            ratchet: Ratchet::of(&random[..128], 0),
            signer: Signer::of(array(&random[128..])),
            random,
        }
    }

    /// The good message at an index, from the present one on.
    pub(crate) fn message(&self, index: u32, text: &[u8]) -> Vec<u8> {
        let keys = self.ratchet.at(index).keys();
        let payload = fields(u64::from(index), &keys.encrypt(text)).concat();
        let length = wire::mac_length(self.version);
        wire::sign(
            wire::authenticate(self.version, &payload, &keys, length),
            &self.signer,
        )
    }

    /// `version ‖ index ‖ ratchet ‖ public key`.
    pub(crate) fn unsigned_key(&self, version: u8) -> Vec<u8> {
        [
            &[version][..],
            &self.ratchet.index.to_be_bytes(),
            &self.ratchet.parts.concat(),
            &self.signer.public,
        ]
        .concat()
    }

    /// The session key, signed.
    pub(crate) fn session_key(&self) -> Vec<u8> {
        wire::sign(self.unsigned_key(2), &self.signer)
    }

    /// The exported key.
    pub(crate) fn export(&self) -> Vec<u8> {
        self.unsigned_key(1)
    }

    /// The same session at a later index.
    pub(crate) fn at(&self, index: u32) -> Self {
        Self {
            ratchet: self.ratchet.at(index),
            ..self.clone()
        }
    }

    /// libolm's record of the sender's side, version 1.
    pub(crate) fn outbound_record(&self) -> Vec<u8> {
        let mut record = Record::of_version(1);
        self.ratchet.put(&mut record);
        record.bytes(&self.signer.public);
        record.bytes(&self.signer.expanded());
        record.finish()
    }

    /// libolm's record of a receiver's side, version 2.
    pub(crate) fn inbound_record(&self, latest: u32, verified: bool) -> Vec<u8> {
        let mut record = Record::of_version(2);
        self.ratchet.put(&mut record);
        self.ratchet.at(latest).put(&mut record);
        record.bytes(&self.signer.public);
        record.flag(verified);
        record.finish()
    }
}

/// The two fields of a message.
pub(crate) fn fields(index: u64, ciphertext: &[u8]) -> [Vec<u8>; 2] {
    [wire::number(0x08, index), wire::bytes(0x12, ciphertext)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn winding_is_stepping() {
        let start = Ratchet::of(&draw("winding", 128), 0xff_fef0);
        let mut stepped = start.clone();
        for _ in 0..800 {
            stepped.step();
            let wound = start.at(stepped.index);
            assert_eq!((wound.parts, wound.index), (stepped.parts, stepped.index));
        }
    }
}
