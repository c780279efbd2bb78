//! QR codes as pictures: bytes to PNG and SVG (feature `qr-image`).
//!
//! The bytes stand in one segment of byte mode without ECI, as Matrix asks for
//! verification and for signing in: a reader gives back the bytes and no text.
//! The code is the smallest that holds them, with the strongest error correction
//! that fits in it: level L at least.
//!
//! ```
//! use necturus::qr_image::QrImage;
//!
//! let code = QrImage::new(b"MATRIX\x02\x01")?;
//! assert_eq!(code.width(), 21);
//! assert!(code.to_png()?.starts_with(b"\x89PNG"));
//! assert!(code.to_svg().starts_with("<svg"));
//! # Ok::<(), necturus::qr_image::QrImageError>(())
//! ```
//!
//! Whoever sees the picture has the bytes. It is not wiped: show it no longer
//! than needed, and use a code once.

use alloc::{format, string::String, vec, vec::Vec};
use core::fmt;

use png::{BitDepth, ColorType, Encoder};
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

/// Light modules around the code (ISO/IEC 18004).
const QUIET_ZONE: i32 = 4;
/// Pixels in a row or column of a module of the PNG.
const SCALE: i32 = 8;

/// A QR code, ready to be drawn.
#[derive(Clone, PartialEq, Eq)]
pub struct QrImage(QrCode);

impl QrImage {
    /// Most bytes that a code can hold.
    pub const MAX_LENGTH: usize = 2953;

    /// The code of these bytes.
    ///
    /// # Errors
    ///
    /// [`QrImageError::TooLong`] for more than [`Self::MAX_LENGTH`] bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, QrImageError> {
        let too_long = QrImageError::TooLong {
            length: bytes.len(),
        };
        if bytes.len() > Self::MAX_LENGTH {
            return Err(too_long);
        }
        QrCode::encode_segments_advanced(
            &[QrSegment::make_bytes(bytes)],
            QrCodeEcc::Low,
            Version::MIN,
            Version::MAX,
            None,
            true,
        )
        .map(Self)
        .map_err(|_| too_long)
    }

    /// Modules in each row and column, without the quiet zone: 21 to 177.
    #[must_use]
    pub fn width(&self) -> usize {
        usize::try_from(self.0.size()).unwrap_or_default()
    }

    /// Whether the module in this column and row, from 0 at the top left, is dark.
    /// Outside of the code none is. For those who draw it themselves.
    #[must_use]
    pub fn is_dark(&self, column: usize, row: usize) -> bool {
        match (i32::try_from(column), i32::try_from(row)) {
            (Ok(x), Ok(y)) => self.0.get_module(x, y),
            _ => false,
        }
    }

    /// A PNG in black and white, with eight pixels to a module and the quiet zone
    /// of four modules around.
    ///
    /// # Errors
    ///
    /// [`QrImageError::Png`] should the PNG encoder fail.
    pub fn to_png(&self) -> Result<Vec<u8>, QrImageError> {
        let end = self.0.size().saturating_add(QUIET_ZONE);
        let pixels =
            u32::try_from(end.saturating_add(QUIET_ZONE).saturating_mul(SCALE)).unwrap_or_default();
        // One bit a pixel, white is 1. So a byte is a row of one module.
        let mut rows = Vec::new();
        for y in -QUIET_ZONE..end {
            let row: Vec<u8> = (-QUIET_ZONE..end)
                .map(|x| if self.0.get_module(x, y) { 0 } else { 0xff })
                .collect();
            rows.extend(vec![row; usize::try_from(SCALE).unwrap_or_default()].concat());
        }
        let mut png = Vec::new();
        let mut encoder = Encoder::new(&mut png, pixels, pixels);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
        encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&rows))
            .map_err(|_| QrImageError::Png)?;
        Ok(png)
    }

    /// The text of an `<svg>` element, one unit to a module, with the quiet zone of
    /// four modules around. It has no size of its own and fills what it is put in.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let size = self.0.size();
        let all = size.saturating_add(QUIET_ZONE).saturating_add(QUIET_ZONE);
        let mut path = String::new();
        for y in 0..size {
            for x in (0..size).filter(|x| self.0.get_module(*x, y)) {
                path.push_str(&format!("M{x} {y}h1v1h-1z"));
            }
        }
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-{QUIET_ZONE} -{QUIET_ZONE} {all} {all}" shape-rendering="crispEdges"><path fill="#fff" d="M-{QUIET_ZONE}-{QUIET_ZONE}h{all}v{all}h-{all}z"/><path d="{path}"/></svg>"##
        )
    }
}

impl fmt::Debug for QrImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QrImage { .. }")
    }
}

/// Why there is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QrImageError {
    /// There are more bytes than the largest code holds.
    TooLong {
        /// How many bytes there are.
        length: usize,
    },
    /// The PNG encoder failed.
    Png,
}

impl fmt::Display for QrImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => write!(
                f,
                "{length} bytes are more than the {} that a QR code holds",
                QrImage::MAX_LENGTH
            ),
            Self::Png => f.write_str("the PNG encoder failed"),
        }
    }
}

impl core::error::Error for QrImageError {}
