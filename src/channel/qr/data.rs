//! The contents of a QR code, and writing them.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use super::{
    MAX_LENGTH, MAX_TEXT_LENGTH,
    error::{QrLoginError, TextField},
    read,
};
use crate::primitives::{base64, curve25519::Curve25519PublicKey};

/// What the device wants that shows the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a device is new or it is signed in"
)]
pub enum Intent {
    /// It is the new device, N.
    Login,
    /// It is the existing device, E, which lets the other one in.
    Reciprocate,
}

/// The content of a QR code. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QrLoginData {
    /// MSC4108 of 2024, for an [ECIES channel](crate::channel::ecies).
    Msc4108(Msc4108),
    /// MSC4388, for an [HPKE channel](crate::channel::hpke).
    Msc4388(Msc4388),
}

impl QrLoginData {
    /// Reads the bytes of a code.
    ///
    /// # Errors
    /// [`QrLoginError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, QrLoginError> {
        read::data(bytes)
    }

    /// Reads the bytes of a code as text, in unpadded base64.
    ///
    /// # Errors
    /// [`QrLoginError`].
    pub fn from_base64(text: &str) -> Result<Self, QrLoginError> {
        if text.len() > MAX_LENGTH.div_ceil(3).saturating_mul(4) {
            return Err(QrLoginError::TooLong { length: text.len() });
        }
        read::data(&base64::decode(text).map_err(|_| QrLoginError::Base64)?)
    }

    /// [`Self::from_bytes`] by a device that has an intent itself, which must be
    /// the other one.
    ///
    /// # Errors
    /// [`QrLoginError`].
    pub fn scan(bytes: &[u8], own: Intent) -> Result<Self, QrLoginError> {
        let data = Self::from_bytes(bytes)?;
        if data.intent() == own {
            return Err(QrLoginError::SameIntent { intent: own });
        }
        Ok(data)
    }

    /// The bytes of the code.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Msc4108(data) => data.to_bytes(),
            Self::Msc4388(data) => data.to_bytes(),
        }
    }

    /// The bytes of the code in unpadded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(&self.to_bytes())
    }

    /// What the device wants that shows the code.
    #[must_use]
    pub const fn intent(&self) -> Intent {
        match self {
            Self::Msc4108(data) => data.intent(),
            Self::Msc4388(data) => data.intent(),
        }
    }

    /// G's key, for the channel.
    #[must_use]
    pub const fn public_key(&self) -> Curve25519PublicKey {
        match self {
            Self::Msc4108(data) => data.public_key(),
            Self::Msc4388(data) => data.public_key(),
        }
    }
}

impl From<Msc4108> for QrLoginData {
    fn from(data: Msc4108) -> Self {
        Self::Msc4108(data)
    }
}

impl From<Msc4388> for QrLoginData {
    fn from(data: Msc4388) -> Self {
        Self::Msc4388(data)
    }
}

/// The code of MSC4108 of 2024.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Msc4108 {
    key: Curve25519PublicKey,
    rendezvous_url: String,
    /// Whether there is one is the intent.
    server: Option<String>,
}

impl Msc4108 {
    pub(super) const MAGIC: &[u8] = b"MATRIX";
    pub(super) const TYPE: u8 = 0x02;
    pub(super) const LOGIN: u8 = 0x03;
    pub(super) const RECIPROCATE: u8 = 0x04;

    /// Of a new device.
    ///
    /// # Errors
    /// [`QrLoginError`] for a URL that is empty or too long for a QR code.
    pub fn login(key: Curve25519PublicKey, rendezvous_url: &str) -> Result<Self, QrLoginError> {
        Self::new(key, rendezvous_url, None)
    }

    /// Of an existing device, with the name of its server (in rust-sdk: its base
    /// URL).
    ///
    /// # Errors
    /// [`QrLoginError`] for texts that are empty or too long for a QR code.
    pub fn reciprocate(
        key: Curve25519PublicKey,
        rendezvous_url: &str,
        server: &str,
    ) -> Result<Self, QrLoginError> {
        Self::new(key, rendezvous_url, Some(server))
    }

    pub(super) fn new(
        key: Curve25519PublicKey,
        rendezvous_url: &str,
        server: Option<&str>,
    ) -> Result<Self, QrLoginError> {
        check(TextField::RendezvousUrl, rendezvous_url, MAX_LENGTH)?;
        if let Some(server) = server {
            check(TextField::Server, server, MAX_LENGTH)?;
        }
        let data = Self {
            key,
            rendezvous_url: rendezvous_url.to_string(),
            server: server.map(ToString::to_string),
        };
        match data.to_bytes().len() {
            0..=MAX_LENGTH => Ok(data),
            length => Err(QrLoginError::TooLong { length }),
        }
    }

    /// What the device wants that shows the code.
    #[must_use]
    pub const fn intent(&self) -> Intent {
        match self.server {
            None => Intent::Login,
            Some(_) => Intent::Reciprocate,
        }
    }

    /// G's key, for the channel.
    #[must_use]
    pub const fn public_key(&self) -> Curve25519PublicKey {
        self.key
    }

