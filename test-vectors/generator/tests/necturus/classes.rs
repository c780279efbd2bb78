//! The class of each error, as the README lists them.

use necturus::{
    DecodeError, KeyError, ZeroSharedSecret, channel,
    channel::{EstablishError, OpenError, ScanError, hpke::AssociatedDataError, qr::QrLoginError},
    megolm,
    olm::{DecryptError, EncryptError, InboundError, OutboundError},
    pickle::{ImportError, UnpickleError},
    vault::{
        BackedUpSessionError, BackupVersionError, DecryptSecretError, EncryptedSecretError,
        KeyDescriptionError, OpenExportError, PassphraseInfoError, PkEncryptError, PkMessageError,
        ReadExportError, RecoveryKeyError, RoomKeyError, UnlockError, UntrustedBackup,
    },
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

pub(crate) fn recovery_key(error: RecoveryKeyError) -> &'static str {
    match error {
        RecoveryKeyError::Length => "recovery-key.length",
        RecoveryKeyError::Alphabet => "recovery-key.alphabet",
        RecoveryKeyError::Prefix => "recovery-key.prefix",
        RecoveryKeyError::Parity => "recovery-key.parity",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn description(error: KeyDescriptionError) -> &'static str {
    match error {
        KeyDescriptionError::UnsupportedAlgorithm => "algorithm",
        KeyDescriptionError::Base64 { .. } => "format.base64",
        KeyDescriptionError::IvLength { .. } | KeyDescriptionError::MacLength { .. } => {
            "format.length"
        }
        KeyDescriptionError::CounterOverflow => "counter-overflow",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn unlock(error: UnlockError) -> &'static str {
    match error {
        UnlockError::WrongKey => "wrong-key",
        UnlockError::RecoveryKey(error) => recovery_key(error),
        UnlockError::Passphrase(PassphraseInfoError::Algorithm) => "kdf.algorithm",
        UnlockError::Passphrase(PassphraseInfoError::Iterations) => "kdf.iterations",
        UnlockError::Passphrase(PassphraseInfoError::Bits) => "kdf.bits",
        UnlockError::Passphrase(PassphraseInfoError::Salt) => "kdf.salt",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn encrypted_secret(error: EncryptedSecretError) -> &'static str {
    match error {
        EncryptedSecretError::Missing { .. } => "format.missing",
        EncryptedSecretError::Base64 { .. } => "format.base64",
        EncryptedSecretError::IvLength { .. } | EncryptedSecretError::MacLength { .. } => {
            "format.length"
        }
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn decrypt_secret(error: DecryptSecretError) -> &'static str {
    match error {
        DecryptSecretError::WrongKeyOrName => "authentication.mac",
        DecryptSecretError::CounterOverflow => "counter-overflow",
        DecryptSecretError::NotUtf8 => "not-utf8",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn pk_encrypt(error: PkEncryptError) -> &'static str {
    match error {
        PkEncryptError::LowOrderKey => "key.small-order",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn pk_message(error: PkMessageError) -> &'static str {
    match error {
        PkMessageError::Missing { .. } => "format.missing",
        PkMessageError::Base64 { .. } => "format.base64",
        PkMessageError::KeyLength { .. } | PkMessageError::MacLength { .. } => "format.length",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn backup_version(error: BackupVersionError) -> &'static str {
    match error {
        BackupVersionError::UnsupportedAlgorithm => "algorithm",
        BackupVersionError::Missing { .. } => "format.missing",
        BackupVersionError::PublicKey(error) => key(error),
        BackupVersionError::LowOrderKey => "key.small-order",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn untrusted(error: UntrustedBackup) -> &'static str {
    match error {
        UntrustedBackup::NoSignature => "backup.unsigned",
        UntrustedBackup::BadSignature => "backup.bad-signature",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn backed_up_session(error: BackedUpSessionError) -> &'static str {
    match error {
        BackedUpSessionError::Member { .. } => "format.missing",
        BackedUpSessionError::Data(error) => pk_message(error),
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn room_key(error: RoomKeyError) -> &'static str {
    match error {
        RoomKeyError::TooLong { .. } | RoomKeyError::TooManyForwards { .. } => "too-many",
        RoomKeyError::Json => "format.json",
        RoomKeyError::Missing { .. } => "format.missing",
        RoomKeyError::Algorithm => "algorithm",
        RoomKeyError::SenderKey(error)
        | RoomKeyError::ClaimedKey(error)
        | RoomKeyError::ForwardingChain(error) => key(error),
        RoomKeyError::SessionKey(error) => session_key(error),
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn open_export(error: OpenExportError) -> &'static str {
    match error {
        OpenExportError::Header => "export.header",
        OpenExportError::Footer => "export.footer",
        OpenExportError::Base64 => "format.base64",
        OpenExportError::TooShort => "export.too-short",
        OpenExportError::Version { .. } => "format.version",
        OpenExportError::Rounds { .. } => "kdf.iterations",
        OpenExportError::WrongPassphrase => "authentication.mac",
        OpenExportError::CounterOverflow => "counter-overflow",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn read_export(error: ReadExportError) -> &'static str {
    match error {
        ReadExportError::NotUtf8 => "not-utf8",
        ReadExportError::Json => "format.json",
        other => panic!("no class for {other:?}"),
    }
}

fn channel_decode(error: channel::DecodeError) -> &'static str {
    match error {
        channel::DecodeError::TooLong { .. } => "format.too-long",
        channel::DecodeError::Base64 => "format.base64",
        channel::DecodeError::Truncated { .. } => "format.truncated",
        channel::DecodeError::MissingSeparator => "format.separator",
        channel::DecodeError::Key(error) => key(error),
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn scan(error: ScanError) -> &'static str {
    match error {
        ScanError::Key(_) => "key.small-order",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn establish(error: EstablishError) -> &'static str {
    match error {
        EstablishError::Decode(error) => channel_decode(error),
        EstablishError::ZeroSharedSecret => "key.small-order",
        EstablishError::Inauthentic => "authentication.mac",
        EstablishError::UnexpectedText => "unexpected-text",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn open(error: OpenError) -> &'static str {
    match error {
        OpenError::Decode(error) => channel_decode(error),
        OpenError::Inauthentic => "authentication.mac",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn code(error: QrLoginError) -> &'static str {
    match error {
        QrLoginError::TooLong { .. } | QrLoginError::TextTooLong { .. } => "format.too-long",
        QrLoginError::Magic => "code.magic",
        QrLoginError::Type { .. } => "code.type",
        QrLoginError::DeviceVerification => "code.device-verification",
        QrLoginError::Intent { .. } => "code.intent",
        QrLoginError::Truncated => "format.truncated",
        QrLoginError::Empty { .. } => "code.empty",
        QrLoginError::NotUtf8 { .. } => "not-utf8",
        QrLoginError::TrailingBytes { .. } => "code.trailing",
        other => panic!("no class for {other:?}"),
    }
}

pub(crate) fn associated_data(error: AssociatedDataError) -> &'static str {
    match error {
        AssociatedDataError::TokenTooLong { .. } => "format.too-long",
        other => panic!("no class for {other:?}"),
    }
}
