//! What libolm says when it refuses.

use core::{
    ffi::{CStr, c_char},
    fmt,
};

/// An error of libolm: its own text, such as `BAD_MESSAGE_MAC`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Error(&'static str);

impl Error {
    /// What libolm says when it got too few random bytes.
    pub(crate) const NOT_ENOUGH_RANDOM: Self = Self("NOT_ENOUGH_RANDOM");
    /// What libolm says of a text that no bytes are encoded to.
    pub(crate) const INVALID_BASE64: Self = Self("INVALID_BASE64");
    /// Not libolm's: it writes nothing but ASCII.
    pub(crate) const NOT_UTF8: Self = Self("NOT_UTF8");

    /// libolm's text for this error.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Takes over what a `…_last_error` function returned.
    ///
    /// # Safety
    ///
    /// `text` must come from such a function.
    pub(crate) unsafe fn from_c(text: *const c_char) -> Self {
        // SAFETY: these functions return entries of a table of constants: they
        // end in a zero byte, and stay as long as the library is loaded, which
        // is until the process ends since it is linked, not opened.
        let text: &'static CStr = unsafe { CStr::from_ptr(text) };
        text.to_str().map_or(Self::NOT_UTF8, Self)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for Error {}
