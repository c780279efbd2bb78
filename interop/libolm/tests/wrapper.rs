//! The wrapper against known answers, each from libolm 3.2.13 and 3.2.16, and
//! each object once there and back.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "wrapper/pk.rs"]
mod pk;
#[path = "wrapper/sas.rs"]
mod sas;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use necturus_interop_libolm::{
    Account, Error, InboundGroupSession, OutboundGroupSession, Session, Utility, library_version,
};

const PICKLE_KEY: &str = "pickle key";

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The text of the error that this should be.
fn refusal<T: core::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    result.unwrap_err().as_str()
}

/// The Curve25519 key in libolm's JSON text of the identity keys.
fn curve25519(account: &Account) -> String {
    let json = account.identity_keys_json().unwrap();
    let keys: serde_json::Value = serde_json::from_str(&json).unwrap();
    keys.get("curve25519").unwrap().as_str().unwrap().to_owned()
}

/// Alice, Bob, and Alice's session that has not sent anything.
fn alice_and_bob() -> (Account, Account, Session) {
    let alice = Account::new(&hex(ALICE_RANDOM)).unwrap();
    let mut bob = Account::new(&hex(BOB_RANDOM)).unwrap();
    bob.generate_one_time_keys(3, &hex(BOB_ONE_TIME_KEYS_RANDOM))
        .unwrap();
    let session = Session::outbound(
        &alice,
        &hex(OUTBOUND_RANDOM),
        curve25519(&bob),
        BOB_ONE_TIME_KEY,
    )
    .unwrap();
    (alice, bob, session)
}

#[test]
fn version() {
    let (major, minor, patch) = library_version();
    assert_eq!((major, minor), (3, 2));
    assert!(patch >= 13);
    // Who has two builds says here which one must have been loaded.
    if let Ok(wanted) = std::env::var("LIBOLM_VERSION") {
        assert_eq!(format!("{major}.{minor}.{patch}"), wanted);
    }
}

#[test]
fn account() {
    let mut account = Account::new(&hex(ACCOUNT_RANDOM)).unwrap();
    assert_eq!(account.identity_keys_json().unwrap(), IDENTITY_KEYS);
    assert_eq!(account.sign(SIGNED).unwrap(), SIGNATURE);
    assert_eq!(account.max_one_time_keys(), 100);
    assert_eq!(
        account.one_time_keys_json().unwrap(),
        r#"{"curve25519":{}}"#
    );

    assert_eq!(account.one_time_keys_random_length(3), 96);
    account
        .generate_one_time_keys(3, &hex(ONE_TIME_KEYS_RANDOM))
        .unwrap();
    assert_eq!(account.fallback_key_random_length(), 32);
    account
        .generate_fallback_key(&hex(FALLBACK_RANDOM))
        .unwrap();
    assert_eq!(account.one_time_keys_json().unwrap(), ONE_TIME_KEYS);
    assert_eq!(account.fallback_key_json().unwrap(), FALLBACK_KEY);
    assert_eq!(
        account.unpublished_fallback_key_json().unwrap(),
        FALLBACK_KEY
    );

    account.mark_keys_as_published().unwrap();
    assert_eq!(
        account.one_time_keys_json().unwrap(),
        r#"{"curve25519":{}}"#
    );
    assert_eq!(account.fallback_key_json().unwrap(), FALLBACK_KEY);
    assert_eq!(
        account.unpublished_fallback_key_json().unwrap(),
        r#"{"curve25519":{}}"#
    );

    account.generate_fallback_key(&[7; 32]).unwrap();
    let with_old = account.pickle(PICKLE_KEY).unwrap();
    account.forget_old_fallback_key();
    assert!(account.pickle(PICKLE_KEY).unwrap().len() < with_old.len());
}

