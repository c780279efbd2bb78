//! What we keep of a group beside the engine.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::super::settings::{Framing, Settings};

/// What we keep of a group beside the engine.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) signature_key: Vec<u8>,
    public_framing: bool,
    padding: u64,
    past_epochs: u64,
    out_of_order: u32,
    max_skipped: u32,
    tree_in_welcome: bool,
    keep_previous_epoch: bool,
    /// The signature key that the commit of ours that waits brings, if it is another.
    pub(super) next_key: Option<Vec<u8>>,
}

impl Kept {
    pub(super) fn new(
        signature_key: Vec<u8>,
        next_key: Option<Vec<u8>>,
        settings: &Settings,
    ) -> Self {
        let number = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        Self {
            signature_key,
            public_framing: settings.framing == Framing::Public,
            padding: number(settings.padding),
            past_epochs: number(settings.past_epochs),
            out_of_order: settings.out_of_order,
            max_skipped: settings.max_skipped,
            tree_in_welcome: settings.tree_in_welcome,
            keep_previous_epoch: settings.keep_previous_epoch,
            next_key,
        }
    }

    pub(super) fn settings(&self) -> Settings {
        let length = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Settings {
            framing: if self.public_framing {
                Framing::Public
            } else {
                Framing::Private
            },
            padding: length(self.padding),
            past_epochs: length(self.past_epochs),
            out_of_order: self.out_of_order,
            max_skipped: self.max_skipped,
            tree_in_welcome: self.tree_in_welcome,
            keep_previous_epoch: self.keep_previous_epoch,
        }
    }
}
