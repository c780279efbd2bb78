//! What callers rely on without naming it: sizes, auto traits, that secrets are
//! wiped on drop, cannot be copied by accident, and do not show in `Debug`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use core::{
    fmt::{Debug, Write},
    mem::size_of,
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use common::{
    envelope,
    rng::SeededRng,
    talk::{Pair, pickle_key, room},
};
use necturus::{
    Curve25519PublicKey, Curve25519SecretKey, DecodeError, Ed25519PublicKey, Ed25519Signature,
    Ed25519SigningKey, SessionVersion, SharedSecret,
    events::{DecryptedOlmEvent, OlmPayload, OlmPlaintext, RoomSession, SecretEventContent},
    identity::{
        CrossSigningKeys, DeviceKeys, MasterKey, OwnIdentity, OwnTrust, SelfSigningKey,
        UserSigningKey, UserTrust,
    },
    megolm::{
        ExportedSessionKey, GroupSessionId, InboundGroupSession, MegolmMessage,
        OutboundGroupSession, SessionKey,
    },
    olm::{
        Account, KeyId, MAX_ONE_TIME_KEYS, MAX_RECEIVER_CHAINS, MAX_SKIPPED_KEYS_PER_CHAIN,
        OlmMessage, Pending, PreKeyMessage, Session, SessionId, SessionKeys,
    },
    pickle::{ImportError, ImportedAccount, PickleKey, UnpickleError},
    store::{BackendError, Keystore, OpenError, StoreError},
    vault::{
        BackupKey, EncryptedSecret, KeyDescription, KeyExport, KeyExportEncoder, OpenExportError,
        PkDecryption, PkMessage, PkSigning, RecoveryKey, RecoveryKeyError, RoomKey, RoomKeyEntry,
        RoomKeyError, SecretStorageKey, SecretValue, UncheckedSecretStorageKey, UnlockError,
    },
};
use zeroize::ZeroizeOnDrop;

macro_rules! each {
    ($check:ident: $($object:ty),+ $(,)?) => { $($check::<$object>();)+ };
}

fn shared<T: Send + Sync + Unpin + 'static>() {}

fn sent<T: Send + Unpin>() {}

fn wiped<T: ZeroizeOnDrop>() {
    assert!(core::mem::needs_drop::<T>());
}

fn error<T: core::error::Error + Send + Sync + Copy + 'static>() {}

#[test]
fn objects_go_between_threads() {
    each!(shared: Account, Session, Pending, OutboundGroupSession, InboundGroupSession, SessionKey,
        ExportedSessionKey, PickleKey, Curve25519SecretKey, SharedSecret, Ed25519SigningKey,
        Curve25519PublicKey, Ed25519PublicKey, Ed25519Signature, OlmMessage, PreKeyMessage,
        MegolmMessage, SessionId, GroupSessionId, KeyId, SessionKeys, ImportedAccount);
    each!(shared: CrossSigningKeys, DeviceKeys, OwnIdentity, OwnTrust, UserTrust);
    each!(shared: BackupKey, PkDecryption, PkSigning, PkMessage, RecoveryKey, RoomKey, RoomKeyEntry,
        SecretStorageKey, UncheckedSecretStorageKey, SecretValue, EncryptedSecret, KeyDescription,
        KeyExportEncoder);
    each!(sent: KeyExport<'static>, Keystore);
    each!(shared: OpenError, StoreError, BackendError);
    each!(error: OpenExportError, RecoveryKeyError, RoomKeyError, UnlockError);
    each!(error: DecodeError, ImportError, UnpickleError, necturus::olm::DecryptError,
        necturus::olm::InboundError, necturus::megolm::DecryptError);
}

#[test]
fn secrets_are_wiped_on_drop() {
    each!(wiped: Account, Session, OutboundGroupSession, InboundGroupSession, SessionKey,
        ExportedSessionKey, PickleKey, Curve25519SecretKey, SharedSecret, Ed25519SigningKey);
    each!(wiped: CrossSigningKeys, MasterKey, SelfSigningKey, UserSigningKey);
    each!(wiped: DecryptedOlmEvent, OlmPayload, OlmPlaintext, RoomSession, SecretEventContent);
    each!(wiped: BackupKey, PkDecryption, PkSigning, RecoveryKey, RoomKey, RoomKeyEntry,
        SecretStorageKey, UncheckedSecretStorageKey);
    each!(wiped: Keystore);
}

/// Whether a type is `Clone`: the inherent constant is there only if it is, and
/// is found before the trait's.
macro_rules! is_clone {
    ($object:ty) => {{
        struct Probe<T>(core::marker::PhantomData<T>);
        #[allow(
            dead_code,
            clippy::allow_attributes,
            reason = "used where the other is not"
        )]
        trait NotClone {
            const IS_CLONE: bool = false;
        }
        impl<T> NotClone for Probe<T> {}
        #[allow(dead_code, clippy::allow_attributes, reason = "used where it exists")]
        impl<T: Clone> Probe<T> {
            const IS_CLONE: bool = true;
        }
        Probe::<$object>::IS_CLONE
    }};
}

