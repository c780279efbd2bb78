//! Whether the user wants a backup: a hint to the user's other devices.
//!
//! The server can write it. Never switch a backup on because of it without
//! asking.

use crate::json::{Object, Value};

/// The type of the account data event that holds the preference.
pub const KEY_BACKUP_EVENT: &str = "m.key_backup";

/// The type of the event that older clients write: the inverse.
pub const BACKUP_DISABLED_EVENT: &str = "m.org.matrix.custom.backup_disabled";

/// What an `m.key_backup` event says: `None` is no preference.
#[must_use]
pub fn backup_preference(content: &Object) -> Option<bool> {
    content.get("enabled").and_then(Value::as_bool)
}

/// The content of an `m.key_backup` event, to be written when the user switches.
#[must_use]
pub fn backup_preference_content(enabled: bool) -> Object {
    Object::new().with("enabled", enabled)
}

/// What an event of [`BACKUP_DISABLED_EVENT`] says, as whether a backup is
/// wanted: `None` is no preference.
#[must_use]
pub fn old_backup_preference(content: &Object) -> Option<bool> {
    let disabled = content.get("disabled").and_then(Value::as_bool)?;
    Some(!disabled)
}
