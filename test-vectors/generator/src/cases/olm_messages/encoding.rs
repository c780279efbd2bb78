//! The encoding of normal messages.

use super::{Bench, TEXT, accepted, refused};
use crate::{
    crypto::Pair,
    format::Case,
    olm::fields,
    wire::{self, number},
};

pub(super) fn lengths(bench: &Bench) -> Vec<Case> {
    let [key, index, ciphertext] = &bench.fields()[..] else {
        return Vec::new();
    };
    let sealed = |parts: &[&[u8]]| bench.sealed(&parts.concat());
    let text = bench.keys().encrypt(TEXT);
    let with_key = |length: usize| {
        let bytes: Vec<u8> = bench.ratchet_key.into_iter().cycle().take(length).collect();
        sealed(&[&wire::bytes(0x0a, &bytes), index, ciphertext])
    };
    let with_text = |bytes: &[u8]| sealed(&[key, index, &wire::bytes(0x22, bytes)]);
    let mut cases = vec![
        refused(
            "ratchet-key-missing",
            "",
            &sealed(&[index, ciphertext]),
            "format.missing",
            &[],
        ),
        refused(
            "index-missing",
            "",
            &sealed(&[key, ciphertext]),
            "format.missing",
            &[],
        ),
        refused(
            "ciphertext-missing",
            "",
            &sealed(&[key, index]),
            "format.missing",
            &[],
        ),
        refused(
            "ratchet-key-empty",
            "",
            &with_key(0),
            "format.key-length",
            &[],
        ),
        refused(
            "ratchet-key-31-bytes",
            "",
            &with_key(31),
            "format.key-length",
            &["truncated"],
        ),
        refused(
            "ratchet-key-33-bytes",
            "",
            &with_key(33),
            "format.key-length",
            &[],
        ),
        refused(
            "ratchet-key-64-bytes",
            "",
            &with_key(64),
            "format.key-length",
            &[],
        ),
        refused(
            "ciphertext-empty",
            "",
            &with_text(&[]),
            "format.ciphertext-length",
            &[],
        ),
        refused(
            "ciphertext-1-byte",
            "",
            &with_text(&text[..1]),
            "format.ciphertext-length",
            &[],
        ),
        refused(
            "ciphertext-15-bytes",
            "",
            &with_text(&text[..15]),
            "format.ciphertext-length",
            &["truncated"],
        ),
        refused(
            "ciphertext-17-bytes",
            "",
            &with_text(&[text.as_slice(), &[0]].concat()),
            "format.ciphertext-length",
            &[],
        ),
        refused(
            "ratchet-key-cut",
            "the payload ends inside the ratchet key",
            &sealed(&[&key[..20]]),
            "format.truncated",
            &["truncated"],
        ),
        refused(
            "ratchet-key-tag-alone",
            "the payload ends behind a tag",
            &sealed(&[&[0x0a]]),
            "format.truncated",
            &["truncated"],
        ),
        refused(
            "index-cut",
            "the payload ends inside the index",
            &sealed(&[key, &[0x10, 0x81]]),
            "format.truncated",
            &["truncated"],
        ),
        refused(
            "ciphertext-cut",
            "the payload ends inside the ciphertext",
            &sealed(&[key, index, &ciphertext[..10]]),
            "format.truncated",
            &["truncated"],
        ),
        refused(
            "ciphertext-length-cut",
            "the payload ends inside the length of the ciphertext",
            &sealed(&[key, index, &[0x22, 0x90]]),
            "format.truncated",
            &["truncated"],
        ),
        refused(
            "ciphertext-length-2-pow-32",
            "a length far past the end",
            &sealed(&[key, index, &[0x22], &wire::varint(1 << 32)]),
            "format.truncated",
            &[],
        ),
        refused(
            "ciphertext-length-2-pow-64",
            "a length that no number of 64 bits holds",
            &sealed(&[
                key,
                index,
                &[
                    0x22, 0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2,
                ],
            ]),
            "format",
            &[],
        ),
    ];
    for case in &mut cases {
        if case.comment.is_empty() {
            case.comment = "as the name says; the MAC is right".to_owned();
        }
    }
    cases
}

