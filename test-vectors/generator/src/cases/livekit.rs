//! The frame encryption of LiveKit, as Element Call runs it.

use serde_json::{Value, json};

use crate::{
    crypto::sha256,
    draw::draw,
    format::{Case, File, Group, Step},
    media::{livekit_frame, livekit_iv, livekit_material, livekit_seal},
    text::{from_hex, hex},
};

pub(crate) fn file() -> File {
    let ring = |slots: u32, window: u32| json!({"material": hex(&material()), "slot": 3, "slots": slots, "window": window});
    File::new(
        "LiveKit's frame encryption as Element Call runs it: keys, frames of each codec in the \
         web SDK's rules and the native cryptor's, rings of keys, data packets, the server's \
         frames, metadata.",
        vec![
            Group::new("keys and their ratchet", "livekit-key", json!({}), keys()),
            Group::new(
                "frames sent",
                "livekit-encrypt",
                json!({"material": hex(&material())}),
                encrypt(),
            ),
            Group::new(
                "frames received",
                "livekit-decrypt",
                ring(256, 0),
                decrypt(),
            ),
            Group::new("a ring of keys", "livekit-ring", ring(16, 2), rings()),
            Group::new("data packets", "livekit-data", ring(256, 0), data()),
            Group::new(
                "frames of the server",
                "livekit-injected",
                json!({}),
                injected(),
            ),
            Group::new(
                "metadata of frames",
                "livekit-metadata",
                json!({}),
                metadata(),
            ),
        ],
    )
}

const SALT: &[u8] = b"LKFrameEncryptionKey";

fn material() -> Vec<u8> {
    draw("livekit material", 16)
}

/// The AES key so many ratchet steps on.
fn key_at(steps: usize) -> Vec<u8> {
    let material = (0..steps).fold(material(), |m, _| livekit_material("raw", SALT, &m));
    livekit_material("raw", SALT, &material)[..16].to_vec()
}

fn keys() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut chain = |id: &str, kind: &str, salt: &[u8], mut material: Vec<u8>, steps: usize| {
        for step in 0..steps {
            let next = livekit_material(kind, salt, &material);
            cases.push(Case::good(
                &format!("livekit-key/{id}-{step}"),
                "the AES key is the first half of the next step's material",
                json!({"kind": kind, "salt": hex(salt), "material": hex(&material)}),
                json!({"aes_key": hex(&next[..16]), "next_material": hex(&next)}),
                &["ratchet"],
            ));
            material = next;
        }
    };
    chain("raw-16", "raw", SALT, material(), 3);
    chain("raw-32", "raw", SALT, draw("livekit material", 32), 2);
    chain("raw-long", "raw", SALT, draw("livekit material", 200), 1);
    chain("raw-other-salt", "raw", b"salt", material(), 2);
    chain("passphrase", "passphrase", SALT, b"password".to_vec(), 2);
    chain(
        "passphrase-utf-8",
        "passphrase",
        SALT,
        "p\u{e4}ssw\u{f6}rd".into(),
        1,
    );
    for (id, kind, length, salt) in [
        ("raw-too-short", "raw", 15, SALT),
        ("raw-too-long", "raw", 1025, SALT),
        ("passphrase-empty", "passphrase", 0, SALT),
        ("salt-empty", "raw", 16, b""),
    ] {
        cases.push(Case::bad(
            &format!("livekit-key/{id}"),
            "a length that is not taken here",
            json!({"kind": kind, "salt": hex(salt), "material": hex(&draw("livekit long", length))}),
            "format.length",
            &[],
        ));
    }
    cases
}

/// What a frame is: codec, key frame, bytes, then for the web and the native rules how
/// many bytes are in the clear and whether the rest is escaped, if it is encrypted.
type Shape = (
    &'static str,
    &'static str,
    bool,
    &'static str,
    Option<(usize, bool)>,
    Option<(usize, bool)>,
);

