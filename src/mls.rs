//! Floor 4: MLS groups (RFC 9420), on the engine `openmls`.

#[cfg_attr(not(test), expect(dead_code, reason = "for the groups to come"))]
mod crypto;
#[cfg_attr(not(test), expect(dead_code, reason = "for the groups to come"))]
mod random;
mod signer;
