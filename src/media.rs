//! Media: the frames of a call.
//!
//! | you want to | use |
//! | --- | --- |
//! | encrypt frames as RFC 9605 says | [`sframe`] |

mod buffer;
pub mod sframe;
