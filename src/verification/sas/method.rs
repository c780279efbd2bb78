//! What the two sides agree on.

use alloc::vec::Vec;

use super::error::NoCommonMethod;
use crate::json::{Object, Value};

/// The hash of every commitment.
const HASH: &str = "sha256";
const STRINGS: &str = "short_authentication_string";
const DECIMAL: &str = "decimal";
const EMOJI: &str = "emoji";

/// How the bytes of the short authentication string are bound to the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAgreement {
    /// `curve25519-hkdf-sha256`.
    Curve25519HkdfSha256,
    /// `curve25519`: old, without separators and without the keys. Only
    /// [`Offer::with_legacy`] takes it.
    Curve25519,
}

impl KeyAgreement {
    const ALL: [Self; 2] = [Self::Curve25519HkdfSha256, Self::Curve25519];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Curve25519HkdfSha256 => "curve25519-hkdf-sha256",
            Self::Curve25519 => "curve25519",
        }
    }

    const fn is_legacy(self) -> bool {
        matches!(self, Self::Curve25519)
    }
}

/// How the MACs of the keys are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MacMethod {
    /// `hkdf-hmac-sha256.v2`.
    HkdfHmacSha256V2,
    /// `org.matrix.msc3783.hkdf-hmac-sha256`: the same under its older name.
    HkdfHmacSha256Msc3783,
    /// `hkdf-hmac-sha256`, whose base64 is what libolm's overlapping buffers
    /// made of it: 48 bits of the MAC survive.
    HkdfHmacSha256,
    /// `hmac-sha256`: old, with a key of 256 bytes and the same base64. Only
    /// [`Offer::with_legacy`] takes it, and its MACs are checked, never made.
    HmacSha256,
}

impl MacMethod {
    const ALL: [Self; 4] = [
        Self::HkdfHmacSha256V2,
        Self::HkdfHmacSha256Msc3783,
        Self::HkdfHmacSha256,
        Self::HmacSha256,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HkdfHmacSha256V2 => "hkdf-hmac-sha256.v2",
            Self::HkdfHmacSha256Msc3783 => "org.matrix.msc3783.hkdf-hmac-sha256",
            Self::HkdfHmacSha256 => "hkdf-hmac-sha256",
            Self::HmacSha256 => "hmac-sha256",
        }
    }

    pub(super) const fn is_legacy(self) -> bool {
        matches!(self, Self::HmacSha256)
    }
}

/// What this side is ready to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    legacy: bool,
}

impl Offer {
    /// What every current client speaks: `curve25519-hkdf-sha256`, `sha256`,
    /// both MACs on HKDF, decimals and emoji.
    #[must_use]
    pub const fn new() -> Self {
        Self { legacy: false }
    }

    /// Also takes `curve25519` and `hmac-sha256`, to read flows of clients from
    /// before 2020. They are never offered.
    #[must_use]
    pub const fn with_legacy() -> Self {
        Self { legacy: true }
    }

    /// The members of `start` that offer.
    #[must_use]
    pub fn to_start(self) -> Object {
        let list = |names: &[&str]| Value::from(names.to_vec());
        Object::new()
            .with("method", "m.sas.v1")
            .with(
                "key_agreement_protocols",
                list(&[KeyAgreement::Curve25519HkdfSha256.as_str()]),
            )
            .with("hashes", list(&[HASH]))
            .with(
                "message_authentication_codes",
                list(&[
                    MacMethod::HkdfHmacSha256V2.as_str(),
                    MacMethod::HkdfHmacSha256.as_str(),
                ]),
            )
            .with(STRINGS, list(&[DECIMAL, EMOJI]))
    }

