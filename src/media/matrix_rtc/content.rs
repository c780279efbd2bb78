//! The content of a message that holds a key.

use core::fmt;

use zeroize::ZeroizeOnDrop;

use crate::json::Object;

/// The content of a to-device event that holds a key. Secret: wiped on drop, and not
/// printed. It goes to what encrypts it with Olm, and never into a clear event.
pub struct KeyContent(Object);

impl KeyContent {
    pub(super) const fn new(content: Object) -> Self {
        Self(content)
    }

    /// The content, which holds the key.
    #[must_use]
    pub const fn expose_secret(&self) -> &Object {
        &self.0
    }

    /// The content, for what wipes it from now on.
    #[must_use]
    pub fn into_object(mut self) -> Object {
        core::mem::take(&mut self.0)
    }
}

impl Drop for KeyContent {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl ZeroizeOnDrop for KeyContent {}

impl fmt::Debug for KeyContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyContent").finish_non_exhaustive()
    }
}
