//! From a fresh key to the strings that the users compare.

use alloc::{borrow::ToOwned, format, string::String};
use core::fmt;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;

use super::{
    emoji::Emoji,
    error::{MacError, SasError},
    mac::{ComparedSas, ConfirmedSas, MacKeys},
    method::{KeyAgreement, Negotiated},
};
use crate::{
    json::Object,
    primitives::{
        base64,
        curve25519::{Curve25519PublicKey, Curve25519SecretKey},
        kdf::{hkdf, sha256},
        random::RngError,
        wipe::{Secret, in_wiped_frame},
    },
    verification::device::{Device, Participants, Verified},
};

/// A fresh key for one verification, before it is known who starts.
pub struct Sas {
    secret: Curve25519SecretKey,
    public: Curve25519PublicKey,
}

impl Sas {
    /// Draws a key: 32 bytes in one call.
    ///
    /// # Errors
    ///
    /// [`RngError`] when the generator fails.
    pub fn new_with<R>(rng: &mut R) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let secret = Curve25519SecretKey::new_with(rng)?;
        let public = secret.public_key();
        Ok(Self { secret, public })
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    ///
    /// [`RngError`] when the generator fails.
    #[cfg(feature = "os-rng")]
    pub fn new() -> Result<Self, RngError> {
        Self::new_with(&mut crate::primitives::random::OsRng)
    }

    /// The side that sent `start`, once an `accept` came with a commitment to
    /// the other side's key. `start` is the content that was sent.
    ///
    /// # Errors
    ///
    /// [`SasError::Start`] when `start` has no canonical form.
    pub fn start(self, start: &Object, commitment: &str) -> Result<StartedSas, SasError> {
        Ok(StartedSas {
            sas: self,
            start: start.to_canonical().map_err(|_| SasError::Start)?,
            commitment: commitment.to_owned(),
        })
    }

    /// The side that received `start`, whose content is hashed as it came, and
    /// the commitment to this key that `accept` carries.
    ///
    /// # Errors
    ///
    /// [`SasError::Start`] when `start` has no canonical form.
    pub fn accept(self, start: &Object) -> Result<(AcceptedSas, String), SasError> {
        let start = start.to_canonical().map_err(|_| SasError::Start)?;
        let commitment = base64::encode(&commitment(&self.public.to_base64(), &start));
        Ok((AcceptedSas { sas: self }, commitment))
    }

    fn establish(
        &self,
        their_key: &str,
        negotiated: Negotiated,
        participants: &Participants,
        we_started: bool,
    ) -> Result<EstablishedSas, SasError> {
        let theirs =
            Curve25519PublicKey::from_padded_base64(their_key).map_err(|_| SasError::Key)?;
        // One form of each key, so that ours does not come back in another.
        if !theirs.is_canonical() || theirs == self.public {
            return Err(SasError::Key);
        }
        in_wiped_frame(|| {
            let shared = self
                .secret
                .diffie_hellman(&theirs)
                .map_err(|_| SasError::Key)?;
            let Participants {
                ours,
                theirs: their_device,
                flow_id,
            } = participants;
            let (ours, theirs) = ((ours, &self.public), (their_device, &theirs));
            let (starter, accepter) = if we_started {
                (ours, theirs)
            } else {
                (theirs, ours)
            };
            let info = info(negotiated.key_agreement(), starter, accepter, flow_id);
            Ok(EstablishedSas {
                string: ShortString {
                    bytes: hkdf(None, shared.expose_secret(), info.as_bytes()),
                    negotiated,
                },
                keys: MacKeys::new(negotiated.mac(), shared, participants.clone()),
            })
        })
    }
}

impl fmt::Debug for Sas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sas { .. }")
    }
}

/// `SHA-256(public key as base64 ‖ canonical JSON of start)`.
fn commitment(public_key: &str, start: &str) -> [u8; 32] {
    sha256(&[public_key.as_bytes(), start.as_bytes()])
}

