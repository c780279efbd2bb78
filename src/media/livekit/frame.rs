//! What of a frame stays in the clear: enough for a server and a decoder to tell
//! frames apart.

/// What kind of frame it is, as the sender's encoder or the receiver's transport
/// says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameKind {
    /// Audio of any codec.
    Audio,
    /// Video.
    Video {
        /// The codec.
        codec: VideoCodec,
        /// Whether it is a key frame; of no matter to some codecs.
        key_frame: bool,
    },
}

/// A video codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VideoCodec {
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// AV1: the web SDK does not encrypt it.
    Av1,
    /// H.264.
    H264,
    /// H.265.
    H265,
    /// One that is not known: the web SDK looks for slices of H.264 and H.265.
    Unknown,
}

/// Whose rules a frame follows, where the two implementations differ: frames of
/// AV1 and of unknown codecs, and of H.264 and H.265 without a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// LiveKit's web SDK: Element Call.
    Web,
    /// The native cryptor (Rust, Swift, Android).
    Native,
}

/// How a frame is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Bytes in the clear, authenticated.
    pub(super) header: usize,
    /// Whether what follows is escaped.
    pub(super) escaped: bool,
}

/// Nobody could read the frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unsupported;

impl Layout {
    /// Of a frame, plain or encrypted: what decides is in the clear in both.
    pub(super) fn of(frame: &[u8], kind: FrameKind, dialect: Dialect) -> Result<Self, Unsupported> {
        let plain = |header| Self {
            header,
            escaped: false,
        };
        let FrameKind::Video { codec, key_frame } = kind else {
            return Ok(plain(1));
        };
        let as_vp8 = plain(if key_frame { 10 } else { 3 });
        let slice: &[fn(u8) -> bool] = match (codec, dialect) {
            (VideoCodec::Vp8, _) => return Ok(as_vp8),
            (VideoCodec::Av1, Dialect::Web) => return Err(Unsupported),
            (VideoCodec::Vp9, _) | (VideoCodec::Av1 | VideoCodec::Unknown, Dialect::Native) => {
                return Ok(plain(0));
            }
            (VideoCodec::H264, _) => &[is_h264_slice],
            (VideoCodec::H265, _) => &[is_h265_slice],
            (VideoCodec::Unknown, Dialect::Web) => &[is_h264_slice, is_h265_slice],
        };
        let first = slice.iter().find_map(|is_slice| {
            units(frame)
                .find(|(_, first)| is_slice(*first))
                .filter(|_| starts_with_a_unit(frame))
        });
        Ok(match (first, dialect) {
            (Some((start, _)), _) => Self {
                header: start.saturating_add(2),
                escaped: true,
            },
            (None, Dialect::Web) => as_vp8,
            (None, Dialect::Native) => Self {
                header: 0,
                escaped: true,
            },
        })
    }
}

const fn is_h264_slice(first: u8) -> bool {
    matches!(first & 0x1f, 1 | 5)
}

const fn is_h265_slice(first: u8) -> bool {
    matches!((first >> 1) & 0x3f, 0..=9 | 16..=21)
}

/// Where each unit begins, behind its start code, and its first byte.
fn units(frame: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    frame
        .windows(4)
        .enumerate()
        .filter_map(|(at, window)| match window {
            [0, 0, 1, first] => Some((at.saturating_add(3), *first)),
            _ => None,
        })
}

/// Whether nothing but zeros stands before the first start code.
fn starts_with_a_unit(frame: &[u8]) -> bool {
    let zeros = frame.iter().take_while(|byte| **byte == 0).count();
    zeros >= 2 && frame.get(zeros) == Some(&1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn video(codec: VideoCodec, key_frame: bool) -> FrameKind {
        FrameKind::Video { codec, key_frame }
    }

    fn layout(frame: &[u8], kind: FrameKind, dialect: Dialect) -> Option<(usize, bool)> {
        Layout::of(frame, kind, dialect)
            .ok()
            .map(|layout| (layout.header, layout.escaped))
    }

    #[test]
    fn the_header_is_that_of_the_codec() {
        use VideoCodec::{Av1, H264, H265, Unknown, Vp8, Vp9};
        let idr = [0, 0, 0, 1, 0x67, 9, 0, 0, 1, 0x65, 8, 7];
        let hevc = [0, 0, 1, 0x40, 1, 0, 0, 1, 0x26, 1, 9];
        let leading = [9, 0, 0, 1, 0x65, 8, 7];
        let sps = [0, 0, 1, 0x67, 9, 9, 9];
        for (frame, kind, web, native) in [
            (
                &idr[..],
                FrameKind::Audio,
                Some((1, false)),
                Some((1, false)),
            ),
            (&idr, video(Vp8, true), Some((10, false)), Some((10, false))),
            (&idr, video(Vp8, false), Some((3, false)), Some((3, false))),
            (&idr, video(Vp9, true), Some((0, false)), Some((0, false))),
            (&idr, video(Av1, true), None, Some((0, false))),
            (&idr, video(H264, true), Some((11, true)), Some((11, true))),
            (&hevc, video(H265, true), Some((10, true)), Some((10, true))),
            (
                &idr,
                video(Unknown, true),
                Some((11, true)),
                Some((0, false)),
            ),
            (
                &hevc,
                video(Unknown, true),
                Some((10, true)),
                Some((0, false)),
            ),
            (
                &sps,
                video(Unknown, false),
                Some((3, false)),
                Some((0, false)),
            ),
            (&sps, video(H264, true), Some((10, false)), Some((0, true))),
            (
                &leading,
                video(H264, false),
                Some((3, false)),
                Some((0, true)),
            ),
            (
                &[0, 0, 1],
                video(H264, false),
                Some((3, false)),
                Some((0, true)),
            ),
        ] {
            assert_eq!(layout(frame, kind, Dialect::Web), web, "{kind:?} {frame:?}");
            assert_eq!(
                layout(frame, kind, Dialect::Native),
                native,
                "{kind:?} {frame:?}"
            );
        }
    }
}
