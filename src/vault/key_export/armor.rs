//! The text around the bytes: header, lines of base64, footer.

use alloc::{string::String, vec::Vec};

use crate::primitives::base64;

pub(super) const HEADER: &str = "-----BEGIN MEGOLM SESSION DATA-----";
pub(super) const FOOTER: &str = "-----END MEGOLM SESSION DATA-----";

/// Bytes in a line as we write it: 96 characters.
const LINE_BYTES: usize = 72;
const LINE_TEXT: usize = 96;

/// Appends as many whole lines as `bytes` gives, and leaves the rest there.
pub(super) fn write_lines(bytes: &mut Vec<u8>, out: &mut String) {
    let rest = bytes.len().checked_rem(LINE_BYTES).unwrap_or_default();
    let whole = bytes.len().saturating_sub(rest);
    let text = base64::encode(bytes.get(..whole).unwrap_or_default());
    let mut text = text.as_str();
    while let Some((line, more)) = text.split_at_checked(LINE_TEXT) {
        out.push_str(line);
        out.push('\n');
        text = more;
    }
    bytes.drain(..whole);
}

/// Appends what is left as the last line, padded.
pub(super) fn write_last_line(mut bytes: Vec<u8>, out: &mut String) {
    write_lines(&mut bytes, out);
    if !bytes.is_empty() {
        out.push_str(&base64::encode_secret_padded(&bytes));
        out.push('\n');
    }
}

/// Why the text is no armour; the first that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArmorError {
    Header,
    Footer,
    Base64,
}

/// Reads the text piece by piece, and gives the bytes as soon as they are there.
///
/// A wrong character does not stop it, since a missing footer is the error that
/// comes first.
pub(super) struct Dearmor {
    place: Place,
    line: Line,
    /// Characters that are not decoded yet: the last ones may be padding.
    waiting: Vec<u8>,
    wrong: bool,
}

/// Where in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    BeforeHeader,
    Body,
    AfterFooter,
}

/// Where in the line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Nothing but white space yet.
    Start,
    /// This many characters of the header or the footer.
    Marker(usize),
    /// Within base64.
    Text,
    /// Behind base64.
    Space,
    /// In a line that is neither.
    Wrong,
}

/// Characters decoded at a time, a multiple of 4.
const BLOCK: usize = 16 * 1024;

impl Dearmor {
    pub(super) fn new() -> Self {
        Self {
            place: Place::BeforeHeader,
            line: Line::Start,
            waiting: Vec::with_capacity(BLOCK),
            wrong: false,
        }
    }

    /// Takes the next piece of text and appends the bytes to `out`.
    pub(super) fn push(&mut self, mut text: &[u8], out: &mut Vec<u8>) -> Result<(), ArmorError> {
        while let Some((byte, rest)) = text.split_first() {
            if self.place == Place::Body && matches!(self.line, Line::Start | Line::Text) {
                // The common case: a run of characters.
                let run = text
                    .iter()
                    .position(|byte| byte.is_ascii_whitespace() || *byte == b'-')
                    .unwrap_or(text.len());
                if let Some((characters, more)) = text.split_at_checked(run).filter(|_| run > 0) {
                    self.take(characters, out);
                    self.line = Line::Text;
                    text = more;
                    continue;
                }
            }
            self.step(*byte)?;
            text = rest;
        }
        Ok(())
    }

    /// One character that is no part of a run of base64.
    fn step(&mut self, byte: u8) -> Result<(), ArmorError> {
        let marker = match self.place {
            Place::BeforeHeader => HEADER.as_bytes(),
            Place::Body => FOOTER.as_bytes(),
            Place::AfterFooter if byte.is_ascii_whitespace() => return Ok(()),
            Place::AfterFooter => return Err(ArmorError::Footer),
        };
        let matched = match self.line {
            Line::Start => 0,
            Line::Marker(matched) => matched,
            Line::Text | Line::Space | Line::Wrong => marker.len(),
        };
        let in_marker = matches!(self.line, Line::Start | Line::Marker(_));
        if in_marker && marker.get(matched) == Some(&byte) {
            self.line = Line::Marker(matched.saturating_add(1));
        } else if byte.is_ascii_whitespace() && (matched == 0 || matched == marker.len()) {
            // Blank, or behind the text of the line.
            self.line = match self.line {
                Line::Marker(_) if byte == b'\n' => {
                    self.place = match self.place {
                        Place::BeforeHeader => Place::Body,
                        _ => Place::AfterFooter,
                    };
                    Line::Start
                }
                _ if byte == b'\n' => Line::Start,
                Line::Text => Line::Space,
                line => line,
            };
        } else if self.place == Place::BeforeHeader {
            return Err(ArmorError::Header);
        } else {
            self.wrong = true;
            self.line = Line::Wrong;
        }
        Ok(())
    }

    fn take(&mut self, mut characters: &[u8], out: &mut Vec<u8>) {
        while !self.wrong && !characters.is_empty() {
            if self.waiting.len() == BLOCK {
                // More follows, so these are no end and have no padding.
                self.decode(base64::decode, out);
            }
            let room = BLOCK.saturating_sub(self.waiting.len());
            let (now, later) = characters
                .split_at_checked(room)
                .unwrap_or((characters, &[]));
            self.waiting.extend_from_slice(now);
            characters = later;
        }
    }

