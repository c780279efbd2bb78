//! A backup is written to when it is known to be ours, and what is read from it
//! is the session that was asked for, or one error.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use common::{
    rng::{FailingRng, SeededRng},
    room_keys::room_key,
};
use necturus::{
    Ed25519SigningKey,
    json::{Object, Value},
    vault::{
        BackedUpSession, BackedUpSessionError, BackupAuthData, BackupKey, BackupPassphraseError,
        BackupSigner, BackupTrust, BackupVersion, BackupVersionError, PassphraseInfoError,
        PkEncryptError, PkEncryption, PkMessageError, Provenance, RoomKey, TrustedBackup,
        UntrustedBackup, backup_preference, backup_preference_content, old_backup_preference,
    },
};
use proptest::prelude::*;

const USER: &str = "@alice:example.org";

fn signing_key(seed: u8) -> Ed25519SigningKey {
    Ed25519SigningKey::from_seed(&[seed; 32])
}

fn key() -> BackupKey {
    BackupKey::new_with(&mut SeededRng::new(1)).unwrap()
}

fn trusted() -> TrustedBackup {
    BackupVersion::new("1", key().auth_data())
        .trust_by_key(&key())
        .unwrap()
}

/// The version as the server gives it back.
fn served(auth_data: &BackupAuthData) -> BackupVersion {
    let json = BackupVersion::creation_request(auth_data)
        .with("version", "7")
        .with("count", 3i64)
        .with("etag", "x");
    BackupVersion::from_json(&json).unwrap()
}

#[test]
fn a_signature_of_ours_makes_a_backup_trusted() {
    let (device, master, other) = (signing_key(1), signing_key(2), signing_key(3));
    let master_id = format!("ed25519:{}", master.public_key().to_base64());
    let by_device = BackupSigner::OwnDevice {
        device_id: "PHONE",
        key: device.public_key(),
    };
    let by_master = BackupSigner::MasterKey {
        key: master.public_key(),
    };
    let by_other = BackupSigner::VerifiedDevice {
        device_id: "LAPTOP",
        key: other.public_key(),
    };
    let all = [by_device, by_master, by_other];
    let verdict = |version: &BackupVersion, signers: &[BackupSigner<'_>]| {
        version
            .trust_by_signature(USER, signers)
            .map(|backup| backup.trusted_by().clone())
    };

    let mut auth_data = key().auth_data();
    let bare = served(&auth_data);
    assert_eq!(
        (bare.version(), bare.count(), bare.etag()),
        ("7", Some(3), Some("x"))
    );
    assert_eq!(verdict(&bare, &all), Err(UntrustedBackup::NoSignature));

    for (id, key, trust) in [
        ("ed25519:PHONE", &device, BackupTrust::OwnDevice),
        (&master_id, &master, BackupTrust::MasterKey),
        (
            "ed25519:LAPTOP",
            &other,
            BackupTrust::VerifiedDevice {
                device_id: "LAPTOP".into(),
            },
        ),
    ] {
        let mut signed = auth_data.clone();
        signed.sign(USER, id, |bytes| key.sign(bytes)).unwrap();
        assert_eq!(verdict(&served(&signed), &all), Ok(trust));
        // Another user's signature of the same name is not ours.
        let mut foreign = auth_data.clone();
        foreign
            .sign("@mallory:example.org", id, |bytes| key.sign(bytes))
            .unwrap();
        assert_eq!(
            verdict(&served(&foreign), &all),
            Err(UntrustedBackup::NoSignature)
        );
    }

    // A bad signature takes nothing from a good one, and alone it is told.
    auth_data
        .sign(USER, "ed25519:PHONE", |_| device.sign(b"else"))
        .unwrap();
    assert_eq!(
        verdict(&served(&auth_data), &all),
        Err(UntrustedBackup::BadSignature)
    );
    auth_data
        .sign(USER, &master_id, |bytes| master.sign(bytes))
        .unwrap();
    assert_eq!(
        verdict(&served(&auth_data), &all),
        Ok(BackupTrust::MasterKey)
    );
    assert_eq!(
        verdict(&served(&auth_data), &[by_device, by_other]),
        Err(UntrustedBackup::BadSignature)
    );

    // All members are signed, those that nobody here knows, too.
    let more = auth_data.json().clone().with("more", 1i64);
    let more = BackupAuthData::from_json(more).unwrap();
    assert_eq!(
        verdict(&served(&more), &[by_master]),
        Err(UntrustedBackup::BadSignature)
    );
    let unsigned = auth_data.json().clone().with("unsigned", Object::new());
    let unsigned = BackupAuthData::from_json(unsigned).unwrap();
    assert!(verdict(&served(&unsigned), &[by_master]).is_ok());
}

#[test]
fn the_private_key_makes_its_own_backup_trusted() {
    let version = served(&key().auth_data());
    let trusted = version.trust_by_key(&key()).unwrap();
    assert_eq!(trusted.trusted_by(), &BackupTrust::PrivateKey);
    assert_eq!(trusted.version(), "7");
    let other = BackupKey::from_bytes(&[9; 32]);
    assert_eq!(
        version.trust_by_key(&other).err(),
        Some(UntrustedBackup::OtherKey)
    );
}