#[test]
fn account_refuses() {
    assert_eq!(Account::random_length(), 64);
    assert_eq!(refusal(Account::new(&[0; 63])), "NOT_ENOUGH_RANDOM");
    let mut account = Account::new(&hex(ACCOUNT_RANDOM)).unwrap();
    assert_eq!(
        refusal(account.generate_one_time_keys(2, &[0; 63])),
        "NOT_ENOUGH_RANDOM"
    );
    // Times 32 this is 0, modulo 2^64.
    let far_too_many = 1 << (usize::BITS - 5);
    assert_eq!(
        refusal(account.generate_one_time_keys(far_too_many, &[])),
        "NOT_ENOUGH_RANDOM"
    );
    assert_eq!(
        refusal(account.generate_fallback_key(&[0; 31])),
        "NOT_ENOUGH_RANDOM"
    );
    assert_eq!(
        refusal(Account::unpickle(PICKLE_KEY, "")),
        "BAD_ACCOUNT_KEY"
    );
    assert_eq!(
        refusal(Account::unpickle(PICKLE_KEY, "A")),
        "INVALID_BASE64"
    );
    assert_eq!(
        refusal(Account::unpickle("other key", PICKLED_ACCOUNT)),
        "BAD_ACCOUNT_KEY"
    );
}

#[test]
fn account_at_rest() {
    let account = Account::new(&hex(PICKLED_RANDOM)).unwrap();
    assert_eq!(account.pickle(PICKLE_KEY).unwrap(), PICKLED_ACCOUNT);
    let read = Account::unpickle(PICKLE_KEY, PICKLED_ACCOUNT).unwrap();
    assert_eq!(read.identity_keys_json(), account.identity_keys_json());
    assert_eq!(read.pickle(PICKLE_KEY).unwrap(), PICKLED_ACCOUNT);
}

#[test]
fn session() {
    let (alice_account, mut bob_account, mut alice) = alice_and_bob();
    assert_eq!(alice.id().unwrap(), SESSION_ID);
    assert_eq!(
        (alice.encrypt_message_type(), alice.encrypt_random_length()),
        (0, 0)
    );
    assert_eq!(
        alice.encrypt("alice 0", &[]).unwrap(),
        (0, BODY_0.to_owned())
    );

    let mut bob = Session::inbound(&mut bob_account, BODY_0).unwrap();
    assert_eq!(bob.id().unwrap(), SESSION_ID);
    assert!(!bob.has_received_message());
    assert_eq!(bob.matches_inbound(BODY_0), Ok(true));
    let alice_key = curve25519(&alice_account);
    assert_eq!(bob.matches_inbound_from(&alice_key, BODY_0), Ok(true));
    assert_eq!(
        bob.matches_inbound_from(BOB_ONE_TIME_KEY, BODY_0),
        Ok(false)
    );
    assert_eq!(bob.decrypt(0, BODY_0).unwrap(), b"alice 0");
    assert!(bob.has_received_message());
    bob_account.remove_one_time_keys(&bob).unwrap();
    assert_eq!(
        refusal(bob_account.remove_one_time_keys(&bob)),
        "BAD_MESSAGE_KEY_ID"
    );
    assert_eq!(
        refusal(Session::inbound(&mut bob_account, BODY_0)),
        "BAD_MESSAGE_KEY_ID"
    );

    assert_eq!(
        (bob.encrypt_message_type(), bob.encrypt_random_length()),
        (1, 32)
    );
    assert_eq!(refusal(bob.encrypt("bob 2", &[0; 31])), "NOT_ENOUGH_RANDOM");
    assert_eq!(
        bob.encrypt("bob 2", &hex(RANDOM_1)).unwrap(),
        (1, BODY_1.to_owned())
    );
    assert_eq!(alice.decrypt(1, BODY_1).unwrap(), b"bob 2");
    assert_eq!(
        alice.encrypt("alice 4", &hex(RANDOM_2)).unwrap(),
        (1, BODY_2.to_owned())
    );
    assert_eq!(bob.decrypt(1, BODY_2).unwrap(), b"alice 4");
    assert!(bob.describe().starts_with("sender chain index: "));
}