/// What is wrong, the payload, the flag, the error.
fn odd_payloads(bench: &Bench) -> Vec<(&'static str, &'static str, Vec<u8>, &'static str)> {
    let [key, index, ciphertext] = bench.fields();
    let other_key = wire::bytes(0x0a, &Pair::drawn("messages ratchet other").public);
    let other_index = number(0x10, 99);
    let other_text = wire::bytes(0x22, &[0x55; 16]);
    let canonical = "format.not-canonical";
    let joined = |parts: &[&[u8]]| parts.concat();
    vec![
        (
            "unknown-number",
            "an unknown field with a number at the end",
            joined(&[&key, &index, &ciphertext, &number(0x28, 5)]),
            canonical,
        ),
        (
            "unknown-bytes",
            "an unknown field with bytes at the end",
            joined(&[&key, &index, &ciphertext, &wire::bytes(0x32, b"ab")]),
            canonical,
        ),
        (
            "unknown-first",
            "an unknown field before the others",
            joined(&[&number(0x08, 5), &key, &index, &ciphertext]),
            canonical,
        ),
        (
            "index-first",
            "the index before the ratchet key",
            joined(&[&index, &key, &ciphertext]),
            "format",
        ),
        (
            "ciphertext-first",
            "the ciphertext before the others",
            joined(&[&ciphertext, &key, &index]),
            "format",
        ),
        (
            "ciphertext-before-index",
            "the ciphertext before the index",
            joined(&[&key, &ciphertext, &index]),
            "format",
        ),
        (
            "ratchet-key-twice",
            "the same ratchet key twice",
            joined(&[&key, &key, &index, &ciphertext]),
            canonical,
        ),
        (
            "ratchet-key-twice-last-right",
            "two ratchet keys, the last one right",
            joined(&[&other_key, &key, &index, &ciphertext]),
            canonical,
        ),
        (
            "index-twice",
            "the same index twice",
            joined(&[&key, &index, &index, &ciphertext]),
            canonical,
        ),
        (
            "index-twice-last-right",
            "two indexes, the last one right",
            joined(&[&key, &other_index, &index, &ciphertext]),
            canonical,
        ),
        (
            "ciphertext-twice",
            "the same ciphertext twice",
            joined(&[&key, &index, &ciphertext, &ciphertext]),
            canonical,
        ),
        (
            "ciphertext-twice-last-right",
            "two ciphertexts, the last one right",
            joined(&[&key, &index, &other_text, &ciphertext]),
            canonical,
        ),
        (
            "index-long-varint",
            "the index in one byte more than it needs",
            joined(&[&key, &[0x10, 0x81, 0], &ciphertext]),
            canonical,
        ),
        (
            "ratchet-key-length-long-varint",
            "the length of the ratchet key in one byte more",
            joined(&[&[0x0a, 0xa0, 0], &key[2..], &index, &ciphertext]),
            canonical,
        ),
        (
            "ciphertext-length-long-varint",
            "the length of the ciphertext in one byte more",
            joined(&[&key, &index, &[0x22, 0x90, 0], &ciphertext[2..]]),
            canonical,
        ),
        (
            "tag-long-varint",
            "the first tag in two bytes",
            joined(&[&[0x8a, 0], &key[1..], &index, &ciphertext]),
            "format",
        ),
    ]
}

