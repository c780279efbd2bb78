//! The device that is left behind.

use alloc::{string::String, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{ALGORITHM, error::DehydrateError, key::DehydrationKey, record};
use crate::{
    json::Object,
    olm::Account,
    primitives::{
        base64,
        chacha::{self, NONCE_LENGTH, TAG_LENGTH},
        random::draw,
        wipe::in_wiped_frame,
    },
};

/// A device to be left behind at the server. Secret; wiped on drop.
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::{olm::Account, vault::{DehydratedDevice, DehydrationKey, RehydratedDevice}};
///
/// let mut account = Account::new()?;
/// account.generate_one_time_keys(50)?;
/// account.generate_fallback_key()?;
/// let device = DehydratedDevice::new(account)?;
///
/// let key = DehydrationKey::new()?; // goes into secret storage
/// let (device_id, device_data) = (device.device_id(), device.seal(&key)?);
///
/// // Later, on a new device.
/// let device = RehydratedDevice::read(&device_id, &device_data, &key)?;
/// assert_eq!(device.one_time_key_count(), 51);
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct DehydratedDevice {
    account: Account,
    state: Zeroizing<Vec<u8>>,
}

/// Both parts wipe themselves.
impl ZeroizeOnDrop for DehydratedDevice {}

impl DehydratedDevice {
    /// Makes a dehydrated device of a new account, with its one-time keys and
    /// its fallback key. The account is taken over: the format has no sessions,
    /// so one that is used otherwise would lose them.
    ///
    /// # Errors
    /// [`DehydrateError::NoSeed`] if the account moved in from libolm.
    pub fn new(account: Account) -> Result<Self, DehydrateError> {
        let state = match account.signing_key.expose_seed() {
            Some(seed) => record::write(&account, seed),
            None => return Err(DehydrateError::NoSeed),
        };
        Ok(Self { account, state })
    }

    /// The id of the device: by rule, the base64 of its Curve25519 key.
    #[must_use]
    pub fn device_id(&self) -> String {
        self.account.identity.public.to_base64()
    }

    /// The account, to make and sign what is uploaded: the device's keys, which
    /// say that it is dehydrated, and its one-time and fallback keys.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Encrypts the device: `device_data` of the upload. Public, but for who has
    /// the key. Draws 12 bytes, the nonce.
    ///
    /// # Errors
    /// [`DehydrateError::Rng`] if the generator fails.
    pub fn seal_with<R>(&self, rng: &mut R, key: &DehydrationKey) -> Result<Object, DehydrateError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let nonce = draw::<NONCE_LENGTH, _>(rng)?;
            let length = self.state.len().saturating_add(TAG_LENGTH);
            // Wiped, as it is the state first.
            let mut pickle = Zeroizing::new(Vec::with_capacity(length));
            pickle.extend_from_slice(&self.state);
            let tag = chacha::seal(key.expose_secret(), &nonce, &[], &mut pickle)
                .map_err(|_| DehydrateError::TooLarge)?;
            pickle.extend_from_slice(&tag);
            Ok(Object::new()
                .with("algorithm", ALGORITHM)
                .with("device_pickle", base64::encode(&pickle))
                .with("nonce", base64::encode(nonce.as_slice())))
        })
    }

    /// [`Self::seal_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`DehydrateError::Rng`] if the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn seal(&self, key: &DehydrationKey) -> Result<Object, DehydrateError> {
        self.seal_with(&mut crate::primitives::random::OsRng, key)
    }
}

impl fmt::Debug for DehydratedDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DehydratedDevice")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}
