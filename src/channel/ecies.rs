//! The ECIES channel: MSC4108 of 2024, as it is deployed.
//!
//! X25519, HKDF-SHA-512 and ChaCha20-Poly1305; a key and a counter for each
//! direction. The proposal's text has other figures (HKDF-SHA-256, G counts from
//! 1) which nobody runs.
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::channel::{PREFIX, ecies};
//!
//! // G shows its key in a QR code. S scans it, and sends the first message.
//! let shown = ecies::ShownKey::new(PREFIX)?;
//! let (scanned, initiate) = ecies::scan(&shown.public_key(), PREFIX)?;
//! // G answers. S trusts the channel, and shows the check code.
//! let (waiting, ok) = shown.receive(&initiate)?;
//! let showing = scanned.receive(&ok)?;
//! let code = showing.check_code().to_string();
//! let mut s = showing.code_shown();
//! // The user types it into G, which has one try.
//! let mut g = waiting.confirm(&code)?;
//!
//! let message = s.seal(br#"{"type":"m.login.success"}"#)?;
//! assert_eq!(*g.open(&message)?, br#"{"type":"m.login.success"}"#);
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    Role,
    check_code::CheckCode,
    error::{DecodeError, EstablishError, OpenError, ScanError, SealError, WrongCheckCode},
    established::{Established, Sealed},
    text,
};
use crate::primitives::{
    chacha,
    curve25519::{Curve25519PublicKey, Curve25519SecretKey, ZeroSharedSecret},
    kdf::HmacSha512,
    random::RngError,
    wipe::{Secret, in_wiped_frame},
};

/// G, the device that shows the QR code, before it has received anything: its
/// secret key, for one channel. Secret; wiped on drop.
pub struct ShownKey {
    secret: Curve25519SecretKey,
    public: Curve25519PublicKey,
    prefix: String,
}

impl ShownKey {
    /// A new key, for channels with this prefix: [`PREFIX`](super::PREFIX) to
    /// sign in to Matrix.
    ///
    /// Draws 32 bytes: the secret key.
    ///
    /// # Errors
    /// [`RngError`] if the generator fails.
    pub fn new_with<R>(rng: &mut R, prefix: &str) -> Result<Self, RngError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            let secret = Curve25519SecretKey::new_with(rng)?;
            Ok(Self {
                public: secret.multiply_base(),
                secret,
                prefix: prefix.to_string(),
            })
        })
    }

    /// [`Self::new_with`] the operating system's generator.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "os-rng")]
    pub fn new(prefix: &str) -> Result<Self, RngError> {
        Self::new_with(&mut crate::primitives::random::OsRng, prefix)
    }

    /// The key for the QR code. Public.
    #[must_use]
    pub const fn public_key(&self) -> Curve25519PublicKey {
        self.public
    }

    /// Checks the first message, which must be INITIATE, and gives the answer to
    /// send. Nothing else can be sent, and nothing read, until the user has typed
    /// the check code.
    ///
    /// # Errors
    /// [`EstablishError`]; the key is gone then.
    pub fn receive(self, initiate: &str) -> Result<(AwaitingCode, String), EstablishError> {
        in_wiped_frame(|| {
            text::check_length(initiate)?;
            let (sealed, key) = initiate
                .split_once('|')
                .ok_or(DecodeError::MissingSeparator)?;
            let theirs = Curve25519PublicKey::from_base64(key).map_err(DecodeError::Key)?;
            let (mut channel, code) = Channel::derive(
                &self.secret,
                &theirs,
                Role::Generator,
                &self.public,
                &theirs,
                &self.prefix,
            )?;
            if *channel.open_in_frame(sealed)? != text::INITIATE {
                return Err(EstablishError::UnexpectedText);
            }
            // Can't fail: the text is short, and it is the first.
            let ok = channel
                .seal_in_frame(text::OK)
                .map_err(|_| EstablishError::UnexpectedText)?;
            Ok((AwaitingCode { channel, code }, ok))
        })
    }
}

