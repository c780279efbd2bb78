//! What can go wrong with groups.

use core::fmt;

use openmls::{
    group::{
        CommitBuilderStageError, CreateCommitError, CreateGroupContextExtProposalError,
        CreateMessageError, ExportGroupInfoError, ExportSecretError, LeaveGroupError,
        MergeCommitError, MergePendingCommitError, MlsGroupStateError, NewGroupError,
        ProposalError, ProposalValidationError, ProposeAddMemberError, ProposeRemoveMemberError,
        ProposeSelfUpdateError, RemoveProposalError,
    },
    schedule::errors::PskError,
    treesync::errors::LeafNodeValidationError,
};

use super::overlay::OverlayError;
use crate::{primitives::random::RngError, store::StoreError};

/// Why an operation of ours on a group failed; the group is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum GroupError {
    /// The keystore failed: see the source.
    Store(StoreError),
    /// The random number generator failed.
    Rng,
    /// The keystore has a group of this id already.
    AlreadyExists,
    /// The group id is empty, or has more than
    /// [`Group::MAX_ID_LENGTH`](super::Group::MAX_ID_LENGTH) bytes.
    GroupId,
    /// We are no member any more.
    Evicted,
    /// A commit of ours waits: merge or discard it first.
    PendingCommit,
    /// No commit of ours waits.
    NoPendingCommit,
    /// Proposals wait, and have to be committed before a message is sent
    /// (RFC 9420 §15.1).
    PendingProposals,
    /// No such proposal waits.
    UnknownProposal,
    /// No member has this leaf.
    UnknownMember,
    /// A member cannot commit its own removal: see
    /// [`Proposal::SelfRemove`](super::Proposal::SelfRemove).
    OwnRemoval,
    /// A pre-shared key is not in the keystore.
    UnknownPsk,
    /// A pre-shared key has no bytes, or its id has none.
    EmptyPsk,
    /// Not every member understands an extension, a proposal or a credential, or
    /// the new member does not understand what the group has.
    Unsupported,
    /// A key package or an identity is of another suite than the group.
    WrongSuite,
    /// A signature or encryption key is in the group already.
    DuplicateKey,
    /// The proposals do not go together (RFC 9420 §12.2).
    InvalidProposals,
    /// A type of extension stands there twice, or is one that MLS itself uses.
    ExtensionKind,
    /// The rules reject a credential or a lifetime.
    CredentialRejected,
    /// A staged commit, a received proposal or an invitation that is of no use any
    /// more: another operation came in between, or it is of another group.
    Superseded,
    /// The commit leads to an epoch that was left by [rolling
    /// back](super::Group::roll_back): its keys may have been used, and must not be used
    /// again.
    LeftEpoch,
    /// There is no state to roll back to.
    NoPreviousEpoch,
    /// The keystore could not be read when the group had to be loaded again: the
    /// next operation that is given the keystore tries once more.
    Unloaded,
    /// More than 8160 bytes of a secret were asked for, or a message would have more
    /// than 32 MiB.
    TooLong,
    /// openmls could not do what it should always be able to: a bug, or a damaged
    /// keystore.
    Internal,
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Store(_) => "the keystore failed",
            Self::Rng => return RngError.fmt(f),
            Self::AlreadyExists => "there is a group of this id already",
            Self::GroupId => "the group id is empty or too long",
            Self::Evicted => "we are no member of the group any more",
            Self::PendingCommit => "a commit of ours waits to be merged or discarded",
            Self::NoPendingCommit => "no commit of ours waits",
            Self::PendingProposals => "proposals wait to be committed",
            Self::UnknownProposal => "no such proposal waits",
            Self::UnknownMember => "no member has this leaf",
            Self::OwnRemoval => "a member cannot commit its own removal",
            Self::UnknownPsk => "a pre-shared key is not in the keystore",
            Self::EmptyPsk => "a pre-shared key or its id is empty",
            Self::Unsupported => "not every member supports what the change needs",
            Self::WrongSuite => "the key package or identity is of another cipher suite",
            Self::DuplicateKey => "a key is in the group already",
            Self::InvalidProposals => "the proposals do not go together",
            Self::ExtensionKind => "the type of an extension is not allowed or not unique",
            Self::CredentialRejected => "a credential was rejected",
            Self::Superseded => "another operation came in between",
            Self::LeftEpoch => "the commit was rolled back",
            Self::NoPreviousEpoch => "there is no state to roll back to",
            Self::Unloaded => "the group could not be loaded again",
            Self::TooLong => "the secret or message is too long",
            Self::Internal => "the MLS engine failed",
        })
    }
}

