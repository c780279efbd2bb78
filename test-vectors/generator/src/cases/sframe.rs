//! SFrame (RFC 9605).

use serde_json::{Value, json};

use crate::{
    draw::draw,
    format::{Case, File, Group, Step},
    media::{sframe, sframe_header, sframe_ratchet, suite},
    text::hex,
};

pub(crate) fn file() -> File {
    File::new(
        "SFrame (RFC 9605; suites 6 to 8 of draft-barnes-sframe-iana-256): headers, frames, \
         ratchet, key ids. Key ids and counters are decimal texts, as they have 64 bits.",
        vec![
            Group::new("headers", "sframe-header", json!({}), headers()),
            Group::new("frames", "sframe-encrypt", json!({}), encrypt()),
            Group::new("frames received", "sframe-decrypt", json!({}), decrypt()),
            Group::new(
                "one key and its frames",
                "sframe-receiver",
                json!({}),
                receiver(),
            ),
            Group::new("ratchet steps", "sframe-ratchet", json!({}), ratchet()),
            Group::new(
                "a sender who ratchets",
                "sframe-ratchet-receiver",
                json!({"suite": 4, "ratchet_bits": 4, "base_key": hex(&base_key())}),
                ratchet_receiver(),
            ),
            Group::new(
                "key ids of a sender",
                "sframe-step-key-id",
                json!({}),
                step_ids(),
            ),
            Group::new(
                "key ids of an MLS group",
                "sframe-mls-key-id",
                json!({}),
                mls_ids(),
            ),
        ],
    )
}

fn base_key() -> Vec<u8> {
    draw("sframe base key", 16)
}

fn headers() -> Vec<Case> {
    let values = [
        0,
        7,
        8,
        0xff,
        0x100,
        0xffff,
        0xff_ffff,
        0x100_0000,
        1 << 32,
        (1 << 40) - 1,
        1 << 48,
        (1 << 56) - 1,
        1 << 56,
        u64::MAX,
    ];
    let mut cases: Vec<Case> = values
        .iter()
        .zip(values.iter().rev())
        .flat_map(|(a, b)| [(*a, *a), (*a, *b)])
        .enumerate()
        .map(|(number, (key_id, counter))| {
            Case::good(
                &format!("sframe-header/good-{number}"),
                "the shortest form, with a byte of the frame behind it",
                json!({"frame": hex(&[sframe_header(key_id, counter), vec![0xaa]].concat())}),
                json!({
                    "key_id": key_id.to_string(),
                    "counter": counter.to_string(),
                    "encoded": hex(&sframe_header(key_id, counter)),
                }),
                &[],
            )
        })
        .collect();
    for (id, comment, bytes) in [
        (
            "key-id-below-8-in-a-byte",
            "key id 7 in a byte of its own",
            "8007",
        ),
        (
            "counter-below-8-in-a-byte",
            "counter 0 in a byte of its own",
            "0800",
        ),
        ("key-id-with-a-zero", "key id 255 in two bytes", "9000ff"),
        (
            "counter-with-a-zero",
            "counter 256 in three bytes",
            "0a000100",
        ),
        ("all-zeros", "key id 0 in eight bytes", "f00000000000000000"),
    ] {
        cases.push(Case::bad(
            &format!("sframe-header/{id}"),
            &format!("not the shortest form: {comment}"),
            json!({"frame": format!("{bytes}aa")}),
            "format.not-canonical",
            &["non-canonical"],
        ));
    }
    for (id, comment, bytes) in [
        ("empty", "no byte", ""),
        ("no-key-id", "ends before the key id", "80"),
        ("half-key-id", "ends within the key id", "9001"),
        ("no-counter", "ends before the counter", "8808"),
        ("half-counter", "ends within the counter", "0b010000"),
    ] {
        cases.push(Case::bad(
            &format!("sframe-header/{id}"),
            comment,
            json!({"frame": bytes}),
            "format.truncated",
            &["truncated"],
        ));
    }
    cases
}

