//! The class of each error, as the README lists them.

use necturus::{
    DecodeError, KeyError, ZeroSharedSecret, megolm,
    olm::{DecryptError, EncryptError, InboundError, OutboundError},
    pickle::{ImportError, UnpickleError},
};

pub(crate) fn decode(error: DecodeError) -> &'static str {
    match error {
        DecodeError::Base64 => "format.base64",
        DecodeError::Version { .. } => "format.version",
        DecodeError::Truncated => "format.truncated",
        DecodeError::Missing { .. } => "format.missing",
        DecodeError::KeyLength { .. } => "format.key-length",
        DecodeError::IndexTooLarge => "format.index",
        DecodeError::WireType { .. } => "format.wire-type",
        DecodeError::NotCanonical => "format.not-canonical",
        DecodeError::CiphertextLength { .. } => "format.ciphertext-length",
        DecodeError::MessageType { .. } => "format.message-type",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn key(error: KeyError) -> &'static str {
    match error {
        KeyError::Base64 => "format.base64",
        KeyError::Length { .. } => "format.length",
        KeyError::NotAPoint => "key.not-a-point",
        KeyError::SmallOrder => "key.small-order",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn zero(_: ZeroSharedSecret) -> &'static str {
    "key.small-order"
}

pub(crate) fn decrypt(error: DecryptError) -> &'static str {
    match error {
        DecryptError::NotThisSession => "authentication.mac",
        DecryptError::Version { .. } => "config",
        DecryptError::AlreadyUsed { .. } => "key-gone.used",
        DecryptError::KeyGone { .. } => "key-gone.dropped",
        DecryptError::UsedOrGone { .. } => "key-gone.used-or-dropped",
        DecryptError::ChainGone => "key-gone.chain",
        DecryptError::GapTooLarge { .. } => "gap",
        DecryptError::ZeroSharedSecret => "key.small-order",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn inbound(error: InboundError) -> &'static str {
    match error {
        InboundError::UnknownOneTimeKey { .. } => "unknown-one-time-key",
        InboundError::SenderMismatch { .. } => "sender",
        InboundError::Decrypt(error) => decrypt(error),
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn outbound(error: OutboundError) -> &'static str {
    match error {
        OutboundError::ZeroSharedSecret => "key.small-order",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn encrypt(error: EncryptError) -> &'static str {
    match error {
        EncryptError::ZeroSharedSecret => "key.small-order",
        EncryptError::ChainExhausted => "exhausted",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn megolm(error: megolm::DecryptError) -> &'static str {
    match error {
        megolm::DecryptError::Decode(error) => decode(error),
        megolm::DecryptError::Version { .. } => "config",
        megolm::DecryptError::BadSignature => "authentication.signature",
        megolm::DecryptError::Inauthentic => "authentication.mac",
        megolm::DecryptError::BelowFirstKnown { .. } => "index-unknown",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn session_key(error: megolm::SessionKeyError) -> &'static str {
    match error {
        megolm::SessionKeyError::Base64 => "format.base64",
        megolm::SessionKeyError::Length { .. } => "format.length",
        megolm::SessionKeyError::Version { .. } => "format.version",
        megolm::SessionKeyError::PublicKey(error) => key(error),
        megolm::SessionKeyError::BadSignature => "authentication.signature",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn import(error: ImportError) -> &'static str {
    match error {
        ImportError::Base64 => "format.base64",
        ImportError::TooShort => "pickle.too-short",
        ImportError::WrongKey => "pickle.wrong-key",
        ImportError::UnknownVersion { .. } => "pickle.version",
        ImportError::LegacyAccount => "pickle.legacy-account",
        ImportError::Truncated => "pickle.truncated",
        ImportError::Trailing { .. } => "pickle.trailing",
        ImportError::Json => "pickle.json",
        ImportError::TooMany { .. } => "pickle.too-many",
        ImportError::KeysDisagree => "pickle.keys-disagree",
        ImportError::NoChain => "pickle.no-chain",
        ImportError::UnsupportedConfig => "pickle.config",
        ImportError::IndexTooLarge => "pickle.index",
        ImportError::PublicKey(error) => key(error),
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn unpickle(error: UnpickleError) -> &'static str {
    match error {
        UnpickleError::TooShort => "pickle.too-short",
        UnpickleError::UnknownVersion { .. } => "pickle.version",
        UnpickleError::UnknownKind { .. } => "pickle.unknown-kind",
        UnpickleError::WrongKind { .. } => "pickle.wrong-kind",
        UnpickleError::WrongKeyOrContext => "pickle.wrong-key",
        UnpickleError::Truncated => "pickle.truncated",
        UnpickleError::Trailing { .. } => "pickle.trailing",
        UnpickleError::Invalid => "pickle.invalid",
        UnpickleError::PublicKey(error) => key(error),
        other => panic!("no class for {other:?}"),
    }
}
