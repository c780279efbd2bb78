//! What the account data says about a key.

use alloc::{borrow::ToOwned, string::String};

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;

use super::{
    super::{passphrase::PassphraseInfo, recovery_key::RecoveryKey},
    cipher::{CHECKED, MAC_LENGTH, array, check_mac, counter_suffices, draw_iv},
    error::{KeyDescriptionError, UnlockError},
    key::{SecretStorageKey, UncheckedSecretStorageKey},
};
use crate::{
    json::{Object, Value},
    primitives::{
        base64,
        ctr::IV_LENGTH,
        random::RngError,
        wipe::{Secret, in_wiped_frame},
    },
};

const ALGORITHM: &str = "m.secret_storage.v1.aes-hmac-sha2";

/// The description of a key: how it is made of a passphrase, if it is, and the
/// value by which it is known. Public, and under the server's control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDescription {
    name: Option<String>,
    /// Read when a passphrase is tried: a way that is refused does not hinder
    /// a recovery key.
    passphrase: Option<Value>,
    check: Option<Check>,
    max_iterations: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Check {
    iv: [u8; IV_LENGTH],
    mac: [u8; MAC_LENGTH],
}

/// A key that was unlocked, and whether anything shows that it is the right
/// one.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a description has a check value or has none"
)]
pub enum Unlocked {
    /// The check value confirms the key.
    Checked(SecretStorageKey),
    /// There is no check value: any key would have passed.
    Unchecked(UncheckedSecretStorageKey),
}

impl KeyDescription {
    /// Reads the content of an `m.secret_storage.key.<id>` event.
    ///
    /// Without `iv` or without `mac` the key cannot be checked, and the other
    /// one is not looked at.
    ///
    /// # Errors
    /// [`KeyDescriptionError`] says what is wrong.
    pub fn from_json(json: &Object) -> Result<Self, KeyDescriptionError> {
        if json.get_str("algorithm") != Some(ALGORITHM) {
            return Err(KeyDescriptionError::UnsupportedAlgorithm);
        }
        Ok(Self {
            name: json.get_str("name").map(ToOwned::to_owned),
            passphrase: json.get("passphrase").cloned(),
            check: Check::from_json(json)?,
            max_iterations: PassphraseInfo::MAX_ITERATIONS,
        })
    }

    /// The content of the event.
    #[must_use]
    pub fn to_json(&self) -> Object {
        let mut json = Object::new().with("algorithm", ALGORITHM);
        if let Some(name) = &self.name {
            json = json.with("name", name.as_str());
        }
        if let Some(passphrase) = &self.passphrase {
            json = json.with("passphrase", passphrase.clone());
        }
        if let Some(check) = &self.check {
            json = json
                .with("iv", base64::encode(&check.iv))
                .with("mac", base64::encode(&check.mac));
        }
        json
    }

    /// The description of a key, with a check value.
    pub(super) fn of<R>(
        rng: &mut R,
        key: &[u8; 32],
        passphrase: Option<PassphraseInfo>,
    ) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let iv = draw_iv(rng)?;
        let mac = check_mac(key, &iv);
        Ok(Self {
            name: None,
            passphrase: passphrase.map(|info| info.to_json().into()),
            check: Some(Check { iv, mac }),
            max_iterations: PassphraseInfo::MAX_ITERATIONS,
        })
    }

    /// With a name for people.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// With another bound than [`PassphraseInfo::MAX_ITERATIONS`].
    #[must_use]
    pub const fn with_max_iterations(mut self, max: u32) -> Self {
        self.max_iterations = max;
        self
    }

    /// The key's name for people.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether the key can be made of a passphrase.
    #[must_use]
    pub const fn has_passphrase(&self) -> bool {
        self.passphrase.is_some()
    }

    /// Whether a key can be checked.
    #[must_use]
    pub const fn has_check(&self) -> bool {
        self.check.is_some()
    }

    /// Takes what the user typed, a passphrase or a recovery key. The passphrase
    /// is tried first where a key can be checked, and the recovery key first
    /// where it cannot, since any passphrase would seem to be right.
    ///
    /// # Errors
    /// [`UnlockError`] of what was tried first.
    pub fn unlock(&self, key_id: &str, input: &str) -> Result<Unlocked, UnlockError> {
        let recovery_key = || {
            let key = RecoveryKey::parse(input).map_err(UnlockError::RecoveryKey)?;
            self.unlock_with_recovery_key(key_id, &key)
        };
        let passphrase = || self.unlock_with_passphrase(key_id, input);
        match (self.has_passphrase(), self.has_check()) {
            (false, _) => recovery_key(),
            (true, true) => passphrase().or_else(|first| recovery_key().map_err(|_| first)),
            (true, false) => match recovery_key() {
                Err(UnlockError::RecoveryKey(first)) => {
                    passphrase().map_err(|_| UnlockError::RecoveryKey(first))
                }
                other => other,
            },
        }
    }

    /// Makes the key of a passphrase: a second of work or more, by design.
    ///
    /// # Errors
    /// [`UnlockError::NoPassphrase`], [`UnlockError::Passphrase`], and
    /// [`UnlockError::WrongKey`].
    pub fn unlock_with_passphrase(
        &self,
        key_id: &str,
        passphrase: &str,
    ) -> Result<Unlocked, UnlockError> {
        let info = self.passphrase.as_ref().ok_or(UnlockError::NoPassphrase)?;
        let info = info.as_object().unwrap_or(&EMPTY);
        let info = PassphraseInfo::from_json_bounded(info, self.max_iterations)
            .map_err(UnlockError::Passphrase)?;
        in_wiped_frame(|| self.check(key_id, info.derive(passphrase), info.is_weak()))
    }

    /// Takes a recovery key.
    ///
    /// # Errors
    /// [`UnlockError::WrongKey`].
    pub fn unlock_with_recovery_key(
        &self,
        key_id: &str,
        key: &RecoveryKey,
    ) -> Result<Unlocked, UnlockError> {
        in_wiped_frame(|| self.check(key_id, Secret::from(*key.expose_secret()), false))
    }

    fn check(&self, id: &str, key: Secret<32>, weak: bool) -> Result<Unlocked, UnlockError> {
        match &self.check {
            Some(check) if !check.confirms(&key) => Err(UnlockError::WrongKey),
            Some(_) => Ok(Unlocked::Checked(SecretStorageKey::new(id, key, weak))),
            None => Ok(Unlocked::Unchecked(UncheckedSecretStorageKey::new(
                SecretStorageKey::new(id, key, weak),
            ))),
        }
    }
}

static EMPTY: Object = Object::new();

impl Check {
    fn from_json(json: &Object) -> Result<Option<Self>, KeyDescriptionError> {
        let (Some(iv), Some(mac)) = (json.get("iv"), json.get("mac")) else {
            return Ok(None);
        };
        let bytes = |value: &Value, field| {
            value
                .as_str()
                .and_then(|text| base64::decode_padded(text).ok())
                .ok_or(KeyDescriptionError::Base64 { field })
        };
        let (iv, mac) = (bytes(iv, "iv")?, bytes(mac, "mac")?);
        let iv = array(&iv).map_err(|found| KeyDescriptionError::IvLength { found })?;
        let mac = array(&mac).map_err(|found| KeyDescriptionError::MacLength { found })?;
        if counter_suffices(&iv, CHECKED.len()) {
            Ok(Some(Self { iv, mac }))
        } else {
            Err(KeyDescriptionError::CounterOverflow)
        }
    }

    fn confirms(&self, key: &[u8; 32]) -> bool {
        check_mac(key, &self.iv).ct_eq(&self.mac).into()
    }
}
