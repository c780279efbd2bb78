//! JSON as Matrix signs it: read exactly, written canonically, signed and
//! checked.
//!
//! | you want to | use |
//! | --- | --- |
//! | read JSON of which nothing is lost or read twice | [`Value::parse`], [`Object::parse`] |
//! | get the bytes that are hashed | [`Value::to_canonical`], [`Object::to_canonical`] |
//! | sign an object | [`Object::signing_bytes`], [`Object::add_signature`] |
//! | check one key's signature | [`Object::check_signature`] |
//!
//! An object is signed over all its members, those that nobody here knows too:
//! so keep what was received, and check that.
//!
//! ```
//! use necturus::{Ed25519SigningKey, json::Object};
//!
//! let key = Ed25519SigningKey::from_seed(&[7; 32]);
//! let mut object = Object::parse(br#"{"two": "Two", "one": 1, "unsigned": {"age": 5}}"#)?;
//! assert_eq!(object.signing_bytes()?, br#"{"one":1,"two":"Two"}"#);
//!
//! let signature = key.sign(&object.signing_bytes()?);
//! object.add_signature("@alice:example.org", "ed25519:DEVICE", &signature)?;
//! object.check_signature("@alice:example.org", "ed25519:DEVICE", &key.public_key())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is read
//!
//! JSON (RFC 8259) in UTF-8, through serde_json, with three rules on top:
//!
//! - No key twice in one object, compared after unescaping: one reader would
//!   take the first and another the last, and the signed one need not be the one
//!   that is used.
//! - Numbers are kept as text or as an exact integer, and never pass through a
//!   float.
//! - No more than [`MAX_DEPTH`] arrays and objects inside each other.
//!
//! Fractions and large numbers are read, since encrypted events may hold them;
//! only the canonical form refuses them.

mod canonical;
mod error;
mod number;
mod object;
mod parse;
mod signatures;
mod value;

pub use self::{
    error::{JsonError, NotCanonical},
    number::Number,
    object::Object,
    parse::MAX_DEPTH,
    signatures::{CheckError, MalformedSignatures, SigningError},
    value::Value,
};
