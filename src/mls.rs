//! Floor 4: MLS groups (RFC 9420).
//!
//! | you want to | use |
//! | --- | --- |
//! | be somebody: a signature key and a credential | [`Identity`] |
//! | say whom you believe | [`Rules`] |
//! | be added by others | [`KeyPackage`], then [`Invitation`] |
//! | make a group, and be in it | [`Group`] |
//! | change a group, alone or by proposals | [`Group::commit`], [`Group::propose`], [`Proposal`] |
//! | look at a commit before it counts | [`StagedCommit`], [`Effect`] |
//! | send a commit again that may not have got out | [`Group::pending_messages`] |
//! | change your key or credential in your groups | [`Group::change_identity`] |
//! | join without being asked | [`Group::join_external`] |
//! | find out that a group has forked, and heal it | [`Group`](Group#when-a-group-has-forked) |
//! | keys for a call | [`Group::export_secret`] and [`MlsKeys`](crate::media::sframe::MlsKeys) |
//!
//! ```
//! # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use necturus::{
//!     mls::*,
//!     pickle::PickleKey,
//!     store::{Keystore, MemoryBackend},
//! };
//!
//! // Two clients, with a keystore each. They believe whom the application knows.
//! let key = PickleKey::from_bytes(&[7; 32]); // from the platform's key store
//! let mut alice = Keystore::open(MemoryBackend::new(), &key)?;
//! let mut bob = Keystore::open(MemoryBackend::new(), &key)?;
//! let rules = Rules::new(|credential, _signature_key| {
//!     [Credential::basic(b"alice"), Credential::basic(b"bob")].contains(credential)
//! });
//!
//! // Bob publishes a key package.
//! let suite = CipherSuite::X25519Aes128Gcm;
//! let identity = Identity::new(suite, Credential::basic(b"bob"))?;
//! let published = KeyPackage::generate(&mut bob, &identity, &KeyPackageOptions::default())?;
//! let published = published.to_bytes();
//!
//! // Alice makes a group and adds him. Her commit counts when the server took it.
//! let identity = Identity::new(suite, Credential::basic(b"alice"))?;
//! let parameters = GroupParameters::default();
//! let mut group = Group::create(&mut alice, identity, &parameters, rules.clone())?;
//! let add = Proposal::Add(KeyPackage::from_bytes(&published, &rules)?);
//! let sent = group.commit(&mut alice, &[add], b"")?;
//! group.merge_pending(&mut alice)?;
//!
//! // Bob looks at the invitation, and joins.
//! let welcome = sent.welcome.ok_or("nobody was added")?;
//! let invitation = Invitation::open(&bob, &welcome, None, Settings::default(), rules)?;
//! assert_eq!(invitation.members().len(), 2);
//! let mut his = invitation.accept(&mut bob)?;
//!
//! let message = group.encrypt(&mut alice, b"hello, group", b"")?;
//! match his.receive(&mut bob, &message)? {
//!     Received::Message(message) => assert_eq!(message.plaintext, b"hello, group"),
//!     other => panic!("{other:?}"),
//! }
//! # Ok(()) }
//! # #[cfg(not(feature = "os-rng"))] fn main() {}
//! ```
//!
//! # State
//!
//! Everything is in the [`Keystore`](crate::store::Keystore) that each operation is
//! given, and encrypted there. What an operation changes is written as one batch, or
//! nothing is: a crash leaves the state before it or behind it. What an operation
//! gives out, a message or a Welcome, comes after the writing.
//!
//! # Randomness
//!
//! An operation draws 32 bytes, and makes of them all that it needs, so that it cannot
//! fail half-way, and equal bytes give equal messages.
//!
//! # The engine
//!
//! The protocol itself is openmls's, with cryptography and storage of ours below it;
//! none of its types is in this interface. It verifies Ed25519 by another rule than
//! the rest of this library (without the cofactor, as dalek's `verify_strict`), since
//! all members of a group have to reach one verdict.
//!
//! Not to be had from it: subgroup branching and re-initialization (RFC 9420 §11.2,
//! §11.3); suites other than [`CipherSuite`]'s. Certificates of X.509 credentials are
//! not looked into: [`Rules`] are asked.

mod bundle;
mod codec;
mod credential;
mod crypto;
mod error;
mod extension;
mod group;
mod identity;
mod items;
mod key_package;
mod member;
mod overlay;
mod proposal;
mod provider;
mod random;
mod receive;
mod record;
mod rules;
mod sealable;
mod settings;
mod signer;
mod staged;
mod storage;
mod suite;
#[cfg(test)]
mod vectors;

use openmls::prelude::{MlsMessageBodyIn, MlsMessageIn};
use tls_codec::DeserializeBytes;

pub use credential::Credential;
pub use error::GroupError;
pub use extension::{Capabilities, Extension, ExternalSender};
pub use group::{CommitMessages, ExternalJoin, ExternalProposal, Group, Invitation, JoinError};
pub use identity::{DeleteIdentityError, Identity};
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

/// The body of an `MLSMessage` (RFC 9420 §6), unless it is malformed or too long.
fn message_body(bytes: &[u8]) -> Option<MlsMessageBodyIn> {
    if bytes.len() > MAX_MESSAGE {
        return None;
    }
    let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes).ok()?;
    Some(message.extract())
}
