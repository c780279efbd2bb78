//! What comes in.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use openmls::{
    framing::errors::{MessageDecryptionError, SecretTreeError},
    group::{
        MlsGroupStateError, ProcessMessageError, QueuedProposal, StageCommitError, ValidationError,
    },
    key_packages::errors::KeyPackageVerifyError,
};

use super::{
    credential::Credential, member::Sender, overlay::OverlayError, proposal::ProposalInfo,
    staged::StagedCommit, staged::Ticket,
};
use crate::{
    primitives::random::RngError,
    store::{Changes, StoreError},
};

/// What a message was.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// A message of the application.
    Message(ReceivedMessage),
    /// A proposal, to be [accepted](super::Group::accept_proposal) or dropped.
    Proposal(ReceivedProposal),
    /// A commit of another's, to be [merged](super::Group::merge) or dropped.
    Commit(StagedCommit),
    /// The commit of ours that waits: time to
    /// [merge](super::Group::merge_pending) it.
    OwnPendingCommit,
    /// Another private message of our own, which we cannot read. Whether it is genuine
    /// is not known.
    OwnMessage,
}

/// A message of the application that was decrypted. The plaintext is secret.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedMessage {
    /// The leaf of the member who sent it, in the epoch that it is of: in a later one
    /// it may be another's.
    pub sender: u32,
    /// Who had that leaf in that epoch.
    pub credential: Credential,
    /// The epoch that it is of.
    pub epoch: u64,
    /// The text.
    pub plaintext: Vec<u8>,
    /// The authenticated data that came with it. Not encrypted.
    pub authenticated_data: Vec<u8>,
}

impl fmt::Debug for ReceivedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedMessage")
            .field("sender", &self.sender)
            .field("credential", &self.credential)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

/// A proposal that was received and found valid. It waits for a commit once
/// [`Group::accept_proposal`](super::Group::accept_proposal) has taken it; dropping
/// it is as if it had not come, but a commit that names it can then not be followed.
pub struct ReceivedProposal {
    pub(super) engine: Box<QueuedProposal>,
    pub(super) changes: Changes,
    pub(super) ticket: Ticket,
    pub(super) info: ProposalInfo,
    pub(super) authenticated_data: Vec<u8>,
}

impl ReceivedProposal {
    /// Who proposes what. A proposal from outside may come from anybody: see whether
    /// the sender may.
    #[must_use]
    pub const fn info(&self) -> &ProposalInfo {
        &self.info
    }

    /// Who proposes it.
    #[must_use]
    pub const fn sender(&self) -> Sender {
        self.info.sender
    }

    /// The authenticated data that came with it. Not encrypted.
    #[must_use]
    pub fn authenticated_data(&self) -> &[u8] {
        &self.authenticated_data
    }
}

impl fmt::Debug for ReceivedProposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedProposal")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

/// Why a message was not accepted; the group is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The bytes are no message to a group: they are cut short, go on behind its
    /// end, have another wire format, or are more than 32 MiB.
    Malformed,
    /// It is for another group.
    WrongGroup,
    /// It is of an epoch that we have not reached: a commit is missing.
    FutureEpoch {
        /// Its epoch.
        epoch: u64,
    },
    /// It is of an epoch whose keys we never had or have no more, or a handshake message
    /// of any past epoch. Also one of an epoch that we have keys of which comes later
    /// than the settings allow: openmls says the same of both.
    PastEpoch {
        /// Its epoch.
        epoch: u64,
    },
    /// Its key was used or dropped: a repetition, or one of this epoch that comes later
    /// than the settings allow.
    KeyGone,
    /// More messages of its sender are missing than the settings allow.
    TooFarAhead,
    /// It does not decrypt: forged, or damaged.
    Undecryptable,
    /// Its membership tag or signature is wrong, or a tag is missing.
    Inauthentic,
    /// A commit that is signed by its sender, and whose confirmation tag is not what
    /// comes out here (RFC 9420 §8.1): a pre-shared key has another value here, the
    /// group has forked, or the sender does not keep to the protocol. It is accepted
    /// once we have the right key, or are back on the right side.
    WrongConfirmation,
    /// Its sender is no member, or no external sender of the group.
    UnknownSender,
    /// Its sender may not send this: an application message or a commit from
    /// outside, or an application message without encryption.
    NotAllowed,
    /// A commit names a proposal that was not accepted here.
    MissingProposal,
    /// A commit needs a pre-shared key that the keystore does not have.
    UnknownPsk,
    /// A proposal is not valid, or the proposals of a commit do not go together
    /// (RFC 9420 §12.1 and §12.2). Also of one that brings a key that nothing can be
    /// encrypted to.
    InvalidProposal,
    /// It adds a client by a key package that has expired, or is not valid yet, by our
    /// clock. The engine has no switch for it: who was away for so long that a commit
    /// cannot be followed any more has to join again, from outside or by a Welcome.
    Expired,
    /// A commit is signed by its sender, and not valid: its path, its leaf (whose key
    /// may be one that nothing can be encrypted to), or what follows from it.
    InvalidCommit,
    /// A commit of our own that is not the one that waits.
    UnknownOwnCommit,
    /// The rules reject a credential or a lifetime.
    CredentialRejected,
    /// We are no member any more.
    Evicted,
    /// The keystore failed: see the source.
    Store(StoreError),
    /// The random number generator failed.
    Rng,
    /// openmls could not do what it should always be able to: a bug, or a damaged
    /// keystore.
    Internal,
}