    /// Where to meet.
    #[must_use]
    pub fn rendezvous_url(&self) -> &str {
        &self.rendezvous_url
    }

    /// The server of the existing device that shows the code.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Self::MAGIC.to_vec();
        out.push(Self::TYPE);
        out.push(match self.intent() {
            Intent::Login => Self::LOGIN,
            Intent::Reciprocate => Self::RECIPROCATE,
        });
        out.extend_from_slice(self.key.as_bytes());
        LengthWidth::Two.write(&self.rendezvous_url, &mut out);
        if let Some(server) = &self.server {
            LengthWidth::Two.write(server, &mut out);
        }
        out
    }
}

/// The code of MSC4388.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Msc4388 {
    intent: Intent,
    key: Curve25519PublicKey,
    rendezvous_id: String,
    base_url: String,
    layout: Layout,
}

impl Msc4388 {
    pub(super) const TYPE: u8 = 0x03;
    pub(super) const LOGIN: u8 = 0x00;
    pub(super) const RECIPROCATE: u8 = 0x01;

    /// A code in the layout of rust-sdk.
    ///
    /// # Errors
    /// [`QrLoginError`] for texts that are empty or have more than
    /// [`MAX_TEXT_LENGTH`] bytes.
    pub fn new(
        intent: Intent,
        key: Curve25519PublicKey,
        rendezvous_id: &str,
        base_url: &str,
    ) -> Result<Self, QrLoginError> {
        check(TextField::RendezvousId, rendezvous_id, MAX_TEXT_LENGTH)?;
        check(TextField::BaseUrl, base_url, MAX_TEXT_LENGTH)?;
        Ok(Self {
            intent,
            key,
            rendezvous_id: rendezvous_id.to_string(),
            base_url: base_url.to_string(),
            layout: Layout::RUST_SDK,
        })
    }

    /// The same in another layout.
    #[must_use]
    pub fn with_layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// What the device wants that shows the code.
    #[must_use]
    pub const fn intent(&self) -> Intent {
        self.intent
    }

    /// G's key, for the channel.
    #[must_use]
    pub const fn public_key(&self) -> Curve25519PublicKey {
        self.key
    }

    /// Where to meet, on the server.
    #[must_use]
    pub fn rendezvous_id(&self) -> &str {
        &self.rendezvous_id
    }

    /// The server, byte by byte as in the code.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// How it is written.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.layout.magic.as_bytes().to_vec();
        out.push(Self::TYPE);
        out.push(match self.intent {
            Intent::Login => Self::LOGIN,
            Intent::Reciprocate => Self::RECIPROCATE,
        });
        out.extend_from_slice(self.key.as_bytes());
        self.layout
            .rendezvous_id
            .write(&self.rendezvous_id, &mut out);
        self.layout.base_url.write(&self.base_url, &mut out);
        out
    }
}

/// How a code of MSC4388 is written: its drafts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Layout {
    /// The bytes at the start.
    pub magic: Magic,
    /// The length before the rendezvous id.
    pub rendezvous_id: LengthWidth,
    /// The length before the base URL, here and in the associated data.
    pub base_url: LengthWidth,
}

impl Layout {
    /// As matrix-rust-sdk has it in 2026.
    pub const RUST_SDK: Self = Self::unstable(LengthWidth::Two, LengthWidth::Two);
    /// The draft of 3 July 2026.
    pub const DRAFT_2026_07: Self = Self::unstable(LengthWidth::One, LengthWidth::Two);
    /// The draft after it.
    pub const LATER_DRAFT: Self = Self::unstable(LengthWidth::One, LengthWidth::One);

    /// The same with the stable magic.
    #[must_use]
    pub const fn stable(mut self) -> Self {
        self.magic = Magic::Stable;
        self
    }

    const fn unstable(rendezvous_id: LengthWidth, base_url: LengthWidth) -> Self {
        Self {
            magic: Magic::Unstable,
            rendezvous_id,
            base_url,
        }
    }
}

/// The bytes at the start of a code of MSC4388.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Magic {
    /// `IO_ELEMENT_MSC4388`.
    Unstable,
    /// `MATRIX`.
    Stable,
}

impl Magic {
    pub(super) const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Unstable => b"IO_ELEMENT_MSC4388",
            Self::Stable => b"MATRIX",
        }
    }
}

/// Bytes of a length before a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LengthWidth {
    /// One byte.
    One,
    /// Two, big-endian.
    Two,
}

impl LengthWidth {
    /// Writes a text of checked length behind its length.
    pub(in crate::channel) fn write(self, text: &str, out: &mut Vec<u8>) {
        let [high, low] = u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes();
        match self {
            Self::One => out.push(low),
            Self::Two => out.extend_from_slice(&[high, low]),
        }
        out.extend_from_slice(text.as_bytes());
    }
}

const fn check(field: TextField, text: &str, most: usize) -> Result<(), QrLoginError> {
    match text.len() {
        0 => Err(QrLoginError::Empty { field }),
        length if length > most => Err(QrLoginError::TextTooLong { field, length }),
        _ => Ok(()),
    }
}