#[test]
fn versions_are_held_to_their_form() {
    let good = BackupVersion::creation_request(&key().auth_data()).with("version", "1");
    let of = |json: &Object| BackupVersion::from_json(json).err();
    assert_eq!(of(&good), None);
    assert_eq!(
        of(&good
            .clone()
            .with("algorithm", "m.backup.v2.curve25519-aes-sha2")),
        Some(BackupVersionError::UnsupportedAlgorithm)
    );
    assert_eq!(
        of(&good.clone().with("version", 1i64)),
        Some(BackupVersionError::Missing { field: "version" })
    );
    let public_key = |text: &str| {
        let auth_data = Object::new().with("public_key", text);
        of(&good.clone().with("auth_data", auth_data))
    };
    assert_eq!(public_key(&(key().public_key().to_base64() + "=")), None);
    assert_eq!(
        public_key(&"A".repeat(43)),
        Some(BackupVersionError::LowOrderKey)
    );
    assert!(matches!(
        public_key("AAAA"),
        Some(BackupVersionError::PublicKey(_))
    ));
}

#[test]
fn a_session_comes_back() {
    for seed in 0..4 {
        let room_key = room_key(seed);
        let session = trusted()
            .encrypt_with(&mut SeededRng::new(seed), &room_key, Provenance::Direct)
            .unwrap();
        let session = BackedUpSession::from_json(&session.to_json()).unwrap();
        let id = room_key.session_id().to_base64();
        for id in [&id, &format!("{id}=")] {
            let read = key().decrypt(id, &session).unwrap();
            assert_eq!(
                *read.session_key().to_bytes(),
                *room_key.session_key().to_bytes()
            );
            assert_eq!(read.sender_key(), room_key.sender_key());
            assert_eq!(read.claimed_ed25519(), room_key.claimed_ed25519());
            assert_eq!(read.shared_history(), room_key.shared_history());
        }
        // Under another id, or another key.
        let other = common::room_keys::room_key(seed + 1)
            .session_id()
            .to_base64();
        for id in [&other, "", "!"] {
            assert!(key().decrypt(id, &session).is_err());
        }
        assert!(
            BackupKey::from_bytes(&[9; 32])
                .decrypt(&id, &session)
                .is_err()
        );
    }
    assert_eq!(
        trusted()
            .encrypt_with(&mut FailingRng, &room_key(0), Provenance::Direct)
            .err(),
        Some(PkEncryptError::Rng)
    );
}

#[test]
fn whoever_has_the_public_key_can_write_so_text_is_checked() {
    let encryption = PkEncryption::new(key().public_key());
    let room_key = room_key(1);
    let id = room_key.session_id().to_base64();
    let template = trusted()
        .encrypt_with(&mut SeededRng::new(1), &room_key, Provenance::Direct)
        .unwrap()
        .to_json();
    let json = String::from_utf8(room_key.to_json().to_vec()).unwrap();
    let decrypt = |text: &[u8]| {
        let data = encryption
            .encrypt_with(&mut SeededRng::new(2), text)
            .unwrap();
        let session = template.clone().with("session_data", data.to_json());
        key().decrypt(&id, &BackedUpSession::from_json(&session).unwrap())
    };
    assert!(decrypt(json.as_bytes()).is_ok());
    for text in [
        &b""[..],
        b"[]",
        b"\xff",
        json.replace("aes-sha2", "aes-sha3").as_bytes(),
        json.replace("sender_key", "sender").as_bytes(),
        json.replacen('{', "{\"sender_key\":\"\",", 1).as_bytes(),
        &vec![b' '; RoomKey::MAX_JSON + 1],
    ] {
        assert!(decrypt(text).is_err());
    }
}

#[test]
fn entries_are_held_to_their_form() {
    let good = trusted()
        .encrypt_with(&mut SeededRng::new(1), &room_key(1), Provenance::Direct)
        .unwrap()
        .to_json();
    let of = |member: &str, value: &str| {
        let value = Value::parse(value.as_bytes()).unwrap();
        BackedUpSession::from_json(&good.clone().with(member, value)).err()
    };
    for (field, value) in [
        ("first_message_index", "-1"),
        ("first_message_index", "4294967296"),
        ("first_message_index", "0.5"),
        ("forwarded_count", "-1"),
        ("is_verified", "1"),
        ("session_data", "[]"),
    ] {
        let error = Some(BackedUpSessionError::Member { field });
        assert_eq!(of(field, value), error);
    }
    assert_eq!(
        of("session_data", "{}"),
        Some(BackedUpSessionError::Data(PkMessageError::Missing {
            field: "ephemeral"
        }))
    );
}

