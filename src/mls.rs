//! Floor 4: MLS groups (RFC 9420), on the engine openmls.

mod codec;
mod credential;
mod crypto;
mod error;
mod extension;
mod group;
mod identity;
mod key_package;
mod member;
mod overlay;
mod proposal;
mod provider;
mod random;
mod receive;
mod record;
mod rules;
mod settings;
mod signer;
mod staged;
mod storage;
mod suite;

pub use credential::Credential;
pub use error::GroupError;
pub use extension::{Capabilities, Extension, ExternalSender};
pub use group::{CommitMessages, ExternalJoin, ExternalProposal, Group, Invitation, JoinError};
pub use identity::Identity;
pub use key_package::{KeyPackage, KeyPackageError, KeyPackageOptions};
pub use member::{Member, NewMember, Sender};
pub use proposal::{Change, Proposal, ProposalInfo};
pub use receive::{ReceiveError, Received, ReceivedMessage, ReceivedProposal};
pub use rules::Rules;
pub use settings::{Framing, GroupParameters, Settings};
pub use staged::{Effect, StagedCommit};
pub use suite::CipherSuite;

/// The most bytes of a message that are looked at.
const MAX_MESSAGE: usize = 32 << 20;
