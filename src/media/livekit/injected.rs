//! Frames that the server makes up.

use super::frame::Dialect;
use crate::primitives::kdf::sha256;

/// Tells frames that the server injected, to keep decoders going while nobody sends.
///
/// They are not encrypted, and end in a trailer that the server names when one joins.
/// The server could put anything before it and so speak for anyone: therefore only
/// the few blank frames that servers are known to send are let through, by their
/// hashes.
#[derive(Clone, Debug)]
pub struct ServerInjected<'a> {
    trailer: &'a [u8],
    dialect: Dialect,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "from nobody but the server, and harmless or not"
)]
pub enum Injected<'a> {
    /// No frame of the server's: decrypt it.
    No,
    /// A known blank frame, without the trailer: show it.
    Blank(&'a [u8]),
    /// Something else with the server's trailer: drop it.
    Unknown,
}

impl<'a> ServerInjected<'a> {
    /// With the trailer that the server named; an empty one is none, and no frame is
    /// the server's.
    #[must_use]
    pub const fn new(trailer: &'a [u8], dialect: Dialect) -> Self {
        Self { trailer, dialect }
    }

    /// What a frame is, as it came.
    #[must_use]
    pub fn check<'f>(&self, frame: &'f [u8]) -> Injected<'f> {
        if self.trailer.is_empty() {
            return Injected::No;
        }
        let payload = match self.dialect {
            Dialect::Web => frame.strip_suffix(self.trailer),
            // A byte that tells the type of frame stands behind it.
            Dialect::Native => frame
                .split_last()
                .and_then(|(_, rest)| rest.strip_suffix(self.trailer)),
        };
        match payload {
            None => Injected::No,
            Some(payload) if is_blank(payload) => Injected::Blank(payload),
            Some(payload) if self.dialect == Dialect::Native && is_blank_run(payload) => {
                Injected::Blank(payload)
            }
            Some(_) => Injected::Unknown,
        }
    }
}

fn is_blank(payload: &[u8]) -> bool {
    let hash = sha256(&[payload]);
    BLANK.contains(&hash)
}

/// Whether it is nothing but known units of H.264, each behind a start code.
fn is_blank_run(payload: &[u8]) -> bool {
    let mut rest = payload;
    let mut units = 0usize;
    while !rest.is_empty() {
        let Some(unit) = rest
            .strip_prefix(&[0, 0, 0, 1])
            .or_else(|| rest.strip_prefix(&[0, 0, 1]))
        else {
            return false;
        };
        let next = unit
            .windows(3)
            .position(|window| window == [0, 0, 1])
            .map_or(unit.len(), |at| {
                // The zero of a long start code is not the unit's.
                let long = at.checked_sub(1).filter(|at| unit.get(*at) == Some(&0));
                long.unwrap_or(at)
            });
        let (unit, after) = unit.split_at(next);
        units = units.saturating_add(1);
        if units > MAX_UNITS || !is_blank(unit) {
            return false;
        }
        rest = after;
    }
    units > 0
}

/// A blank picture has three units.
const MAX_UNITS: usize = 8;

/// SHA-256 of the frames that LiveKit's server sends.
const BLANK: [[u8; 32]; 5] = [
    // VP8KeyFrame8x8
    [
        0xef, 0x01, 0x61, 0x65, 0x3d, 0x8b, 0x2b, 0x23, 0xaa, 0xd4, 0x66, 0x24, 0xb4, 0x20, 0xaf,
        0x1d, 0x03, 0xce, 0x48, 0x95, 0x0e, 0x9f, 0xc8, 0x57, 0x18, 0x02, 0x8f, 0x91, 0xb5, 0x0f,
        0x92, 0x19,
    ],
    // H264KeyFrame2x2SPS
    [
        0xf0, 0xa0, 0xe0, 0x96, 0x47, 0xd8, 0x91, 0xd6, 0xd5, 0x0a, 0xa8, 0x98, 0xbc, 0xe7, 0x10,
        0x80, 0x90, 0x37, 0x5d, 0x0d, 0x55, 0xe5, 0x0a, 0x2b, 0xb2, 0x11, 0x47, 0xaf, 0xee, 0x55,
        0x8e, 0x44,
    ],
    // H264KeyFrame2x2PPS
    [
        0x61, 0xd9, 0x66, 0x5e, 0xed, 0x71, 0xb6, 0xd4, 0x24, 0xae, 0x95, 0x39, 0x33, 0x0a, 0x3b,
        0xdd, 0x5c, 0xb3, 0x86, 0xd4, 0xd7, 0x81, 0xc8, 0x08, 0x21, 0x9a, 0x6e, 0x36, 0x75, 0x04,
        0x93, 0xa7,
    ],
    // H264KeyFrame2x2IDR
    [
        0xfa, 0xff, 0xc2, 0x6b, 0x68, 0xa2, 0xfc, 0x09, 0x09, 0x6f, 0xa2, 0x0f, 0x33, 0x51, 0xe7,
        0x06, 0x39, 0x8b, 0x6f, 0x83, 0x8a, 0x75, 0x00, 0xc8, 0x06, 0x34, 0x72, 0xc2, 0xe4, 0x76,
        0xe9, 0x0d,
    ],
    // OpusSilenceFrame
    [
        0xaa, 0xd8, 0xd3, 0x1f, 0xc5, 0x6b, 0x28, 0x02, 0xca, 0x50, 0x0e, 0x58, 0xc2, 0xfb, 0x9d,
        0x0b, 0x29, 0xad, 0x71, 0xbb, 0x7c, 0xb5, 0x2c, 0xd6, 0x53, 0x02, 0x51, 0xea, 0xde, 0x18,
        0x89, 0x88,
    ],
];
