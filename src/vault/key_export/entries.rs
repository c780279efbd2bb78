//! The entries of a JSON array that comes in pieces.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::super::room_key::RoomKey;

/// The array is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotAnArray;

/// Finds where entries end, and collects one at a time. Whether an entry is
/// JSON is for its reader to say; an entry of more than [`RoomKey::MAX_JSON`]
/// bytes is not collected, and nobody looks at it.
pub(super) struct Entries {
    place: Place,
    /// Arrays and objects that are open within the entry.
    depth: u64,
    in_string: bool,
    escaped: bool,
    too_long: bool,
    entry: Zeroizing<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    BeforeArray,
    /// Before or within an entry, which is the first or not.
    Entry {
        first: bool,
    },
    AfterArray,
}

/// What a piece of text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing: it is used up.
    Nothing,
    /// An entry: [`Entries::entry`].
    Entry,
    /// An entry that is too long.
    TooLong,
}

impl Entries {
    pub(super) fn new() -> Self {
        Self {
            place: Place::BeforeArray,
            depth: 0,
            in_string: false,
            escaped: false,
            too_long: false,
            // It never grows, which would leave copies behind.
            entry: Zeroizing::new(Vec::with_capacity(RoomKey::MAX_JSON)),
        }
    }

    /// The entry that was found.
    pub(super) fn entry(&self) -> &[u8] {
        &self.entry
    }

    /// Whether the array has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.place == Place::AfterArray
    }

    /// Takes text up to the end of an entry; says how much, and what was found.
    pub(super) fn push(&mut self, text: &[u8]) -> Result<(usize, Found), NotAnArray> {
        let mut collected = 0;
        for (at, byte) in text.iter().enumerate() {
            match self.place {
                Place::BeforeArray | Place::AfterArray if is_space(*byte) => {}
                Place::BeforeArray if *byte == b'[' => {
                    self.place = Place::Entry { first: true };
                    collected = at.saturating_add(1);
                    self.start();
                }
                Place::BeforeArray | Place::AfterArray => return Err(NotAnArray),
                Place::Entry { first } => {
                    if !self.ends_with(*byte)? {
                        continue;
                    }
                    self.collect(text.get(collected..at).unwrap_or_default());
                    let ended = *byte == b']';
                    self.place = if ended {
                        Place::AfterArray
                    } else {
                        Place::Entry { first: false }
                    };
                    let used = at.saturating_add(1);
                    if self.too_long {
                        return Ok((used, Found::TooLong));
                    }
                    if self.entry.iter().any(|byte| !is_space(*byte)) {
                        return Ok((used, Found::Entry));
                    }
                    if !(first && ended) {
                        return Err(NotAnArray);
                    }
                    // The empty array.
                    collected = used;
                }
            }
        }
        if matches!(self.place, Place::Entry { .. }) {
            self.collect(text.get(collected..).unwrap_or_default());
        }
        Ok((text.len(), Found::Nothing))
    }

    /// Forgets the entry that was found, and starts the next.
    pub(super) fn start(&mut self) {
        self.entry.clear();
        self.too_long = false;
    }

    /// Whether the entry ends before this byte.
    fn ends_with(&mut self, byte: u8) -> Result<bool, NotAnArray> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return Ok(false);
        }
        match byte {
            b',' | b']' if self.depth == 0 => return Ok(true),
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => self.depth = self.depth.checked_sub(1).ok_or(NotAnArray)?,
            _ => {}
        }
        Ok(false)
    }

    fn collect(&mut self, text: &[u8]) {
        let room = RoomKey::MAX_JSON.saturating_sub(self.entry.len());
        if self.too_long || text.len() > room {
            self.too_long = true;
        } else {
            self.entry.extend_from_slice(text);
        }
    }
}

/// White space of JSON (RFC 8259 §2).
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use alloc::{
        format,
        string::{String, ToString},
        vec,
    };

    use super::*;

    /// The entries of a text that comes in pieces of `size`.
    fn read(text: &str, size: usize) -> Result<Vec<String>, NotAnArray> {
        let mut entries = Entries::new();
        let mut found = Vec::new();
        for mut piece in text.as_bytes().chunks(size) {
            while !piece.is_empty() {
                let (used, what) = entries.push(piece)?;
                piece = &piece[used..];
                match what {
                    Found::Nothing => continue,
                    Found::TooLong => found.push("too long".to_string()),
                    Found::Entry => {
                        let entry = String::from_utf8_lossy(entries.entry());
                        found.push(entry.trim().to_string());
                    }
                }
                entries.start();
            }
        }
        if entries.has_ended() {
            Ok(found)
        } else {
            Err(NotAnArray)
        }
    }

    fn all_sizes(text: &str) -> Result<Vec<String>, NotAnArray> {
        let whole = read(text, text.len().max(1));
        for size in 1..8 {
            assert_eq!(read(text, size), whole, "{text} by {size}");
        }
        whole
    }

    #[test]
    fn entries_end_where_json_says() {
        for (text, entries) in [
            ("[]", vec![]),
            (" \n[ \t] \r\n", vec![]),
            ("[1]", vec!["1"]),
            (" [ 1 , {} ]", vec!["1", "{}"]),
            (
                r#"[{"a":[1,2],"b":"],\"[\\"},"x,y",[[]]]"#,
                vec![r#"{"a":[1,2],"b":"],\"[\\"}"#, "\"x,y\"", "[[]]"],
            ),
        ] {
            assert_eq!(all_sizes(text).unwrap(), entries, "{text}");
        }
    }

    #[test]
    fn what_is_no_array_is_refused() {
        for text in [
            "", " ", "{}", "1", "[", "[1", "[1,", "[,]", "[1,]", "[1,,2]", "[]]", "[] x", "[\"",
            "[}", "[{]", "[\"\\\"]", "x[]", "[],[]",
        ] {
            assert_eq!(all_sizes(text), Err(NotAnArray), "{text}");
        }
    }

    #[test]
    fn a_long_entry_is_passed_over() {
        let long = "x".repeat(RoomKey::MAX_JSON - 1);
        for (text, found) in [
            (format!("[1,\"{long}\",2]"), ["1", "too long", "2"]),
            (format!("[1,{}x,2]", &long), ["1", &format!("{long}x"), "2"]),
        ] {
            for size in [1000, text.len()] {
                assert_eq!(read(&text, size).unwrap(), found);
            }
        }
        let bomb = format!("[{}{},2]", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(read(&bomb, 4096).unwrap(), ["too long", "2"]);
    }
}
