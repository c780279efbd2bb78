//! Metadata that a sender appends to encrypted video frames.

/// What a video frame says of itself, in a trailer outside the encryption.
///
/// The trailer is in the clear and **nothing authenticates it**: the server and
/// anybody on the way can write it. It has to be cut off before the frame is
/// decrypted, when the track announces that it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameMetadata<'a> {
    time: Option<u64>,
    frame_id: Option<u32>,
    /// Each byte XORed with 0xff.
    user_data: Option<&'a [u8]>,
}

const MAGIC: &[u8] = b"LKTS";
const TIME: u8 = 1;
const FRAME_ID: u8 = 2;
const USER_DATA: u8 = 3;

impl<'a> FrameMetadata<'a> {
    /// Cuts the trailer off, and gives the frame that stands before it. `None` when
    /// there is no trailer, or one that is not of this form: the frame is then what
    /// it is.
    ///
    /// `{tag, length, value}`, as often as there are, each byte XORed with 0xff; the
    /// length of the whole trailer in one byte, XORed as well; `LKTS`.
    #[must_use]
    pub fn split(frame: &'a [u8]) -> Option<(&'a [u8], Self)> {
        let rest = frame.strip_suffix(MAGIC)?;
        let (length, rest) = rest.split_last()?;
        let fields = usize::from(!length).checked_sub(MAGIC.len().saturating_add(1))?;
        let (frame, fields) = rest.split_at_checked(rest.len().checked_sub(fields)?)?;
        Some((frame, Self::read(fields)?))
    }

    fn read(mut fields: &'a [u8]) -> Option<Self> {
        let mut metadata = Self {
            time: None,
            frame_id: None,
            user_data: None,
        };
        while !fields.is_empty() {
            let ([tag, length], rest) = fields.split_first_chunk::<2>()?;
            let (value, rest) = rest.split_at_checked(usize::from(!length))?;
            match !tag {
                TIME => metadata.time = Some(u64::from_be_bytes(plain(value)?)),
                FRAME_ID => metadata.frame_id = Some(u32::from_be_bytes(plain(value)?)),
                USER_DATA => metadata.user_data = Some(value),
                _ => {}
            }
            fields = rest;
        }
        Some(metadata)
    }

    /// The sender's time, in microseconds.
    #[must_use]
    pub const fn time(&self) -> Option<u64> {
        self.time
    }

    /// The sender's number of the frame.
    #[must_use]
    pub const fn frame_id(&self) -> Option<u32> {
        self.frame_id
    }

    /// The application's bytes.
    #[must_use]
    pub fn user_data(&self) -> Option<impl ExactSizeIterator<Item = u8> + use<'a>> {
        self.user_data.map(|data| data.iter().map(|byte| !byte))
    }
}

/// The bytes before they were XORed, when there are as many.
fn plain<const N: usize>(value: &[u8]) -> Option<[u8; N]> {
    let bytes: [u8; N] = value.try_into().ok()?;
    Some(bytes.map(|byte| !byte))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn trailer(fields: &[u8]) -> Vec<u8> {
        let length = u8::try_from(fields.len().saturating_add(5)).unwrap();
        let mut frame = b"frame".to_vec();
        frame.extend(fields.iter().chain(&[length]).map(|byte| !byte));
        frame.extend_from_slice(b"LKTS");
        frame
    }

    #[test]
    fn fields_are_read_and_cut_off() {
        let fields = [
            1, 8, 0, 0, 0, 0, 0, 0, 1, 0, 2, 4, 0, 0, 0, 7, 9, 1, 0, 3, 2, 5, 6,
        ];
        let frame = trailer(&fields);
        let (rest, metadata) = FrameMetadata::split(&frame).unwrap();
        assert_eq!(rest, b"frame");
        assert_eq!(metadata.time(), Some(256));
        assert_eq!(metadata.frame_id(), Some(7));
        assert_eq!(metadata.user_data().unwrap().collect::<Vec<_>>(), [5, 6]);
        let none = trailer(&[]);
        assert_eq!(FrameMetadata::split(&none).unwrap().0, b"frame");
    }

    #[test]
    fn what_has_another_form_is_no_trailer() {
        for fields in [&[1][..], &[1, 8, 0], &[1, 4, 0, 0, 0, 0], &[2, 0]] {
            assert_eq!(FrameMetadata::split(&trailer(fields)), None);
        }
        let mut short = trailer(&[]);
        let at = short.len() - 5;
        for length in [0, 4, 11, 255] {
            short[at] = !length;
            assert_eq!(FrameMetadata::split(&short), None, "{length}");
        }
        assert_eq!(FrameMetadata::split(b"LKTS"), None);
        assert_eq!(FrameMetadata::split(b""), None);
    }
}
