//! The encoding of messages.

use super::{Bench, TEXT, refused};
use crate::{
    format::Case,
    wire::{self, number},
};

pub(super) fn lengths(bench: &Bench) -> Vec<Case> {
    let [index, ciphertext] = bench.fields();
    let sealed = |parts: &[&[u8]]| bench.sealed(&parts.concat());
    let text = bench.keys.encrypt(TEXT);
    let with_text = |bytes: &[u8]| sealed(&[&index, &wire::bytes(0x12, bytes)]);
    let with_index = |bytes: &[u8]| sealed(&[&[0x08], bytes, &ciphertext]);
    let right = "as the name says; MAC and signature are right";
    vec![
        refused(
            "index-missing",
            right,
            &sealed(&[&ciphertext]),
            "format.missing",
            &[],
        ),
        refused(
            "ciphertext-missing",
            right,
            &sealed(&[&index]),
            "format.missing",
            &[],
        ),
        refused(
            "ciphertext-empty",
            right,
            &with_text(&[]),
            "format.ciphertext-length",
            &[],
        ),
        refused(
            "ciphertext-15-bytes",
            right,
            &with_text(&text[..15]),
            "format.ciphertext-length",
            &["truncated"],
        ),
        refused(
            "ciphertext-17-bytes",
            right,
            &with_text(&[text.as_slice(), &[0]].concat()),
            "format.ciphertext-length",
            &[],
        ),
        refused(
            "index-cut",
            right,
            &sealed(&[&[0x08, 0x85]]),
            "format.truncated",
            &["truncated"],
        ),
        refused(
            "ciphertext-cut",
            right,
            &sealed(&[&index, &ciphertext[..10]]),
            "format.truncated",
            &["truncated"],
        ),
        refused(
            "ciphertext-tag-alone",
            right,
            &sealed(&[&index, &[0x12]]),
            "format.truncated",
            &["truncated"],
        ),
        refused(
            "ciphertext-length-2-pow-32",
            right,
            &sealed(&[&index, &[0x12], &wire::varint(1 << 32)]),
            "format.truncated",
            &[],
        ),
        refused(
            "index-2-pow-32",
            right,
            &with_index(&wire::varint(1 << 32)),
            "format.index",
            &["wrap"],
        ),
        refused(
            "index-2-pow-32-plus-5",
            "the right index plus 2^32",
            &with_index(&wire::varint((1 << 32) + 5)),
            "format.index",
            &["wrap"],
        ),
        refused(
            "index-2-pow-63",
            right,
            &with_index(&wire::varint(1 << 63)),
            "format.index",
            &["wrap"],
        ),
        refused(
            "index-2-pow-64-plus-5",
            "the right index plus 2^64",
            &with_index(&[0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]),
            "format.index",
            &["wrap"],
        ),
    ]
}

/// What is wrong, the payload, the error.
fn odd_payloads(bench: &Bench) -> Vec<(&'static str, &'static str, Vec<u8>, &'static str)> {
    let [index, ciphertext] = bench.fields();
    let (other_index, other_text) = (number(0x08, 99), wire::bytes(0x12, &[0x55; 16]));
    let canonical = "format.not-canonical";
    let joined = |parts: &[&[u8]]| parts.concat();
    vec![
        (
            "unknown-number",
            "an unknown field with a number at the end",
            joined(&[&index, &ciphertext, &number(0x18, 1)]),
            canonical,
        ),
        (
            "unknown-bytes",
            "an unknown field with bytes at the end",
            joined(&[&index, &ciphertext, &wire::bytes(0x1a, b"ab")]),
            canonical,
        ),
        (
            "ciphertext-first",
            "the ciphertext before the index",
            joined(&[&ciphertext, &index]),
            "format",
        ),
        (
            "index-twice",
            "the same index twice",
            joined(&[&index, &index, &ciphertext]),
            canonical,
        ),
        (
            "index-twice-last-right",
            "two indexes, the last one right",
            joined(&[&other_index, &index, &ciphertext]),
            canonical,
        ),
        (
            "ciphertext-twice",
            "the same ciphertext twice",
            joined(&[&index, &ciphertext, &ciphertext]),
            canonical,
        ),
        (
            "ciphertext-twice-last-right",
            "two ciphertexts, the last one right",
            joined(&[&index, &other_text, &ciphertext]),
            canonical,
        ),
        (
            "index-long-varint",
            "the index in one byte more than it needs",
            joined(&[&[0x08, 0x85, 0], &ciphertext]),
            canonical,
        ),
        (
            "ciphertext-length-long-varint",
            "the length of the ciphertext in one byte more",
            joined(&[&index, &[0x12, 0x90, 0], &ciphertext[2..]]),
            canonical,
        ),
        (
            "tag-long-varint",
            "the first tag in two bytes",
            joined(&[&[0x88, 0], &index[1..], &ciphertext]),
            "format",
        ),
    ]
}

pub(super) fn odd(bench: &Bench) -> Vec<Case> {
    let good = bench.fields().concat();
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
    for (id, comment, tail) in [
        (
            "wire-type-1",
            "a field of wire type 1 (8 bytes) at the end",
            &[0x19, 0, 0, 0, 0, 0, 0, 0, 0][..],
        ),
        (
            "wire-type-3",
            "a field of wire type 3 (group) at the end",
            &[0x1b],
        ),
        (
            "wire-type-4",
            "a field of wire type 4 (end of a group) at the end",
            &[0x1c],
        ),
        (
            "wire-type-5",
            "a field of wire type 5 (4 bytes) at the end",
            &[0x1d, 1, 2, 3, 4],
        ),
        (
            "wire-type-7",
            "a field of wire type 7 at the end",
            &[0x1f, 0],
        ),
        ("field-number-0", "field number 0 at the end", &[0x00, 0x01]),
        (
            "unfinished-varint",
            "an unknown field whose number is not finished",
            &[0x18, 0x80],
        ),
        (
            "length-past-the-end",
            "an unknown field that is longer than the rest",
            &[0x1a, 0x7f],
        ),
    ] {
        let error = if id.starts_with("wire-type") {
            "format.wire-type"
        } else {
            "format"
        };
        let message = bench.sealed(&[good.as_slice(), tail].concat());
        cases.push(refused(id, comment, &message, error, &["non-canonical"]));
    }
    cases
}

pub(super) fn recoded(bench: &Bench) -> Vec<Case> {
    let message = bench.message();
    let rest = &message[message.len() - 72..];
    let mut all = odd_payloads(bench);
    let [_, ciphertext] = bench.fields();
    let index = [&[0x08], wire::varint((1 << 32) + 5).as_slice()].concat();
    all.push((
        "index-2-pow-32-plus-5",
        "the index plus 2^32",
        [index, ciphertext].concat(),
        "format.index",
    ));
    all.into_iter()
        .map(|(id, comment, payload, error)| {
            refused(
                &format!("{id}-recoded"),
                &format!("{comment}; anybody can make it of the good message"),
                &[&[3], payload.as_slice(), rest].concat(),
                error,
                &["non-canonical", "malleable"],
            )
        })
        .collect()
}