impl ReceiveError {
    /// Whether the message will never be accepted as the group goes on, whatever comes
    /// first: a commit, a proposal, a pre-shared key, or other rules. After [going
    /// back](super::Group::roll_back) over a commit, and after joining again, give the
    /// group what was sent since once more.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        !matches!(
            self,
            Self::FutureEpoch { .. }
                | Self::TooFarAhead
                | Self::MissingProposal
                | Self::UnknownPsk
                | Self::WrongConfirmation
                | Self::CredentialRejected
                | Self::Expired
                | Self::Store(_)
                | Self::Rng
                | Self::Internal
        )
    }
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the bytes are no message to a group",
            Self::WrongGroup => "the message is for another group",
            Self::FutureEpoch { epoch } => {
                return write!(f, "the message is of epoch {epoch}, which is not reached");
            }
            Self::PastEpoch { epoch } => {
                return write!(f, "the message is of epoch {epoch}, whose keys are gone");
            }
            Self::KeyGone => "the key of the message was used or dropped",
            Self::TooFarAhead => "too many messages of the sender are missing",
            Self::Undecryptable => "the message does not decrypt",
            Self::Inauthentic => "the message is not authentic",
            Self::WrongConfirmation => "the commit confirms another state than ours",
            Self::UnknownSender => "the sender of the message is unknown",
            Self::NotAllowed => "the sender may not send this",
            Self::MissingProposal => "the commit names a proposal that is not known",
            Self::UnknownPsk => "the commit needs a pre-shared key that is not known",
            Self::InvalidProposal => "a proposal is not valid",
            Self::Expired => "a key package has expired or is not valid yet",
            Self::InvalidCommit => "the commit is not valid",
            Self::UnknownOwnCommit => "the commit is our own, and not the one that waits",
            Self::CredentialRejected => "a credential was rejected",
            Self::Evicted => "we are no member of the group any more",
            Self::Store(_) => "the keystore failed",
            Self::Rng => return RngError.fmt(f),
            Self::Internal => "the MLS engine failed",
        })
    }
}

impl core::error::Error for ReceiveError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Store(source) => Some(source),
            _ => None,
        }
    }
}

impl From<StoreError> for ReceiveError {
    fn from(source: StoreError) -> Self {
        Self::Store(source)
    }
}

impl From<RngError> for ReceiveError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

impl From<ProcessMessageError<OverlayError>> for ReceiveError {
    fn from(error: ProcessMessageError<OverlayError>) -> Self {
        match error {
            ProcessMessageError::ValidationError(error) => error.into(),
            ProcessMessageError::InvalidCommit(error) => error.into(),
            ProcessMessageError::GroupStateError(MlsGroupStateError::UseAfterEviction) => {
                Self::Evicted
            }
            ProcessMessageError::IncompatibleWireFormat
            | ProcessMessageError::UnauthorizedExternalApplicationMessage
            | ProcessMessageError::UnauthorizedExternalCommitMessage
            | ProcessMessageError::UnsupportedProposalType => Self::NotAllowed,
            _ => Self::Internal,
        }
    }
}

