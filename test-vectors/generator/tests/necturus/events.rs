//! Events, room keys, copies of a session, rotation, and why not.

use necturus::{
    SessionVersion,
    events::{
        BackupState, Circumstances, EncryptedRoomEvent, ForwardedRoomKey, HistoryVisibility,
        KeyRequest, KnownSender, Membership, Merged, OlmEvent, OlmPayload, OlmReplays,
        PeerSessions, Recipient, ReplayTable, RequestedKey, RoomDecryptError, RoomEncryption,
        RoomKeyEvent, RoomSession, Rotation, RotationReason, SenderMatch, SessionOwner,
        TrustRequirement, Undecryptable, WithheldCode,
    },
    identity::{DeviceKeys, IdentityState, SenderTrust, ShownIdentity, UserIdentity},
    json::Object,
    megolm::{ExportedSessionKey, GroupSessionId, InboundGroupSession, SessionKey},
    olm::Account,
};
use necturus_test_vectors::{Case, Inputs, STATE_KEY, check::Run, seal};
use serde_json::{Value, json};

use crate::{Result, event_classes, outcome};

const V1: SessionVersion = SessionVersion::V1;

fn object(text: &str) -> Object {
    Object::parse(text.as_bytes()).expect("an object")
}

fn value(object: &Object) -> Value {
    serde_json::from_str(&object.to_string()).expect("JSON")
}

fn words(value: Option<&Value>) -> Vec<&str> {
    let items = value.and_then(Value::as_array);
    let items = items.map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).collect()
}

const ROWS: [(&str, SenderTrust); 5] = [
    ("unknown-device", SenderTrust::UnknownDevice),
    ("device-info", SenderTrust::DeviceInfo),
    ("verification-violation", SenderTrust::VerificationViolation),
    ("sender-unverified", SenderTrust::SenderUnverified),
    ("sender-verified", SenderTrust::SenderVerified),
];

fn row(trust: SenderTrust) -> &'static str {
    let row = ROWS.into_iter().find(|row| row.1 == trust);
    row.expect("a row for each").0
}

/// What may be known, and what of it is.
struct World {
    devices: Vec<DeviceKeys>,
    identity: Option<(UserIdentity, IdentityState)>,
    locally_verified: Vec<String>,
}

impl World {
    fn new(given: Inputs<'_>, case: Inputs<'_>, sender: &str) -> Self {
        let devices = words(case.value("known"))
            .into_iter()
            .map(|name| {
                let object = object(given.object("devices").text(name));
                let user = object.get_str("user_id").expect("a user").to_owned();
                let id = object.get_str("device_id").expect("an id").to_owned();
                DeviceKeys::parse(&user, &id, object).expect("known devices are good")
            })
            .collect();
        let state = case.value("states").and_then(|states| states.get(sender));
        let identity = state.and_then(Value::as_str).map(|state| {
            let identity = given.object("identities").object(sender);
            let key = |role| object(identity.text(role));
            let identity = UserIdentity::parse(sender, key("master"), key("self_signing"))
                .expect("identities are good");
            let state = match state {
                "pinned" => IdentityState::Pinned,
                "pin-violation" => IdentityState::PinViolation,
                "verified" => IdentityState::Verified,
                "violation" => IdentityState::VerificationViolation,
                other => panic!("no state {other}"),
            };
            (identity, state)
        });
        let locally_verified = words(case.value("locally_verified"));
        Self {
            devices,
            identity,
            locally_verified: locally_verified.into_iter().map(String::from).collect(),
        }
    }

