//! A key export file gives back the keys that went in, to whoever has the
//! passphrase, and nothing of a file with anything wrong with it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that panics has failed"
)]

mod common;

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use aes::Aes256;
use base64::{Engine, engine::general_purpose::STANDARD};
use common::{
    rng::{BytesRng, FailingRng, SeededRng},
    room_keys::room_key,
};
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use hmac::{Hmac, KeyInit, Mac};
use necturus::vault::{
    KeyExport, KeyExportEncoder, KeyExportWriter, OpenExportError, ReadExportError, RoomKeyEntry,
    WriteExportError,
};
use proptest::prelude::*;
use sha2::{Sha256, Sha512};

const HEADER: &str = "-----BEGIN MEGOLM SESSION DATA-----";
const FOOTER: &str = "-----END MEGOLM SESSION DATA-----";
const PASSPHRASE: &str = "pässword 🔑";

/// Of element-web's tests: the text "plain" under "password", ten rounds.
const PLAIN: &str = "-----BEGIN MEGOLM SESSION DATA-----
AXNhbHRzYWx0c2FsdHNhbHSIiIiIiIiIiIiIiIiIiIiIAAAACmIRUW2OjZ3L2l6j9h0lHlV3M2dx
cissyYBxjsfsAndErh065A8=
-----END MEGOLM SESSION DATA-----";

fn entry(seed: u64) -> RoomKeyEntry {
    RoomKeyEntry::new(&format!("!room{seed}:example.org"), room_key(seed)).unwrap()
}

fn text(entry: &RoomKeyEntry) -> String {
    String::from_utf8(entry.to_json().to_vec()).unwrap()
}

/// The bytes of a file: anything under a good MAC.
fn bytes(version: u8, rounds: u32, iv: [u8; 16], plaintext: &[u8]) -> Vec<u8> {
    let salt = [5; 16];
    let mut keys = [0; 64];
    pbkdf2::pbkdf2_hmac::<Sha512>(PASSPHRASE.as_bytes(), &salt, rounds.clamp(1, 10), &mut keys);
    let mut file = [&[version][..], &salt, &iv, &rounds.to_be_bytes(), plaintext].concat();
    Ctr128BE::<Aes256>::new(keys[..32].try_into().unwrap(), &iv.into())
        .apply_keystream(&mut file[37..]);
    let mut mac = Hmac::<Sha256>::new_from_slice(&keys[32..]).unwrap();
    mac.update(&file);
    file.extend_from_slice(&mac.finalize().into_bytes());
    file
}

fn armored(bytes: &[u8]) -> String {
    format!("{HEADER}\n{}\n{FOOTER}\n", STANDARD.encode(bytes))
}

/// A file of ten rounds with this plaintext.
fn file(plaintext: &[u8]) -> String {
    armored(&bytes(1, 10, [7; 16], plaintext))
}

/// The keys and how many were left out.
fn drain(mut keys: KeyExport<'_>) -> Result<(Vec<String>, u64), ReadExportError> {
    let read = keys.by_ref().map(|key| key.map(|key| text(&key)));
    let read = read.collect::<Result<Vec<_>, _>>()?;
    assert!(keys.next().is_none());
    Ok((read, keys.skipped()))
}

/// The same by both roads.
fn read(file: &str) -> Result<(Vec<String>, u64), ReadExportError> {
    let slice = KeyExport::open(file.as_bytes(), PASSPHRASE).map(drain);
    let stream = KeyExport::open_reader(Cursor::new(file), PASSPHRASE).map(drain);
    assert_eq!(slice, stream);
    assert!(slice.is_ok(), "{slice:?}");
    slice.unwrap_or(Err(ReadExportError::Changed))
}

fn refused(file: &str) -> OpenExportError {
    let error = KeyExport::open(file.as_bytes(), PASSPHRASE).err().unwrap();
    let stream = KeyExport::open_reader(Cursor::new(file), PASSPHRASE).err();
    assert_eq!(stream, Some(error));
    error
}