/// What the short authentication string is bound to.
fn info(
    agreement: KeyAgreement,
    starter: (&Device, &Curve25519PublicKey),
    accepter: (&Device, &Curve25519PublicKey),
    flow_id: &str,
) -> String {
    let (s, s_key) = starter;
    let (a, a_key) = accepter;
    let (s_user, s_device) = (s.user_id(), s.device_id());
    let (a_user, a_device) = (a.user_id(), a.device_id());
    match agreement {
        KeyAgreement::Curve25519HkdfSha256 => format!(
            "MATRIX_KEY_VERIFICATION_SAS|{s_user}|{s_device}|{s_key}|{a_user}|{a_device}|{a_key}|{flow_id}"
        ),
        KeyAgreement::Curve25519 => {
            format!("MATRIX_KEY_VERIFICATION_SAS{s_user}{s_device}{a_user}{a_device}{flow_id}")
        }
    }
}

/// The side that sent `start`, holding the other side's commitment.
pub struct StartedSas {
    sas: Sas,
    start: String,
    commitment: String,
}

impl StartedSas {
    /// The key for our `key` message, which goes first: 43 characters of base64.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.sas.public.to_base64()
    }

    /// Checks the other side's key against its commitment and agrees on the
    /// short authentication string. `their_key` is the text of its `key` message.
    ///
    /// # Errors
    ///
    /// [`SasError::Commitment`] when the key is not the one committed to,
    /// [`SasError::Key`] when it cannot be used. Either ends the verification.
    pub fn establish(
        self,
        their_key: &str,
        negotiated: Negotiated,
        participants: &Participants,
    ) -> Result<EstablishedSas, SasError> {
        let expected = commitment(their_key, &self.start);
        let committed =
            base64::decode_padded(&self.commitment).map_err(|_| SasError::Commitment)?;
        if !bool::from(expected[..].ct_eq(&committed)) {
            return Err(SasError::Commitment);
        }
        self.sas
            .establish(their_key, negotiated, participants, true)
    }
}

impl fmt::Debug for StartedSas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartedSas { .. }")
    }
}

/// The side that received `start` and committed to its key.
pub struct AcceptedSas {
    sas: Sas,
}

impl AcceptedSas {
    /// The key for our `key` message, which is sent only once the other side's
    /// is here: 43 characters of base64.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.sas.public.to_base64()
    }

    /// Agrees on the short authentication string. `their_key` is the text of the
    /// other side's `key` message.
    ///
    /// # Errors
    ///
    /// [`SasError::Key`] when the key cannot be used. It ends the verification.
    pub fn establish(
        self,
        their_key: &str,
        negotiated: Negotiated,
        participants: &Participants,
    ) -> Result<EstablishedSas, SasError> {
        self.sas
            .establish(their_key, negotiated, participants, false)
    }
}

impl fmt::Debug for AcceptedSas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AcceptedSas { .. }")
    }
}

/// The six bytes that both sides have, and how they are shown.
struct ShortString {
    bytes: Secret<6>,
    negotiated: Negotiated,
}

impl ShortString {
    fn emoji(&self) -> Option<[Emoji; 7]> {
        self.negotiated.emoji().then(|| Emoji::seven(*self.bytes))
    }

    fn decimals(&self) -> Option<[u16; 3]> {
        self.negotiated.decimals().then(|| decimals(*self.bytes))
    }
}

/// Both keys are here: what the users have to compare now.
///
/// There are two ways on, since the other side's `mac` may come before our user
/// has answered. Both end in a [`ConfirmedSas`]:
///
/// | first | then | |
/// | --- | --- | --- |
/// | [`they_match`](Self::they_match) | [`ComparedSas::check_macs`] | our user was faster |
/// | [`check_macs`](Self::check_macs) | [`CheckedSas::they_match`] | the `mac` was faster |
///
/// When the strings differ, drop this and cancel with `m.mismatched_sas`. What was
/// not compared verifies nothing:
///
/// ```compile_fail,E0599
/// # use necturus::{json::Object, verification::{EstablishedSas, MacError, Verified}};
/// fn hasty(sas: EstablishedSas, mac: &Object) -> Result<Verified, MacError> {
///     Ok(sas.check_macs(mac)?.into_verified()) // `they_match` was not called
/// }
/// ```
pub struct EstablishedSas {
    string: ShortString,
    keys: MacKeys,
}