    fn with<T>(&self, then: impl FnOnce(&KnownSender<'_>) -> T) -> T {
        let devices: Vec<_> = self.devices.iter().collect();
        let by_hand: Vec<_> = self.locally_verified.iter().map(String::as_str).collect();
        let known = KnownSender::new(&devices).with_locally_verified(&by_hand);
        match &self.identity {
            Some((identity, state)) => {
                then(&known.with_identity(ShownIdentity::new(identity, *state)))
            }
            None => then(&known),
        }
    }
}

/// Decrypts and checks a to-device event.
fn payload(inputs: Inputs<'_>) -> Result<OlmPayload> {
    let pickle = seal(&inputs.hex("account"), STATE_KEY);
    let mut account = Account::from_libolm_pickle(&pickle, STATE_KEY).expect("a state is good");
    let keys = account.identity_keys();
    let content = object(inputs.text("content"));
    let event = OlmEvent::parse(&content, &keys.curve25519).map_err(event_classes::olm_event)?;
    let mut sessions = PeerSessions::new(event.sender_key());
    let mut replays = OlmReplays::new();
    let before = account.one_time_key_count();
    let decrypted = sessions
        .decrypt(&event, &mut account, &mut replays, 0)
        .map_err(|error| {
            assert_eq!(account.one_time_key_count(), before, "nothing is spent");
            event_classes::olm_decrypt(error)
        })?;
    assert!(account.one_time_key_count() < before, "the key is spent");
    let sender = inputs.text("sender");
    let recipient = Recipient::new(inputs.text("user"), keys.ed25519);
    let strict = inputs.value("only_cross_signed").is_some();
    World::new(inputs, inputs, sender)
        .with(|known| decrypted.check(sender, &recipient, known, strict))
        .map_err(event_classes::olm_payload)
}

pub(crate) fn olm_event(inputs: Inputs<'_>) -> Result {
    let payload = payload(inputs)?;
    Ok(json!({
        "type": payload.event_type(),
        "device": payload.device().map(DeviceKeys::device_id),
        "trust": row(payload.trust()),
    }))
}

pub(crate) fn room_key(inputs: Inputs<'_>) -> Result {
    let payload = payload(inputs)?;
    let session = if payload.event_type() == "m.room_key" {
        RoomKeyEvent::accept(&payload)
    } else {
        let request = inputs.has("request").then(|| {
            let asked = inputs.object("request");
            let session_id = GroupSessionId::from_base64(asked.text("session_id"));
            let key = RequestedKey::new(asked.text("room"), session_id.expect("an id"));
            KeyRequest::new("ALICE", "request", key)
        });
        ForwardedRoomKey::accept(&payload, request.as_ref()).map(ForwardedRoomKey::into_session)
    }
    .map_err(event_classes::room_key)?;
    let owner = session.owner();
    Ok(json!({
        "room": session.room_id(),
        "session_id": session.session_id().to_base64(),
        "first_known_index": session.session().first_known_index(),
        "curve25519": owner.keys().curve25519.to_base64(),
        "ed25519": owner.keys().ed25519.to_base64(),
        "trust": row(owner.trust()),
        "imported": owner.is_imported(),
        "shared_history": owner.shared_history(),
    }))
}

/// A session with its owner, as it was stored.
fn session(room: &str, inputs: Inputs<'_>) -> RoomSession {
    let session = if inputs.has("exported_key") {
        let key = ExportedSessionKey::from_base64(inputs.text("exported_key"));
        InboundGroupSession::import(&key.expect("a good key"), V1)
    } else {
        let key = SessionKey::from_base64(inputs.text("session_key"));
        InboundGroupSession::new(&key.expect("a good key"), V1)
    };
    let owner = inputs.object("owner");
    let truth = |name| owner.value(name) == Some(&Value::Bool(true));
    let trust = owner.text("trust").replace('-', " ");
    let mut record = Object::new()
        .with("curve25519", owner.text("curve25519"))
        .with("ed25519", owner.text("ed25519"))
        .with("trust", trust)
        .with("imported", truth("imported"))
        .with("legacy", truth("legacy"))
        .with("shared_history", truth("shared_history"))
        .with("forwarding_chain", Vec::<String>::new());
    if owner.has("user") {
        record.insert("user_id", owner.text("user"));
    }
    let owner = SessionOwner::from_json(&record).expect("a good record");
    RoomSession::new(room, session, owner)
}

pub(crate) fn room_events(case: &Case) -> Run {
    let given = Inputs::new(&case.inputs);
    let mut held = session(given.text("room"), given);
    let mut replays = ReplayTable::new();
    let outputs = json!({"session_id": held.session_id().to_base64()});
    let steps = case.steps.iter().map(|step| {
        assert_eq!(step.operation, "read");
        let before = (replays.to_json(), held.owner().clone());
        let result = read(given, Inputs::new(&step.inputs), &mut held, &mut replays);
        if result.is_err() {
            let now = (replays.to_json(), held.owner().clone());
            assert_eq!(now, before, "what is refused changes nothing");
        }
        outcome(result.map_err(|error| event_classes::room_event(&error)))
    });
    let steps = steps.collect();
    Run::new(outcome(Ok(outputs)), steps)
}

fn read(
    given: Inputs<'_>,
    inputs: Inputs<'_>,
    held: &mut RoomSession,
    replays: &mut ReplayTable,
) -> core::result::Result<Value, RoomDecryptError> {
    let event = EncryptedRoomEvent::parse(&object(inputs.text("event")), inputs.text("room"))?;
    let code = inputs
        .has("code")
        .then(|| WithheldCode::from(inputs.text("code")));
    let level = match inputs.text("level") {
        "any" => TrustRequirement::Any,
        "cross-signed-or-legacy" => TrustRequirement::CrossSignedOrLegacy,
        "cross-signed" => TrustRequirement::CrossSigned,
        other => panic!("no level {other}"),
    };
    let decrypted = event.decrypt(Some(held), code.as_ref());
    if let Err(RoomDecryptError::UnknownIndex { code: said, .. }) = &decrypted {
        assert_eq!(*said, code, "the code is what to show");
    }
    let message = World::new(given, inputs, event.sender())
        .with(|known| decrypted.and_then(|event| event.check(replays, known, level)))?;
    Ok(json!({
        "type": message.event_type(),
        "content": value(message.content()).to_string(),
        "sender": match message.sender_match() {
            SenderMatch::Matches => "matches",
            SenderMatch::NotCheckable => "not-checkable",
            SenderMatch::Mismatched => "mismatched",
            other => panic!("no word for {other:?}"),
        },
        "trust": row(message.trust()),
    }))
}

pub(crate) fn merge(inputs: Inputs<'_>) -> Result {
    let mut held = session("!room:example.org", inputs.object("held"));
    let new = session("!room:example.org", inputs.object("new"));
    let before = (
        held.session().export_at_first_known_index().to_bytes(),
        held.owner().clone(),
    );
    let merged = held.merge(new).map_err(|error| {
        let export = held.session().export_at_first_known_index().to_bytes();
        assert_eq!((export, held.owner().clone()), before, "nothing changes");
        event_classes::merge(error)
    })?;
    Ok(json!({
        "merged": match merged {
            Merged::Replaced => "replaced",
            Merged::NewRatchet => "new-ratchet",
            Merged::NewOwner => "new-owner",
            Merged::Kept => "kept",
            other => panic!("no word for {other:?}"),
        },
        "first_known_index": held.session().first_known_index(),
        "trust": row(held.owner().trust()),
        "imported": held.owner().is_imported(),
        "shared_history": held.owner().shared_history(),
    }))
}

fn membership(text: &str) -> Option<Membership> {
    Some(match text {
        "unknown" => return None,
        "invite" => Membership::Invite,
        "join" => Membership::Join,
        "knock" => Membership::Knock,
        "leave" => Membership::Leave,
        "ban" => Membership::Ban,
        other => panic!("no membership {other}"),
    })
}

pub(crate) fn rotation(inputs: Inputs<'_>) -> Result {
    let visibility = if inputs.has("from") {
        inputs.text("from")
    } else {
        "joined"
    };
    let made = HistoryVisibility::parse(visibility);
    let mut rotation = Rotation::restore(0, inputs.number("messages"), made, None);
    if inputs.has("now") {
        let now = membership(inputs.text("now")).expect("it is known");
        rotation.member(membership(inputs.text("before")), now);
    }
    if inputs.has("to") {
        rotation.history_visibility(HistoryVisibility::parse(inputs.text("to")));
    }
    let room = if inputs.has("room") {
        inputs.text("room")
    } else {
        "{}"
    };
    let room = object(room).with("algorithm", "m.megolm.v1.aes-sha2");
    let encryption = RoomEncryption::parse(&room).expect("the algorithm is known");
    let due = rotation.due(inputs.number("age_ms"), &encryption);
    Ok(json!({"due": due.map(|reason| match reason {
        RotationReason::Age => "age",
        RotationReason::Messages => "messages",
        RotationReason::MemberLeft => "member-left",
        RotationReason::DeviceExcluded => "device-excluded",
        RotationReason::HistoryVisibility => "history-visibility",
        other => panic!("no word for {other:?}"),
    })}))
}

/// An event at time 10 with this word of the server on membership.
fn some_event(outside: bool) -> EncryptedRoomEvent {
    let mut rng = crate::rng::Given::new(vec![7; 160]);
    let mut session =
        necturus::megolm::OutboundGroupSession::new_with(&mut rng, V1).expect("bytes are given");
    let membership = if outside { "leave" } else { "join" };
    let content = json!({
        "algorithm": "m.megolm.v1.aes-sha2",
        "session_id": session.session_id().to_base64(),
        "ciphertext": session.encrypt_base64(b"").expect("the first message"),
    });
    let event = json!({
        "type": "m.room.encrypted", "content": content, "sender": "@bob:example.org",
        "event_id": "$1", "origin_server_ts": 10, "unsigned": {"membership": membership},
    });
    EncryptedRoomEvent::parse(&object(&event.to_string()), "!room:example.org").expect("is good")
}

pub(crate) fn undecryptable(inputs: Inputs<'_>) -> Result {
    let truth = |name| inputs.value(name) == Some(&Value::Bool(true));
    let code = inputs
        .has("code")
        .then(|| WithheldCode::from(inputs.text("code")));
    let untrusted = |name: &str| {
        let trust = ROWS.into_iter().find(|row| row.0 == name).expect("a row").1;
        RoomDecryptError::UntrustedSender { trust }
    };
    let error = match inputs.text("found") {
        "no-key" => RoomDecryptError::NoKey { code },
        "index-unknown" => RoomDecryptError::UnknownIndex {
            index: 1,
            first_known: 2,
            code,
        },
        "signature" => RoomDecryptError::BadSignature,
        "mac" => RoomDecryptError::BadMac,
        "malformed" => RoomDecryptError::Malformed { member: "type" },
        "wrong-room" => RoomDecryptError::WrongRoom,
        "state-key" => RoomDecryptError::WrongStateKey,
        "replay" => RoomDecryptError::Replay,
        "identity-keys" => RoomDecryptError::MismatchedIdentityKeys,
        "sender" => RoomDecryptError::MismatchedSender,
        other => untrusted(other.strip_prefix("untrusted-").expect("a verdict")),
    };
    let backup = match inputs.text("backup") {
        "absent" => BackupState::Absent,
        "unusable" => BackupState::Unusable,
        "usable" => BackupState::Usable,
        other => panic!("no backup {other}"),
    };
    let created = if truth("older") { 11 } else { 10 };
    let circumstances = Circumstances::new(created, backup, truth("verified"));
    let event = some_event(truth("outside"));
    let reason = Undecryptable::of_room_event(&error, Some(&event), &circumstances);
    let remedies: Vec<_> = reason
        .remedies()
        .iter()
        .map(|it| kebab(&format!("{it:?}")))
        .collect();
    Ok(json!({"reason": kebab(&format!("{reason:?}")), "remedies": remedies}))
}

/// The name of a variant in the words of the files.
fn kebab(name: &str) -> String {
    let name = name.split([' ', '{', '(']).next().unwrap_or_default();
    let mut out = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(character.to_lowercase());
    }
    out
}