#[test]
fn sessions_and_accounts_have_no_clone() {
    assert!(is_clone!(Curve25519PublicKey), "the probe works");
    assert!(!is_clone!(Account));
    assert!(!is_clone!(Session));
    assert!(!is_clone!(Pending));
    assert!(!is_clone!(OutboundGroupSession));
    assert!(!is_clone!(InboundGroupSession));
    assert!(!is_clone!(SessionKey));
    assert!(!is_clone!(ExportedSessionKey));
    assert!(!is_clone!(SharedSecret));
    assert!(!is_clone!(CrossSigningKeys));
    assert!(!is_clone!(BackupKey));
    assert!(!is_clone!(PkDecryption));
    assert!(!is_clone!(RecoveryKey));
    assert!(!is_clone!(RoomKey));
    assert!(!is_clone!(SecretStorageKey));
    assert!(!is_clone!(SecretValue));
}

/// Secrets lie inside their object, so each is at least as large as all that it
/// can hold, and not much larger.
#[test]
fn objects_hold_everything_inside() {
    let skipped = MAX_RECEIVER_CHAINS * MAX_SKIPPED_KEYS_PER_CHAIN;
    let sizes = [
        (
            "Account",
            size_of::<Account>(),
            (MAX_ONE_TIME_KEYS + 2) * 64,
            12 * 1024,
        ),
        ("Session", size_of::<Session>(), skipped * 36, 10 * 1024),
        (
            "OutboundGroupSession",
            size_of::<OutboundGroupSession>(),
            132 + 96,
            512,
        ),
        (
            "InboundGroupSession",
            size_of::<InboundGroupSession>(),
            2 * 132 + 32,
            600,
        ),
        ("SessionKey", size_of::<SessionKey>(), 229 - 1, 512),
        (
            "ExportedSessionKey",
            size_of::<ExportedSessionKey>(),
            165 - 1,
            400,
        ),
        ("Ed25519SigningKey", size_of::<Ed25519SigningKey>(), 96, 400),
        (
            "Curve25519SecretKey",
            size_of::<Curve25519SecretKey>(),
            32,
            32,
        ),
        ("PickleKey", size_of::<PickleKey>(), 32, 32),
    ];
    for (name, size, least, most) in sizes {
        println!("{name}: {size} bytes");
        assert!(
            least <= size && size <= most,
            "{name}: {size}, not {least} to {most}"
        );
    }
}

