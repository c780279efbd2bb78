//! Frames and keys of calls.

use necturus::{
    json::Object,
    media::{
        livekit::{
            DecryptError, Dialect, EncryptError, FrameKey, FrameKind, FrameMetadata, FrameSender,
            Injected, KeyRing, RingOptions, Salt, ServerInjected, VideoCodec,
        },
        matrix_rtc::{
            KeyFormat, KeyMessage, KeyMessageError, KeyRotation, MediaKey, Membership, OlmSender,
            RotationAction, RotationEvent, RotationTimes,
        },
        sframe::{
            self, BaseKey, CipherSuite, Header, HeaderError, KeyId, MlsLayout, RatchetReceiver,
            ReceivingKey, Replay, SendingKey, SuiteError,
        },
    },
};
use necturus_test_vectors::{
    Case, Inputs, Step,
    check::{Outcome, Run},
    hex,
};
use serde_json::{Map, Value, json};

use crate::{Result, outcome, rng::Given};

/// None, if it is no operation of media.
pub(crate) fn run(operation: &str, case: &Case) -> Option<Run> {
    let inputs = Inputs::new(&case.inputs);
    Some(match operation {
        "sframe-header" => outcome(header(inputs)).into(),
        "sframe-encrypt" => outcome(sframe_encrypt(inputs)).into(),
        "sframe-decrypt" => outcome(sframe_decrypt(inputs)).into(),
        "sframe-receiver" => sframe_receiver(case),
        "sframe-ratchet" => outcome(sframe_ratchet(inputs)).into(),
        "sframe-ratchet-receiver" => sframe_ratchet_receiver(case),
        "sframe-step-key-id" => outcome(step_key_id(inputs)).into(),
        "sframe-mls-key-id" => outcome(mls_key_id(inputs)).into(),
        "livekit-key" => outcome(livekit_key(inputs)).into(),
        "livekit-encrypt" => outcome(livekit_encrypt(inputs)).into(),
        "livekit-decrypt" => outcome(livekit_decrypt(&mut ring(inputs), inputs)).into(),
        "livekit-ring" => livekit_ring(case),
        "livekit-data" => outcome(livekit_data(inputs)).into(),
        "livekit-injected" => outcome(Ok(injected(inputs))).into(),
        "livekit-metadata" => outcome(metadata(inputs)).into(),
        "matrixrtc-identity" => outcome(Ok(identity(inputs))).into(),
        "matrixrtc-content" => outcome(Ok(content(inputs))).into(),
        "matrixrtc-key" => outcome(key_message(inputs)).into(),
        "matrixrtc-rotation" => rotation(case),
        _ => return None,
    })
}

fn u64_of(inputs: Inputs<'_>, name: &str) -> u64 {
    inputs.text(name).parse().expect("a decimal number")
}

fn header(inputs: Inputs<'_>) -> Result {
    let (header, length) = Header::decode(&inputs.hex("frame")).map_err(|error| match error {
        HeaderError::Truncated => "format.truncated",
        HeaderError::NotShortest => "format.not-canonical",
        other => panic!("no class for {other:?}"),
    })?;
    let encoded = header.encode();
    assert_eq!(encoded.as_bytes().len(), length);
    Ok(json!({
        "key_id": header.key_id().value().to_string(),
        "counter": header.counter().to_string(),
        "encoded": hex(encoded.as_bytes()),
    }))
}

fn suite(inputs: Inputs<'_>) -> Result<CipherSuite> {
    let number = |name| u16::try_from(inputs.number(name)).expect("a suite");
    let suite = if inputs.has("suite_from_outside") {
        CipherSuite::from_number(number("suite_from_outside"))
    } else {
        CipherSuite::from_number_with_short_tags(number("suite"))
    };
    suite.map_err(|error| match error {
        SuiteError::Unknown { .. } => "suite.unknown",
        SuiteError::ShortTag { .. } => "suite.short-tag",
        other => panic!("no class for {other:?}"),
    })
}