#[test]
fn session_from() {
    let (alice_account, mut bob_account, _) = alice_and_bob();
    let alice_key = curve25519(&alice_account);
    let bob = Session::inbound_from(&mut bob_account, &alice_key, BODY_0).unwrap();
    assert_eq!(bob.id().unwrap(), SESSION_ID);
    // Version, one-time key, base key and inner message, but no identity key,
    // which libolm itself would read through a null pointer.
    let mut bytes = STANDARD_NO_PAD.decode(BODY_0).unwrap();
    // 1 for the version, then 34 for each key before it.
    bytes.drain(69..103);
    let nameless = STANDARD_NO_PAD.encode(bytes);
    let refused = Session::inbound_from(&mut bob_account, &alice_key, nameless);
    assert_eq!(refusal(refused), "BAD_MESSAGE_FORMAT");
    let other = Session::inbound_from(&mut bob_account, BOB_ONE_TIME_KEY, BODY_0);
    assert_eq!(refusal(other), "BAD_MESSAGE_KEY_ID");
}

#[test]
fn session_refuses() {
    let (alice_account, mut bob_account, mut alice) = alice_and_bob();
    assert_eq!(Session::outbound_random_length(), 64);
    let short = Session::outbound(&alice_account, &[0; 63], BOB_ONE_TIME_KEY, BOB_ONE_TIME_KEY);
    assert_eq!(refusal(short), "NOT_ENOUGH_RANDOM");
    let no_key = Session::outbound(&alice_account, &[0; 64], "AAAA", BOB_ONE_TIME_KEY);
    assert_eq!(refusal(no_key), "INVALID_BASE64");
    assert_eq!(
        refusal(Session::inbound(&mut bob_account, "")),
        "BAD_MESSAGE_FORMAT"
    );

    assert_eq!(refusal(alice.decrypt(1, "")), "BAD_MESSAGE_FORMAT");
    assert_eq!(refusal(alice.decrypt(1, "A")), "INVALID_BASE64");
    assert_eq!(
        refusal(alice.decrypt(1, BODY_1.replacen('A', "B", 1))),
        "BAD_MESSAGE_VERSION"
    );
    assert_eq!(
        refusal(alice.decrypt(1, BODY_1.replacen("IRk3", "IRk4", 1))),
        "BAD_MESSAGE_MAC"
    );
    assert_eq!(
        alice.matches_inbound("A"),
        Err(alice.decrypt(1, "A").unwrap_err())
    );
}

#[test]
fn session_at_rest() {
    let (_, mut bob_account, mut alice) = alice_and_bob();
    let mut bob = Session::inbound(&mut bob_account, BODY_0).unwrap();
    let pickle = bob.pickle(PICKLE_KEY).unwrap();
    let mut read = Session::unpickle(PICKLE_KEY, &pickle).unwrap();
    assert_eq!(read.pickle(PICKLE_KEY).unwrap(), pickle);
    assert_eq!(
        refusal(Session::unpickle("other key", &pickle)),
        "BAD_ACCOUNT_KEY"
    );

    let (message_type, body) = alice.encrypt("again", &[]).unwrap();
    assert_eq!(read.decrypt(message_type, &body).unwrap(), b"again");
    // Each is its own object.
    assert_eq!(bob.decrypt(message_type, &body).unwrap(), b"again");
}