/// G, when it has answered: it sends nothing more and reads nothing until the
/// user has typed the check code. Secret; wiped on drop.
///
/// ```compile_fail,E0599
/// # use necturus::channel::ecies::AwaitingCode;
/// fn too_early(mut g: AwaitingCode) {
///     g.seal(b"{}"); // no method found: there is no channel yet
/// }
/// ```
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

/// S scanned G's key: starts a channel and gives the first message to send.
///
/// Draws 32 bytes: the secret key.
///
/// # Errors
/// [`ScanError`] if the generator fails, or the key is of small order.
pub fn scan_with<R>(
    rng: &mut R,
    shown: &Curve25519PublicKey,
    prefix: &str,
) -> Result<(AwaitingOk, String), ScanError>
where
    R: TryCryptoRng + ?Sized,
{
    in_wiped_frame(|| {
        let secret = Curve25519SecretKey::new_with(rng)?;
        let public = secret.multiply_base();
        let (mut channel, code) =
            Channel::derive(&secret, shown, Role::Scanner, shown, &public, prefix)?;
        // Can't fail: the text is short, and it is the first.
        let sealed = channel
            .seal_in_frame(text::INITIATE)
            .map_err(|_| ZeroSharedSecret)?;
        Ok((AwaitingOk { channel, code }, format!("{sealed}|{public}")))
    })
}

/// [`scan_with`] the operating system's generator.
///
/// # Errors
/// As there.
#[cfg(feature = "os-rng")]
pub fn scan(shown: &Curve25519PublicKey, prefix: &str) -> Result<(AwaitingOk, String), ScanError> {
    scan_with(&mut crate::primitives::random::OsRng, shown, prefix)
}

/// S, when it has sent its first message. Secret; wiped on drop.
pub struct AwaitingOk {
    channel: Channel,
    code: CheckCode,
}