fn base_key(inputs: Inputs<'_>) -> Result<BaseKey> {
    BaseKey::from_bytes(&inputs.hex("base_key")).map_err(|_| "format.length")
}

fn key_id(inputs: Inputs<'_>) -> KeyId {
    KeyId::new(u64_of(inputs, "key_id"))
}

fn sframe_encrypt(inputs: Inputs<'_>) -> Result {
    let counter = u64_of(inputs, "counter");
    let mut key = SendingKey::resume(base_key(inputs)?, suite(inputs)?, key_id(inputs), counter);
    let mut frame = inputs.hex("plaintext");
    key.reserve(1).map_err(|_| "exhausted")?;
    key.encrypt(&mut frame, &inputs.hex("metadata"))
        .map_err(|_| "exhausted")?;
    Ok(json!({"frame": hex(&frame)}))
}

fn sframe_class(error: sframe::DecryptError) -> &'static str {
    match error {
        sframe::DecryptError::UnknownKey { .. } => "frame.unknown-key",
        sframe::DecryptError::Invalid => "frame.invalid",
        other => panic!("no class for {other:?}"),
    }
}

fn receiving_key(inputs: Inputs<'_>) -> Result<ReceivingKey> {
    let suite = suite(inputs)?;
    Ok(ReceivingKey::new(
        base_key(inputs)?,
        suite,
        key_id(inputs),
        Replay::Refuse,
    ))
}

/// In a vector, then in a slice, which have one verdict.
fn sframe_decrypt(inputs: Inputs<'_>) -> Result {
    let mut frame = inputs.hex("frame");
    let mut same = frame.clone();
    let before = frame.clone();
    let metadata = inputs.hex("metadata");
    let in_vector = receiving_key(inputs)?.decrypt(&mut frame, &metadata);
    let mut key = receiving_key(inputs)?;
    let in_slice = key.decrypt_slice(&mut same, &metadata);
    match (in_vector, in_slice) {
        (Ok(received), Ok((again, text))) => {
            assert_eq!((received, &*frame), (again, &*text));
            Ok(json!({"counter": received.counter().to_string(), "plaintext": hex(&frame)}))
        }
        (Err(error), Err(again)) => {
            assert_eq!(error, again);
            assert_eq!(
                (&frame, &same),
                (&before, &before),
                "what is refused is unchanged"
            );
            Err(sframe_class(error))
        }
        _ => panic!("both roads agree"),
    }
}

/// The outcomes of steps that decrypt frames.
fn frames(
    case: &Case,
    mut decrypt: impl FnMut(
        &mut Vec<u8>,
    ) -> core::result::Result<sframe::Received, sframe::DecryptError>,
) -> Run {
    let steps = case.steps.iter().map(|step| {
        let mut frame = Inputs::new(&step.inputs).hex("frame");
        outcome(match decrypt(&mut frame) {
            Ok(received) => {
                Ok(json!({"counter": received.counter().to_string(), "plaintext": hex(&frame)}))
            }
            Err(error) => Err(sframe_class(error)),
        })
    });
    Run::new(Outcome::accepts(json!({})), steps.collect())
}

fn sframe_receiver(case: &Case) -> Run {
    match receiving_key(Inputs::new(&case.inputs)) {
        Ok(mut key) => frames(case, |frame| key.decrypt(frame, b"")),
        Err(class) => outcome(Err(class)).into(),
    }
}

fn sframe_ratchet(inputs: Inputs<'_>) -> Result {
    let next = base_key(inputs)?.ratchet(suite(inputs)?);
    Ok(json!({"next": hex(next.expose_secret())}))
}

fn bits(inputs: Inputs<'_>, name: &str) -> u8 {
    u8::try_from(inputs.number(name)).expect("few bits")
}

fn sframe_ratchet_receiver(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let suite = suite(inputs).expect("a suite");
    let mut receiver = RatchetReceiver::new(suite, bits(inputs, "ratchet_bits"), Replay::Refuse)
        .expect("few bits");
    let base_key = base_key(inputs).expect("a base key");
    receiver
        .add(base_key, inputs.number("generation"), inputs.number("step"))
        .expect("a first generation");
    frames(case, |frame| receiver.decrypt(frame, b""))
}

