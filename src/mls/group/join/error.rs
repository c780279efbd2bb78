//! What can go wrong with joining.

use core::fmt;

use openmls::{
    group::{ExternalCommitBuilderError, WelcomeError},
    messages::{GroupSecretsError, group_info::GroupInfoError},
    prelude::CreationFromExternalError,
    schedule::errors::PskError,
    treesync::errors::LeafNodeValidationError,
};

use crate::{
    mls::{error::GroupError, overlay::OverlayError},
    primitives::random::RngError,
    store::StoreError,
};

/// Why a group was not joined; nothing was written.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// The bytes are no Welcome, GroupInfo or ratchet tree, or more than 32 MiB.
    Malformed,
    /// The Welcome is for none of the key packages in the keystore: it was for
    /// another client, or was used before.
    NotForUs,
    /// This build does not have the suite of the group.
    UnsupportedSuite,
    /// The identity or the key package is of another suite than the group.
    WrongSuite,
    /// The identity of the key package is not in the keystore.
    UnknownIdentity,
    /// The ratchet tree is neither in there nor given.
    MissingTree,
    /// The GroupInfo does not allow to join from outside.
    NotExternal,
    /// We are in a group of this id already.
    AlreadyExists,
    /// A pre-shared key is not in the keystore.
    UnknownPsk,
    /// We do not understand what the group has, or a member does not understand us.
    Unsupported,
    /// The Welcome does not decrypt: forged, or damaged.
    Undecryptable,
    /// The signature or the confirmation tag of the group's state is wrong, or the
    /// ratchet tree has another key for who signed it.
    Inauthentic,
    /// The ratchet tree is not valid, or another than the one that was signed.
    InvalidTree,
    /// A member has a leaf that has expired, or is not valid yet: see
    /// [`Rules::check_lifetimes`](crate::mls::Rules::check_lifetimes).
    Expired,
    /// The rules reject a member.
    CredentialRejected {
        /// Its leaf.
        leaf: u32,
    },
    /// The rules reject somebody who may send proposals from outside.
    ExternalSenderRejected {
        /// Its place in the group's list, from 0.
        index: u32,
    },
    /// The external commit is not valid.
    InvalidCommit,
    /// The keystore failed: see the source.
    Store(StoreError),
    /// The random number generator failed.
    Rng,
    /// openmls could not do what it should always be able to: a bug, or a damaged
    /// keystore.
    Internal,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the bytes are no welcome, group info or ratchet tree",
            Self::NotForUs => "the welcome is for none of our key packages",
            Self::UnsupportedSuite => "the cipher suite is not supported",
            Self::WrongSuite => "the group is of another cipher suite",
            Self::UnknownIdentity => "the identity of the key package is not stored",
            Self::MissingTree => "the ratchet tree is missing",
            Self::NotExternal => "the group cannot be joined from outside",
            Self::AlreadyExists => "we are in this group already",
            Self::UnknownPsk => "a pre-shared key is not in the keystore",
            Self::Unsupported => "not everything in the group is supported",
            Self::Undecryptable => "the welcome does not decrypt",
            Self::Inauthentic => "the state of the group is not authentic",
            Self::InvalidTree => "the ratchet tree is not valid",
            Self::Expired => "the leaf of a member has expired or is not valid yet",
            Self::CredentialRejected { leaf } => {
                return write!(f, "the member at leaf {leaf} was rejected");
            }
            Self::ExternalSenderRejected { index } => {
                return write!(f, "the external sender {index} was rejected");
            }
            Self::InvalidCommit => "the external commit is not valid",
            Self::Store(_) => "the keystore failed",
            Self::Rng => return RngError.fmt(f),
            Self::Internal => "the MLS engine failed",
        })
    }
}

impl core::error::Error for JoinError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Store(source) => Some(source),
            _ => None,
        }
    }
}

impl From<StoreError> for JoinError {
    fn from(source: StoreError) -> Self {
        Self::Store(source)
    }
}

impl From<RngError> for JoinError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

impl From<GroupError> for JoinError {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Store(source) => Self::Store(source),
            GroupError::Rng => Self::Rng,
            GroupError::UnknownPsk => Self::UnknownPsk,
            GroupError::Unsupported => Self::Unsupported,
            GroupError::Internal => Self::Internal,
            _ => Self::InvalidCommit,
        }
    }
}

impl From<LeafNodeValidationError> for JoinError {
    fn from(error: LeafNodeValidationError) -> Self {
        match error {
            LeafNodeValidationError::Lifetime(_) => Self::Expired,
            LeafNodeValidationError::UnsupportedExtensions
            | LeafNodeValidationError::UnsupportedProposals
            | LeafNodeValidationError::UnsupportedCredentials => Self::Unsupported,
            _ => Self::InvalidTree,
        }
    }
}

impl From<CreationFromExternalError<OverlayError>> for JoinError {
    fn from(error: CreationFromExternalError<OverlayError>) -> Self {
        match error {
            CreationFromExternalError::InvalidGroupInfoSignature => Self::Inauthentic,
            CreationFromExternalError::UnsupportedCiphersuite(_)
            | CreationFromExternalError::UnsupportedMlsVersion => Self::UnsupportedSuite,
            CreationFromExternalError::LeafNodeValidation(error) => error.into(),
            CreationFromExternalError::LibraryError(_)
            | CreationFromExternalError::WriteToStorageError(_) => Self::Internal,
            _ => Self::InvalidTree,
        }
    }
}

impl From<WelcomeError<OverlayError>> for JoinError {
    fn from(error: WelcomeError<OverlayError>) -> Self {
        use WelcomeError as Error;
        match error {
            Error::GroupSecrets(GroupSecretsError::DecryptionFailed)
            | Error::GroupInfo(GroupInfoError::DecryptionFailed)
            | Error::UnableToDecrypt => Self::Undecryptable,
            Error::GroupSecrets(_) | Error::GroupInfo(_) | Error::MalformedWelcomeMessage => {
                Self::Malformed
            }
            Error::PrivateInitKeyNotFound
            | Error::JoinerSecretNotFound
            | Error::NoMatchingEncryptionKey
            | Error::NoMatchingKeyPackage => Self::NotForUs,
            Error::CiphersuiteMismatch => Self::WrongSuite,
            Error::MissingRatchetTree => Self::MissingTree,
            Error::ConfirmationTagMismatch | Error::InvalidGroupInfoSignature => Self::Inauthentic,
            Error::UnsupportedMlsVersion | Error::UnsupportedCiphersuite(_) => {
                Self::UnsupportedSuite
            }
            Error::UnsupportedCapability | Error::UnsupportedExtensions => Self::Unsupported,
            Error::UnknownSender | Error::PublicTreeError(_) => Self::InvalidTree,
            Error::Psk(PskError::KeyNotFound) => Self::UnknownPsk,
            Error::Psk(_) => Self::Malformed,
            Error::PublicGroupError(error) => error.into(),
            Error::LeafNodeValidation(error) => error.into(),
            Error::GroupAlreadyExists => Self::AlreadyExists,
            _ => Self::Internal,
        }
    }
}

impl From<ExternalCommitBuilderError<OverlayError>> for JoinError {
    fn from(error: ExternalCommitBuilderError<OverlayError>) -> Self {
        match error {
            ExternalCommitBuilderError::MissingRatchetTree => Self::MissingTree,
            ExternalCommitBuilderError::MissingExternalPub => Self::NotExternal,
            ExternalCommitBuilderError::UnsupportedCiphersuite(_) => Self::UnsupportedSuite,
            ExternalCommitBuilderError::PublicGroupError(error) => error.into(),
            _ => Self::Internal,
        }
    }
}