impl core::error::Error for GroupError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Store(source) => Some(source),
            _ => None,
        }
    }
}

impl From<StoreError> for GroupError {
    fn from(source: StoreError) -> Self {
        Self::Store(source)
    }
}

impl From<RngError> for GroupError {
    fn from(_: RngError) -> Self {
        Self::Rng
    }
}

// The keystore's own error is kept by the overlay, and takes the place of what
// openmls makes of it.
impl From<OverlayError> for GroupError {
    fn from(_: OverlayError) -> Self {
        Self::Internal
    }
}

impl From<MlsGroupStateError> for GroupError {
    fn from(error: MlsGroupStateError) -> Self {
        match error {
            MlsGroupStateError::UseAfterEviction => Self::Evicted,
            MlsGroupStateError::PendingProposal => Self::PendingProposals,
            MlsGroupStateError::PendingCommit => Self::PendingCommit,
            MlsGroupStateError::NoPendingCommit => Self::NoPendingCommit,
            MlsGroupStateError::PendingProposalNotFound => Self::UnknownProposal,
            MlsGroupStateError::LibraryError(_) => Self::Internal,
        }
    }
}

impl From<NewGroupError<OverlayError>> for GroupError {
    fn from(error: NewGroupError<OverlayError>) -> Self {
        match error {
            NewGroupError::GroupAlreadyExists => Self::AlreadyExists,
            NewGroupError::UnsupportedProposalType | NewGroupError::UnsupportedExtensionType => {
                Self::Unsupported
            }
            NewGroupError::InvalidExtensions(_) => Self::ExtensionKind,
            _ => Self::Internal,
        }
    }
}

impl From<CreateMessageError> for GroupError {
    fn from(error: CreateMessageError) -> Self {
        match error {
            CreateMessageError::GroupStateError(error) => error.into(),
            CreateMessageError::LibraryError(_) => Self::Internal,
        }
    }
}

impl From<LeafNodeValidationError> for GroupError {
    fn from(error: LeafNodeValidationError) -> Self {
        match error {
            LeafNodeValidationError::SignatureKeyAlreadyInUse
            | LeafNodeValidationError::EncryptionKeyAlreadyInUse => Self::DuplicateKey,
            LeafNodeValidationError::CiphersuiteNotInCapabilities => Self::WrongSuite,
            LeafNodeValidationError::Lifetime(_)
            | LeafNodeValidationError::InvalidLeafNodeSource => Self::InvalidProposals,
            _ => Self::Unsupported,
        }
    }
}

impl From<PskError> for GroupError {
    fn from(error: PskError) -> Self {
        match error {
            PskError::KeyNotFound => Self::UnknownPsk,
            PskError::LibraryError(_) | PskError::Storage => Self::Internal,
            _ => Self::InvalidProposals,
        }
    }
}

impl From<ProposalValidationError> for GroupError {
    fn from(error: ProposalValidationError) -> Self {
        match error {
            ProposalValidationError::UnknownMember
            | ProposalValidationError::UnknownMemberRemoval => Self::UnknownMember,
            ProposalValidationError::DuplicateSignatureKey
            | ProposalValidationError::DuplicateEncryptionKey
            | ProposalValidationError::DuplicateInitKey => Self::DuplicateKey,
            ProposalValidationError::InsufficientCapabilities
            | ProposalValidationError::UnsupportedProposalType => Self::Unsupported,
            ProposalValidationError::InvalidAddProposalCiphersuiteOrVersion => Self::WrongSuite,
            ProposalValidationError::Psk(error) => error.into(),
            ProposalValidationError::LeafNodeValidation(error) => error.into(),
            ProposalValidationError::LibraryError(_) => Self::Internal,
            _ => Self::InvalidProposals,
        }
    }
}

impl From<CreateCommitError> for GroupError {
    fn from(error: CreateCommitError) -> Self {
        match error {
            CreateCommitError::CannotRemoveSelf => Self::OwnRemoval,
            CreateCommitError::PskError(error) => error.into(),
            CreateCommitError::ProposalValidationError(error) => error.into(),
            CreateCommitError::LeafNodeValidation(error) => error.into(),
            CreateCommitError::InvalidExtensionError(_) => Self::ExtensionKind,
            CreateCommitError::GroupContextExtensionsProposalValidationError(_) => {
                Self::Unsupported
            }
            CreateCommitError::LibraryError(_)
            | CreateCommitError::OwnKeyNotFound
            | CreateCommitError::SignatureError(_)
            | CreateCommitError::PublicTreeError(_) => Self::Internal,
            _ => Self::InvalidProposals,
        }
    }
}