fn shapes() -> Vec<Shape> {
    // H.264: SPS, PPS, slice; H.265: VPS, slice.
    let h264 = "000000016742c01f00000168cb83cb0000016588840af2628000a7be";
    let h265 = "0000000140010c010000000126010102030405060708";
    let sps = "000000016742c01f0fd91f888884";
    let leading = "0900000001658884000102030405060708";
    vec![
        (
            "opus",
            "audio",
            false,
            "78000102030405060708",
            Some((1, false)),
            Some((1, false)),
        ),
        (
            "opus-header-alone",
            "audio",
            false,
            "78",
            Some((1, false)),
            Some((1, false)),
        ),
        (
            "vp8-key",
            "vp8",
            true,
            "1002009d012a080008000001020304",
            Some((10, false)),
            Some((10, false)),
        ),
        (
            "vp8-delta",
            "vp8",
            false,
            "3102000001020304",
            Some((3, false)),
            Some((3, false)),
        ),
        (
            "vp9",
            "vp9",
            true,
            "a2000102030405",
            Some((0, false)),
            Some((0, false)),
        ),
        (
            "av1",
            "av1",
            true,
            "0a0b00000001020304",
            None,
            Some((0, false)),
        ),
        (
            "h264",
            "h264",
            true,
            h264,
            Some((20, true)),
            Some((20, true)),
        ),
        (
            "h264-without-a-slice",
            "h264",
            true,
            sps,
            Some((10, false)),
            Some((0, true)),
        ),
        (
            "h264-bytes-before",
            "h264",
            false,
            leading,
            Some((3, false)),
            Some((0, true)),
        ),
        (
            "h265",
            "h265",
            true,
            h265,
            Some((14, true)),
            Some((14, true)),
        ),
        (
            "h265-without-a-slice",
            "h265",
            false,
            "000000014001ffffffff",
            Some((3, false)),
            Some((0, true)),
        ),
        (
            "unknown-h264",
            "unknown",
            true,
            h264,
            Some((20, true)),
            Some((0, false)),
        ),
        (
            "unknown-h265",
            "unknown",
            true,
            h265,
            Some((14, true)),
            Some((0, false)),
        ),
        (
            "unknown",
            "unknown",
            false,
            "aabbccdd",
            Some((3, false)),
            Some((0, false)),
        ),
        (
            "unknown-key",
            "unknown",
            true,
            "aabbccddaabbccddaabbccdd",
            Some((10, false)),
            Some((0, false)),
        ),
    ]
}

fn encrypt() -> Vec<Case> {
    let mut cases = Vec::new();
    for (id, codec, is_key, plain, web, native) in shapes() {
        for (dialect, rule) in [("web", web), ("native", native)] {
            let (ssrc, timestamp, count) = (0x0102_0304, 256, 256);
            let inputs = json!({
                "dialect": dialect,
                "codec": codec,
                "key_frame": is_key,
                "slot": 2,
                "ssrc": ssrc,
                "timestamp": timestamp,
                "random": hex(&u32::to_be_bytes(count)),
                "plaintext": plain,
            });
            let id = format!("livekit-encrypt/{id}-{dialect}");
            cases.push(match rule {
                Some((header, is_escaped)) => {
                    let iv = livekit_iv(ssrc, timestamp, count);
                    let text = from_hex(plain).expect("hex");
                    let frame = livekit_frame(&key_at(0), 2, &iv, header, is_escaped, &text);
                    Case::good(
                        &id,
                        &format!(
                            "{header} bytes in the clear{}",
                            if is_escaped { ", the rest escaped" } else { "" }
                        ),
                        inputs,
                        json!({"frame": hex(&frame)}),
                        &["codec"],
                    )
                }
                None => Case::bad(
                    &id,
                    "the web SDK does not encrypt AV1",
                    inputs,
                    "frame.unsupported-codec",
                    &["codec"],
                ),
            });
        }
    }
    let mut one =
        |id: &str, comment: &str, ssrc: u32, timestamp: u32, count: u32, flags: &[&str]| {
            let text = b"x1234";
            let frame = livekit_frame(
                &key_at(0),
                255,
                &livekit_iv(ssrc, timestamp, count),
                1,
                false,
                text,
            );
            cases.push(Case::good(
                &format!("livekit-encrypt/{id}"),
                comment,
                json!({
                    "dialect": "web",
                    "codec": "audio",
                    "key_frame": false,
                    "slot": 255,
                    "ssrc": ssrc,
                    "timestamp": timestamp,
                    "random": hex(&count.to_be_bytes()),
                    "plaintext": hex(text),
                }),
                json!({"frame": hex(&frame)}),
                flags,
            ));
        };
    one(
        "count-above-timestamp",
        "timestamp − n wraps",
        u32::MAX,
        5,
        40_000,
        &["wrap"],
    );
    one("count-65534", "the largest n", 1, 90_000, 65_534, &[]);
    one(
        "count-65535",
        "n is taken modulo 65535",
        1,
        90_000,
        65_535,
        &["wrap"],
    );
    one(
        "count-large",
        "random bytes that are more than 65535",
        1,
        90_000,
        u32::MAX,
        &["wrap"],
    );
    for (id, codec, is_key, plain) in [
        ("vp8-key-too-short", "vp8", true, "1002009d012a080008"),
        ("vp8-delta-too-short", "vp8", false, "3102"),
        ("h264-slice-of-one-byte", "h264", true, "00000165"),
    ] {
        cases.push(Case::bad(
            &format!("livekit-encrypt/{id}"),
            "shorter than what would be in the clear",
            json!({
                "dialect": "web",
                "codec": codec,
                "key_frame": is_key,
                "slot": 0,
                "ssrc": 1,
                "timestamp": 1,
                "random": "00000000",
                "plaintext": plain,
            }),
            "frame.too-short",
            &["codec"],
        ));
    }
    cases
}