impl EstablishedSas {
    /// Seven emoji, in this order: show their names, too. `None` unless both
    /// sides can show them.
    #[must_use]
    pub fn emoji(&self) -> Option<[Emoji; 7]> {
        self.string.emoji()
    }

    /// Three numbers from 1000 to 9191, in this order. `None` unless both sides
    /// can show them.
    #[must_use]
    pub fn decimals(&self) -> Option<[u16; 3]> {
        self.string.decimals()
    }

    /// Our user said that both screens show the same.
    #[must_use]
    pub fn they_match(self) -> ComparedSas {
        ComparedSas::new(self.keys)
    }

    /// Checks a `mac` message that came before our user has answered.
    ///
    /// # Errors
    ///
    /// As [`ComparedSas::check_macs`].
    pub fn check_macs(self, content: &Object) -> Result<CheckedSas, MacError> {
        Ok(CheckedSas {
            verified: self.keys.check(content)?,
            string: self.string,
            keys: self.keys,
        })
    }
}

impl fmt::Debug for EstablishedSas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EstablishedSas { .. }")
    }
}

/// The other side's MACs are good, and our user has not answered yet: nothing is
/// verified. When the strings differ, drop this and cancel with
/// `m.mismatched_sas`.
pub struct CheckedSas {
    string: ShortString,
    keys: MacKeys,
    verified: Verified,
}

impl CheckedSas {
    /// As [`EstablishedSas::emoji`].
    #[must_use]
    pub fn emoji(&self) -> Option<[Emoji; 7]> {
        self.string.emoji()
    }

    /// As [`EstablishedSas::decimals`].
    #[must_use]
    pub fn decimals(&self) -> Option<[u16; 3]> {
        self.string.decimals()
    }

    /// Our user said that both screens show the same.
    #[must_use]
    pub fn they_match(self) -> ConfirmedSas {
        ConfirmedSas::new(self.keys, self.verified)
    }
}

impl fmt::Debug for CheckedSas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckedSas { .. }")
    }
}

/// Three groups of 13 bits, each plus 1000.
fn decimals(bytes: [u8; 6]) -> [u16; 3] {
    let [b0, b1, b2, b3, b4, _] = bytes.map(u16::from);
    [
        b0 << 5 | b1 >> 3,
        (b1 & 7) << 10 | b2 << 2 | b3 >> 6,
        (b3 & 63) << 7 | b4 >> 1,
    ]
    .map(|group| group.saturating_add(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_give_the_known_strings() {
        // The first two are vodozemac's; the rest computed by shifts and by a
        // string of bits.
        for (bytes, emoji, numbers) in [
            ([0; 6], [0; 7], [1000; 3]),
            ([0xff; 6], [63; 7], [9191; 3]),
            (
                [0x01, 0x23, 0x45, 0x67, 0x89, 0xab],
                [0, 18, 13, 5, 25, 56, 38],
                [1036, 4349, 6060],
            ),
            (
                [0x80, 0, 0, 0, 0, 1],
                [32, 0, 0, 0, 0, 0, 0],
                [5096, 1000, 1000],
            ),
            (
                [0x04, 0, 0, 0, 0, 0],
                [1, 0, 0, 0, 0, 0, 0],
                [1128, 1000, 1000],
            ),
            ([0x55; 6], [21; 7], [3730, 6461, 3730]),
            (
                [0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54],
                [63, 45, 50, 58, 38, 7, 25],
                [9155, 5842, 4131],
            ),
        ] {
            assert_eq!(decimals(bytes), numbers);
            assert_eq!(Emoji::seven(bytes).map(Emoji::number), emoji);
        }
    }
}
