//! What both sides of an HPKE channel must agree on beforehand.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use crate::{channel::text::PREFIX, primitives::curve25519::Curve25519PublicKey};

/// Prefix and label of the derivations. The default is what vodozemac speaks,
/// with [`PREFIX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    prefix: String,
    label: ResponseLabel,
}

impl Settings {
    /// These ones.
    #[must_use]
    pub fn new(prefix: &str, label: ResponseLabel) -> Self {
        Self {
            prefix: prefix.to_string(),
            label,
        }
    }

    /// `info` of the key schedule.
    pub(super) fn info(&self) -> &[u8] {
        self.prefix.as_bytes()
    }

    /// The exporter's context for the way back.
    pub(super) fn response_label(&self) -> Vec<u8> {
        let suffix = match self.label {
            ResponseLabel::Underscore => "_RESPONSE",
            ResponseLabel::Space => " response",
        };
        [self.prefix.as_bytes(), suffix.as_bytes()].concat()
    }

    /// The exporter's context for the check code.
    pub(super) fn check_code_label(
        &self,
        g: &Curve25519PublicKey,
        s: &Curve25519PublicKey,
    ) -> Vec<u8> {
        let parts: [&[u8]; 4] = [
            self.prefix.as_bytes(),
            b"_CHECKCODE",
            g.as_bytes(),
            s.as_bytes(),
        ];
        parts.concat()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(PREFIX, ResponseLabel::default())
    }
}

/// What follows the prefix in the label of G's way back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseLabel {
    /// `_RESPONSE`, as vodozemac 0.11 has it.
    #[default]
    Underscore,
    /// ` response`, as the text of MSC4388 has it (July 2026).
    Space,
}