fn decrypt() -> Vec<Case> {
    let mut cases = Vec::new();
    let inputs = |codec: &str, frame: &[u8]| {
        json!({
            "dialect": "web",
            "codec": codec,
            "key_frame": true,
            "frame": hex(frame),
        })
    };
    let iv = livekit_iv(0, 256, 256);
    let opus = b"x1234567".to_vec();
    let opus_frame = livekit_frame(&key_at(0), 3, &iv, 1, false, &opus);
    let h264 = from_hex("00000001672200000165888400000102030405").expect("hex");
    let h264_frame = livekit_frame(&key_at(0), 3, &iv, 11, true, &h264);
    for (codec, plain, frame) in [("audio", &opus, &opus_frame), ("h264", &h264, &h264_frame)] {
        cases.push(Case::good(
            &format!("livekit-decrypt/{codec}"),
            "a good frame",
            inputs(codec, frame),
            json!({"plaintext": hex(plain), "steps": 0}),
            &["codec"],
        ));
        let end = frame.len();
        for (id, comment, at, class) in [
            ("header", "a bit in the clear", 0, "frame.invalid"),
            ("text", "a bit of the ciphertext", 12, "frame.invalid"),
            ("tag", "a bit of the tag", end - 20, "frame.invalid"),
            (
                "iv-length",
                "the byte that tells the IV's length",
                end - 2,
                "frame.malformed",
            ),
            (
                "slot",
                "another slot, without a key",
                end - 1,
                "frame.missing-key",
            ),
        ] {
            // Where a start code stands, a changed bit changes what is in the clear.
            let at = if codec == "h264" && id == "header" {
                5
            } else {
                at
            };
            let mut frame = frame.clone();
            frame[at] ^= 0x40;
            cases.push(Case::bad(
                &format!("livekit-decrypt/{codec}-{id}-changed"),
                comment,
                inputs(codec, &frame),
                class,
                &["mac"],
            ));
        }
    }
    let mut empty = inputs("audio", &[]);
    empty["key_frame"] = json!(false);
    cases.push(Case::good(
        "livekit-decrypt/empty",
        "an empty frame is passed on as it is",
        empty,
        json!({"plaintext": ""}),
        &[],
    ));
    let mut bad = |id: &str, comment: &str, codec: &str, frame: &[u8], class: &str, flag: &str| {
        cases.push(Case::bad(
            &format!("livekit-decrypt/{id}"),
            comment,
            inputs(codec, frame),
            class,
            &[flag],
        ));
    };
    let end = opus_frame.len();
    bad(
        "header-alone",
        "nothing but the header",
        "audio",
        b"x",
        "frame.malformed",
        "truncated",
    );
    bad(
        "29-bytes",
        "29 bytes behind the header",
        "audio",
        &opus_frame[end - 30..],
        "frame.malformed",
        "truncated",
    );
    bad(
        "vp8-in-the-header",
        "shorter than the header of its codec",
        "vp8",
        &[3; 5],
        "frame.malformed",
        "truncated",
    );
    bad(
        "av1",
        "AV1 in the web SDK's rules",
        "av1",
        &opus_frame,
        "frame.malformed",
        "codec",
    );
    let mut eleven = opus_frame.clone();
    eleven[end - 2] = 11;
    bad(
        "iv-of-11",
        "an IV of 11 bytes",
        "audio",
        &eleven,
        "frame.malformed",
        "mac",
    );
    let unescaped = livekit_frame(&key_at(0), 3, &iv, 11, false, &h264);
    // Nothing was lost, as no 03 follows two zeros in it: it is the same frame.
    cases.push(Case::good(
        "livekit-decrypt/h264-not-escaped",
        "a frame that should have been escaped: what need not be dropped is not",
        inputs("h264", &unescaped),
        json!({"plaintext": hex(&h264), "steps": 0}),
        &["malleable"],
    ));
    cases
}