impl From<CommitBuilderStageError<OverlayError>> for GroupError {
    fn from(_: CommitBuilderStageError<OverlayError>) -> Self {
        Self::Internal
    }
}

impl From<MergeCommitError<OverlayError>> for GroupError {
    fn from(_: MergeCommitError<OverlayError>) -> Self {
        Self::Internal
    }
}

impl From<MergePendingCommitError<OverlayError>> for GroupError {
    fn from(error: MergePendingCommitError<OverlayError>) -> Self {
        match error {
            MergePendingCommitError::MlsGroupStateError(error) => error.into(),
            MergePendingCommitError::MergeCommitError(error) => error.into(),
        }
    }
}

impl From<ProposeAddMemberError<OverlayError>> for GroupError {
    fn from(error: ProposeAddMemberError<OverlayError>) -> Self {
        match error {
            ProposeAddMemberError::UnsupportedExtensions => Self::Unsupported,
            ProposeAddMemberError::GroupStateError(error) => error.into(),
            ProposeAddMemberError::LeafNodeValidation(error) => error.into(),
            _ => Self::Internal,
        }
    }
}

impl From<ProposeRemoveMemberError<OverlayError>> for GroupError {
    fn from(error: ProposeRemoveMemberError<OverlayError>) -> Self {
        match error {
            ProposeRemoveMemberError::UnknownMember => Self::UnknownMember,
            ProposeRemoveMemberError::GroupStateError(error) => error.into(),
            _ => Self::Internal,
        }
    }
}

impl From<ProposeSelfUpdateError<OverlayError>> for GroupError {
    fn from(error: ProposeSelfUpdateError<OverlayError>) -> Self {
        match error {
            ProposeSelfUpdateError::GroupStateError(error) => error.into(),
            ProposeSelfUpdateError::UnsupportedGroupContextExtensions => Self::Unsupported,
            _ => Self::Internal,
        }
    }
}

impl From<CreateGroupContextExtProposalError<OverlayError>> for GroupError {
    fn from(error: CreateGroupContextExtProposalError<OverlayError>) -> Self {
        use CreateGroupContextExtProposalError as Error;
        match error {
            Error::MlsGroupStateError(error) => error.into(),
            Error::KeyPackageExtensionSupport(_) | Error::Extension(_) => Self::Unsupported,
            Error::LeafNodeValidation(error) => error.into(),
            Error::CreateCommitError(error) => error.into(),
            Error::InvalidExtensionError(_) => Self::ExtensionKind,
            _ => Self::Internal,
        }
    }
}

impl From<ProposalError<OverlayError>> for GroupError {
    fn from(error: ProposalError<OverlayError>) -> Self {
        match error {
            ProposalError::ProposeAddMemberError(error) => error.into(),
            ProposalError::ProposeSelfUpdateError(error) => error.into(),
            ProposalError::ProposeRemoveMemberError(error) => error.into(),
            ProposalError::GroupStateError(error) => error.into(),
            ProposalError::CreateGroupContextExtProposalError(error) => error.into(),
            ProposalError::InvalidExtension(_) => Self::ExtensionKind,
            ProposalError::CreateAddProposalError(_) | ProposalError::ValidationError(_) => {
                Self::InvalidProposals
            }
            _ => Self::Internal,
        }
    }
}

impl From<LeaveGroupError<OverlayError>> for GroupError {
    fn from(error: LeaveGroupError<OverlayError>) -> Self {
        match error {
            LeaveGroupError::GroupStateError(error) => error.into(),
            _ => Self::Internal,
        }
    }
}

impl From<RemoveProposalError<OverlayError>> for GroupError {
    fn from(error: RemoveProposalError<OverlayError>) -> Self {
        match error {
            RemoveProposalError::ProposalNotFound => Self::UnknownProposal,
            _ => Self::Internal,
        }
    }
}

impl From<ExportSecretError> for GroupError {
    fn from(error: ExportSecretError) -> Self {
        match error {
            ExportSecretError::KeyLengthTooLong => Self::TooLong,
            ExportSecretError::GroupStateError(error) => error.into(),
            ExportSecretError::LibraryError(_) => Self::Internal,
        }
    }
}

impl From<ExportGroupInfoError> for GroupError {
    fn from(error: ExportGroupInfoError) -> Self {
        match error {
            ExportGroupInfoError::GroupStateError(error) => error.into(),
            _ => Self::Internal,
        }
    }
}
