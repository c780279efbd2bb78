//! Members of MLS groups by several libraries behind one trait: bytes in, bytes
//! out. What this package is for stands in `tests/` and `benches/`.

pub mod liar;
pub mod member;
pub mod mls_rs;
pub mod necturus;
pub mod openmls;
