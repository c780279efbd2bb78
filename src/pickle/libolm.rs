//! libolm's pickles: big-endian records behind a `u32` version.

mod account;
mod group;
mod pk;
mod session;

use alloc::string::String;

use zeroize::Zeroizing;

use super::{error::ImportError, legacy};
use crate::{
    codec::record::{Reader, Writer},
    primitives::{
        curve25519::{Curve25519KeyPair, Curve25519PublicKey, Curve25519SecretKey},
        ed25519::{Ed25519PublicKey, Ed25519SigningKey},
        wipe::in_deep_wiped_frame,
    },
};

/// Decrypts a pickle and reads one object, which has to be all of it.
fn read<T>(
    text: &str,
    key: &[u8],
    object: impl FnOnce(u32, &mut Reader<'_>) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    in_deep_wiped_frame(|| {
        let state = legacy::open(text, key)?;
        let mut record = Reader::new(&state);
        let version = record.u32()?;
        let object = object(version, &mut record)?;
        match record.left() {
            0 => Ok(object),
            bytes => Err(ImportError::Trailing { bytes }),
        }
    })
}

/// Writes one object of at most `capacity` bytes and encrypts it.
fn write<E>(
    key: &[u8],
    version: u32,
    capacity: usize,
    object: impl FnOnce(&mut Writer) -> Result<(), E>,
) -> Result<String, E> {
    in_deep_wiped_frame(|| {
        let mut out = Writer::with_capacity(capacity.saturating_add(4));
        out.u32(version);
        object(&mut out)?;
        let state: Zeroizing<_> = out.finish();
        Ok(legacy::seal(&state, key))
    })
}

/// A count of at most `max`.
fn count(record: &mut Reader<'_>, max: usize) -> Result<usize, ImportError> {
    let count = record.u32()?;
    let found = usize::try_from(count).unwrap_or(usize::MAX);
    // A count that the record cannot hold is a record cut short, however large.
    if found > record.left() {
        return Err(ImportError::Truncated);
    }
    if found > max {
        Err(ImportError::TooMany { found, max })
    } else {
        Ok(found)
    }
}

fn public_key(record: &mut Reader<'_>) -> Result<Curve25519PublicKey, ImportError> {
    Ok(Curve25519PublicKey::from_bytes(*record.array()?))
}

fn put_key_pair(pair: &Curve25519KeyPair, out: &mut Writer) {
    out.bytes(pair.public.as_bytes());
    out.bytes(pair.secret.expose_secret());
}

/// `public ‖ private`, where the public half has to be the private one's.
fn key_pair(record: &mut Reader<'_>) -> Result<Curve25519KeyPair, ImportError> {
    let public = public_key(record)?;
    let pair = Curve25519KeyPair::from_secret(Curve25519SecretKey::from_bytes(record.array()?));
    if pair.public == public {
        Ok(pair)
    } else {
        Err(ImportError::KeysDisagree)
    }
}

fn put_signing_key(key: &Ed25519SigningKey, out: &mut Writer) {
    out.bytes(key.public_key().as_bytes());
    out.bytes(key.expose_expanded());
}

/// `public ‖ expanded private`, where the public half has to be the private
/// one's. The scalar is clamped: vodozemac writes it as the hash gave it.
fn signing_key(record: &mut Reader<'_>) -> Result<Ed25519SigningKey, ImportError> {
    let public = Ed25519PublicKey::from_bytes(record.array()?)?;
    let key = Ed25519SigningKey::clamp(record.array()?);
    if key.public_key() == public {
        Ok(key)
    } else {
        Err(ImportError::KeysDisagree)
    }
}