fn step_key_id(inputs: Inputs<'_>) -> Result {
    let (generation, step) = (u64_of(inputs, "generation"), u64_of(inputs, "step"));
    let id =
        KeyId::of_step(bits(inputs, "ratchet_bits"), generation, step).map_err(|_| "key-id")?;
    Ok(json!({"key_id": id.value().to_string()}))
}

fn mls_key_id(inputs: Inputs<'_>) -> Result {
    let layout = MlsLayout::new(bits(inputs, "epoch_bits"), inputs.index("group_size"));
    let id = layout.and_then(|layout| {
        layout.key_id(
            u64_of(inputs, "epoch"),
            inputs.index("leaf"),
            u64_of(inputs, "context"),
        )
    });
    Ok(json!({"key_id": id.map_err(|_| "key-id")?.value().to_string()}))
}

fn livekit_key(inputs: Inputs<'_>) -> Result {
    let salt = Salt::new(&inputs.hex("salt")).map_err(|_| "format.length")?;
    let material = inputs.hex("material");
    let key = match inputs.text("kind") {
        "raw" => FrameKey::from_raw(&material, &salt),
        _ => FrameKey::from_passphrase(&material, &salt),
    }
    .map_err(|_| "format.length")?;
    let next = key.expose_next_material();
    Ok(json!({"aes_key": hex(&next[..16]), "next_material": hex(next)}))
}

fn frame_key(inputs: Inputs<'_>) -> FrameKey {
    FrameKey::from_raw(&inputs.hex("material"), &Salt::default()).expect("material")
}

fn dialect(inputs: Inputs<'_>) -> Dialect {
    match inputs.text("dialect") {
        "web" => Dialect::Web,
        _ => Dialect::Native,
    }
}

fn kind(inputs: Inputs<'_>) -> FrameKind {
    let codec = match inputs.text("codec") {
        "audio" => return FrameKind::Audio,
        "vp8" => VideoCodec::Vp8,
        "vp9" => VideoCodec::Vp9,
        "av1" => VideoCodec::Av1,
        "h264" => VideoCodec::H264,
        "h265" => VideoCodec::H265,
        _ => VideoCodec::Unknown,
    };
    let key_frame = inputs.flag("key_frame");
    FrameKind::Video { codec, key_frame }
}

fn slot(inputs: Inputs<'_>) -> u8 {
    u8::try_from(inputs.number("slot")).expect("a slot")
}

fn livekit_encrypt(inputs: Inputs<'_>) -> Result {
    let mut sender = FrameSender::new(frame_key(inputs), slot(inputs), dialect(inputs));
    let mut frame = inputs.hex("plaintext");
    let before = frame.clone();
    let (ssrc, timestamp) = (inputs.index("ssrc"), inputs.index("timestamp"));
    let mut random = Given::new(inputs.hex("random"));
    match sender.encrypt_with(&mut random, &mut frame, kind(inputs), ssrc, timestamp) {
        Ok(()) => {
            assert!(random.is_spent());
            Ok(json!({"frame": hex(&frame)}))
        }
        Err(error) => {
            assert_eq!(frame, before);
            Err(match error {
                EncryptError::UnsupportedCodec => "frame.unsupported-codec",
                EncryptError::TooShort => "frame.too-short",
                other => panic!("no class for {other:?}"),
            })
        }
    }
}

fn ring(inputs: Inputs<'_>) -> KeyRing {
    let options = match inputs.number("slots") {
        16 => RingOptions::WEB,
        _ => RingOptions::ELEMENT_CALL,
    };
    let window = u8::try_from(inputs.number("window")).expect("a window");
    let tolerance = inputs.has("tolerance").then(|| inputs.index("tolerance"));
    let options = options.with_window(window).with_tolerance(tolerance);
    let options = if inputs.has("dialect") {
        options.with_dialect(dialect(inputs))
    } else {
        options
    };
    let mut ring = KeyRing::new(options);
    ring.set_key(inputs.index("slot"), frame_key(inputs));
    ring
}

