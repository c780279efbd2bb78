//! The state of a dehydrated device.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::error::RehydrateError;
use crate::{
    codec::record::{Reader, Writer},
    olm::Account,
    primitives::{
        curve25519::{Curve25519KeyPair, Curve25519SecretKey, public_keys},
        ed25519::Ed25519SigningKey,
    },
};

/// What vodozemac writes, and nothing else reads there.
const VERSION: u32 = 1;
/// What the text of the MSC says.
const MSC_VERSION: u32 = 0x8000_0000;

/// Writes an account that has the seed of its Ed25519 key.
pub(super) fn write(account: &Account, seed: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    let one_time_keys = account.one_time_keys.as_slice();
    let keys = one_time_keys.len().saturating_add(1).saturating_mul(32);
    let mut out = Writer::with_capacity(keys.saturating_add(73));
    out.u32(VERSION);
    out.bytes(account.identity.secret.expose_secret());
    out.bytes(seed);
    out.count(one_time_keys.len());
    for key in one_time_keys {
        out.bytes(key.pair.secret.expose_secret());
    }
    let fallback_key = &account.fallback_keys.current;
    out.flag(fallback_key.is_some());
    if let Some(key) = fallback_key {
        out.bytes(key.pair.secret.expose_secret());
    }
    out.finish()
}

/// The keys of a device.
pub(super) struct Keys {
    pub(super) identity: Curve25519KeyPair,
    pub(super) signing_key: Ed25519SigningKey,
    /// One-time keys, then fallback keys.
    pub(super) one_time_keys: Vec<Curve25519KeyPair>,
}

impl Keys {
    /// Reads a whole state, front to back.
    pub(super) fn read(state: &[u8], max_keys: usize) -> Result<Self, RehydrateError> {
        let mut record = Reader::new(state);
        let version = record.u32()?;
        if version != VERSION && version != MSC_VERSION {
            return Err(RehydrateError::Version { found: version });
        }
        let identity = Curve25519SecretKey::from_bytes(record.array()?);
        let seed = record.array()?;
        let count = record.u32()?;
        let count = usize::try_from(count)
            .ok()
            .filter(|count| *count <= max_keys)
            .ok_or(RehydrateError::TooManyKeys { found: count })?;
        // Room for all, so that no copy is left behind by growing.
        let mut secrets = Vec::with_capacity(count.saturating_add(2));
        secrets.push(identity);
        for _ in 0..count {
            secrets.push(Curve25519SecretKey::from_bytes(record.array()?));
        }
        match record.u8()? {
            0 => {}
            1 => secrets.push(Curve25519SecretKey::from_bytes(record.array()?)),
            found => return Err(RehydrateError::Flag { found }),
        }
        if record.left() != 0 {
            return Err(RehydrateError::Trailing {
                bytes: record.left(),
            });
        }

        let mut one_time_keys = Vec::with_capacity(secrets.len());
        let pairs = secrets.iter().zip(public_keys(&secrets));
        one_time_keys.extend(pairs.map(|(secret, public)| Curve25519KeyPair {
            secret: secret.clone(),
            public,
        }));
        // The first is the identity key.
        let identity = one_time_keys.swap_remove(0);
        Ok(Self {
            identity,
            signing_key: Ed25519SigningKey::expand_seed(seed),
            one_time_keys,
        })
    }

    /// The keys of an account that is not used for anything else.
    pub(super) fn of(account: &Account) -> Self {
        let one_time_keys = account.one_time_keys.as_slice();
        let mut pairs = Vec::with_capacity(one_time_keys.len().saturating_add(2));
        let fallback_keys = account.fallback_keys.iter();
        pairs.extend(
            one_time_keys
                .iter()
                .chain(fallback_keys)
                .map(|key| key.pair.clone()),
        );
        Self {
            identity: account.identity.clone(),
            signing_key: account.signing_key.clone(),
            one_time_keys: pairs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// version ‖ Curve25519 key ‖ Ed25519 seed ‖ count ‖ keys ‖ flag ‖ rest.
    fn state(version: u32, count: u32, keys: usize, rest: &[u8]) -> Vec<u8> {
        [
            &version.to_be_bytes()[..],
            &[1; 32],
            &[2; 32],
            &count.to_be_bytes(),
            alloc::vec![[3; 32]; keys].as_flattened(),
            rest,
        ]
        .concat()
    }

    fn read(state: &[u8]) -> Result<usize, RehydrateError> {
        Keys::read(state, 1000).map(|keys| keys.one_time_keys.len())
    }

    #[test]
    fn both_versions_and_both_lengths_are_read() {
        let fallback = [&[1][..], &[4; 32]].concat();
        assert_eq!(read(&state(1, 0, 0, &[0])), Ok(0));
        assert_eq!(read(&state(1, 2, 2, &fallback)), Ok(3));
        assert_eq!(read(&state(0x8000_0000, 1, 1, &[0])), Ok(1));
        assert_eq!(read(&state(1, 1000, 1000, &[0])), Ok(1000));
    }

    #[test]
    fn what_is_wrong_first_is_told() {
        use RehydrateError::{Flag, TooManyKeys, Trailing, Truncated, Version};

        let fallback = [&[1][..], &[4; 32]].concat();
        for found in [0, 2, 0x8000_0001] {
            assert_eq!(read(&state(found, 0, 0, &[0])), Err(Version { found }));
        }
        for found in [1001, u32::MAX] {
            assert_eq!(read(&state(1, found, 0, &[])), Err(TooManyKeys { found }));
        }
        // One key more than there are takes the flag, and what is left is one.
        assert_eq!(read(&state(1, 3, 2, &fallback)), Err(Flag { found: 4 }));
        assert_eq!(read(&state(1, 0, 0, &[2])), Err(Flag { found: 2 }));
        assert_eq!(read(&state(1, 0, 0, &[0, 0])), Err(Trailing { bytes: 1 }));
        assert_eq!(
            read(&[&state(1, 0, 0, &[0])[..], &[4; 32]].concat()),
            Err(Trailing { bytes: 32 })
        );
        let whole = state(1, 2, 2, &fallback);
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length]), Err(Truncated), "{length}");
        }
    }
}