pub(super) fn odd(bench: &Bench) -> Vec<Case> {
    let [key, index, ciphertext] = bench.fields();
    let mut cases: Vec<Case> = odd_payloads(bench)
        .into_iter()
        .map(|(id, comment, payload, error)| {
            refused(
                id,
                comment,
                &bench.sealed(&payload),
                error,
                &["non-canonical"],
            )
        })
        .collect();
    let other_index = number(0x10, 99);
    cases.push(refused(
        "index-twice-first-right",
        "two indexes, the first one right",
        &bench.sealed(&[key.as_slice(), &index, &other_index, &ciphertext].concat()),
        "format.not-canonical",
        &["non-canonical"],
    ));
    let good = bench.fields().concat();
    for (id, comment, tail) in [
        (
            "wire-type-1",
            "a field of wire type 1 (8 bytes) at the end",
            &[0x29, 0, 0, 0, 0, 0, 0, 0, 0][..],
        ),
        (
            "wire-type-3",
            "a field of wire type 3 (group) at the end",
            &[0x2b],
        ),
        (
            "wire-type-4",
            "a field of wire type 4 (end of a group) at the end",
            &[0x2c],
        ),
        (
            "wire-type-5",
            "a field of wire type 5 (4 bytes) at the end",
            &[0x2d, 1, 2, 3, 4],
        ),
        (
            "wire-type-6",
            "a field of wire type 6 at the end",
            &[0x2e, 0],
        ),
        (
            "wire-type-7",
            "a field of wire type 7 at the end",
            &[0x2f, 0],
        ),
        ("field-number-0", "field number 0 at the end", &[0x00, 0x01]),
        (
            "unfinished-varint",
            "an unknown field whose number is not finished",
            &[0x28, 0x80],
        ),
        (
            "length-past-the-end",
            "an unknown field that is longer than the rest",
            &[0x32, 0x7f],
        ),
    ] {
        cases.push(refused(
            id,
            comment,
            &bench.sealed(&[good.as_slice(), tail].concat()),
            if id.starts_with("wire-type") {
                "format.wire-type"
            } else {
                "format"
            },
            &["non-canonical"],
        ));
    }
    cases.push(refused(
        "index-as-bytes",
        "the index as a field with bytes",
        &bench.sealed(&[key.as_slice(), &[0x12, 1, 1], &ciphertext].concat()),
        "format",
        &[],
    ));
    cases
}

/// A third party can make these from a good message, without any key.
pub(super) fn recoded(bench: &Bench) -> Vec<Case> {
    let message = bench.message();
    let mac = &message[message.len() - 8..];
    odd_payloads(bench)
        .into_iter()
        .map(|(id, comment, payload, error)| {
            refused(
                &format!("{id}-recoded"),
                &format!("{comment}; anybody can make it of the good message"),
                &[&[3], payload.as_slice(), mac].concat(),
                error,
                &["non-canonical", "malleable"],
            )
        })
        .collect()
}

pub(super) fn indexes(bench: &Bench) -> Vec<Case> {
    let [key, _, ciphertext] = bench.fields();
    let varint =
        |bytes: &[u8]| bench.sealed(&[key.as_slice(), &[0x10], bytes, &ciphertext].concat());
    let other = Pair::drawn("messages ratchet 2");
    // Far indexes need no right MAC: they are refused before it is looked at.
    let far = |index: u32| varint(&wire::varint(u64::from(index)));
    let gap = &["gap"];
    vec![
        accepted(
            "gap-2000",
            "2000 messages skipped",
            &bench.at(2001, TEXT),
            TEXT,
        ),
        refused(
            "gap-2001",
            "2001 messages skipped",
            &bench.at(2002, TEXT),
            "gap",
            gap,
        ),
        accepted(
            "gap-2000-new-chain",
            "2000 messages skipped in a new chain",
            &bench.turned(&other, 2000),
            TEXT,
        ),
        refused(
            "gap-2001-new-chain",
            "2001 messages skipped in a new chain",
            &bench.turned(&other, 2001),
            "gap",
            gap,
        ),
        refused("index-2-pow-31", "index 2^31", &far(1 << 31), "gap", gap),
        refused(
            "index-2-pow-32-minus-1",
            "the last index there is",
            &far(u32::MAX),
            "gap",
            gap,
        ),
        refused(
            "index-2-pow-32",
            "index 2^32",
            &varint(&wire::varint(1 << 32)),
            "format.index",
            &["wrap"],
        ),
        refused(
            "index-2-pow-32-plus-1",
            "the right index plus 2^32",
            &varint(&wire::varint((1 << 32) + 1)),
            "format.index",
            &["wrap"],
        ),
        refused(
            "index-2-pow-63",
            "index 2^63",
            &varint(&wire::varint(1 << 63)),
            "format.index",
            &["wrap"],
        ),
        refused(
            "index-2-pow-64-plus-1",
            "the right index plus 2^64",
            &varint(&[0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]),
            "format.index",
            &["wrap"],
        ),
        refused(
            "index-11-bytes",
            "the right index in eleven bytes",
            &varint(&[
                0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0,
            ]),
            "format",
            &["non-canonical"],
        ),
        refused(
            "index-0-used",
            "an index that was read before the state was stored",
            &bench.sealed(&fields(&bench.ratchet_key, 0, &[0; 16]).concat()),
            "key-gone",
            &["replay"],
        ),
    ]
}