    /// The best of what a received `start` offers: the first of each list above.
    ///
    /// # Errors
    ///
    /// [`NoCommonMethod`] when a list is missing or holds nothing that this side
    /// takes.
    pub fn choose(self, start: &Object) -> Result<Negotiated, NoCommonMethod> {
        let key_agreement = KeyAgreement::ALL.into_iter().find(|agreement| {
            (self.legacy || !agreement.is_legacy())
                && lists(start, "key_agreement_protocols", agreement.as_str())
        });
        let mac = MacMethod::ALL.into_iter().find(|mac| {
            (self.legacy || !mac.is_legacy())
                && lists(start, "message_authentication_codes", mac.as_str())
        });
        let strings = Strings::common(start);
        match (key_agreement, mac) {
            (Some(key_agreement), Some(mac)) if lists(start, "hashes", HASH) => Ok(Negotiated {
                key_agreement,
                mac,
                strings: strings.ok_or(NoCommonMethod)?,
            }),
            _ => Err(NoCommonMethod),
        }
    }

    /// What an `accept` chose from our own `start`.
    ///
    /// # Errors
    ///
    /// [`NoCommonMethod`] when it chose what was not offered.
    pub fn check_accept(start: &Object, accept: &Object) -> Result<Negotiated, NoCommonMethod> {
        let chosen = |key, list| accept.get_str(key).filter(|name| lists(start, list, name));
        let key_agreement =
            chosen("key_agreement_protocol", "key_agreement_protocols").and_then(|name| {
                KeyAgreement::ALL
                    .into_iter()
                    .find(|known| known.as_str() == name)
            });
        let mac = chosen(
            "message_authentication_code",
            "message_authentication_codes",
        )
        .and_then(|name| {
            MacMethod::ALL
                .into_iter()
                .find(|known| known.as_str() == name)
        });
        let hash = chosen("hash", "hashes").filter(|hash| *hash == HASH);
        let strings = Strings::common(accept).filter(|_| {
            let chosen = accept.get(STRINGS).and_then(Value::as_array);
            chosen.unwrap_or_default().iter().all(|name| {
                name.as_str()
                    .is_some_and(|name| lists(start, STRINGS, name))
            })
        });
        match (key_agreement, mac, hash, strings) {
            (Some(key_agreement), Some(mac), Some(_), Some(strings)) => Ok(Negotiated {
                key_agreement,
                mac,
                strings,
            }),
            _ => Err(NoCommonMethod),
        }
    }
}

/// What both sides do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negotiated {
    key_agreement: KeyAgreement,
    mac: MacMethod,
    strings: Strings,
}

impl Negotiated {
    /// How the short authentication string is made.
    #[must_use]
    pub const fn key_agreement(self) -> KeyAgreement {
        self.key_agreement
    }

    /// How the MACs are made.
    #[must_use]
    pub const fn mac(self) -> MacMethod {
        self.mac
    }

    /// Whether the users may compare emoji.
    #[must_use]
    pub const fn emoji(self) -> bool {
        self.strings.emoji
    }

    /// Whether the users may compare numbers.
    #[must_use]
    pub const fn decimals(self) -> bool {
        self.strings.decimal
    }

    /// The members of `accept`, with the commitment to our key.
    #[must_use]
    pub fn to_accept(self, commitment: &str) -> Object {
        let mut strings = Vec::new();
        if self.strings.decimal {
            strings.push(DECIMAL);
        }
        if self.strings.emoji {
            strings.push(EMOJI);
        }
        Object::new()
            .with("method", "m.sas.v1")
            .with("key_agreement_protocol", self.key_agreement.as_str())
            .with("hash", HASH)
            .with("message_authentication_code", self.mac.as_str())
            .with(STRINGS, strings)
            .with("commitment", commitment)
    }
}

/// Which strings both sides can show: at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Strings {
    decimal: bool,
    emoji: bool,
}

impl Strings {
    fn common(content: &Object) -> Option<Self> {
        let strings = Self {
            decimal: lists(content, STRINGS, DECIMAL),
            emoji: lists(content, STRINGS, EMOJI),
        };
        (strings.decimal || strings.emoji).then_some(strings)
    }
}

/// Whether the list of this key holds this name.
fn lists(content: &Object, key: &str, name: &str) -> bool {
    content
        .get(key)
        .and_then(Value::as_array)
        .is_some_and(|items| items.iter().any(|item| item.as_str() == Some(name)))
}
