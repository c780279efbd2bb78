//! Joining: by a Welcome, or from outside.

mod error;
mod external;
mod invitation;

use openmls::{
    extensions::Extensions,
    group::{GroupContext, MlsGroup},
    messages::group_info::VerifiableGroupInfo,
    prelude::RatchetTreeIn,
};
use openmls_traits::OpenMlsProvider;
use tls_codec::{Deserialize, Size};

use super::{
    super::{
        MAX_MESSAGE, credential::Credential, extension::external_senders, overlay::Overlay,
        provider::Provider, rules::Rules,
    },
    state::keys_of,
    understood::MemberChanges,
};
use crate::store::{Keystore, StoreError};

pub use error::JoinError;
pub use external::ExternalJoin;
pub use invitation::Invitation;

/// Bytes of a tree below which starting threads takes longer than they save: some
/// twenty leaves.
#[cfg(not(test))]
const LARGE_TREE: usize = 4096;
#[cfg(test)]
const LARGE_TREE: usize = 64;

/// When the signatures of a tree are verified.
#[derive(Clone, Copy)]
enum Verification {
    /// While the engine does the rest, on all processors.
    Beside,
    /// When the engine asks for it.
    AtOnce,
}

impl Verification {
    /// That of this tree: at once, if it is small.
    fn of_tree(self, tree: Option<&RatchetTreeIn>) -> Self {
        match tree {
            Some(tree) if tree.tls_serialized_len() >= LARGE_TREE => self,
            _ => Self::AtOnce,
        }
    }

    /// Tries with signatures verified beside the rest, and if one of them does not
    /// verify, again at once.
    fn in_turn<T>(attempt: impl Fn(Self) -> Result<Option<T>, JoinError>) -> Result<T, JoinError> {
        match attempt(Self::Beside)? {
            Some(joined) => Ok(joined),
            None => attempt(Self::AtOnce)?.ok_or(JoinError::Internal),
        }
    }

    /// Runs an operation of the engine. None if a signature does not verify that was
    /// verified beside it: then run it again, to learn why.
    fn run<T>(self, provider: &Provider<'_>, operation: impl FnOnce() -> T) -> Option<T> {
        match self {
            Self::Beside => provider.crypto().verify_beside(operation),
            Self::AtOnce => Some(operation()),
        }
    }
}

/// Deletes what there is of a group of this id.
fn forget(keystore: &Keystore, overlay: &Overlay<'_>, id: &[u8]) -> Result<(), StoreError> {
    overlay.delete_records(keys_of(keystore, id)?);
    Ok(())
}

/// Whether those who are there understand us, who have joined.
fn check_understood(engine: &MlsGroup) -> Result<(), JoinError> {
    let mut changes = MemberChanges::new(engine);
    if let Some(leaf) = engine.own_leaf_node() {
        changes.add(leaf);
    }
    if changes.are_understood() {
        Ok(())
    } else {
        Err(JoinError::Unsupported)
    }
}

fn check_members(
    members: impl Iterator<Item = openmls::group::Member>,
    rules: &Rules,
) -> Result<(), JoinError> {
    for member in members {
        let credential = Credential::from_engine(&member.credential);
        if !rules.accepts(&credential, &member.signature_key) {
            return Err(JoinError::CredentialRejected {
                leaf: member.index.u32(),
            });
        }
    }
    Ok(())
}

fn check_external_senders(
    extensions: &Extensions<GroupContext>,
    rules: &Rules,
) -> Result<(), JoinError> {
    for (index, sender) in (0..).zip(external_senders(extensions)) {
        if !rules.accepts_sender(&sender) {
            return Err(JoinError::ExternalSenderRejected { index });
        }
    }
    Ok(())
}

/// The tree that the engine will take.
fn tree_of<'t>(
    info: &'t VerifiableGroupInfo,
    given: Option<&'t RatchetTreeIn>,
) -> Option<&'t RatchetTreeIn> {
    let within = info.extensions().ratchet_tree();
    within.map(|extension| extension.ratchet_tree()).or(given)
}

fn parse_tree(tree: &[u8]) -> Result<RatchetTreeIn, JoinError> {
    if tree.len() > MAX_MESSAGE {
        return Err(JoinError::Malformed);
    }
    // Not by `DeserializeBytes`, whose debug assertions panic at a length that is not
    // there.
    RatchetTreeIn::tls_deserialize_exact(tree).map_err(|_| JoinError::Malformed)
}