#[test]
fn the_better_session_replaces_the_other() {
    let session = |verified: bool, index: i64, forwards: i64| {
        let json = trusted()
            .encrypt_with(&mut SeededRng::new(1), &room_key(1), Provenance::Direct)
            .unwrap()
            .to_json()
            .with("is_verified", verified)
            .with("first_message_index", index)
            .with("forwarded_count", forwards);
        BackedUpSession::from_json(&json).unwrap()
    };
    let best_first = [
        session(true, 0, 0),
        session(true, 0, 1),
        session(true, 5, 0),
        session(false, 0, 0),
        session(false, 0, 9),
        session(false, 1, 0),
    ];
    for (n, one) in best_first.iter().enumerate() {
        for (m, other) in best_first.iter().enumerate() {
            assert_eq!(one.replaces(other), n < m, "{n} {m}");
        }
    }
    // What was imported is never said to come straight from its owner.
    let count = |provenance| {
        let session = trusted()
            .encrypt_with(&mut SeededRng::new(1), &room_key(1), provenance)
            .unwrap();
        let json = session.verified().to_json();
        assert_eq!(json.get("is_verified").and_then(Value::as_bool), Some(true));
        json.get("forwarded_count").and_then(Value::as_integer)
    };
    assert_eq!(count(Provenance::Direct), Some(0));
    assert_eq!(count(Provenance::VerifiedForward), Some(1));
    assert_eq!(count(Provenance::Unverified), Some(1));
    assert!(Provenance::Direct > Provenance::VerifiedForward);
    assert!(Provenance::VerifiedForward > Provenance::Unverified);
}

#[test]
fn an_old_passphrase_opens_its_backup() {
    // The key of PBKDF2-HMAC-SHA-512 of "password" and "salt", 1000 rounds
    // (Python's hashlib).
    const PUBLIC: &str = "Tizlg4uBtkdcesbgoKHv+Max9MmZh5l9jvzZ1zSYXTA";
    let json = |members: &str| {
        let json =
            format!("{{\"public_key\":\"{PUBLIC}\",\"private_key_salt\":\"salt\"{members}}}");
        BackupAuthData::from_json(Object::parse(json.as_bytes()).unwrap()).unwrap()
    };
    for bits in ["", ",\"private_key_bits\":256"] {
        let auth_data = json(&format!(",\"private_key_iterations\":1000{bits}"));
        let (key, weak) = BackupKey::from_passphrase(&auth_data, "password").unwrap();
        assert_eq!(key.public_key().to_base64(), PUBLIC);
        assert!(weak);
        assert_eq!(
            BackupKey::from_passphrase(&auth_data, "passwort").err(),
            Some(BackupPassphraseError::WrongPassphrase)
        );
    }
    for (members, error) in [
        ("", PassphraseInfoError::Iterations),
        (
            ",\"private_key_iterations\":4294967295",
            PassphraseInfoError::Iterations,
        ),
        (
            ",\"private_key_iterations\":1,\"private_key_bits\":512",
            PassphraseInfoError::Bits,
        ),
    ] {
        assert_eq!(
            BackupKey::from_passphrase(&json(members), "password").err(),
            Some(BackupPassphraseError::Info(error))
        );
    }
    assert_eq!(
        BackupKey::from_passphrase(&key().auth_data(), "password").err(),
        Some(BackupPassphraseError::NoPassphrase)
    );
}

#[test]
fn a_preference_is_a_boolean_or_none() {
    let of = |json: &str| Object::parse(json.as_bytes()).unwrap();
    for enabled in [true, false] {
        assert_eq!(
            backup_preference(&backup_preference_content(enabled)),
            Some(enabled)
        );
        let old = of(&format!("{{\"disabled\":{enabled}}}"));
        assert_eq!(old_backup_preference(&old), Some(!enabled));
    }
    for json in ["{}", r#"{"enabled":"true"}"#, r#"{"enabled":null}"#] {
        assert_eq!(backup_preference(&of(json)), None);
        assert_eq!(old_backup_preference(&of(json)), None);
    }
}

proptest! {
    /// The MAC covers nothing, so a changed ciphertext can decrypt: to what is no
    /// session, or is one under the same id.
    #[test]
    fn any_ciphertext_gives_a_session_of_the_id_or_an_error(
        bits in prop::collection::vec((any::<prop::sample::Index>(), 0..8u32), 1..4),
        seed in 0..50u64,
    ) {
        let room_key = room_key(seed);
        let session = trusted()
            .encrypt_with(&mut SeededRng::new(seed), &room_key, Provenance::Direct)
            .unwrap();
        let mut ciphertext = session.data().ciphertext().to_vec();
        for (at, bit) in bits {
            let at = at.index(ciphertext.len());
            ciphertext[at] ^= 1 << bit;
        }
        let data = session
            .data()
            .to_json()
            .with("ciphertext", vodozemac::base64_encode(&ciphertext));
        let session = session.to_json().with("session_data", data);
        let session = BackedUpSession::from_json(&session).unwrap();
        let id = room_key.session_id();
        if let Ok(read) = key().decrypt(&id.to_base64(), &session) {
            prop_assert_eq!(read.session_id(), id);
        }
    }
}
