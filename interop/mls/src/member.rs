//! What a schedule asks of a member, whichever library it is of.

/// Why a library refused; schedules only look at whether it did.
pub type Result<T> = core::result::Result<T, Box<dyn core::error::Error>>;

/// The label of the exporter secret that members compare.
pub const EXPORTER_LABEL: &str = "interop";
/// Its context.
pub const EXPORTER_CONTEXT: &[u8] = b"context";
/// Its length in bytes.
pub const EXPORTER_LENGTH: usize = 32;

/// The pre-shared key that every member knows.
pub const PSK: &[u8] = b"known to every member of the group";
/// Its name.
pub const PSK_ID: &[u8] = b"psk";

/// The extension of the group's context that schedules change: MSC4256's.
pub const EXTENSION: u16 = 0xF6D0;

/// What a member is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The identity in the Basic credential.
    pub name: Vec<u8>,
    /// As RFC 9420 numbers it: 1, 2 or 3.
    pub suite: u16,
    /// Whether proposals and commits go out as PrivateMessage.
    pub private_handshake: bool,
    /// How many epochs before the current one messages are still read of.
    pub past_epochs: usize,
    /// How many messages of one sender may be overtaken by a later one.
    pub out_of_order: u32,
}

/// What a member proposes or commits.
#[derive(Clone, Debug)]
pub enum Change {
    /// Whose key package it is comes in.
    Add(Vec<u8>),
    /// The leaf goes.
    Remove(u32),
    /// The sender goes, by a proposal of its own kind, which mls-rs has under a
    /// number of its own. A proposal only.
    SelfRemove,
    /// The sender's own keys change. A commit has this of its own accord.
    Update,
    /// [`PSK`] goes into the key schedule.
    Psk,
    /// [`EXTENSION`] gets this value.
    Extension(Vec<u8>),
}

/// A commit that is not merged yet.
#[derive(Debug)]
pub struct Committed {
    /// For the members.
    pub commit: Vec<u8>,
    /// For those who come in, if any.
    pub welcome: Option<Vec<u8>>,
}

/// What a message was.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// An application message.
    Application {
        /// The leaf of its sender.
        sender: u32,
        /// What stands beside the ciphertext.
        authenticated_data: Vec<u8>,
        /// What stood in it.
        plaintext: Vec<u8>,
    },
    /// A proposal, now kept.
    Proposal,
    /// A commit, now merged.
    Commit {
        /// Whether it removed the reader.
        removed_me: bool,
    },
}

/// What all members of an epoch must say alike.
#[derive(Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The group's id.
    pub group_id: Vec<u8>,
    /// The number of the epoch.
    pub epoch: u64,
    /// Its authenticator.
    pub authenticator: Vec<u8>,
    /// Leaf and identity of every member, by leaf.
    pub members: Vec<(u32, Vec<u8>)>,
    /// The value of [`EXTENSION`].
    pub extension: Option<Vec<u8>>,
    /// An exporter secret.
    pub exported: Vec<u8>,
}

/// One client in one group. Operations that the schedule knows to be allowed
/// return errors all the same, for the test to show.
pub trait Member {
    /// A fresh key package, as an MLSMessage.
    fn key_package(&mut self) -> Result<Vec<u8>>;
    /// Starts the group.
    fn create(&mut self, group_id: &[u8]) -> Result<()>;
    /// Joins by a Welcome that has the tree in it.
    fn join(&mut self, welcome: &[u8]) -> Result<()>;
    /// Joins by an external commit; `instead_of` is the leaf that this member
    /// had, where it comes back with the key that it has there.
    fn join_externally(
        &mut self,
        group_info: &[u8],
        instead_of: Option<u32>,
        psk: bool,
        authenticated_data: &[u8],
    ) -> Result<Vec<u8>>;
    /// What external joins need, tree included.
    fn group_info(&mut self) -> Result<Vec<u8>>;
    /// Proposes, by a message of its own.
    fn propose(&mut self, change: &Change, authenticated_data: &[u8]) -> Result<Vec<u8>>;
    /// Commits to all proposals it knows, and to these by value.
    fn commit(&mut self, changes: &[Change], authenticated_data: &[u8]) -> Result<Committed>;
    /// Enters the epoch of its own commit.
    fn merge(&mut self) -> Result<()>;
    /// Reads what another member sent.
    fn process(&mut self, message: &[u8]) -> Result<Received>;
    /// An application message.
    fn encrypt(&mut self, plaintext: &[u8], authenticated_data: &[u8]) -> Result<Vec<u8>>;
    /// Writes the group to storage, where operations have not done so.
    fn save(&mut self) -> Result<()>;
    /// Takes the group from storage, in place of the one in memory.
    fn load(&mut self) -> Result<()>;
    /// How many bytes the storage holds.
    fn stored(&self) -> Result<usize>;
    /// The same client once more, with a copy of what was saved.
    fn fork(&self) -> Result<Box<dyn Member>>;
    /// What it says of the epoch.
    fn agreed(&self) -> Result<Agreed>;
}
