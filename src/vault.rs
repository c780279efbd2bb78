//! What a client keeps outside of its devices: backups of room keys, secret
//! storage, and files of exported keys.
//!
//! | you want to | use |
//! | --- | --- |
//! | hand a Megolm session on with what is known of it | [`RoomKey`], [`RoomKeyEntry`] |

mod room_key;

pub use room_key::{RoomKey, RoomKeyEntry, RoomKeyError};