    fn decode(
        &mut self,
        decode: impl FnOnce(&str) -> Result<Vec<u8>, base64::InvalidBase64>,
        out: &mut Vec<u8>,
    ) {
        match core::str::from_utf8(&self.waiting).map(decode) {
            Ok(Ok(bytes)) => out.extend_from_slice(&bytes),
            _ => self.wrong = true,
        }
        self.waiting.clear();
    }

    /// Ends the text, and appends the last bytes to `out`.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), ArmorError> {
        let at_footer = self.line == Line::Marker(FOOTER.len());
        match self.place {
            Place::BeforeHeader => return Err(ArmorError::Header),
            Place::Body if !at_footer => return Err(ArmorError::Footer),
            Place::Body | Place::AfterFooter => {}
        }
        if !self.wrong {
            self.decode(base64::decode_padded, out);
        }
        if self.wrong {
            Err(ArmorError::Base64)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    /// Reads the text in pieces of `size`.
    fn read(text: &str, size: usize) -> Result<Vec<u8>, ArmorError> {
        let (mut dearmor, mut out) = (Dearmor::new(), Vec::new());
        for piece in text.as_bytes().chunks(size) {
            dearmor.push(piece, &mut out)?;
        }
        dearmor.finish(&mut out)?;
        Ok(out)
    }

    fn all_sizes(text: &str) -> Result<Vec<u8>, ArmorError> {
        let whole = read(text, text.len().max(1));
        for size in [1, 2, 3, 7, 40] {
            assert_eq!(read(text, size), whole, "{text:?} by {size}");
        }
        whole
    }

    #[test]
    fn what_is_written_is_read() {
        for length in (0..300).chain([30_000, 12_288, 24_576]) {
            let bytes: Vec<u8> = (0..length).map(|n: usize| n.to_le_bytes()[0]).collect();
            let mut text = format!("{HEADER}\n");
            write_last_line(bytes.clone(), &mut text);
            text += FOOTER;
            assert!(text.lines().all(|line| line.len() <= LINE_TEXT));
            assert_eq!(read(&text, text.len()).unwrap(), bytes);
            assert_eq!(read(&text, 7).unwrap(), bytes);
        }
    }

    #[test]
    fn white_space_around_lines_is_dropped() {
        for text in [
            format!("{HEADER}\nQUJD\nREVG\n{FOOTER}"),
            format!("\r\n \t{HEADER} \r\n\r\n  QUJD \r\n\tREVG\t\r\n {FOOTER}\t\r\n\n "),
            format!("{HEADER}\nQ\nUJDR\nEVG\n{FOOTER}\n"),
        ] {
            assert_eq!(all_sizes(&text).unwrap(), b"ABCDEF", "{text:?}");
        }
        let padded = format!("{HEADER}\nQUJDRA\n==\n{FOOTER}");
        assert_eq!(all_sizes(&padded).unwrap(), b"ABCD");
    }

    #[test]
    fn each_wrong_text_has_its_error() {
        use ArmorError::{Base64, Footer, Header};
        for (text, error) in [
            (String::new(), Header),
            (format!("QUJD\n{FOOTER}"), Header),
            (format!("x\n{HEADER}\nQUJD\n{FOOTER}"), Header),
            (format!("{HEADER}x\nQUJD\n{FOOTER}"), Header),
            (format!("{HEADER} QUJD\n{FOOTER}"), Header),
            (HEADER.into(), Header),
            (format!("{HEADER}\nQUJD"), Footer),
            (format!("{HEADER}\nQ!JD\n"), Footer),
            (format!("{HEADER}\nQUJD\n{FOOTER}x"), Footer),
            (format!("{HEADER}\nQUJD\n{FOOTER}\nx"), Footer),
            (format!("{HEADER}\nQUJD{FOOTER}"), Footer),
            (format!("{HEADER}\nQU JD\n{FOOTER}"), Base64),
            (format!("{HEADER}\nQU-JD\n{FOOTER}"), Base64),
            (format!("{HEADER}\n-QUJD\n{FOOTER}"), Base64),
            (format!("{HEADER}\n{HEADER}\nQUJD\n{FOOTER}"), Base64),
            (format!("{HEADER}\nQU=\nJD\n{FOOTER}"), Base64),
            (format!("{HEADER}\nQUJDR\n{FOOTER}"), Base64),
            (format!("{HEADER}\nQUJDRB==\n{FOOTER}"), Base64),
            (format!("{HEADER}\nQ_JD\n{FOOTER}"), Base64),
            (format!("{HEADER}\nQéJD\n{FOOTER}"), Base64),
        ] {
            assert_eq!(all_sizes(&text), Err(error), "{text:?}");
        }
        let long = format!("{HEADER}\n{}=\nQUJD\n{FOOTER}", "QUJD".repeat(5000));
        assert_eq!(read(&long, long.len()), Err(Base64));
        assert_eq!(all_sizes(&format!("{HEADER}\n{FOOTER}")).unwrap(), b"");
    }
}