fn livekit_class(error: DecryptError) -> &'static str {
    match error {
        DecryptError::MissingKey { .. } => "frame.missing-key",
        DecryptError::KeyDropped { .. } => "frame.key-dropped",
        DecryptError::Malformed => "frame.malformed",
        DecryptError::Inauthentic => "frame.invalid",
        other => panic!("no class for {other:?}"),
    }
}

fn livekit_decrypt(ring: &mut KeyRing, inputs: Inputs<'_>) -> Result {
    let mut frame = inputs.hex("frame");
    let kind = if inputs.has("codec") {
        kind(inputs)
    } else {
        FrameKind::Audio
    };
    let before = ring.key(3).map(|key| *key.expose_next_material());
    match ring.decrypt(&mut frame, kind) {
        Ok(None) => Ok(json!({"plaintext": hex(&frame)})),
        Ok(Some(opened)) => Ok(json!({"plaintext": hex(&frame), "steps": opened.steps})),
        Err(error) => {
            if let Some(key) = ring.key(3) {
                assert_eq!(Some(*key.expose_next_material()), before, "no key moves");
            }
            Err(livekit_class(error))
        }
    }
}

fn livekit_ring(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let mut ring = ring(inputs);
    let steps = case.steps.iter().map(|step| {
        let of_step = Inputs::new(&step.inputs);
        outcome(match step.operation.as_str() {
            "set-key" => {
                ring.set_key(of_step.index("slot"), frame_key(inputs));
                Ok(json!({}))
            }
            _ => livekit_decrypt(&mut ring, of_step),
        })
    });
    Run::new(Outcome::accepts(json!({})), steps.collect())
}

fn livekit_data(inputs: Inputs<'_>) -> Result {
    let mut packet = inputs.hex("packet");
    let before = packet.clone();
    let result = ring(inputs).decrypt_data(&mut packet, &inputs.hex("iv"), inputs.index("index"));
    result.map_err(|error| {
        assert_eq!(packet, before);
        livekit_class(error)
    })?;
    Ok(json!({"plaintext": hex(&packet)}))
}

fn injected(inputs: Inputs<'_>) -> Value {
    let trailer = inputs.hex("trailer");
    match ServerInjected::new(&trailer, dialect(inputs)).check(&inputs.hex("frame")) {
        Injected::No => json!({"kind": "no"}),
        Injected::Unknown => json!({"kind": "unknown"}),
        Injected::Blank(payload) => json!({"kind": "blank", "payload": hex(payload)}),
    }
}

fn metadata(inputs: Inputs<'_>) -> Result {
    let frame = inputs.hex("frame");
    let (rest, metadata) = FrameMetadata::split(&frame).ok_or("frame.malformed")?;
    let mut outputs = Map::new();
    outputs.insert("frame".into(), hex(rest).into());
    if let Some(time) = metadata.time() {
        outputs.insert("time".into(), time.to_string().into());
    }
    if let Some(frame_id) = metadata.frame_id() {
        outputs.insert("frame_id".into(), frame_id.into());
    }
    if let Some(data) = metadata.user_data() {
        let data: Vec<u8> = data.collect();
        outputs.insert("user_data".into(), hex(&data).into());
    }
    Ok(outputs.into())
}

fn membership(inputs: Inputs<'_>) -> Membership {
    let (user, device) = (inputs.text("user"), inputs.text("device"));
    if inputs.has("member") {
        Membership::sticky(user, device, inputs.text("member"), 1)
    } else {
        Membership::legacy(user, device, 1)
    }
}

fn identity(inputs: Inputs<'_>) -> Value {
    json!({"identity": membership(inputs).livekit_identity()})
}