#[test]
fn group() {
    assert_eq!(OutboundGroupSession::random_length(), 160);
    let mut outbound = OutboundGroupSession::new(&hex(GROUP_RANDOM)).unwrap();
    assert_eq!(outbound.id().unwrap(), GROUP_ID);
    assert_eq!(outbound.session_key().unwrap(), GROUP_KEY);
    assert_eq!(outbound.encrypt("").unwrap(), GROUP_BODY_0);
    assert_eq!(outbound.encrypt("a").unwrap(), GROUP_BODY_1);
    assert_eq!(outbound.encrypt("sixteen bytes ok").unwrap(), GROUP_BODY_2);
    assert_eq!(outbound.message_index(), 3);

    let mut inbound = InboundGroupSession::new(GROUP_KEY).unwrap();
    assert_eq!(inbound.id().unwrap(), GROUP_ID);
    assert!(inbound.is_verified());
    assert_eq!(inbound.first_known_index(), 0);
    assert_eq!(inbound.decrypt(GROUP_BODY_0), Ok((b"".to_vec(), 0)));
    assert_eq!(
        inbound.decrypt(GROUP_BODY_2),
        Ok((b"sixteen bytes ok".to_vec(), 2))
    );
    assert_eq!(inbound.decrypt(GROUP_BODY_1), Ok((b"a".to_vec(), 1)));

    let exported = inbound.export(1).unwrap();
    assert_eq!(exported, GROUP_EXPORT_AT_1);
    let mut imported = InboundGroupSession::import(&exported).unwrap();
    assert!(!imported.is_verified());
    assert_eq!(imported.first_known_index(), 1);
    assert_eq!(imported.decrypt(GROUP_BODY_1), Ok((b"a".to_vec(), 1)));
    assert!(imported.is_verified());
    assert_eq!(
        refusal(imported.decrypt(GROUP_BODY_0)),
        "UNKNOWN_MESSAGE_INDEX"
    );
    assert_eq!(refusal(imported.export(0)), "UNKNOWN_MESSAGE_INDEX");
}

#[test]
fn group_refuses() {
    assert_eq!(
        refusal(OutboundGroupSession::new(&[0; 159])),
        "NOT_ENOUGH_RANDOM"
    );
    assert_eq!(refusal(InboundGroupSession::new("")), "BAD_SESSION_KEY");
    assert_eq!(
        refusal(InboundGroupSession::new(GROUP_EXPORT_AT_1)),
        "BAD_SESSION_KEY"
    );
    assert_eq!(
        refusal(InboundGroupSession::import(GROUP_KEY)),
        "BAD_SESSION_KEY"
    );
    assert_eq!(
        refusal(InboundGroupSession::new(
            GROUP_KEY.replacen("AgAAAAA", "AgAAAAB", 1)
        )),
        "BAD_SIGNATURE"
    );
    let mut inbound = InboundGroupSession::new(GROUP_KEY).unwrap();
    assert_eq!(refusal(inbound.decrypt("")), "BAD_MESSAGE_VERSION");
    assert_eq!(refusal(inbound.decrypt("A")), "INVALID_BASE64");
    assert_eq!(
        refusal(inbound.decrypt(NO_CIPHERTEXT)),
        "BAD_MESSAGE_FORMAT"
    );
    assert_eq!(refusal(inbound.decrypt(WRONG_SIGNATURE)), "BAD_SIGNATURE");
    assert_eq!(refusal(inbound.decrypt(WRONG_MAC)), "BAD_MESSAGE_MAC");
}

#[test]
fn group_at_rest() {
    let mut outbound = OutboundGroupSession::new(&hex(GROUP_RANDOM)).unwrap();
    let pickle = outbound.pickle(PICKLE_KEY).unwrap();
    let mut read = OutboundGroupSession::unpickle(PICKLE_KEY, &pickle).unwrap();
    assert_eq!(read.pickle(PICKLE_KEY).unwrap(), pickle);
    assert_eq!(read.encrypt("").unwrap(), outbound.encrypt("").unwrap());
    assert_eq!(
        refusal(OutboundGroupSession::unpickle("other key", &pickle)),
        "BAD_ACCOUNT_KEY"
    );

    let inbound = InboundGroupSession::new(GROUP_KEY).unwrap();
    let pickle = inbound.pickle(PICKLE_KEY).unwrap();
    let mut read = InboundGroupSession::unpickle(PICKLE_KEY, &pickle).unwrap();
    assert_eq!(read.pickle(PICKLE_KEY).unwrap(), pickle);
    assert_eq!(read.decrypt(GROUP_BODY_1), Ok((b"a".to_vec(), 1)));
    assert_eq!(
        refusal(InboundGroupSession::unpickle("other key", &pickle)),
        "BAD_ACCOUNT_KEY"
    );
}