fn encrypt() -> Vec<Case> {
    let mut cases = Vec::new();
    for number in 1..=8u16 {
        for (id, length, metadata, key_id, counter) in [
            ("short", 20, &b"metadata"[..], 0x123, 0x4567),
            ("empty", 0, b"", 0, 0),
            ("long", 300, b"", u64::MAX, u64::from(u32::MAX)),
        ] {
            let plain = draw("sframe text", length);
            cases.push(Case::good(
                &format!("sframe-encrypt/suite-{number}-{id}"),
                &format!("{length} bytes"),
                json!({
                    "suite": number,
                    "base_key": hex(&base_key()),
                    "key_id": key_id.to_string(),
                    "counter": counter.to_string(),
                    "metadata": hex(metadata),
                    "plaintext": hex(&plain),
                }),
                json!({
                    "frame": hex(&sframe(number, &base_key(), key_id, counter, metadata, &plain)),
                }),
                if number == 3 || number == 8 {
                    &["short-tag"]
                } else {
                    &[]
                },
            ));
        }
    }
    cases.push(Case::bad(
        "sframe-encrypt/after-the-last-counter",
        "the counter 2^32: no key encrypts more than 2^32 frames here",
        json!({
            "suite": 4,
            "base_key": hex(&base_key()),
            "key_id": "1",
            "counter": (1u64 << 32).to_string(),
            "metadata": "",
            "plaintext": "00",
        }),
        "exhausted",
        &["wrap"],
    ));
    cases
}

fn decrypt() -> Vec<Case> {
    let mut cases = Vec::new();
    let plain = draw("sframe text", 20);
    for number in 1..=8u16 {
        let good = sframe(number, &base_key(), 0x123, 0x45, b"metadata", &plain);
        let tag = suite(number).0;
        let inputs = |frame: &[u8]| {
            json!({
                "suite": number,
                "base_key": hex(&base_key()),
                "key_id": "291",
                "metadata": hex(b"metadata"),
                "frame": hex(frame),
            })
        };
        cases.push(Case::good(
            &format!("sframe-decrypt/suite-{number}"),
            "a good frame",
            inputs(&good),
            json!({"counter": "69", "plaintext": hex(&plain)}),
            &[],
        ));
        let flipped = |at: usize| {
            let mut frame = good.clone();
            frame[at] ^= 1;
            frame
        };
        let mut bad = |id: &str, comment: &str, inputs: Value, error: &str, flag: &str| {
            let id = format!("sframe-decrypt/suite-{number}-{id}");
            cases.push(Case::bad(&id, comment, inputs, error, &[flag]));
        };
        let end = good.len();
        bad(
            "counter-changed",
            "another counter in the header",
            inputs(&flipped(3)),
            "frame.invalid",
            "mac",
        );
        bad(
            "text-changed",
            "a bit of the ciphertext",
            inputs(&flipped(4)),
            "frame.invalid",
            "mac",
        );
        bad(
            "tag-changed",
            "the last bit of the tag",
            inputs(&flipped(end - 1)),
            "frame.invalid",
            "mac",
        );
        bad(
            "key-id-changed",
            "another key id in the header",
            inputs(&flipped(2)),
            "frame.unknown-key",
            "mac",
        );
        bad(
            "tag-cut",
            "without the last byte",
            inputs(&good[..end - 1]),
            "frame.invalid",
            "truncated",
        );
        bad(
            "tag-moved",
            "a byte behind the tag",
            inputs(&[&good[..], &[0]].concat()),
            "frame.invalid",
            "trailing",
        );
        bad(
            "shorter-than-a-tag",
            "header, and a byte less than a tag",
            inputs(&good[..4 + tag - 1]),
            "frame.invalid",
            "truncated",
        );
        bad(
            "header-alone",
            "nothing but the header",
            inputs(&good[..4]),
            "frame.invalid",
            "truncated",
        );
        let mut other = inputs(&good);
        other["metadata"] = json!("");
        bad(
            "other-metadata",
            "the receiver has other metadata",
            other,
            "frame.invalid",
            "mac",
        );
        let mut other = inputs(&good);
        other["base_key"] = json!(hex(&draw("another base key", 16)));
        bad(
            "other-key",
            "the receiver has another base key",
            other,
            "frame.invalid",
            "mac",
        );
        // The same counter in two bytes: authentic under its own header.
        let mut long = good.clone();
        long[0] |= 1;
        long.insert(3, 0);
        bad(
            "long-header",
            "the counter in two bytes",
            inputs(&long),
            "frame.invalid",
            "non-canonical",
        );
    }
    let weaker = sframe(2, &base_key(), 0x123, 0x45, b"metadata", &plain);
    cases.push(Case::bad(
        "sframe-decrypt/tag-of-another-suite",
        "a frame of suite 2 for a receiver of suite 1: the suite is in what is derived",
        json!({
            "suite": 1,
            "base_key": hex(&base_key()),
            "key_id": "291",
            "metadata": hex(b"metadata"),
            "frame": hex(&weaker),
        }),
        "frame.invalid",
        &["downgrade"],
    ));
    for (id, number, class) in [
        ("suite-0", 0, "suite.unknown"),
        ("suite-9", 9, "suite.unknown"),
        ("suite-private", 0xf000, "suite.unknown"),
        ("suite-3-unasked", 3, "suite.short-tag"),
        ("suite-8-unasked", 8, "suite.short-tag"),
    ] {
        cases.push(Case::bad(
            &format!("sframe-decrypt/{id}"),
            "a number of a suite from outside",
            json!({
                "suite_from_outside": number,
                "base_key": hex(&base_key()),
                "key_id": "291",
                "metadata": "",
                "frame": "00",
            }),
            class,
            &["downgrade"],
        ));
    }
    cases
}