impl AwaitingOk {
    /// Checks G's answer, which must be OK: then the other side is the device
    /// whose QR code was scanned.
    ///
    /// # Errors
    /// [`EstablishError`]; the channel is gone then.
    pub fn receive(self, ok: &str) -> Result<ShowingCode, EstablishError> {
        let Self { mut channel, code } = self;
        if *channel.open(ok)? != text::OK {
            return Err(EstablishError::UnexpectedText);
        }
        Ok(ShowingCode { channel, code })
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
pub struct Channel {
    role: Role,
    sending: Direction,
    receiving: Direction,
}

impl Channel {
    /// Which of the two devices this is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Encrypts and gives the message to send.
    ///
    /// # Errors
    /// [`SealError`] if the text is too long; the channel is as it was.
    pub fn seal(&mut self, plaintext: &[u8]) -> Result<String, SealError> {
        in_wiped_frame(|| self.seal_in_frame(plaintext))
    }

    /// Opens the next message of the other side. The text is secret, and wiped
    /// on drop.
    ///
    /// # Errors
    /// [`OpenError`]; the channel is as it was.
    pub fn open(&mut self, message: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        in_wiped_frame(|| self.open_in_frame(message))
    }

    fn seal_in_frame(&mut self, plaintext: &[u8]) -> Result<String, SealError> {
        text::seal(&[], plaintext, |buffer| self.sending.seal(buffer))
    }

    fn open_in_frame(&mut self, message: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        text::open(&text::decode(message)?, |buffer, tag| {
            self.receiving.open(buffer, tag)
        })
    }

    /// From our secret and their public key; `g` and `s` are both public keys in
    /// the order in which they are bound.
    fn derive(
        secret: &Curve25519SecretKey,
        theirs: &Curve25519PublicKey,
        role: Role,
        g: &Curve25519PublicKey,
        s: &Curve25519PublicKey,
        prefix: &str,
    ) -> Result<(Self, CheckCode), ZeroSharedSecret> {
        let shared = secret.multiply(theirs)?;
        let keys = format!("|{g}|{s}");
        let prk = HmacSha512::extract(&[], shared.expose_secret());
        let info = |name: &str| format!("{prefix}{name}{keys}");
        let direction = |name| Direction {
            key: prk.expand(&[info(name).as_bytes()]),
            counter: 0,
        };
        let code = CheckCode::of_ecies(&prk.expand(&[info("_CHECKCODE").as_bytes()]));
        let (from_s, from_g) = (direction("_ENCKEY_S"), direction("_ENCKEY_G"));
        let (sending, receiving) = match role {
            Role::Scanner => (from_s, from_g),
            Role::Generator => (from_g, from_s),
        };
        let channel = Self {
            role,
            sending,
            receiving,
        };
        Ok((channel, code))
    }
}

impl Sealed for Channel {}
impl Established for Channel {
    fn role(&self) -> Role {
        self.role
    }
}

/// What goes one way: a key, and the number of the next message.
struct Direction {
    key: Secret<32>,
    counter: u64,
}

impl Direction {
    fn nonce(&self) -> [u8; chacha::NONCE_LENGTH] {
        let mut nonce = [0; chacha::NONCE_LENGTH];
        if let Some(low) = nonce.first_chunk_mut() {
            *low = self.counter.to_le_bytes();
        }
        nonce
    }

    fn seal(&mut self, buffer: &mut [u8]) -> Result<[u8; chacha::TAG_LENGTH], SealError> {
        let next = self.counter.checked_add(1).ok_or(SealError::Exhausted)?;
        let tag = chacha::seal(&self.key, &self.nonce(), &[], buffer)
            .map_err(|_| SealError::Exhausted)?;
        self.counter = next;
        Ok(tag)
    }

    fn open(&mut self, buffer: &mut [u8], tag: &[u8; chacha::TAG_LENGTH]) -> Result<(), OpenError> {
        let next = self.counter.checked_add(1).ok_or(OpenError::Exhausted)?;
        chacha::open(&self.key, &self.nonce(), &[], buffer, tag)
            .map_err(|_| OpenError::Inauthentic)?;
        self.counter = next;
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Curve25519PublicKey {
        Curve25519PublicKey::from_base64(text).unwrap()
    }

    /// Computed with vodozemac 0.11.1.
    #[test]
    fn the_prefix_is_in_every_key() {
        let secret = Curve25519SecretKey::from_bytes(&[
            0x8e, 0xc5, 0x45, 0xe2, 0x57, 0x1d, 0x01, 0xb0, 0xb0, 0x8d, 0x89, 0xfb, 0x89, 0x56,
            0x61, 0x0a, 0x0f, 0xf5, 0x4c, 0x1f, 0x92, 0xd2, 0x47, 0x10, 0xc7, 0xee, 0x07, 0x9f,
            0x93, 0xa7, 0xc5, 0x61,
        ]);
        let g = key("2HztsL9npTD2vM5NuFes8wgLu8AnV3ypZvLywE3FJDk");
        let s = secret.public_key();
        assert_eq!(s, key("ivJlj+ik28p5kqy8D4XMfvZLfEqqe+CPIkmda1NSKTw"));
        let (mut channel, code) =
            Channel::derive(&secret, &g, Role::Scanner, &g, &s, "NECTURUS_TEST").unwrap();
        assert_eq!(code.to_string(), "08");
        assert_eq!(
            channel.seal(b"hello").unwrap(),
            "p/l1x9udyf4X5YdZEtENZt5g+tp7"
        );
        assert_eq!(
            *channel.open("3vlt/P7BjEGCOvSGB+keMAhBFlrg").unwrap(),
            b"world"
        );
        assert_eq!(
            *channel.open("amHTYXi5LhJkTlytWR5bpjDtOpIq").unwrap(),
            b"again"
        );
    }

    #[test]
    fn a_channel_ends_with_its_last_number() {
        let mut direction = Direction {
            key: [1; 32].into(),
            counter: u64::MAX,
        };
        assert_eq!(direction.seal(&mut []), Err(SealError::Exhausted));
        assert_eq!(direction.open(&mut [], &[0; 16]), Err(OpenError::Exhausted));
    }
}