/// Whether there are no keys for a message because it is too old: of its epoch or, in
/// an epoch that there are keys of, of its sender.
pub(super) const fn is_too_old(error: &ProcessMessageError<OverlayError>) -> bool {
    matches!(
        error,
        ProcessMessageError::ValidationError(
            ValidationError::NoPastEpochData
                | ValidationError::UnableToDecrypt(MessageDecryptionError::SecretTreeError(
                    SecretTreeError::TooDistantInThePast
                ))
        )
    )
}

impl From<ValidationError> for ReceiveError {
    fn from(error: ValidationError) -> Self {
        use ValidationError as Error;
        match error {
            Error::WrongGroupId => Self::WrongGroup,
            Error::UnknownMember
            | Error::UnauthorizedExternalSender
            | Error::NoExternalSendersExtension => Self::UnknownSender,
            Error::MissingMembershipTag
            | Error::InvalidMembershipTag
            | Error::MissingConfirmationTag
            | Error::InvalidSignature => Self::Inauthentic,
            Error::UnableToDecrypt(error) => error.into(),
            Error::NotACommit
            | Error::NotAnExternalAddProposal
            | Error::UnencryptedApplicationMessage
            | Error::NonMemberApplicationMessage
            | Error::WrongWireFormat
            | Error::InvalidSenderType => Self::NotAllowed,
            Error::KeyPackageVerifyError(KeyPackageVerifyError::LifetimeError(_)) => Self::Expired,
            Error::KeyPackageVerifyError(_)
            | Error::InvalidAddProposalCiphersuite
            | Error::InvalidLeafNodeSignature
            | Error::InvalidLeafNodeSourceType
            | Error::InvalidExtension(_) => Self::InvalidProposal,
            Error::NoPath
            | Error::UpdatePathError(_)
            | Error::CommitterIncludedOwnUpdate
            | Error::ExternalCommitValidation(_) => Self::InvalidCommit,
            // Told apart before, with the epoch.
            Error::WrongEpoch | Error::NoPastEpochData | Error::LibraryError(_) => Self::Internal,
        }
    }
}

impl From<MessageDecryptionError> for ReceiveError {
    fn from(error: MessageDecryptionError) -> Self {
        match error {
            MessageDecryptionError::AeadError | MessageDecryptionError::MalformedContent => {
                Self::Undecryptable
            }
            MessageDecryptionError::GenerationOutOfBound => Self::KeyGone,
            MessageDecryptionError::SecretTreeError(error) => match error {
                SecretTreeError::TooDistantInThePast | SecretTreeError::SecretReuseError => {
                    Self::KeyGone
                }
                SecretTreeError::TooDistantInTheFuture | SecretTreeError::RatchetTooLong => {
                    Self::TooFarAhead
                }
                SecretTreeError::IndexOutOfBounds => Self::UnknownSender,
                _ => Self::Internal,
            },
            MessageDecryptionError::WrongWireFormat => Self::NotAllowed,
            MessageDecryptionError::LibraryError(_) => Self::Internal,
        }
    }
}

impl From<StageCommitError> for ReceiveError {
    fn from(error: StageCommitError) -> Self {
        use StageCommitError as Error;
        use openmls::schedule::errors::PskError;
        match error {
            Error::OwnCommitMismatch => Self::UnknownOwnCommit,
            Error::ConfirmationTagMissing => Self::Inauthentic,
            Error::ConfirmationTagMismatch => Self::WrongConfirmation,
            Error::MissingProposal => Self::MissingProposal,
            Error::PskError(PskError::KeyNotFound) => Self::UnknownPsk,
            Error::SenderTypeExternal | Error::SenderTypeNewMemberProposal => Self::NotAllowed,
            Error::ProposalValidationError(_)
            | Error::PskError(_)
            | Error::DuplicatePskId(_)
            | Error::AttemptedSelfRemoval
            | Error::GroupContextExtensionsProposalValidationError(_) => Self::InvalidProposal,
            Error::LibraryError(_) | Error::OwnKeyNotFound | Error::MissingDecryptionKey => {
                Self::Internal
            }
            _ => Self::InvalidCommit,
        }
    }
}