fn rings() -> Vec<Case> {
    let iv = livekit_iv(1, 2, 3);
    let frame = |steps: usize, slot: u8| {
        hex(&livekit_frame(
            &key_at(steps),
            slot,
            &iv,
            1,
            false,
            b"x1234567",
        ))
    };
    let opens = |steps: usize, slot: u8, moved: usize| {
        Step::good(
            "decrypt-frame",
            json!({"frame": frame(steps, slot)}),
            json!({"plaintext": hex(b"x1234567"), "steps": moved}),
        )
    };
    let refuses =
        |frame: String, class: &str| Step::bad("decrypt-frame", json!({"frame": frame}), class);
    let wrong = || hex(&livekit_frame(&[0; 16], 3, &iv, 1, false, b"x1234567"));
    let good = |id: &str, comment: &str, tolerance: Value, flags: &[&str], steps| {
        Case::good(
            &format!("livekit-ring/{id}"),
            comment,
            json!({"tolerance": tolerance}),
            json!({}),
            flags,
        )
        .with_steps(steps)
    };
    let failing = (0..3).map(|_| refuses(wrong(), "frame.invalid"));
    vec![
        good(
            "ratchet",
            "as far as the window of two steps, and not back",
            Value::Null,
            &["ratchet"],
            vec![
                refuses(frame(3, 3), "frame.invalid"),
                opens(0, 3, 0),
                opens(2, 3, 2),
                opens(2, 3, 0),
                refuses(frame(0, 3), "frame.invalid"),
                opens(4, 3, 2),
            ],
        ),
        good(
            "slots",
            "the slot is taken modulo 16; the others have no key",
            Value::Null,
            &[],
            vec![
                opens(0, 19, 0),
                opens(0, 243, 0),
                refuses(frame(0, 4), "frame.missing-key"),
            ],
        ),
        good(
            "tolerance",
            "two failures in a row are tolerated, and success starts over; the third drops the key \
             until it is set",
            json!(2),
            &[],
            failing
                .clone()
                .take(2)
                .chain([opens(0, 3, 0)])
                .chain(failing.clone())
                .chain([
                    refuses(frame(0, 3), "frame.key-dropped"),
                    Step::good("set-key", json!({"slot": 19}), json!({})),
                    opens(0, 3, 0),
                ])
                .collect(),
        ),
        good(
            "never",
            "without a tolerance no key is dropped",
            Value::Null,
            &[],
            failing.chain([opens(0, 3, 0)]).collect(),
        ),
    ]
}

