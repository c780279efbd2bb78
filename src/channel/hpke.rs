//! The HPKE channel: MSC4388, as vodozemac has it.
//!
//! HPKE in base mode (RFC 9180) from S to G, with its exporter the way back of
//! RFC 9458 §4.4. Each message is bound to where it lies on the rendezvous, by
//! [`AssociatedData`].
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::channel::{
//!     hpke::{self, AssociatedData, Settings},
//!     qr::{Intent, Msc4388},
//! };
//!
//! let settings = Settings::default();
//! let shown = hpke::ShownKey::new(&settings)?;
//! let code = Msc4388::new(Intent::Login, shown.public_key(), "id", "https://example.org")?;
//!
//! // Both sides know the token of each message: the last one that the sealer saw.
//! let token = |token| AssociatedData::new(&code, token);
//! let (scanned, initiate) = hpke::scan(&code.public_key(), &settings, &token("1")?)?;
//! let (waiting, ok) = shown.receive(&initiate, &token("1")?, &token("2")?)?;
//! let showing = scanned.receive(&ok, &token("2")?)?;
//! let check_code = showing.check_code().to_string();
//! let mut s = showing.code_shown();
//! let mut g = waiting.confirm(&check_code)?;
//!
//! let message = s.seal(b"{}", &token("3")?)?;
//! assert_eq!(*g.open(&message, &token("3")?)?, b"{}");
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```

mod associated_data;
mod settings;

use alloc::{string::String, vec::Vec};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

pub use self::{
    associated_data::{AssociatedData, AssociatedDataError},
    settings::{ResponseLabel, Settings},
};
use super::{
    Role,
    check_code::CheckCode,
    error::{DecodeError, EstablishError, OpenError, ScanError, SealError, WrongCheckCode},
    established::{Established, Sealed},
    text,
};
use crate::primitives::{
    curve25519::Curve25519PublicKey,
    hpke::{self, PrivateKey, Receiver, Response, Sender},
    random::{self, RngError},
    wipe::{Secret, in_wiped_frame},
};

/// G, the device that shows the QR code, before it has received anything: its
/// secret key, for one channel. Secret; wiped on drop.
pub struct ShownKey {
    secret: PrivateKey,
    public: Curve25519PublicKey,
    response_nonce: [u8; Response::NONCE_LENGTH],
    settings: Settings,
}

impl ShownKey {
    /// A new key.
    ///
    /// Draws 64 bytes in one call: 32 from which the secret key is derived
    /// (`DeriveKeyPair` of RFC 9180), and the 32 of the nonce of its answer.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R, settings: &Settings) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let random: Secret<64> = random::draw(rng)?;
            let (secret, public) = PrivateKey::derive(random.part(0));
            Ok(Self {
                secret,
                public,
                response_nonce: *random.part(32),
                settings: settings.clone(),
            })
        })
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn new(settings: &Settings) -> Result<Self, RngError> {
        Self::new_with(&mut random::OsRng, settings)
    }

    /// The key for the QR code. Public.
    #[must_use]
    pub const fn public_key(&self) -> Curve25519PublicKey {
        self.public
    }

    /// Checks the first message, which must be INITIATE under `associated`, and
    /// gives the answer to send, under `answer_associated`. Nothing else can be
    /// sent, and nothing read, until the user has typed the check code.
    ///
    /// # Errors
    /// [`EstablishError`]; the key is gone then.
    pub fn receive(
        self,
        initiate: &str,
        associated: &AssociatedData,
        answer_associated: &AssociatedData,
    ) -> Result<(AwaitingCode, String), EstablishError> {
        in_wiped_frame(|| {
            let bytes = text::decode(initiate)?;
            let (enc, sealed) = split(&bytes)?;
            let enc = Curve25519PublicKey::from_bytes(*enc);
            let mut receiver = Receiver::new(&self.secret, &enc, self.settings.info())?;
            let opened = text::open(sealed, |buffer, tag| {
                Ok(receiver.open(associated.as_bytes(), buffer, tag)?)
            })?;
            if *opened != text::INITIATE {
                return Err(EstablishError::UnexpectedText);
            }
            let exported = receiver.export(&self.settings.response_label());
            let code = receiver.export(&self.settings.check_code_label(&self.public, &enc));
            let mut sending = Response::new(&exported, &enc, &self.response_nonce);
            // Can't fail: the text is short, and it is the first.
            let ok = text::seal(&self.response_nonce, text::OK, |buffer| {
                Ok(sending.seal(answer_associated.as_bytes(), buffer)?)
            })
            .map_err(|_| EstablishError::UnexpectedText)?;
            let waiting = AwaitingCode {
                channel: Channel(Side::Generator {
                    sending,
                    receiving: receiver,
                }),
                code: CheckCode::of_hpke(&code),
            };
            Ok((waiting, ok))
        })
    }
}

/// G, when it has answered: it sends nothing more and reads nothing until the
/// user has typed the check code. Secret; wiped on drop.
pub struct AwaitingCode {
    channel: Channel,
    code: CheckCode,
}

impl AwaitingCode {
    /// Compares what the user typed with the check code, in constant time.
    ///
    /// # Errors
    /// [`WrongCheckCode`]; the channel is gone then.
    pub fn confirm(self, typed: &str) -> Result<Channel, WrongCheckCode> {
        let Self { channel, code } = self;
        in_wiped_frame(|| code.check(typed))?;
        Ok(channel)
    }
}

/// S scanned G's key: starts a channel and gives the first message to send,
/// under `associated`.
///
/// Draws 32 bytes, from which the ephemeral key is derived (`DeriveKeyPair` of
/// RFC 9180).
///
/// # Errors
/// [`ScanError`] if the generator fails, or the key is of small order.
pub fn scan_with<R>(
    rng: &mut R,
    shown: &Curve25519PublicKey,
    settings: &Settings,
    associated: &AssociatedData,
) -> Result<(AwaitingOk, String), ScanError>
where
    R: TryCryptoRng + ?Sized,
{
    in_wiped_frame(|| {
        let random: Secret<32> = random::draw(rng)?;
        let (mut sender, enc) = Sender::new(shown, settings.info(), &random)?;
        let code = sender.export(&settings.check_code_label(shown, &enc));
        // Can't fail: the text is short, and it is the first.
        let initiate = text::seal(enc.as_bytes(), text::INITIATE, |buffer| {
            Ok(sender.seal(associated.as_bytes(), buffer)?)
        })
        .map_err(|_| crate::ZeroSharedSecret)?;
        let scanned = AwaitingOk {
            exported: sender.export(&settings.response_label()),
            sender,
            enc,
            code: CheckCode::of_hpke(&code),
        };
        Ok((scanned, initiate))
    })
}

/// [`scan_with`] the operating system's generator.
///
/// # Errors
/// As there.
#[cfg(feature = "os-rng")]
pub fn scan(
    shown: &Curve25519PublicKey,
    settings: &Settings,
    associated: &AssociatedData,
) -> Result<(AwaitingOk, String), ScanError> {
    scan_with(&mut random::OsRng, shown, settings, associated)
}

/// S, when it has sent its first message. Secret; wiped on drop.
pub struct AwaitingOk {
    sender: Sender,
    enc: Curve25519PublicKey,
    exported: Secret<32>,
    code: CheckCode,
}

impl AwaitingOk {
    /// Checks G's answer, which must be OK under `associated`: then the other
    /// side is the device whose QR code was scanned.
    ///
    /// # Errors
    /// [`EstablishError`]; the channel is gone then.
    pub fn receive(
        self,
        ok: &str,
        associated: &AssociatedData,
    ) -> Result<ShowingCode, EstablishError> {
        in_wiped_frame(|| {
            let bytes = text::decode(ok)?;
            let (nonce, sealed) = split(&bytes)?;
            let mut receiving = Response::new(&self.exported, &self.enc, nonce);
            let opened = text::open(sealed, |buffer, tag| {
                Ok(receiving.open(associated.as_bytes(), buffer, tag)?)
            })?;
            if *opened != text::OK {
                return Err(EstablishError::UnexpectedText);
            }
            Ok(ShowingCode {
                channel: Channel(Side::Scanner {
                    sending: self.sender,
                    receiving,
                }),
                code: self.code,
            })
        })
    }
}

/// S, while it shows the check code. Secret; wiped on drop.
pub struct ShowingCode {
    channel: Channel,
    code: CheckCode,
}

impl ShowingCode {
    /// The code to show to the user, who types it into the other device.
    #[must_use]
    pub const fn check_code(&self) -> &CheckCode {
        &self.code
    }

    /// The code stands on the screen: the channel can be used.
    #[must_use]
    pub fn code_shown(self) -> Channel {
        self.channel
    }
}

/// An established channel. Secret; wiped on drop.
pub struct Channel(Side);

enum Side {
    Scanner {
        sending: Sender,
        receiving: Response,
    },
    Generator {
        sending: Response,
        receiving: Receiver,
    },
}

impl Channel {
    /// Which of the two devices this is.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self.0 {
            Side::Scanner { .. } => Role::Scanner,
            Side::Generator { .. } => Role::Generator,
        }
    }

    /// Encrypts under `associated` and gives the message to send.
    ///
    /// # Errors
    /// [`SealError`] if the text is too long; the channel is as it was.
    pub fn seal(
        &mut self,
        plaintext: &[u8],
        associated: &AssociatedData,
    ) -> Result<String, SealError> {
        let associated = associated.as_bytes();
        in_wiped_frame(|| {
            text::seal(&[], plaintext, |buffer| {
                Ok(match &mut self.0 {
                    Side::Scanner { sending, .. } => sending.seal(associated, buffer)?,
                    Side::Generator { sending, .. } => sending.seal(associated, buffer)?,
                })
            })
        })
    }

    /// Opens the next message of the other side, under `associated`. The text is
    /// secret, and wiped on drop.
    ///
    /// # Errors
    /// [`OpenError`]; the channel is as it was.
    pub fn open(
        &mut self,
        message: &str,
        associated: &AssociatedData,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let associated = associated.as_bytes();
        in_wiped_frame(|| {
            text::open(&text::decode(message)?, |buffer, tag| {
                match &mut self.0 {
                    Side::Scanner { receiving, .. } => receiving.open(associated, buffer, tag)?,
                    Side::Generator { receiving, .. } => receiving.open(associated, buffer, tag)?,
                }
                Ok(())
            })
        })
    }
}

impl Sealed for Channel {}
impl Established for Channel {
    fn role(&self) -> Role {
        self.role()
    }
}

/// The 32 bytes before the first sealed text of either side, and that text.
fn split(bytes: &[u8]) -> Result<(&[u8; 32], &[u8]), DecodeError> {
    bytes.split_first_chunk().ok_or(DecodeError::Truncated {
        length: bytes.len(),
    })
}

impl From<hpke::OpenError> for OpenError {
    fn from(error: hpke::OpenError) -> Self {
        match error {
            hpke::OpenError::Inauthentic => Self::Inauthentic,
            hpke::OpenError::Exhausted => Self::Exhausted,
        }
    }
}

impl From<hpke::Exhausted> for SealError {
    fn from(_: hpke::Exhausted) -> Self {
        Self::Exhausted
    }
}

macro_rules! hide {
    ($($name:ident),*) => {$(
        /// Its keys wipe themselves, and the rest is public.
        impl ZeroizeOnDrop for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
hide!(ShownKey, AwaitingCode, AwaitingOk, ShowingCode, Channel);