#[test]
fn what_is_written_is_read() {
    for count in [0, 1, 30] {
        let entries: Vec<RoomKeyEntry> = (0..count).map(entry).collect();
        let mut rng = SeededRng::new(1);
        let mut writer =
            KeyExportWriter::start_with(&mut rng, PASSPHRASE, 100_000, Vec::new()).unwrap();
        entries.iter().for_each(|entry| writer.push(entry).unwrap());
        let written = String::from_utf8(writer.finish().unwrap()).unwrap();

        let mut encoded = String::new();
        let mut rng = SeededRng::new(1);
        let mut encoder =
            KeyExportEncoder::start_with(&mut rng, PASSPHRASE, 100_000, &mut encoded).unwrap();
        for entry in &entries {
            encoder.push(entry, &mut encoded).unwrap();
        }
        encoder.finish(&mut encoded);
        assert_eq!(written, encoded);

        let lines: Vec<&str> = written.lines().collect();
        assert_eq!((lines[0], lines[lines.len() - 1]), (HEADER, FOOTER));
        let (last, whole) = lines[1..lines.len() - 1].split_last().unwrap();
        assert!(whole.iter().all(|line| line.len() == 96));
        assert!(last.len() <= 96 && last.len().is_multiple_of(4));
        let expected: Vec<String> = entries.iter().map(text).collect();
        assert_eq!(read(&written), Ok((expected, 0)));
        let export = KeyExport::open(written.as_bytes(), PASSPHRASE).unwrap();
        assert!(!export.is_weak());
        assert_eq!(export.rounds(), 100_000);
        for wrong in ["", "pässword 🔑 ", "password"] {
            let error = KeyExport::open(written.as_bytes(), wrong).err();
            assert_eq!(error, Some(OpenExportError::WrongPassphrase));
        }
    }
}

#[test]
fn writers_draw_what_they_say_and_clear_bit_63() {
    let mut rng = BytesRng::new([0xff; 33]);
    let mut out = String::new();
    let encoder = KeyExportEncoder::start_with(&mut rng, PASSPHRASE, 100_000, &mut out).unwrap();
    assert_eq!(rng.left(), 1);
    encoder.finish(&mut out);
    let bytes: String = out.lines().filter(|line| !line.contains('-')).collect();
    let bytes = STANDARD.decode(bytes).unwrap();
    assert_eq!(bytes[..17], [&[1][..], &[0xff; 16]].concat());
    assert_eq!(
        bytes[17..33],
        [&[0xff; 8][..], &[0x7f], &[0xff; 7]].concat()
    );
    assert_eq!(bytes.len(), 37 + 2 + 32);

    let mut out = String::new();
    for rounds in [0, 99_999, 10_000_001, u32::MAX] {
        let started = KeyExportEncoder::start_with(&mut rng, PASSPHRASE, rounds, &mut out);
        assert_eq!(started.err(), Some(WriteExportError::Rounds));
    }
    let started = KeyExportEncoder::start_with(&mut FailingRng, PASSPHRASE, 100_000, &mut out);
    assert_eq!(started.err(), Some(WriteExportError::Rng));
    assert!(out.is_empty());
}

#[test]
fn the_known_file_opens_and_holds_no_array() {
    let mut keys = KeyExport::open(PLAIN.as_bytes(), "password").unwrap();
    assert_eq!(keys.rounds(), 10);
    assert!(keys.is_weak());
    assert_eq!(keys.next().unwrap().err(), Some(ReadExportError::Json));
    assert!(keys.next().is_none());
}

#[test]
fn any_changed_character_is_an_error() {
    for at in HEADER.len() + 1..PLAIN.len() - FOOTER.len() - 1 {
        for other in ["A", "Q", "!", "=", "-", "é"] {
            let mut changed = PLAIN.to_string();
            changed.replace_range(at..=at, other);
            if changed == PLAIN || PLAIN.as_bytes()[at] == b'\n' {
                continue;
            }
            // Ten rounds, and not many more whatever the file says.
            let opened = KeyExport::open_bounded(changed.as_bytes(), "password", 1000);
            assert!(opened.is_err(), "{other} at {at}");
        }
    }
}

#[test]
fn every_cut_is_an_error() {
    let good = bytes(1, 10, [7; 16], b"[]");
    assert!(read(&armored(&good)).is_ok());
    for length in 0..good.len() {
        let error = if length < 69 {
            OpenExportError::TooShort
        } else {
            OpenExportError::WrongPassphrase
        };
        assert_eq!(refused(&armored(&good[..length])), error, "{length}");
    }
    let text = armored(&good);
    for length in 0..text.trim_end().len() {
        let error = if length <= HEADER.len() {
            OpenExportError::Header
        } else {
            OpenExportError::Footer
        };
        assert_eq!(refused(&text[..length]), error, "{length}");
    }
}