fn data() -> Vec<Case> {
    let iv = livekit_iv(1, 2, 3);
    let packet = livekit_seal(&key_at(0), &iv, b"", b"a data packet");
    let inputs = |packet: &[u8], iv: &[u8], index: u32| json!({"packet": hex(packet), "iv": hex(iv), "index": index});
    let mut cases = vec![
        Case::good(
            "livekit-data/good",
            "no header, the IV and the slot in fields of their own",
            inputs(&packet, &iv, 3),
            json!({"plaintext": hex(b"a data packet")}),
            &[],
        ),
        Case::good(
            "livekit-data/any-iv",
            "an IV of zeros",
            inputs(&livekit_seal(&key_at(0), &[0; 12], b"", b""), &[0; 12], 259),
            json!({"plaintext": ""}),
            &[],
        ),
    ];
    let changed = |at: usize| {
        let mut packet = packet.clone();
        packet[at] ^= 1;
        packet
    };
    for (id, comment, inputs, class, flag) in [
        (
            "text-changed",
            "a bit of the ciphertext",
            inputs(&changed(0), &iv, 3),
            "frame.invalid",
            "mac",
        ),
        (
            "tag-changed",
            "the last bit",
            inputs(&changed(packet.len() - 1), &iv, 3),
            "frame.invalid",
            "mac",
        ),
        (
            "iv-changed",
            "another IV",
            inputs(&packet, &[0; 12], 3),
            "frame.invalid",
            "mac",
        ),
        (
            "iv-of-11",
            "an IV of 11 bytes",
            inputs(&packet, &iv[..11], 3),
            "frame.malformed",
            "truncated",
        ),
        (
            "iv-of-13",
            "an IV of 13 bytes",
            inputs(&packet, &[0; 13], 3),
            "frame.malformed",
            "trailing",
        ),
        (
            "shorter-than-a-tag",
            "15 bytes",
            inputs(&packet[..15], &iv, 3),
            "frame.malformed",
            "truncated",
        ),
        (
            "no-key",
            "a slot without a key",
            inputs(&packet, &iv, 4),
            "frame.missing-key",
            "mac",
        ),
    ] {
        cases.push(Case::bad(
            &format!("livekit-data/{id}"),
            comment,
            inputs,
            class,
            &[flag],
        ));
    }
    cases
}

/// The frames that LiveKit's server sends, and their SHA-256 as the web SDK lists it.
const BLANK: [(&str, &str, &str); 4] = [
    (
        "vp8",
        "1002009d012a080008000047088585888584880202000c0d6000feffab5080",
        "ef0161653d8b2b23aad46624b420af1d03ce48950e9fc85718028f91b50f9219",
    ),
    (
        "h264-sps",
        "6742c01f0fd91f888884000003000400000300c83c60c920",
        "f0a0e09647d891d6d50aa898bce7108090375d0d55e50a2bb21147afee558e44",
    ),
    (
        "h264-pps",
        "6887cb83cb20",
        "61d9665eed71b6d424ae9539330a3bdd5cb386d4d781c808219a6e36750493a7",
    ),
    (
        "h264-idr",
        "6588840af2628000a7be",
        "faffc26b68a2fc09096fa20f3351e706398b6f838a7500c8063472c2e476e90d",
    ),
];