fn receiver() -> Vec<Case> {
    let frame = |counter: u64| hex(&sframe(4, &base_key(), 5, counter, b"", b"text"));
    let opens = |counter: u64| {
        Step::good(
            "decrypt-frame",
            json!({"frame": frame(counter)}),
            json!({"counter": counter.to_string(), "plaintext": hex(b"text")}),
        )
    };
    let refuses = |counter: u64| {
        Step::bad(
            "decrypt-frame",
            json!({"frame": frame(counter)}),
            "frame.invalid",
        )
    };
    let inputs = json!({"suite": 4, "base_key": hex(&base_key()), "key_id": "5"});
    vec![
        Case::good(
            "sframe-receiver/replay",
            "each frame once, in any order; nothing 1024 or more behind the newest",
            inputs.clone(),
            json!({}),
            &["replay"],
        )
        .with_steps(vec![
            opens(7),
            refuses(7),
            opens(3),
            refuses(3),
            opens(1030),
            refuses(6),
            refuses(7),
            opens(8),
            opens(u64::MAX),
            refuses(u64::MAX),
            refuses(1031),
            opens(u64::MAX - 1023),
        ]),
        Case::good(
            "sframe-receiver/forged-counter",
            "a forged frame far ahead moves no window",
            inputs,
            json!({}),
            &["replay"],
        )
        .with_steps(vec![
            opens(1),
            Step::bad(
                "decrypt-frame",
                json!({"frame": format!("{}00", &frame(1 << 40)[..frame(1 << 40).len() - 2])}),
                "frame.invalid",
            ),
            opens(2),
        ]),
    ]
}

fn ratchet() -> Vec<Case> {
    let mut cases = Vec::new();
    for number in [1, 4, 5, 6] {
        let mut key = base_key();
        for step in 1..=3 {
            let next = sframe_ratchet(number, &key);
            cases.push(Case::good(
                &format!("sframe-ratchet/suite-{number}-step-{step}"),
                "one step",
                json!({"suite": number, "base_key": hex(&key)}),
                json!({"next": hex(&next)}),
                &[],
            ));
            key = next;
        }
    }
    for (length, name) in [(15, "too-short"), (129, "too-long")] {
        cases.push(Case::bad(
            &format!("sframe-ratchet/{name}"),
            "base keys have 16 to 128 bytes here",
            json!({"suite": 4, "base_key": hex(&draw("sframe long", length))}),
            "format.length",
            &[],
        ));
    }
    cases
}

fn ratchet_receiver() -> Vec<Case> {
    let at = |steps: u64| (0..steps).fold(base_key(), |key, _| sframe_ratchet(4, &key));
    let frame = |generation: u64, steps: u64, counter: u64| {
        let key_id = (generation << 4) | (steps % 16);
        hex(&sframe(4, &at(steps), key_id, counter, b"", b"text"))
    };
    let opens = |frame: String, counter: u64| {
        Step::good(
            "decrypt-frame",
            json!({"frame": frame}),
            json!({"counter": counter.to_string(), "plaintext": hex(b"text")}),
        )
    };
    let refuses =
        |frame: String, class: &str| Step::bad("decrypt-frame", json!({"frame": frame}), class);
    let forged = |frame: String| {
        let end = frame.len() - 1;
        let last = if frame.ends_with('0') { '1' } else { '0' };
        format!("{}{last}", &frame[..end])
    };
    let good = |id: &str, comment: &str, steps| {
        Case::good(
            &format!("sframe-ratchet-receiver/{id}"),
            comment,
            json!({"generation": 2, "step": 0}),
            json!({}),
            &["ratchet"],
        )
        .with_steps(steps)
    };
    vec![
        good(
            "follows",
            "one step, some steps, around the four bits",
            vec![
                opens(frame(2, 0, 0), 0),
                opens(frame(2, 1, 0), 0),
                opens(frame(2, 9, 0), 0),
                opens(frame(2, 20, 0), 0),
            ],
        ),
        good(
            "forged-ahead",
            "a frame ahead that is not authentic moves nothing",
            vec![
                refuses(forged(frame(2, 5, 0)), "frame.invalid"),
                opens(frame(2, 0, 0), 0),
                opens(frame(2, 5, 0), 0),
            ],
        ),
        good(
            "overtaken",
            "a frame of the key before the last move is opened, of an earlier one not",
            vec![
                opens(frame(2, 1, 0), 0),
                opens(frame(2, 2, 0), 0),
                opens(frame(2, 1, 1), 1),
                refuses(frame(2, 1, 1), "frame.invalid"),
                refuses(frame(2, 0, 0), "frame.invalid"),
            ],
        ),
        good(
            "other-generation",
            "a generation of which nothing is known",
            vec![
                refuses(frame(3, 0, 0), "frame.unknown-key"),
                refuses(frame(1, 0, 0), "frame.unknown-key"),
            ],
        ),
    ]
}