#[test]
fn the_first_fault_is_told() {
    use OpenExportError::{
        Base64, CounterOverflow, Footer, Header, Rounds, TooShort, Version, WrongPassphrase,
    };
    // Each has the faults of all that come after it, too.
    let mut faulty = bytes(2, 0, [0xff; 16], b"{seventeen bytes.");
    *faulty.last_mut().unwrap() ^= 1;
    let version = armored(&faulty);
    assert_eq!(refused(&version), Version { found: 2 });
    assert_eq!(refused(&armored(&faulty[..68])), TooShort);
    assert_eq!(
        refused(&version.replace(HEADER, &format!("{HEADER}\n!"))),
        Base64
    );
    let no_footer = version.replace(HEADER, &format!("{HEADER}\n!"));
    let no_footer = no_footer.replace(FOOTER, "");
    assert_eq!(refused(&no_footer), Footer);
    assert_eq!(refused(&format!("x\n{no_footer}")), Header);
    faulty[0] = 1;
    assert_eq!(refused(&armored(&faulty)), Rounds { found: 0 });
    for rounds in [10_000_001, u32::MAX] {
        let file = armored(&bytes(1, rounds, [0xff; 16], b"[]"));
        assert_eq!(refused(&file), Rounds { found: rounds });
    }
    let mut wrong = bytes(1, 10, [0xff; 16], b"{seventeen bytes.");
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&armored(&wrong)), WrongPassphrase);
    let overflow = armored(&bytes(1, 10, [0xff; 16], b"{seventeen bytes."));
    assert_eq!(refused(&overflow), CounterOverflow);
    // One block from the last count on is fine.
    let fits = armored(&bytes(1, 10, [0xff; 16], b"[              ]"));
    assert_eq!(read(&fits), Ok((Vec::new(), 0)));
    let bounded = KeyExport::open_bounded(fits.as_bytes(), PASSPHRASE, 9).err();
    assert_eq!(bounded, Some(Rounds { found: 10 }));
}

#[test]
fn one_bad_entry_is_left_out() {
    let (first, second) = (text(&entry(1)), text(&entry(2)));
    let foreign = first.replace("session_id", "x").replacen(
        '{',
        &format!("{{\"session_id\":\"{}\",", room_key(2).session_id()),
        1,
    );
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(70_000));
    for bad in [
        "null",
        "1",
        "\"[\"",
        "[]",
        "[[1,2],{}]",
        "{}",
        "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}",
        &first.replace("aes-sha2", "aes-sha3"),
        &first.replacen('{', "{\"room_id\":\"twice\",", 1),
        &foreign,
        &long,
    ] {
        let array = format!(" [{first},\r\n{bad} , {second}] ");
        let read = read(&file(array.as_bytes()));
        let expected = vec![first.clone(), second.clone()];
        assert_eq!(read, Ok((expected, 1)), "{bad:.40}");
    }
    let more = first.replacen('{', "{\"more\":[{\"x\":\"]\"}],", 1);
    assert_eq!(
        read(&file(format!("[{more}]").as_bytes())),
        Ok((vec![first], 0))
    );
}

#[test]
fn text_that_is_no_array_is_an_error() {
    let good = text(&entry(1));
    for array in [
        "",
        "{}",
        "[",
        "[]]",
        "[] x",
        "[1,]",
        "[1 2]",
        "[tru]",
        "[{]",
        "{\"a\":[]}",
        "[\"]",
        "[{\"a\":1]]",
        "[\u{feff}]",
        "\u{feff}[]",
        "[{} {}]",
        "[01]",
    ] {
        assert_eq!(
            read(&file(array.as_bytes())),
            Err(ReadExportError::Json),
            "{array}"
        );
    }
    let bomb = format!("[{}1{}]", "[".repeat(30_000), "]".repeat(30_000));
    assert_eq!(read(&file(bomb.as_bytes())), Ok((Vec::new(), 1)));

    // Not UTF-8, at the start, at the end, and where pieces meet.
    for (at, length) in [
        (0, 10),
        (1, 10),
        (9, 10),
        (12_250, 30_000),
        (29_999, 30_000),
    ] {
        let mut array = format!("[{}]", " ".repeat(length - 2)).into_bytes();
        for byte in [0x80, 0xc3, 0xff] {
            array[at] = byte;
            assert_eq!(read(&file(&array)), Err(ReadExportError::NotUtf8));
        }
    }
    // Characters of several bytes wherever pieces meet.
    for shift in 0..4 {
        let name = "é🔑".repeat(5000);
        let array = format!("[{}{good},\"{name}\"]", " ".repeat(shift));
        assert_eq!(read(&file(array.as_bytes())), Ok((vec![good.clone()], 1)));
    }
}

