//! A MAC over backed-up sessions (MSC4048, a draft that nobody has deployed).
//!
//! It stands beside what is there in a backup of today's algorithm, and makes
//! the session authentic: whoever wrote it had the backup's private key. The
//! draft's own algorithm, and its note on how a session came to be there, are
//! not here.

use alloc::string::String;
use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::key::BackupKey;
use crate::{
    json::{NotCanonical, Object},
    primitives::{
        base64,
        kdf::{hkdf, hmac},
        wipe::{Secret, in_wiped_frame},
    },
};

const INFO: &[u8] = b"MATRIX_BACKUP_MAC_KEY";
const LENGTH: usize = 32;

/// Where a MAC stands in `session_data`: the draft has had both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackupMacPlace<'a> {
    /// `unsigned.backup_mac`, since November 2023.
    Unsigned,
    /// `signatures.<user>.hmac-sha-256:backup_mac_key`, before.
    Signatures {
        /// Our user.
        user: &'a str,
    },
}

impl BackupMacPlace<'_> {
    /// The objects on the way, and the names to be; the first is written.
    const fn path(&self) -> (&'static str, Option<&str>, [&'static str; 2]) {
        match self {
            Self::Unsigned => (
                "unsigned",
                None,
                ["org.matrix.msc4048.backup_mac", "backup_mac"],
            ),
            Self::Signatures { user } => (
                "signatures",
                Some(user),
                [
                    "org.matrix.msc4048.hmac-sha-256:backup_mac_key",
                    "hmac-sha-256:backup_mac_key",
                ],
            ),
        }
    }
}

/// The key that authenticates backed-up sessions, made of the backup's private
/// key: `HKDF-SHA-256(no salt, key, "MATRIX_BACKUP_MAC_KEY", 32)`. Secret; wiped
/// on drop.
pub struct BackupMacKey(Secret<LENGTH>);

impl ZeroizeOnDrop for BackupMacKey {}

impl BackupKey {
    /// The key that authenticates sessions of this backup.
    #[must_use]
    pub fn mac_key(&self) -> BackupMacKey {
        in_wiped_frame(|| BackupMacKey(hkdf(None, self.expose_secret(), INFO)))
    }
}

impl BackupMacKey {
    /// The key as it goes to secret storage
    /// ([`SecretName::BackupMac`](super::super::SecretName::BackupMac)): 43
    /// secret characters of unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        base64::encode_secret(self.0.as_slice())
    }

    /// Puts a MAC into `session_data`, under the draft's unstable name. What
    /// should be an object at the place and is none is replaced by one.
    ///
    /// # Errors
    /// [`NotCanonical`] if a number in it has no canonical form; nothing was
    /// changed.
    pub fn authenticate(
        &self,
        session_data: &mut Object,
        place: BackupMacPlace<'_>,
    ) -> Result<(), NotCanonical> {
        let mac = base64::encode(&self.mac(session_data)?);
        let (outer, inner, [name, _]) = place.path();
        let mut members = object_at(session_data, outer);
        if let Some(inner) = inner {
            let of_user = object_at(&members, inner).with(name, mac);
            members.insert(inner, of_user);
        } else {
            members.insert(name, mac);
        }
        session_data.insert(outer, members);
        Ok(())
    }

    /// Whether the MAC in `session_data` is right, under either of its names.
    ///
    /// # Errors
    /// [`BackupMacError`]: ignore the session.
    pub fn check(
        &self,
        session_data: &Object,
        place: BackupMacPlace<'_>,
    ) -> Result<(), BackupMacError> {
        let (outer, inner, names) = place.path();
        let members = session_data.get_object(outer);
        let members = match inner {
            Some(inner) => members.and_then(|members| members.get_object(inner)),
            None => members,
        };
        let found = names
            .iter()
            .find_map(|name| members?.get(name))
            .ok_or(BackupMacError::Missing)?;
        let found = found
            .as_str()
            .and_then(|text| base64::decode_padded(text).ok())
            .ok_or(BackupMacError::Wrong)?;
        let mac = self.mac(session_data).map_err(|_| BackupMacError::Wrong)?;
        if mac.ct_eq(&found).into() {
            Ok(())
        } else {
            Err(BackupMacError::Wrong)
        }
    }

    fn mac(&self, session_data: &Object) -> Result<[u8; LENGTH], NotCanonical> {
        let bytes = session_data.signing_bytes()?;
        Ok(in_wiped_frame(|| hmac(&self.0, &bytes)))
    }

    pub(in super::super) fn is(&self, bytes: &[u8; LENGTH]) -> bool {
        self.0.as_slice().ct_eq(bytes).into()
    }
}

