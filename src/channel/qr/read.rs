//! Reading a QR code: dispatch on magic, type and intent.

use super::{
    MAX_LENGTH,
    data::{Intent, Layout, LengthWidth, Magic, Msc4108, Msc4388, QrLoginData},
    error::{QrLoginError, TextField},
};
use crate::{
    codec::record::{Reader, Truncated},
    primitives::curve25519::Curve25519PublicKey,
};

impl From<Truncated> for QrLoginError {
    fn from(_: Truncated) -> Self {
        Self::Truncated
    }
}

pub(super) fn data(bytes: &[u8]) -> Result<QrLoginData, QrLoginError> {
    if bytes.len() > MAX_LENGTH {
        return Err(QrLoginError::TooLong {
            length: bytes.len(),
        });
    }
    let (magic, rest) = [Magic::Unstable, Magic::Stable]
        .into_iter()
        .find_map(|magic| Some((magic, bytes.strip_prefix(magic.as_bytes())?)))
        .ok_or(QrLoginError::Magic)?;
    let mut reader = Reader::new(rest);
    let data = match (magic, reader.u8()?) {
        (Magic::Stable, Msc4108::TYPE) => msc4108(&mut reader)?.into(),
        (_, Msc4388::TYPE) => msc4388(&mut reader, magic)?.into(),
        (_, found) => return Err(QrLoginError::Type { found }),
    };
    match reader.left() {
        0 => Ok(data),
        count => Err(QrLoginError::TrailingBytes { count }),
    }
}

fn msc4108(reader: &mut Reader<'_>) -> Result<Msc4108, QrLoginError> {
    let intent = match reader.u8()? {
        0x00..=0x02 => return Err(QrLoginError::DeviceVerification),
        Msc4108::LOGIN => Intent::Login,
        Msc4108::RECIPROCATE => Intent::Reciprocate,
        found => return Err(QrLoginError::Intent { found }),
    };
    let key = Curve25519PublicKey::from_bytes(*reader.array()?);
    let url = TextField::RendezvousUrl;
    let rendezvous_url = text(reader, url, LengthWidth::Two)?;
    let server = match intent {
        Intent::Login => None,
        Intent::Reciprocate => Some(text(reader, TextField::Server, LengthWidth::Two)?),
    };
    Msc4108::new(key, rendezvous_url, server)
}

fn msc4388(reader: &mut Reader<'_>, magic: Magic) -> Result<Msc4388, QrLoginError> {
    let intent = match reader.u8()? {
        Msc4388::LOGIN => Intent::Login,
        Msc4388::RECIPROCATE => Intent::Reciprocate,
        found => return Err(QrLoginError::Intent { found }),
    };
    let key = Curve25519PublicKey::from_bytes(*reader.array()?);
    let mut layout = Layout::RUST_SDK;
    layout.magic = magic;
    layout.rendezvous_id = width(reader)?;
    let rendezvous_id = text(reader, TextField::RendezvousId, layout.rendezvous_id)?;
    layout.base_url = width(reader)?;
    let base_url = text(reader, TextField::BaseUrl, layout.base_url)?;
    Ok(Msc4388::new(intent, key, rendezvous_id, base_url)?.with_layout(layout))
}

/// No text is empty or longer than 255 bytes: so a zero byte is the upper half of
/// a length of two.
fn width(reader: &Reader<'_>) -> Result<LengthWidth, QrLoginError> {
    Ok(match reader.peek()? {
        0 => LengthWidth::Two,
        _ => LengthWidth::One,
    })
}

fn text<'a>(
    reader: &mut Reader<'a>,
    field: TextField,
    width: LengthWidth,
) -> Result<&'a str, QrLoginError> {
    let length = match width {
        LengthWidth::One => u16::from(reader.u8()?),
        LengthWidth::Two => u16::from_be_bytes(*reader.array()?),
    };
    let bytes = reader.bytes(length.into())?;
    core::str::from_utf8(bytes).map_err(|_| QrLoginError::NotUtf8 { field })
}