/// How secret bytes would look in a text: any eight of them as hex, as decimal
/// numbers, or as base64 from their start.
fn looks(secret: &[u8]) -> Vec<String> {
    let mut looks = Vec::new();
    for part in secret.windows(8).step_by(4) {
        let mut hex = String::new();
        for byte in part {
            write!(hex, "{byte:02x}").unwrap();
        }
        looks.push(hex.to_uppercase());
        looks.push(hex);
        // As a list of numbers, on one line and on many.
        let numbers: Vec<_> = part.iter().map(u8::to_string).collect();
        looks.push(numbers.join(", "));
        looks.push(
            part.iter()
                .map(|byte| format!("{byte:#x}"))
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    looks.push(STANDARD_NO_PAD.encode(secret)[..10].to_owned());
    looks
}

fn hides(object: &impl Debug, secrets: &[&[u8]]) {
    let (plain, pretty) = (format!("{object:?}"), format!("{object:#?}"));
    // A list printed on many lines, as on one.
    let pretty: String = pretty.split_whitespace().collect::<Vec<_>>().join(" ");
    for look in secrets.iter().flat_map(|secret| looks(secret)) {
        assert!(
            !plain.contains(&look) && !pretty.contains(&look),
            "{look} in {plain}"
        );
    }
}

#[test]
fn debug_prints_no_secret_of_the_vault() {
    let secret: [u8; 32] = SeededRng::new(1).bytes();
    let recovery_key = RecoveryKey::from_bytes(&secret);
    let text = STANDARD_NO_PAD.encode(secret);
    hides(&recovery_key, &[&secret]);
    hides(&BackupKey::from_bytes(&secret), &[&secret]);
    hides(&PkSigning::from_seed(&secret), &[&secret]);
    let pk = PkDecryption::from_key(Curve25519SecretKey::from_bytes(&secret));
    hides(&pk, &[&secret]);
    hides(&SecretValue::new(text.into()), &[&secret]);
    let (key, description) =
        SecretStorageKey::create_from_recovery_key_with(&mut SeededRng::new(2), &recovery_key)
            .unwrap();
    hides(&(key, description), &[&secret]);
    let key = common::room_keys::room_key(3);
    let bytes = key.session_key().to_bytes();
    // Behind the version and the index, which are zeros.
    let ratchet = &bytes[5..133];
    hides(
        &RoomKeyEntry::new("!room:example.org", key).unwrap(),
        &[ratchet],
    );
}

#[test]
fn debug_prints_no_secret() {
    // The search finds what is there to find.
    let shown = std::panic::catch_unwind(|| {
        hides(&[1u8, 2, 3, 4, 5, 6, 7, 8], &[&[1, 2, 3, 4, 5, 6, 7, 8]]);
    });
    assert!(shown.is_err());

    let drawn: [u8; 64] = SeededRng::new(5).bytes();
    let account = Account::new_with(&mut SeededRng::new(5)).unwrap();
    hides(&account, &[&drawn[..32], &drawn[32..]]);
    let signing_key = Ed25519SigningKey::from_seed(drawn.first_chunk().unwrap());
    hides(&signing_key, &[&drawn[..32], signing_key.expose_expanded()]);
    let secret = Curve25519SecretKey::from_bytes(drawn.last_chunk().unwrap());
    hides(&secret, &[&drawn[32..]]);
    let agreed = secret
        .diffie_hellman(&account.identity_keys().curve25519)
        .unwrap();
    hides(&agreed, &[agreed.expose_secret()]);
    hides(
        &PickleKey::from_bytes(drawn.first_chunk().unwrap()),
        &[&drawn[..32]],
    );
    hides(&pickle_key(), &[&[0x42; 32]]);
    let drawn: [u8; 96] = SeededRng::new(9).bytes();
    let keys = CrossSigningKeys::new_with(&mut SeededRng::new(9), "@alice:example.org").unwrap();
    hides(&keys, &[&drawn[..32], &drawn[32..64], &drawn[64..]]);
    assert!(!format!("{keys:?}").contains(&*keys.master.to_secret()));

    let mut pair = Pair::new(6);
    let reply = pair.bob_says(b"a text to hide");
    let decrypted = pair.alices.decrypt(&reply).unwrap();
    hides(&decrypted, &[&decrypted.plaintext]);
    assert!(!format!("{decrypted:?}").contains("text"));
    pair.ping_pong();
    for session in [&pair.alices, &pair.bobs] {
        let state = envelope::open(&session.to_libolm_pickle(b"").unwrap(), b"");
        // Behind version, flag and the public keys.
        hides(session, &[&state[101..133], &state[141..]]);
    }
    let state = envelope::open(&pair.bob.to_libolm_pickle(b"").unwrap(), b"");
    // All private keys: signing, identity, one-time, fallback.
    let privates: Vec<&[u8]> = vec![
        &state[36..100],
        &state[132..164],
        &state[168 + 37..168 + 69],
        &state[168 + 69 + 1 + 37..168 + 69 + 1 + 69],
    ];
    hides(&pair.bob, &privates);
    let pickle = pair.bob.to_vodozemac_pickle(&[0; 32]).unwrap();
    hides(
        &Account::from_vodozemac_pickle(&pickle, &[0; 32]).unwrap(),
        &privates,
    );

    let key = pair.bob.fallback_key().unwrap().key;
    let identity = pair.bob.identity_keys().curve25519;
    let mut session = pair
        .alice
        .outbound_session_with(&mut pair.rng, SessionVersion::V1, &identity, &key)
        .unwrap();
    let message = common::talk::pre_key(
        session
            .encrypt_with(&mut pair.rng, b"hide this text")
            .unwrap(),
    );
    let sender = pair.alice.identity_keys().curve25519;
    let pending = pair
        .bob
        .open(SessionVersion::V1, &sender, &message)
        .unwrap();
    hides(&pending, &[pending.plaintext()]);
    assert!(!format!("{pending:?}").contains("text\""));

    let (mut outbound, mut inbound) = room(7, SessionVersion::V1);
    let drawn: [u8; 160] = SeededRng::new(7).bytes();
    let (key, exported) = (outbound.session_key(), inbound.export_at(0).unwrap());
    let signing_key = Ed25519SigningKey::from_seed(drawn.last_chunk().unwrap());
    let secrets = [&drawn[..128], &drawn[128..], signing_key.expose_expanded()];
    hides(&outbound, &secrets);
    hides(&inbound, &secrets);
    hides(&key, &secrets);
    hides(&exported, &secrets);
    let message = outbound.encrypt(b"hide this text").unwrap();
    let decrypted = inbound.decrypt(&message).unwrap();
    hides(&decrypted, &[&decrypted.plaintext]);
    hides(&outbound, &secrets);
}