#[test]
fn white_space_of_any_kind_is_read() {
    let body = STANDARD.encode(bytes(1, 10, [7; 16], b"[]"));
    let (one, two) = body.split_at(5);
    for file in [
        format!("{HEADER}\n{body}\n{FOOTER}"),
        format!("\u{feff}{HEADER}\r\n{body}\r\n{FOOTER}\r\n"),
        format!("\u{feff}\n \t{HEADER}\t\n\n  {one} \r\n\n\t{two}\t\n  {FOOTER} \n\n"),
        format!("{HEADER}\n{}\n{FOOTER}", body.trim_end_matches('=')),
    ] {
        assert_eq!(read(&file), Ok((Vec::new(), 0)), "{file:?}");
    }
    let twice = format!("\u{feff}\u{feff}{HEADER}\n{body}\n{FOOTER}");
    assert_eq!(refused(&twice), OpenExportError::Header);
}

/// A file that is another one when it is read again.
struct Changing {
    files: [Cursor<Vec<u8>>; 2],
    now: usize,
}

impl Read for Changing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.files[self.now].read(buffer)
    }
}

impl Seek for Changing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if to == SeekFrom::Start(0) {
            self.now = 1;
        }
        self.files[self.now].seek(to)
    }
}

#[test]
fn a_file_that_changes_is_noticed() {
    let good = format!("[{}]", text(&entry(1)));
    let mut flipped = bytes(1, 10, [7; 16], good.as_bytes());
    flipped[40] ^= 1;
    for second in [
        armored(&bytes(1, 10, [8; 16], good.as_bytes())),
        armored(&bytes(1, 9, [7; 16], good.as_bytes())),
        armored(&flipped),
        String::new(),
        HEADER.to_owned(),
        armored(&[1; 20]),
    ] {
        let files = [file(good.as_bytes()), second].map(|file| Cursor::new(file.into_bytes()));
        let keys = KeyExport::open_reader(Changing { files, now: 0 }, PASSPHRASE).unwrap();
        let last = keys.last().unwrap();
        assert!(
            matches!(
                last,
                Err(ReadExportError::Changed | ReadExportError::Json | ReadExportError::NotUtf8)
            ),
            "{last:?}"
        );
    }
}

#[test]
fn a_file_is_read_from_where_its_reader_stands() {
    let text = format!("before{}", file(b"[]"));
    let mut reader = Cursor::new(text);
    reader.set_position(6);
    let mut keys = KeyExport::open_reader(reader, PASSPHRASE).unwrap();
    assert!(keys.next().is_none());
}

/// Takes so many bytes and no more.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let length = self.0.min(bytes.len());
        self.0 -= length;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_ends_the_file() {
    let full = Some(WriteExportError::Io(io::ErrorKind::StorageFull));
    let start =
        |room| KeyExportWriter::start_with(&mut SeededRng::new(1), PASSPHRASE, 100_000, Full(room));
    assert_eq!(start(10).err(), full);
    let mut writer = start(200).unwrap();
    assert_eq!(writer.push(&entry(1)).err(), full);
    // The rest of the text is gone, so nothing more can follow.
    assert_eq!(writer.push(&entry(2)).err(), full);
    assert_eq!(writer.finish().err(), full);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_array_of_entries_is_read(
        entries in prop::collection::vec(0..20u64, 0..40),
        space in "[ \t\r\n]{0,5}",
        width in 1..300usize,
    ) {
        let texts: Vec<String> = entries.iter().map(|seed| text(&entry(*seed))).collect();
        let array = format!("[{space}{}{space}]", texts.join(&format!("{space},{space}")));
        let body = STANDARD.encode(bytes(1, 10, [7; 16], array.as_bytes()));
        let lines: Vec<&str> = body.as_bytes().chunks(width)
            .map(|line| core::str::from_utf8(line).unwrap())
            .collect();
        let file = format!("{HEADER}\n{}\n{FOOTER}\n", lines.join("\n"));
        prop_assert_eq!(read(&file), Ok((texts, 0)));
    }

    #[test]
    fn any_plaintext_is_read_or_refused(plaintext: Vec<u8>) {
        let _ = read(&file(&plaintext));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = KeyExport::open_bounded(text.as_bytes(), PASSPHRASE, 10);
        let framed = format!("{HEADER}\n{text}\n{FOOTER}");
        let _ = KeyExport::open_bounded(framed.as_bytes(), PASSPHRASE, 10);
    }
}
