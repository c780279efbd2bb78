//! The envelope of our own format, and the functions that every object has.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{
    error::{PickleError, UnpickleError},
    key::PickleKey,
    kind::PickleKind,
};
use crate::{
    codec::record::Reader,
    megolm::{InboundGroupSession, OutboundGroupSession},
    olm::{Account, Session},
    primitives::{
        aead::{self, NONCE_LENGTH, TAG_LENGTH},
        random,
        wipe::in_deep_wiped_frame,
    },
};

/// The version that is written. Readers of older ones stay for good.
const VERSION: u8 = 1;
const HEADER_LENGTH: usize = 2;

/// An object with a record of its state.
pub(crate) trait Record: Sized {
    const KIND: PickleKind;

    /// The state as version 1 writes it.
    fn write(&self) -> Zeroizing<Vec<u8>>;

    /// Reads what version 1 wrote.
    fn read_v1(record: &mut Reader<'_>) -> Result<Self, UnpickleError>;
}

fn associated_data(kind: PickleKind, context: &[u8]) -> Vec<u8> {
    let mut data = Vec::with_capacity(HEADER_LENGTH.saturating_add(context.len()));
    data.extend_from_slice(&[VERSION, kind.byte()]);
    data.extend_from_slice(context);
    data
}

fn seal<T: Record, R: TryCryptoRng + ?Sized>(
    object: &T,
    rng: &mut R,
    key: &PickleKey,
    context: &[u8],
) -> Result<Vec<u8>, PickleError> {
    let nonce = random::draw::<NONCE_LENGTH, _>(rng)?;
    let mut state = object.write();
    let tag = aead::seal(
        &key.cipher_key(),
        &nonce,
        &associated_data(T::KIND, context),
        &mut state,
    )
    .map_err(|_| PickleError::TooLarge)?;
    let parts = [
        &[VERSION, T::KIND.byte()][..],
        nonce.as_slice(),
        &state,
        &tag,
    ];
    Ok(parts.concat())
}

fn open<T: Record>(pickle: &[u8], key: &PickleKey, context: &[u8]) -> Result<T, UnpickleError> {
    let (nonce, rest) = after_header::<T>(pickle)?
        .split_first_chunk::<NONCE_LENGTH>()
        .ok_or(UnpickleError::TooShort)?;
    let (ciphertext, tag) = rest
        .split_last_chunk::<TAG_LENGTH>()
        .ok_or(UnpickleError::TooShort)?;
    let mut state = Zeroizing::new(ciphertext.to_vec());
    aead::open(
        &key.cipher_key(),
        nonce,
        &associated_data(T::KIND, context),
        &mut state,
        tag,
    )
    .map_err(|_| UnpickleError::WrongKeyOrContext)?;
    read(&state)
}

/// Checks version and kind; what is behind them.
fn after_header<T: Record>(bytes: &[u8]) -> Result<&[u8], UnpickleError> {
    let (&[version, kind], rest) = bytes
        .split_first_chunk::<HEADER_LENGTH>()
        .ok_or(UnpickleError::TooShort)?;
    if version != VERSION {
        return Err(UnpickleError::UnknownVersion { version });
    }
    let found = PickleKind::from_byte(kind).ok_or(UnpickleError::UnknownKind { kind })?;
    if found != T::KIND {
        return Err(UnpickleError::WrongKind {
            expected: T::KIND,
            found,
        });
    }
    Ok(rest)
}

fn read<T: Record>(state: &[u8]) -> Result<T, UnpickleError> {
    let mut record = Reader::new(state);
    let object = T::read_v1(&mut record)?;
    match record.left() {
        0 => Ok(object),
        bytes => Err(UnpickleError::Trailing { bytes }),
    }
}

/// `version ‖ kind ‖ state`, for the keystore, which encrypts it itself.
pub(crate) fn to_plain<T: Record>(object: &T) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([&[VERSION, T::KIND.byte()][..], &object.write()].concat())
}

/// Reads what [`to_plain`] wrote.
pub(crate) fn from_plain<T: Record>(bytes: &[u8]) -> Result<T, UnpickleError> {
    read(after_header::<T>(bytes)?)
}

macro_rules! pickled {
    ($($object:ty),+) => {$(
        impl $object {
            /// Encrypts the state under `key`, bound to `context`: what the
            /// state belongs to, and the same bytes to
            /// [`unpickle`](Self::unpickle) it. Draws 24 bytes.
            ///
            /// # Errors
            /// [`PickleError::Rng`] if the generator fails.
            pub fn pickle_with<R>(
                &self,
                rng: &mut R,
                key: &PickleKey,
                context: &[u8],
            ) -> Result<Vec<u8>, PickleError>
            where
                R: TryCryptoRng + ?Sized,
            {
                in_deep_wiped_frame(|| seal(self, rng, key, context))
            }

            /// [`Self::pickle_with`] the operating system's generator.
            ///
            /// # Errors
            /// [`PickleError::Rng`] if the generator fails.
            #[cfg(feature = "os-rng")]
            pub fn pickle(
                &self,
                key: &PickleKey,
                context: &[u8],
            ) -> Result<Vec<u8>, PickleError> {
                self.pickle_with(&mut random::OsRng, key, context)
            }

            /// Restores the state from a pickle.
            ///
            /// # Errors
            /// [`UnpickleError`] tells a wrong key or context, another kind of
            /// object, an unknown version and bytes that are too few apart.
            pub fn unpickle(
                pickle: &[u8],
                key: &PickleKey,
                context: &[u8],
            ) -> Result<Self, UnpickleError> {
                in_deep_wiped_frame(|| open(pickle, key, context))
            }
        }
    )+};
}

pickled!(Account, Session, OutboundGroupSession, InboundGroupSession);