fn content(inputs: Inputs<'_>) -> Value {
    let format = KeyFormat::of_event_type(inputs.text("event_type")).expect("a form");
    let index = u8::try_from(inputs.number("index")).expect("an index");
    let key = MediaKey::from_bytes(&inputs.hex("key")).expect("a key");
    let own = membership(inputs);
    let content = format.content(inputs.text("room"), &own, index, &key, inputs.number("now"));
    json!({"content": content.expose_secret().to_string()})
}

fn key_message(inputs: Inputs<'_>) -> Result {
    let content = Object::parse(inputs.text("content").as_bytes()).map_err(|_| "format.json")?;
    let sender = OlmSender::new(
        inputs.text("user"),
        inputs.text("device"),
        inputs.flag("cross_signed"),
    );
    let event_type = inputs.text("event_type");
    let message =
        KeyMessage::read(event_type, &content, inputs.text("room"), sender).map_err(|error| {
            match error {
                KeyMessageError::WrongType => "call-key.type",
                KeyMessageError::WrongRoom => "call-key.room",
                KeyMessageError::Field { .. } => "call-key.field",
                KeyMessageError::Key => "call-key.key",
                KeyMessageError::OtherDevice => "call-key.device",
                KeyMessageError::NotCrossSigned => "call-key.not-cross-signed",
                other => panic!("no class for {other:?}"),
            }
        })?;
    Ok(json!({
        "index": message.index(),
        "key": hex(message.key().expose_secret()),
        "member": message.member_id(),
    }))
}

fn rotation(case: &Case) -> Run {
    let inputs = Inputs::new(&case.inputs);
    let times = if inputs.has("period") {
        RotationTimes::DEPLOYED.with_period(inputs.number("period"))
    } else {
        RotationTimes::DEPLOYED
    };
    let own = membership(inputs);
    let mut rotation = KeyRotation::new(KeyFormat::Deployed, times, "!room:example.org", own);
    let mut drawn = Vec::new();
    let steps = case
        .steps
        .iter()
        .map(|step| turn(&mut rotation, step, &mut drawn));
    let steps = steps.collect();
    Run::new(Outcome::accepts(json!({})), steps)
}

/// One event of a rotation. Every key that is sent or used is one that was drawn.
fn turn(rotation: &mut KeyRotation, step: &Step, drawn: &mut Vec<Vec<u8>>) -> Outcome {
    let inputs = Inputs::new(&step.inputs);
    let members: Vec<Membership> = step
        .inputs
        .get("members")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|member| {
            let member = Inputs::new(member.as_object().expect("a member"));
            let (user, device) = (member.text("user"), member.text("device"));
            Membership::legacy(user, device, member.number("created"))
        })
        .collect();
    let event = match step.operation.as_str() {
        "members" => RotationEvent::Members(&members),
        "sent" => RotationEvent::Sent,
        "not-sent" => RotationEvent::NotSent,
        _ => RotationEvent::Tick,
    };
    let random = inputs.hex("random");
    drawn.push(random.clone());
    let mut random = Given::new(random);
    let actions = rotation
        .step_with(&mut random, event, inputs.number("now"))
        .expect("the bytes are given");
    assert!(random.is_spent());
    let actions: Vec<String> = actions
        .iter()
        .map(|action| match action {
            RotationAction::Use { index } => format!("use {index}"),
            RotationAction::Send {
                to,
                content,
                event_type,
            } => {
                let sender = OlmSender::new("@own:example.org", "DEVICE", true);
                let content = content.expose_secret();
                let message = KeyMessage::read(event_type, content, "!room:example.org", sender)
                    .expect("a message that is read");
                let key = message.key().expose_secret();
                assert!(drawn.iter().any(|drawn| drawn == key));
                let to: Vec<&str> = to
                    .iter()
                    .map(|to| to.user_id().split(['@', ':']).nth(1).expect("a name"))
                    .collect();
                format!("send {} to {}", message.index(), to.join(" "))
            }
            other => panic!("nobody does {other:?}"),
        })
        .collect();
    let current = rotation.current().map(|(index, key)| {
        assert!(drawn.iter().any(|drawn| drawn == key.expose_secret()));
        index
    });
    Outcome::accepts(json!({"actions": actions, "current": current}))
}
