//! The bare steps beneath [`Account::open`] and [`Pending::accept`], for layers
//! that must take them apart, as libolm's functions do.
//!
//! Everybody else uses [`Account::open`]: a session made here has decrypted
//! nothing, so anybody may have caused it, and the one-time key is still there.
//!
//! [`Pending::accept`]: super::Pending::accept

use super::{
    account::Account,
    error::{DecryptError, InboundError},
    message::PreKeyMessage,
    session::Session,
};
use crate::{
    codec::version::SessionVersion,
    primitives::{
        curve25519::{
            Curve25519PublicKey, Curve25519SecretKey, PreparedPublicKey, SharedSecret,
            ZeroSharedSecret,
        },
        wipe::{Secret, in_deep_wiped_frame},
    },
};

/// Makes the session that a pre-key message starts, and decrypts nothing. Then
/// [`Session::decrypt`] the message, and [`Account::remove_one_time_key`] the
/// key of [`Session::session_keys`].
///
/// `sender` is the sender's identity key, if it is known.
///
/// # Errors
/// [`InboundError`] if the sender or the version is another, the one-time key is
/// not there or a key is of small order.
pub fn inbound_session(
    account: &Account,
    version: SessionVersion,
    sender: Option<&Curve25519PublicKey>,
    message: &PreKeyMessage,
) -> Result<Session, InboundError> {
    in_deep_wiped_frame(|| make_inbound_session(account, version, sender, message))
}

/// [`inbound_session`], for a caller that clears the stack.
pub(super) fn make_inbound_session(
    account: &Account,
    version: SessionVersion,
    sender: Option<&Curve25519PublicKey>,
    message: &PreKeyMessage,
) -> Result<Session, InboundError> {
    let find = |key: &_| account.find_one_time_key(key).map(|key| &key.pair.secret);
    inbound_session_by(&account.identity().secret, find, version, sender, message)
}

/// [`make_inbound_session`] for who holds the private keys without an account.
pub(crate) fn inbound_session_by<'a>(
    identity: &Curve25519SecretKey,
    find_one_time_key: impl FnOnce(&Curve25519PublicKey) -> Option<&'a Curve25519SecretKey>,
    version: SessionVersion,
    sender: Option<&Curve25519PublicKey>,
    message: &PreKeyMessage,
) -> Result<Session, InboundError> {
    let keys = message.session_keys();
    if let Some(expected) = sender
        && *expected != keys.identity_key
    {
        return Err(InboundError::SenderMismatch {
            expected: *expected,
            found: keys.identity_key,
        });
    }
    if message.version() != version {
        let found = message.version();
        return Err(DecryptError::Version {
            expected: version,
            found,
        }
        .into());
    }
    let ours = find_one_time_key(&keys.one_time_key).ok_or(InboundError::UnknownOneTimeKey {
        key: keys.one_time_key,
    })?;
    // The ratchet key meets a private key only when we answer; a bad one is
    // refused now, while there is nothing to lose.
    let ratchet_key = message.ratchet_key();
    if ratchet_key.is_small_order() {
        return Err(ZeroSharedSecret.into());
    }
    let base_key = PreparedPublicKey::new(&keys.base_key);
    let secret = triple([
        ours.multiply(&keys.identity_key)?,
        base_key.diffie_hellman(identity)?,
        base_key.diffie_hellman(ours)?,
    ]);
    // Nothing authenticates these two but that the secret comes out right, and
    // X25519 ignores the top bit: with it flipped by whoever carries the message,
    // a session of another id would start, and once more with a fallback key.
    if !keys.identity_key.is_canonical() || !keys.base_key.is_canonical() {
        return Err(DecryptError::NotThisSession.into());
    }
    Ok(Session::inbound(
        version,
        keys,
        secret.as_slice(),
        ratchet_key,
    ))
}

/// The three shared secrets of 3DH behind one another.
pub(super) fn triple(secrets: [SharedSecret; 3]) -> Secret<96> {
    let mut joined = Secret::ZERO;
    let bytes = secrets.iter().flat_map(|secret| secret.expose_secret());
    for (to, from) in joined.iter_mut().zip(bytes) {
        *to = *from;
    }
    joined
}
