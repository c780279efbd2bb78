//! Emulation prevention of H.264 and H.265: no start code arises in what is
//! encrypted.

/// Zeros after which a byte is escaped.
const ZEROS: u8 = 2;
const ESCAPE: u8 = 3;
/// Bytes that are passed over at once, when no zero is among them.
const STRIDE: usize = 64;

/// Most bytes that `length` bytes become.
pub(super) const fn escaped_bound(length: usize) -> usize {
    length.saturating_add(length / 2)
}

/// Escapes the first `length` bytes of a buffer that has room for
/// [`escaped_bound`] of them: 03 goes before any byte up to 03 that follows two
/// zeros. Gives how many there are then.
pub(super) fn escape(buffer: &mut [u8], length: usize) -> usize {
    let (mut first, mut count) = (None, 0usize);
    let body = buffer.get(..length).unwrap_or_default();
    scan(
        body,
        |byte| byte <= ESCAPE,
        |at| {
            first.get_or_insert(at);
            count = count.saturating_add(1);
        },
    );
    let Some(first) = first else {
        return length;
    };
    // What comes after the first escape makes room for all of them, then moves back
    // byte by byte.
    let from = first.saturating_add(count);
    let end = length.saturating_add(count);
    if end > buffer.len() {
        return length;
    }
    buffer.copy_within(first..length, from);
    let (mut write, mut zeros) = (first, ZEROS);
    for read in from..end {
        let byte = buffer.get(read).copied().unwrap_or_default();
        if zeros >= ZEROS && byte <= ESCAPE {
            put(buffer, &mut write, ESCAPE);
            zeros = 0;
        }
        put(buffer, &mut write, byte);
        zeros = if byte == 0 {
            zeros.saturating_add(1)
        } else {
            0
        };
    }
    end
}

/// Drops every 03 that follows two zeros, and gives how many bytes are left.
pub(super) fn unescape(body: &mut [u8]) -> usize {
    let mut first = None;
    scan(
        body,
        |byte| byte == ESCAPE,
        |at| {
            first.get_or_insert(at);
        },
    );
    let Some(first) = first else {
        return body.len();
    };
    let (mut write, mut zeros) = (first, ZEROS);
    for read in first..body.len() {
        let byte = body.get(read).copied().unwrap_or_default();
        if zeros >= ZEROS && byte == ESCAPE {
            zeros = 0;
            continue;
        }
        put(body, &mut write, byte);
        zeros = if byte == 0 {
            zeros.saturating_add(1)
        } else {
            0
        };
    }
    write
}

fn put(buffer: &mut [u8], at: &mut usize, byte: u8) {
    if let Some(room) = buffer.get_mut(*at) {
        *room = byte;
    }
    *at = at.saturating_add(1);
}

/// Calls `found` with the place of each byte that `matches` and follows two zeros,
/// of which the count starts over there.
fn scan(body: &[u8], matches: impl Fn(u8) -> bool, mut found: impl FnMut(usize)) {
    let mut zeros = 0u8;
    let mut start = 0usize;
    for chunk in body.chunks(STRIDE) {
        if zeros > 0 || chunk.contains(&0) {
            for (at, byte) in chunk.iter().enumerate() {
                if zeros >= ZEROS && matches(*byte) {
                    found(start.saturating_add(at));
                    zeros = 0;
                    // An escape goes before this byte, or is this byte.
                    if *byte == ESCAPE {
                        continue;
                    }
                }
                zeros = if *byte == 0 {
                    zeros.saturating_add(1)
                } else {
                    0
                };
            }
        }
        start = start.saturating_add(chunk.len());
    }
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use super::*;

    fn escaped(body: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0xee; escaped_bound(body.len())];
        buffer[..body.len()].copy_from_slice(body);
        let length = escape(&mut buffer, body.len());
        buffer.truncate(length);
        buffer
    }

    fn unescaped(body: &[u8]) -> Vec<u8> {
        let mut buffer = body.to_vec();
        let length = unescape(&mut buffer);
        buffer.truncate(length);
        buffer
    }

    /// The rule, in as few words as it has.
    fn by_the_rule(body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut zeros = 0u8;
        for byte in body {
            if zeros == 2 && *byte <= 3 {
                out.push(3);
                zeros = 0;
            }
            out.push(*byte);
            zeros = if *byte == 0 { zeros.wrapping_add(1) } else { 0 };
        }
        out
    }

    #[test]
    fn known_answers() {
        for (plain, out) in [
            (&[][..], &[][..]),
            (&[0, 0, 0], &[0, 0, 3, 0]),
            (&[0, 0, 0, 0], &[0, 0, 3, 0, 0]),
            (&[0, 0, 1], &[0, 0, 3, 1]),
            (&[0, 0, 0, 4], &[0, 0, 3, 0, 4]),
            (&[1, 0, 0, 0, 2, 0, 0], &[1, 0, 0, 3, 0, 2, 0, 0]),
            (&[0, 0, 2, 0, 0], &[0, 0, 3, 2, 0, 0]),
            (&[0, 0, 3], &[0, 0, 3, 3]),
            (
                &[0, 0, 0, 0, 0, 0, 0, 1],
                &[0, 0, 3, 0, 0, 3, 0, 0, 3, 0, 1],
            ),
            (&[0xff, 0, 0, 3, 0, 0, 3], &[0xff, 0, 0, 3, 3, 0, 0, 3, 3]),
        ] {
            assert_eq!(escaped(plain), out);
            assert_eq!(unescaped(out), plain);
        }
    }

    #[test]
    fn every_short_text_of_small_bytes_goes_there_and_back() {
        for length in 0..=8u32 {
            for number in 0..5usize.pow(length) {
                let digit = |place| u8::try_from(number / 5usize.pow(place) % 5).unwrap();
                // Over the edge of a stride, too.
                let mut body = vec![9; STRIDE - 4];
                body.extend((0..length).map(digit));
                let out = escaped(&body);
                assert_eq!(out, by_the_rule(&body));
                assert_eq!(unescaped(&out), body);
            }
        }
    }
}
