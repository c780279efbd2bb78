//! Floor 1: bytes to structures and back. Nothing here knows a key or a
//! protocol.

pub(crate) mod error;
pub(crate) mod record;
pub(crate) mod tagged;
pub(crate) mod version;