/// The object of this name, empty when there is none.
fn object_at(members: &Object, name: &str) -> Object {
    members.get_object(name).cloned().unwrap_or_default()
}

impl fmt::Debug for BackupMacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackupMacKey").finish_non_exhaustive()
    }
}

/// Why a session of a backup does not count as authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackupMacError {
    /// There is no MAC at the place.
    Missing,
    /// The MAC is not 32 bytes of base64, or not the right one.
    Wrong,
}

impl fmt::Display for BackupMacError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the session has no mac",
            Self::Wrong => "the session's mac is wrong",
        })
    }
}

impl core::error::Error for BackupMacError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Value;

    const PLACES: [BackupMacPlace<'_>; 2] = [
        BackupMacPlace::Unsigned,
        BackupMacPlace::Signatures {
            user: "@alice:example.org",
        },
    ];

    /// Alice's key of RFC 7748, §6.1.
    fn key() -> BackupMacKey {
        let key = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo";
        let bytes = base64::decode_array(key).unwrap().unwrap();
        BackupKey::from_bytes(&bytes).mac_key()
    }

    fn session_data(mac: &str) -> Object {
        let json = alloc::format!(
            "{{\"ephemeral\":\"Yys8o3vffC5RQYrptmioPips4iCwd7HM8zz0qJqAzms\",\
              \"ciphertext\":\"06UydXSTR4SHGrn5EzWJBw\"{mac}}}"
        );
        Object::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn macs_are_those_of_another_implementation() {
        // Computed with Python's hmac and hashlib.
        assert_eq!(
            *key().to_base64(),
            "A3DwaHLPvjCSHwU9XCEV7K50j7+Gir+rErEA0WzJ7O4"
        );
        for (data, mac) in [
            (
                session_data(""),
                "6KupSGzBJyOqVJPU7LQW+o1Edecv4QiPgsmKlJJ0K0A",
            ),
            (
                session_data(",\"mac\":\"WzzgwvvrSVk\""),
                "mmKfnLxKnTiRJ+QwoIKxkSSi392kwSo4wzJ1N/grVvo",
            ),
        ] {
            assert_eq!(base64::encode(&key().mac(&data).unwrap()), mac);
        }
    }

    #[test]
    fn a_mac_is_found_at_its_place_alone() {
        for (at, place) in PLACES.into_iter().enumerate() {
            let mut data = session_data(",\"mac\":\"WzzgwvvrSVk\"");
            assert_eq!(key().check(&data, place), Err(BackupMacError::Missing));
            key().authenticate(&mut data, place).unwrap();
            assert_eq!(key().check(&data, place), Ok(()));
            let other = PLACES[1 - at];
            assert_eq!(key().check(&data, other), Err(BackupMacError::Missing));
            // Both may stand there, and neither is under the other.
            key().authenticate(&mut data, other).unwrap();
            assert_eq!(key().check(&data, place), Ok(()));

            let changed = data.clone().with("mac", "AAAAAAAAAAA");
            assert_eq!(key().check(&changed, place), Err(BackupMacError::Wrong));
            let another = BackupKey::from_bytes(&[9; 32]).mac_key();
            assert_eq!(another.check(&data, place), Err(BackupMacError::Wrong));
        }
    }

    #[test]
    fn the_stable_name_is_read_and_no_prefix_of_a_mac() {
        let with =
            |mac: &str| session_data("").with("unsigned", Object::new().with("backup_mac", mac));
        let check = |mac: &str| key().check(&with(mac), BackupMacPlace::Unsigned);
        let mac = "6KupSGzBJyOqVJPU7LQW+o1Edecv4QiPgsmKlJJ0K0A";
        assert_eq!(check(mac), Ok(()));
        for mac in [
            "",
            "!",
            &mac[..42],
            &mac[..11],
            "6KupSGzBJyOqVJPU7LQW+o1Edecv4QiPgsmKlJJ0K0E",
        ] {
            assert_eq!(check(mac), Err(BackupMacError::Wrong), "{mac}");
        }
        let mut broken = session_data("").with("more", Value::parse(b"0.5").unwrap());
        let before = broken.clone();
        assert!(
            key()
                .authenticate(&mut broken, BackupMacPlace::Unsigned)
                .is_err()
        );
        assert_eq!(broken, before);
    }
}
