//! What a client checks and decides about encrypted events (Matrix client-server
//! API, "End-to-end encryption"): pure types and functions, without network, store
//! or clock.
//!
//! | you want to | use |
//! | --- | --- |
//! | decrypt a to-device event | [`OlmEvent`], [`PeerSessions`], [`OlmReplays`] |
//! | decrypt what waited for a dehydrated device | [`OlmEvent::decrypt_by_rehydrated`] |
//! | know who wrote it | [`DecryptedOlmEvent::check`] with a [`KnownSender`] |
//! | make one | [`OlmPlaintext`], [`PeerSessions::encrypt_with`] |
//! | mend a broken channel | [`Wedging`] |
//! | take a room key | [`RoomKeyEvent`], [`ForwardedRoomKey`], [`RoomKeyBundle`] |
//! | keep it, or a better copy | [`RoomSession`], [`SessionOwner`] |
//! | decrypt a room event | [`EncryptedRoomEvent`], [`ReplayTable`] |
//! | send to a room | [`OutboundRoomSession`], [`RoomEncryption`], [`Rotation`] |
//! | ask for a key, and answer | [`KeyRequest`], [`KeyAnswer`], [`Withheld`] |
//! | say why something is not readable | [`Undecryptable`] |
//!
//! # The order of the steps
//!
//! Each step gives what the next one needs, so none is left out, and what was not
//! checked cannot be read:
//!
//! ```text
//! to-device:  OlmEvent ─ PeerSessions::decrypt → DecryptedOlmEvent ─ check → OlmPayload ─ RoomKeyEvent::accept → RoomSession
//! room:       EncryptedRoomEvent ─ decrypt(RoomSession) → DecryptedRoomEvent ─ check → RoomMessage
//! ```
//!
//! Room keys are made of an [`OlmPayload`] and of nothing else: what comes in clear,
//! or in a to-device event encrypted by Megolm (CVE-2022-39251), has no way there.
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::{
//!     SessionVersion,
//!     events::{
//!         EncryptedRoomEvent, HistoryVisibility, KnownSender, OlmEvent, OlmPlaintext, OlmReplays,
//!         OutboundRoomSession, PeerSession, PeerSessions, Recipient, ReplayTable, RoomEncryption,
//!         RoomKeyEvent, Rotation, SharedWith, TrustRequirement,
//!     },
//!     identity::DeviceKeys,
//!     json::Object,
//!     megolm::OutboundGroupSession,
//!     olm::Account,
//! };
//!
//! let (alice, mut bob) = (Account::new()?, Account::new()?);
//! let alices = DeviceKeys::new(&alice, "@alice:example.org", "ALICE");
//! let bobs = DeviceKeys::new(&bob, "@bob:example.org", "BOB");
//! let one_time_key = bob.generate_one_time_keys(1)?.created[0].key;
//!
//! // Alice gives Bob's device the key of a room.
//! let mut room = OutboundRoomSession::new(
//!     "!room:example.org",
//!     OutboundGroupSession::new(SessionVersion::V1)?,
//!     Rotation::new(0, HistoryVisibility::Shared),
//!     SharedWith::new(),
//! );
//! let mut with_bob = PeerSessions::new(bobs.curve25519());
//! let session = alice.outbound_session(SessionVersion::V1, &bobs.curve25519(), &one_time_key)?;
//! with_bob.add(PeerSession::new(session, 0));
//! let for_bob = Recipient::new("@bob:example.org", bobs.ed25519());
//! let room_key = room.share(&bobs, with_bob.wedging().index()).ok_or("too many")?;
//! let room_key = OlmPlaintext::new("m.room_key", room_key, &alices, &for_bob);
//! let to_device = with_bob.encrypt(&room_key)?.ok_or("no session")?;
//!
//! // Bob decrypts, checks, and accepts it.
//! let mut with_alice = PeerSessions::new(alices.curve25519());
//! let event = OlmEvent::parse(&to_device, &bobs.curve25519())?;
//! let decrypted = with_alice.decrypt(&event, &mut bob, &mut OlmReplays::new(), 0)?;
//! let devices = [&alices];
//! let known = KnownSender::new(&devices);
//! let payload = decrypted.check("@alice:example.org", &for_bob, &known, false)?;
//! let mut session = RoomKeyEvent::accept(&payload)?;
//!
//! // A message in the room.
//! let content = Object::new().with("msgtype", "m.text").with("body", "hello, room");
//! let sent = room.encrypt(
//!     "m.room.message", &content, None, &alices, &RoomEncryption::new(), 0)?;
//! let event = Object::new()
//!     .with("type", "m.room.encrypted")
//!     .with("content", sent.content)
//!     .with("sender", "@alice:example.org")
//!     .with("event_id", "$1")
//!     .with("origin_server_ts", 1_700_000_000_000_u64);
//! let event = EncryptedRoomEvent::parse(&event, "!room:example.org")?;
//! let mut replays = ReplayTable::new();
//! let message = event
//!     .decrypt(Some(&mut session), None)?
//!     .check(&mut replays, &known, TrustRequirement::Any)?;
//! assert_eq!(message.content().get_str("body"), Some("hello, room"));
//! assert_eq!(message.sender(), Some("@alice:example.org"));
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```

mod bundle;
mod encryption;
mod fields;
mod forwarded_room_key;
mod key_answer;
mod key_request;
mod known_sender;
mod olm_event;
mod olm_payload;
mod olm_payload_error;
mod olm_plaintext;
mod olm_replays;
mod outbound_room;
mod owner;
mod peer_sessions;
mod replay;
mod room_error;
mod room_event;
mod room_key;
mod room_message;
mod room_session;
mod rotation;
mod secret_content;
mod shared_with;
mod undecryptable;
mod wedging;
mod withheld;

pub use self::{
    bundle::{AcceptedInvite, BUNDLE_PERIOD_MS, BundleError, RoomKeyBundle},
    encryption::{
        DEFAULT_ROTATION_PERIOD_MS, DEFAULT_ROTATION_PERIOD_MSGS, MAX_ROTATION_PERIOD_MSGS,
        MIN_ROTATION_PERIOD_MS, RoomEncryption, UnknownRoomAlgorithm,
    },
    fields::MAX_ID_LENGTH,
    forwarded_room_key::ForwardedRoomKey,
    key_answer::{KeyAnswer, Requester},
    key_request::{KeyRequest, KeyRequestError, KeyRequestEvent, RequestedKey},
    known_sender::KnownSender,
    olm_event::{OlmEvent, OlmEventError, OlmMessageHash, SessionChoice},
    olm_payload::{DecryptedOlmEvent, OlmPayload},
    olm_payload_error::OlmPayloadError,
    olm_plaintext::{OlmPlaintext, Recipient},
    olm_replays::{MAX_OLM_REPLAYS, OlmReplays},
    outbound_room::{EncryptedForRoom, OutboundRoomSession, SendError},
    owner::{
        Forwarder, MAX_FORWARDING_CHAIN, MalformedSessionOwner, SessionOwner, TrustRequirement,
    },
    peer_sessions::{MAX_SESSIONS_PER_DEVICE, OlmDecryptError, PeerSession, PeerSessions},
    replay::{MalformedReplayTable, ReplayTable},
    room_error::RoomDecryptError,
    room_event::EncryptedRoomEvent,
    room_key::{RoomKeyEvent, RoomKeyEventError},
    room_message::{DecryptedRoomEvent, RoomMessage, SenderMatch},
    room_session::{MergeRefusal, Merged, RoomSession},
    rotation::{HistoryVisibility, Membership, Rotation, RotationReason},
    secret_content::SecretEventContent,
    shared_with::{MAX_SHARED_WITH, Share, SharedWith},
    undecryptable::{BackupState, Circumstances, Remedy, Undecryptable},
    wedging::{UNWEDGE_INTERVAL_MS, Wedging},
    withheld::{MAX_REASON_LENGTH, MalformedWithheld, Withheld, WithheldCode, WithheldScope},
};

const OLM_ALGORITHM: &str = "m.olm.v1.curve25519-aes-sha2";
const MEGOLM_ALGORITHM: &str = "m.megolm.v1.aes-sha2";