#[test]
fn utility() {
    let utility = Utility::new();
    let keys: serde_json::Value = serde_json::from_str(IDENTITY_KEYS).unwrap();
    let key = keys.get("ed25519").unwrap().as_str().unwrap();
    assert_eq!(utility.ed25519_verify(key, SIGNED, SIGNATURE), Ok(()));
    assert_eq!(
        refusal(utility.ed25519_verify(key, "another", SIGNATURE)),
        "BAD_MESSAGE_MAC"
    );
    assert_eq!(
        refusal(utility.ed25519_verify("AAAA", SIGNED, SIGNATURE)),
        "INVALID_BASE64"
    );
    // The hash of "abc" that FIPS 180-4 is shown with.
    let hash = utility.sha256("abc").unwrap();
    assert_eq!(hash, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0");
}

#[test]
fn errors() {
    let error = Account::new(&[]).unwrap_err();
    assert_eq!(error.to_string(), "NOT_ENOUGH_RANDOM");
    assert_eq!(format!("{error:?}"), r#"Error("NOT_ENOUGH_RANDOM")"#);
    assert_eq!(error, OutboundGroupSession::new(&[]).unwrap_err());
    let error: &dyn core::error::Error = &error;
    assert!(error.source().is_none());
}

#[test]
fn objects_move_between_threads() {
    let account = Account::new(&hex(ACCOUNT_RANDOM)).unwrap();
    let keys = std::thread::spawn(move || account.identity_keys_json())
        .join()
        .unwrap();
    assert_eq!(keys.unwrap(), IDENTITY_KEYS);
}

// An account: three one-time keys, one fallback key, all unpublished.
const ACCOUNT_RANDOM: &str = "a4ceb8acc8f0f0ca34df0f3531f70cf08e4bf5e5a7e1bae96aafd0e15a1390fb995ac12b18e2dabe6b958157c\
     27ccc676751ef9f7688f127953604fd56d8e1f0";
const ONE_TIME_KEYS_RANDOM: &str = "260e5804870705480694909899baca6b269b139feba421172245b4de99ecff20354ab1000b66bcac0c57e93ee\
     d89c1e5ae22b6f4bb2934df533939bdb0443210f4c018cf1a4de6116625441e879f2392045d59fbabfb9de219\
     289e5c95eaa4e3";
const FALLBACK_RANDOM: &str = "36c643c5abf407353fb6d485fff440397c9b896889c9db5a079b10f36a9e3d87";
const IDENTITY_KEYS: &str = r#"{"curve25519":"FKH84/mpbm+a4QipoVjD6r3lkNRnD+NxuqAExpdz8iM","ed25519":"a7Ttgy6iq2B4WM1S3QiNZUnzA0LmIvlmJLndGqyBsPA"}"#;
const ONE_TIME_KEYS: &str = r#"{"curve25519":{"AAAAAw":"eyMzG5V3E9como0Ds0oMqgHJ/qyu+xtJ9kHVoq4oADs","AAAAAg":"Fl1GXluTo7q+ppsMfPQXTeRuhiLyiD5bZYJBQBfeCzU","AAAAAQ":"0N1JAKCyJynDesoqsUQPtIe7eF9KzwijtNbgeCFVsU0"}}"#;
const FALLBACK_KEY: &str =
    r#"{"curve25519":{"AAAABA":"sl9J/GFAMtEK6aRVkRTZG5Eth5W90078LtyiOGEYg2k"}}"#;
const SIGNED: &str = "message to sign";
const SIGNATURE: &str =
    "AVkuoIWDWoI6dFiUyCVWIa82+2hcCMOxx8BZqmznPQv4JttnjJ57lAAMumDPaWnvnBAYTszaeIgaVh3isEpBDA";

// A session: a message from Alice, one from Bob, one from Alice.
const ALICE_RANDOM: &str = "fd9bb58ab144f132db433dd9cf718eac5f844fc965bb218efc706a19efb13451da0056bf595b92d84a275e67b\
     58ad9d7a40ac8a4a15b63659ad9728a10faec02";
const BOB_RANDOM: &str = "ddcca944cbd34c7f0a717a24abd1c8066602f85230f87f6951d30c6453ff7a57cee3016450290345d7be07721\
     ed39dd93ff2426d1356b416ef4582f5f91ae369";
const BOB_ONE_TIME_KEYS_RANDOM: &str = "5f6af402dd65c0ff331ef966d4ea97aa041af2a64dfda8204e75b64ff21bf5532ddda6e858a10fdf142f9650c\
     9efd80482298a88047a20f0b6f5804a476163b4d95fc302136b9132d41bc694147a3ff68480981768e3f4dba9\
     bd88c4f0d61afe";
const BOB_ONE_TIME_KEY: &str = "id21/VZ5tuL15bcoQGbOOhOPIgMWzIVI7gMfhAUTzAw";
const OUTBOUND_RANDOM: &str = "f5c234b290baf82a37ea5a4fd0a696c9275161da9397ac7688181253e96ffea727abb3203c8b8d76af35b02bb\
     327524c193fc7cfe62ad1e17481f2d5f375bfed";
const SESSION_ID: &str = "zp59ZFmcsbXhW8FHnFEvK+Qmt5GvEHha8C8oBVSITg4";
const BODY_0: &str = "Awogid21/VZ5tuL15bcoQGbOOhOPIgMWzIVI7gMfhAUTzAwSIEwnJ1vls3uio/HzHTLW3x9LEVE2U3em12YJju1Yh\
     WcmGiDQqmlSsWjDD/nlX+IXoCZ+cR5FDiieYxLamlnjxvfgJyI/Awog2teXB5wfAXQ2EU3tQPauRASn+5Jgic3EWm\
     0i9RWJGxcQACIQeFy9js2oCnUeDkb6htLwtQXm3Th3l6Zm";
const BODY_1: &str =
    "Awoguij+OGVhJ+gYYWCnGL6CyvzFqdLG452a3QxLRgBkpz0QACIQtbjAkoQVlUFyiZHYA94bz3X76V/wIRk3";
const RANDOM_1: &str = "0179ea07017153cadc104442fe8e93da31d0e51fc098af262c59f1d18c34bdcd";
const BODY_2: &str =
    "AwogC2Loe0FE57k70+g9cMuo+es3w/276HFS8dWEoq/8jgsQACIQgF2k5OIS/nzzCxmjzI7bK33ZNa0wazCy";
const RANDOM_2: &str = "87aced3f8a91cc676ddcec7b0be1fac1f2d636bc0a698744e74c4538697de546";

// A Megolm session.
const GROUP_RANDOM: &str = "2a1c682e083cd99f47c2485fd7c85ed47c11ff99ab260ad1335d272a9d76bfd7b70f46f49580ef0101fabef06\
     9e0419728196ab7622358c221ee5f04ae971feed00362807232c838a59637a3b80d47b4073d7f6259ecd2fb7d\
     fd2fafe0b025df7f7be6a034f1e8083da7208d35f19acfa36997d5c30a49a1fe89db5db2576ebf779080a23e9\
     601fa228a57d8d350a9702932fc127ce018d94c2711529f05b25d";
const GROUP_ID: &str = "6tycFh1BG5AFaJ4u5IAuoVyq53o8Xi+MqXZAaSt6tnM";
const GROUP_KEY: &str = "AgAAAAAqHGguCDzZn0fCSF/XyF7UfBH/masmCtEzXScqnXa/17cPRvSVgO8BAfq+8GngQZcoGWq3YiNYwiHuXwSul\
     x/u0ANigHIyyDilljejuA1HtAc9f2JZ7NL7ff0vr+CwJd9/e+agNPHoCD2nII018ZrPo2mX1cMKSaH+idtdslduv+\
     rcnBYdQRuQBWieLuSALqFcqud6PF4vjKl2QGkrerZzbEzCAiV3gJIQT6P3wlsb58YUUyVI0cpzS3BPGSlftfr2lGW\
     0yj7HpMC0ziwy8QBY0y6WfjD7SQ9CrLrj5KfJCg";
const GROUP_BODY_0: &str = "AwgAEhCNSnFSc4xC70s8rFHCkmhLosIx7V2fE3NB4Tq7wh/lAt6LEB8ITJreYQsbQXfKwanEzwSL2NA+pBJHHTVxT\
     ln2wThgeOXC1el3AUmqN6dklIv/GWHdAykM";
const GROUP_BODY_1: &str = "AwgBEhCnSCDrQMQvpVmhseLv+hT9F+JybDeBWMDyyXMlYk1pJmjhjuSDAj6RQtjPjESN7cy9GI0E4Mg+o4SROGBl4\
     XXaeHZUqQPqqTGHHOlWAkGsT3DQMcdq2VkE";
const GROUP_BODY_2: &str = "AwgCEiC6ivtWK+KA98jYIwhkePMK/Gl2i2ud5cG2mQzgUhAq2A9/mASxPjs9/2bEUAIYcJur2T+BynZgtkFl86k8G\
     aAlUs5pXRC+lTXIxdrSYU4NfYB+1iTF6KgXE+KRVZlMtGzPU6axX1G7DA";
const GROUP_EXPORT_AT_1: &str = "AQAAAAEqHGguCDzZn0fCSF/XyF7UfBH/masmCtEzXScqnXa/17cPRvSVgO8BAfq+8GngQZcoGWq3YiNYwiHuXwSul\
     x/u0ANigHIyyDilljejuA1HtAc9f2JZ7NL7ff0vr+CwJd8qN6NGaPGaTffyTKkDUvF6NWKnFbXEWKwWzF7V1X7vV+\
     rcnBYdQRuQBWieLuSALqFcqud6PF4vjKl2QGkrerZz";

// Texts at rest, under the key `pickle key`.
const PICKLED_RANDOM: &str = "70fc8a1459a68f63528c76830fe23165528321dec639e47211e280dee9285351af5f5446a75920a26f6662138\
     92f2aa2b019bbdbbbb55c7156048e997992e4a9";
const PICKLED_ACCOUNT: &str = "XxVq+ivwBjRoEy4KmqKpxKjJtbgZURu9XABJQkRWN+KmE7WiHuoAk5054F6eU1Y1Edw85BZUqCXRIW0o0zV8Qe4cT\
     n8rm6s4YcQTD08VPa/e0YUgZOZ2KAj7sKf5U5DZf5h19pcFBOyyP+Y5geISGiFohHSU9qBJ7SqKq3OtkIqJ0oBGla\
     7/9iNH5VH4qYKN2JMl5jmdzO5onk6MP8VZKox4XXNLetEy1VLB4sFxG2ZQoqtKEWf0Ag";
const WRONG_SIGNATURE: &str = "AwgFEhDexCHl4vqr9gaMNchOLtc0FRw3VlhVBC9fZ1J8QkFUVfiu2V6nUd9MGhnyZve2UPWMR4X1m3z5o4ThL1JZU\
     uCPZT5ai84k+e/Xb5h3QRwQc1V92pzMYKYF";
const WRONG_MAC: &str = "AwgFEhDexCHl4vqr9gaMNchOLtc0AAAAAAAAAAABSCw1r81Lm6XF8EckRSwxZNIR6Lar03fxqOb5rXRFqqaz655sj\
     RiBrv7R4aUSZsSkHLrgfgSAwCCrZFDXC4EH";
const NO_CIPHERTEXT: &str = "AwgFcgDQV5ja4GwE7cd/PLcTzjAgcRxl4ceaLSNXT79c+8jZebw2YhN1J5of7u8WaDvD5n2ziB+/AjPcPQHphPIRc\
     2zorAoISeAO";