fn injected() -> Vec<Case> {
    let trailer = draw("sif trailer", 8);
    let opus = format!("f8fffe{}", "00".repeat(77));
    let mut blank: Vec<(&str, String)> = BLANK
        .iter()
        .map(|(id, payload, hash)| {
            let bytes = from_hex(payload).expect("hex");
            assert_eq!(hex(&sha256(&[&bytes])), *hash, "{id}");
            (*id, (*payload).to_owned())
        })
        .collect();
    blank.push(("opus", opus));
    let run = format!(
        "00000001{}00000001{}000001{}",
        BLANK[1].1, BLANK[2].1, BLANK[3].1
    );
    let mut cases = Vec::new();
    let mut one = |id: &str,
                   comment: &str,
                   dialect: &str,
                   payload: &str,
                   end: &str,
                   outcome: Value,
                   flags: &[&str]| {
        cases.push(Case::good(
            &format!("livekit-injected/{id}-{dialect}"),
            comment,
            json!({
                "trailer": hex(&trailer),
                "dialect": dialect,
                "frame": format!("{payload}{end}"),
            }),
            outcome,
            flags,
        ));
    };
    for (dialect, end) in [
        ("web", hex(&trailer)),
        ("native", format!("{}01", hex(&trailer))),
    ] {
        let is_blank = |payload: &str| json!({"kind": "blank", "payload": payload});
        let unknown = json!({"kind": "unknown"});
        for (id, payload) in &blank {
            one(
                id,
                "a blank frame that is known",
                dialect,
                payload,
                &end,
                is_blank(payload),
                &[],
            );
        }
        let changed = format!("11{}", &blank[0].1[2..]);
        one(
            "changed",
            "a blank frame with a bit changed: dropped",
            dialect,
            &changed,
            &end,
            unknown.clone(),
            &["mac"],
        );
        one(
            "spoken",
            "anything else with the trailer: dropped",
            dialect,
            &hex(b"what nobody said"),
            &end,
            unknown.clone(),
            &["malleable"],
        );
        one(
            "nothing",
            "the trailer alone: dropped",
            dialect,
            "",
            &end,
            unknown.clone(),
            &["truncated"],
        );
        let of_run = if dialect == "native" {
            is_blank(&run)
        } else {
            unknown.clone()
        };
        one(
            "h264-units",
            "the units of H.264 in a row, which native clients know",
            dialect,
            &run,
            &end,
            of_run,
            &["codec"],
        );
        one(
            "h264-units-and-more",
            "a unit more than the known ones: dropped",
            dialect,
            &format!("{run}0000016588"),
            &end,
            unknown.clone(),
            &["trailing"],
        );
        one(
            "no-trailer",
            "a frame without the trailer",
            dialect,
            &hex(b"an encrypted frame"),
            "",
            json!({"kind": "no"}),
            &[],
        );
        one(
            "trailer-in-front",
            "the trailer is not at the end",
            dialect,
            &end,
            "000000",
            json!({"kind": "no"}),
            &[],
        );
    }
    cases
}

fn metadata() -> Vec<Case> {
    let frame = |fields: &[u8], length: usize| {
        let length = u8::try_from(length).expect("short");
        let mut frame = b"frame".to_vec();
        frame.extend(fields.iter().chain(&[length]).map(|byte| byte ^ 0xff));
        frame.extend_from_slice(b"LKTS");
        hex(&frame)
    };
    let all = [
        &[1, 8, 0, 0, 0, 0, 0, 0, 1, 0][..],
        &[2, 4, 0, 0, 0, 7],
        &[9, 1, 0],
        &[3, 2, 5, 6],
    ]
    .concat();
    let mut cases = vec![
        Case::good(
            "livekit-metadata/all-fields",
            "time, frame id, one that nobody knows, user data",
            json!({"frame": frame(&all, all.len() + 5)}),
            json!({"frame": hex(b"frame"), "time": "256", "frame_id": 7, "user_data": "0506"}),
            &[],
        ),
        Case::good(
            "livekit-metadata/no-field",
            "a trailer without fields",
            json!({"frame": frame(&[], 5)}),
            json!({"frame": hex(b"frame")}),
            &[],
        ),
    ];
    for (id, comment, fields, length) in [
        ("length-0", "a trailer of no bytes", &[][..], 0),
        ("length-4", "a trailer shorter than its own end", &[], 4),
        ("length-beyond", "a trailer longer than the frame", &[], 12),
        (
            "field-cut",
            "a field longer than the trailer",
            &[2, 5, 0, 0, 0, 7],
            11,
        ),
        ("field-without-length", "a tag alone", &[2], 6),
        (
            "time-of-4-bytes",
            "a time of four bytes",
            &[1, 4, 0, 0, 0, 7],
            11,
        ),
    ] {
        cases.push(Case::bad(
            &format!("livekit-metadata/{id}"),
            comment,
            json!({"frame": frame(fields, length)}),
            "frame.malformed",
            &["truncated"],
        ));
    }
    cases.push(Case::bad(
        "livekit-metadata/none",
        "no trailer",
        json!({"frame": hex(b"frame")}),
        "frame.malformed",
        &["truncated"],
    ));
    cases
}