fn step_ids() -> Vec<Case> {
    let mut cases = Vec::new();
    for (id, bits, generation, step, key_id) in [
        ("start", 4, 0u64, 0u64, 0u64),
        ("last-step", 4, 0, 15, 15),
        ("step-around", 4, 0, 16, 0),
        ("generation", 4, 1, 0, 16),
        ("eight-bits", 8, 3, 257, 0x301),
        ("no-bits", 0, 5, 9, 5),
        ("largest", 4, (1 << 60) - 1, 15, u64::MAX),
        ("no-room-for-generations", 63, 1, 1, (1 << 63) | 1),
    ] {
        cases.push(Case::good(
            &format!("sframe-step-key-id/{id}"),
            "(generation << R) + (step mod 2^R)",
            json!({
                "ratchet_bits": bits,
                "generation": generation.to_string(),
                "step": step.to_string(),
            }),
            json!({"key_id": key_id.to_string()}),
            &[],
        ));
    }
    for (id, bits, generation) in [
        ("generation-too-large", 4, 1u64 << 60),
        ("too-many-bits", 64, 0),
    ] {
        cases.push(Case::bad(
            &format!("sframe-step-key-id/{id}"),
            "does not fit into 64 bits",
            json!({"ratchet_bits": bits, "generation": generation.to_string(), "step": "0"}),
            "key-id",
            &["wrap"],
        ));
    }
    cases
}

fn mls_ids() -> Vec<Case> {
    let inputs = |bits: u8, size: u64, epoch: u64, leaf: u64, context: u64| {
        json!({
            "epoch_bits": bits,
            "group_size": size,
            "epoch": epoch.to_string(),
            "leaf": leaf,
            "context": context.to_string(),
        })
    };
    let mut cases = Vec::new();
    for (id, size, epoch, leaf, context, key_id) in [
        ("figure-1", 64, 14u64, 3u64, 0u64, 0x3eu64),
        ("figure-2", 64, 14, 20, 0, 0x14e),
        ("figure-3", 64, 16, 2, 2, 0x820),
        ("figure-4", 64, 17, 33, 0, 0x211),
        ("smallest-for-six-bits", 33, 17, 51, 0, 0x331),
        ("five-bits", 32, 17, 31, 1, 0x3f1),
        ("one-leaf", 1, 17, 0, 3, 0x31),
        ("largest-context", 64, 15, 63, (1 << 54) - 1, u64::MAX),
    ] {
        cases.push(Case::good(
            &format!("sframe-mls-key-id/{id}"),
            "(context << (S + E)) + (leaf << E) + (epoch mod 2^E), E = 4",
            inputs(4, size, epoch, leaf, context),
            json!({"key_id": key_id.to_string()}),
            &[],
        ));
    }
    for (id, comment, bits, size, leaf, context) in [
        ("leaf-too-large", "leaf 64 in six bits", 4, 64, 64, 0),
        (
            "context-too-large",
            "a context of 55 bits in 54",
            4,
            64,
            0,
            1u64 << 54,
        ),
        ("no-leaf", "a group without a leaf", 4, 0, 0, 0),
        (
            "too-many-epoch-bits",
            "17 bits of epoch: 16 are the most here",
            17,
            64,
            0,
            0,
        ),
    ] {
        cases.push(Case::bad(
            &format!("sframe-mls-key-id/{id}"),
            comment,
            inputs(bits, size, 0, leaf, context),
            "key-id",
            &["wrap"],
        ));
    }
    cases
}
