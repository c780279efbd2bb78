//! How a client takes part in a group.

use alloc::vec::Vec;

use openmls::{
    group::{
        MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY, MIXED_PLAINTEXT_WIRE_FORMAT_POLICY,
        MlsGroupCreateConfig, MlsGroupCreateConfigBuilder, MlsGroupJoinConfig, WireFormatPolicy,
    },
    prelude::SenderRatchetConfiguration,
};

use super::extension::{Capabilities, Extension, ExternalSender};

/// How proposals and commits are framed (RFC 9420 §6). Messages of the application
/// are always private. What others send is taken in either form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// Encrypted, so that who delivers them learns group and epoch, and no more.
    #[default]
    Private,
    /// Signed, and readable: a server can follow who is in the group.
    Public,
}

/// How this client takes part in a group; the others need not do the same. Stored
/// with the group.
///
/// Keys that are kept for late messages are keys that can be stolen, so the
/// defaults keep few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub(super) framing: Framing,
    pub(super) padding: usize,
    pub(super) past_epochs: usize,
    pub(super) out_of_order: u32,
    pub(super) max_skipped: u32,
    pub(super) tree_in_welcome: bool,
    pub(super) keep_previous_epoch: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            framing: Framing::Private,
            padding: 0,
            past_epochs: 0,
            out_of_order: 5,
            max_skipped: 1000,
            tree_in_welcome: true,
            keep_previous_epoch: false,
        }
    }
}

/// Both of openmls's builders, which have the same methods and no trait.
macro_rules! configured {
    ($settings:expr, $builder:expr) => {
        $builder
            .wire_format_policy($settings.wire_format_policy())
            .padding_size($settings.padding)
            .max_past_epochs($settings.past_epochs)
            .number_of_resumption_psks(RESUMPTION_PSKS)
            .use_ratchet_tree_extension($settings.tree_in_welcome)
            .sender_ratchet_configuration(SenderRatchetConfiguration::new(
                $settings.out_of_order,
                $settings.max_skipped,
            ))
    };
}

impl Settings {
    /// How proposals and commits are framed: [`Framing::Private`] by default.
    #[must_use]
    pub const fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Private messages are padded to a multiple of this many bytes, so that their
    /// length says less, 65536 at most; 0, the default, and 1 do not pad.
    #[must_use]
    pub const fn padding(mut self, bytes: usize) -> Self {
        self.padding = if bytes > MAX_PADDING {
            MAX_PADDING
        } else {
            bytes
        };
        self
    }

    /// Messages of how many past epochs can be read; 0 by default. Each keeps keys,
    /// and a list of its members that is written with each message: about 1 µs a
    /// member and epoch.
    #[must_use]
    pub const fn past_epochs(mut self, epochs: usize) -> Self {
        self.past_epochs = epochs;
        self
    }

    /// How many messages of a sender, the newest that came among them, can be read:
    /// with 1 none that comes late, with 5, the default, four of them.
    #[must_use]
    pub const fn out_of_order(mut self, messages: u32) -> Self {
        self.out_of_order = messages;
        self
    }

    /// How many messages of a sender may be missing before the next; 1000 by
    /// default. A sender can make us compute a hash or two for each.
    #[must_use]
    pub const fn max_skipped(mut self, messages: u32) -> Self {
        self.max_skipped = messages;
        self
    }

    /// Whether the ratchet tree is in each Welcome and GroupInfo, as it is by
    /// default; else [`Group::ratchet_tree`](super::Group::ratchet_tree) of the epoch
    /// that they lead to has to be delivered beside them: with a Welcome, once our
    /// commit is merged.
    #[must_use]
    pub const fn tree_in_welcome(mut self, included: bool) -> Self {
        self.tree_in_welcome = included;
        self
    }

    /// Whether the state before the last commit is kept, so that
    /// [`Group::roll_back`](super::Group::roll_back) can undo it; not by default,
    /// since it keeps that epoch's secrets as long as this one.
    #[must_use]
    pub const fn keep_previous_epoch(mut self, keep: bool) -> Self {
        self.keep_previous_epoch = keep;
        self
    }

    const fn wire_format_policy(&self) -> WireFormatPolicy {
        match self.framing {
            Framing::Private => MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY,
            Framing::Public => MIXED_PLAINTEXT_WIRE_FORMAT_POLICY,
        }
    }

    pub(super) fn join_config(&self) -> MlsGroupJoinConfig {
        configured!(self, MlsGroupJoinConfig::builder()).build()
    }

    pub(super) fn create_config(&self) -> MlsGroupCreateConfigBuilder {
        configured!(self, MlsGroupCreateConfig::builder())
    }
}

/// The most that a message is padded to a multiple of.
const MAX_PADDING: usize = 1 << 16;

/// How many epochs' resumption secrets are kept: none of this library's operations
/// uses an older one, but others' commits may name them.
const RESUMPTION_PSKS: usize = 3;

/// What a new group is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupParameters {
    pub(super) id: Option<Vec<u8>>,
    pub(super) extensions: Vec<Extension>,
    pub(super) external_senders: Vec<ExternalSender>,
    pub(super) capabilities: Capabilities,
    pub(super) settings: Settings,
}

impl GroupParameters {
    /// The group's id; 16 random bytes if it is not given.
    #[must_use]
    pub fn id(mut self, id: &[u8]) -> Self {
        self.id = Some(id.to_vec());
        self
    }

    /// Adds an extension of the application's. Each member has to understand it,
    /// the creator too.
    #[must_use]
    pub fn extension(mut self, extension: Extension) -> Self {
        self.capabilities = self.capabilities.extension(extension.kind);
        self.extensions.push(extension);
        self
    }

    /// Allows somebody outside to send proposals.
    #[must_use]
    pub fn external_sender(mut self, sender: ExternalSender) -> Self {
        self.external_senders.push(sender);
        self
    }

    /// What the creator understands.
    #[must_use]
    pub fn capabilities(mut self, mut capabilities: Capabilities) -> Self {
        for extension in &self.extensions {
            capabilities = capabilities.extension(extension.kind);
        }
        self.capabilities = capabilities;
        self
    }

    /// How the creator takes part.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }
}
