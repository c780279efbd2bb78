//! An Olm session: the double ratchet (Olm specification, "Initial setup" to
//! "Receiving messages").

use alloc::{string::String, vec::Vec};
use core::fmt::{self, Write};

use rand_core::TryCryptoRng;
use zeroize::ZeroizeOnDrop;

use super::{
    MAX_MESSAGE_GAP, MAX_SKIPPED_KEYS_PER_CHAIN,
    chain::{CHAIN_END, ChainKey, ReceiverChain, ReceiverChains, SenderChain, message_cipher},
    error::{DecryptError, EncryptError},
    message::{OlmMessage, PreKeyMessage, View},
    session_keys::{SessionId, SessionKeys},
    skipped::{SkippedKey, SkippedKeys},
};
use crate::{
    codec::version::SessionVersion,
    primitives::{
        cipher::{Cipher, Inauthentic},
        curve25519::{
            Curve25519KeyPair, Curve25519PublicKey, Curve25519SecretKey, ZeroSharedSecret,
        },
        kdf::hkdf,
        wipe::{Secret, in_wiped_frame},
    },
};

/// What an Olm message held.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decrypted {
    /// The text.
    pub plaintext: Vec<u8>,
    /// How many messages that have not arrived can never be decrypted any more,
    /// because this one pushed their keys out.
    pub forgotten: u64,
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypted")
            .field("forgotten", &self.forgotten)
            .finish_non_exhaustive()
    }
}

/// One side of an Olm session. Secret; no heap inside, wiped on drop.
///
/// Made by [`Account::outbound_session`](super::Account::outbound_session) or
/// [`Account::open`](super::Account::open).
///
/// Messages may be lost and come in any order, within the limits of this module;
/// an error says what became of a message that does not decrypt:
///
/// ```
/// # #[cfg(feature = "os-rng")] fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use necturus::{SessionVersion, olm::{Account, DecryptError, OlmMessage}};
///
/// # let alice = Account::new()?;
/// # let mut bob = Account::new()?;
/// # let key = bob.generate_one_time_keys(1)?.created[0].key;
/// let mut alices = alice.outbound_session(
///     SessionVersion::V1, &bob.identity_keys().curve25519, &key)?;
/// let OlmMessage::PreKey(first) = alices.encrypt(b"first")? else { unreachable!() };
/// let second = alices.encrypt(b"second")?;
/// let third = alices.encrypt(b"third")?;
///
/// let pending = bob.open(SessionVersion::V1, &alice.identity_keys().curve25519, &first)?;
/// let (mut bobs, _) = pending.accept(&mut bob)?;
/// assert_eq!(bobs.decrypt(&third)?.plaintext, b"third");
/// assert_eq!(bobs.describe(),
///     "sender chain index: none receiver chain indices: 3 skipped message keys: 1");
/// assert_eq!(bobs.decrypt(&second)?.plaintext, b"second");
/// assert_eq!(bobs.decrypt(&second), Err(DecryptError::AlreadyUsed { index: 1 }));
/// # Ok(()) }
/// # #[cfg(not(feature = "os-rng"))] fn main() {}
/// ```
pub struct Session {
    pub(crate) version: SessionVersion,
    pub(crate) keys: SessionKeys,
    pub(crate) root_key: Secret<32>,
    /// How often the conversation has changed direction; unknown for sessions
    /// that moved in. For descriptions only.
    pub(crate) turns: Option<u64>,
    pub(crate) sender: Option<SenderChain>,
    pub(crate) receivers: ReceiverChains,
    pub(crate) skipped: SkippedKeys,
    pub(crate) received: bool,
}

/// Every part that is secret wipes itself.
impl ZeroizeOnDrop for Session {}

impl Session {
    /// The starter's session: `secret` is the 3DH, `ratchet_key` the first one.
    pub(super) fn outbound(
        version: SessionVersion,
        keys: SessionKeys,
        secret: &[u8],
        ratchet_key: Curve25519KeyPair,
    ) -> Self {
        let (root_key, chain_key) = root_keys(None, secret, b"OLM_ROOT");
        Self {
            version,
            keys,
            root_key,
            turns: Some(0),
            sender: Some(SenderChain {
                ratchet_key,
                chain_key: ChainKey::new(chain_key, 0),
            }),
            receivers: ReceiverChains::new(),
            skipped: SkippedKeys::new(),
            received: false,
        }
    }

    /// The called side's session, which has not decrypted anything yet.
    pub(super) fn inbound(
        version: SessionVersion,
        keys: SessionKeys,
        secret: &[u8],
        ratchet_key: Curve25519PublicKey,
    ) -> Self {
        let (root_key, chain_key) = root_keys(None, secret, b"OLM_ROOT");
        let mut receivers = ReceiverChains::new();
        receivers.push(ReceiverChain::new(ratchet_key, chain_key));
        Self {
            version,
            keys,
            root_key,
            turns: Some(0),
            sender: None,
            receivers,
            skipped: SkippedKeys::new(),
            received: false,
        }
    }

    /// The id of the session, the same on both sides.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.keys.session_id()
    }

    /// The public keys that the session was started with.
    #[must_use]
    pub const fn session_keys(&self) -> SessionKeys {
        self.keys
    }

    /// The version that the session speaks.
    #[must_use]
    pub const fn version(&self) -> SessionVersion {
        self.version
    }

    /// Whether a message of the other side has decrypted. Until then,
    /// [`encrypt`](Self::encrypt_with) makes pre-key messages.
    #[must_use]
    pub const fn has_received_message(&self) -> bool {
        self.received
    }

    /// Whether a pre-key message belongs to this session, on either side of it:
    /// then it must be decrypted here, not start another session.
    #[must_use]
    pub fn matches(&self, message: &PreKeyMessage) -> bool {
        self.keys == message.session_keys()
    }

    /// Encrypts `plaintext`. Draws 32 bytes for a new ratchet key if the last
    /// message went the other way, else nothing.
    ///
    /// # Errors
    /// [`EncryptError`]; the session is then as it was.
    pub fn encrypt_with<R>(
        &mut self,
        rng: &mut R,
        plaintext: &[u8],
    ) -> Result<OlmMessage, EncryptError>
    where
        R: TryCryptoRng + ?Sized,
    {
        in_wiped_frame(|| {
            if self.sender.is_none() {
                self.start_sending(rng)?;
            }
            let sender = self.sender.as_mut().ok_or(EncryptError::ZeroSharedSecret)?;
            let index =
                u32::try_from(sender.chain_key.next).map_err(|_| EncryptError::ChainExhausted)?;
            let ratchet_key = sender.ratchet_key.public;
            let cipher = message_cipher(&sender.chain_key.next_message_key());
            let keys = if self.received { None } else { Some(self.keys) };
            Ok(OlmMessage::seal(
                self.version,
                keys,
                ratchet_key,
                index,
                &cipher,
                plaintext,
            ))
        })
    }

    /// [`Self::encrypt_with`] the operating system's generator.
    ///
    /// # Errors
    /// [`EncryptError`]; the session is then as it was.
    #[cfg(feature = "os-rng")]
    pub fn encrypt(&mut self, plaintext: &[u8]) -> Result<OlmMessage, EncryptError> {
        self.encrypt_with(&mut crate::primitives::random::OsRng, plaintext)
    }

    /// Whether the next [`encrypt`](Self::encrypt_with) draws randomness: 32
    /// bytes for a new ratchet key.
    #[must_use]
    pub const fn encrypt_draws(&self) -> bool {
        self.sender.is_none()
    }

    /// Opens a sender chain by a turn against the newest receiver chain.
    fn start_sending<R>(&mut self, rng: &mut R) -> Result<(), EncryptError>
    where
        R: TryCryptoRng + ?Sized,
    {
        // A session has a sender chain or a receiver chain: constructors and
        // imports see to it.
        let theirs = self
            .receivers
            .newest()
            .ok_or(EncryptError::ZeroSharedSecret)?
            .ratchet_key;
        let ratchet_key = Curve25519KeyPair::from_secret(Curve25519SecretKey::new_with(rng)?);
        let (root_key, chain_key) = turn(&self.root_key, &ratchet_key.secret, &theirs)?;
        self.root_key = root_key;
        self.turns = self.turns.and_then(|turns| turns.checked_add(1));
        self.sender = Some(SenderChain {
            ratchet_key,
            chain_key: ChainKey::new(chain_key, 0),
        });
        Ok(())
    }

    /// Decrypts a message of this session. A pre-key message has to
    /// [match](Self::matches): nothing but the session knows which keys belong
    /// around the message inside.
    ///
    /// # Errors
    /// [`DecryptError`]; the session is then as it was.
    pub fn decrypt(&mut self, message: &OlmMessage) -> Result<Decrypted, DecryptError> {
        if let OlmMessage::PreKey(message) = message
            && !self.matches(message)
        {
            return Err(DecryptError::NotThisSession);
        }
        in_wiped_frame(|| self.decrypt_in_frame(&message.view()))
    }

    /// [`Self::decrypt`], for a caller that clears the stack.
    pub(super) fn decrypt_in_frame(
        &mut self,
        message: &View<'_>,
    ) -> Result<Decrypted, DecryptError> {
        if message.version != self.version {
            return Err(DecryptError::Version {
                expected: self.version,
                found: message.version,
            });
        }
        let decrypted = match self.receivers.find(&message.ratchet_key) {
            Some((slot, chain)) if u64::from(message.index) < chain.chain_key.next => {
                self.decrypt_skipped(slot, message)
            }
            Some((slot, chain)) => {
                let walk = Walk::to(&chain.chain_key, message.index)?;
                let plaintext = open(&message_cipher(&walk.message_key), message)?;
                let forgotten = self.keep(slot, &walk);
                Ok(Decrypted {
                    plaintext,
                    forgotten,
                })
            }
            None => self.decrypt_turned(message),
        }?;
        self.received = true;
        Ok(decrypted)
    }

    /// A message whose key was kept when later ones arrived first.
    fn decrypt_skipped(&mut self, slot: u8, message: &View<'_>) -> Result<Decrypted, DecryptError> {
        let Some(skipped) = self.skipped.find(slot, message.index) else {
            let chain = self
                .receivers
                .get_mut(slot)
                .ok_or(DecryptError::NotThisSession)?;
            return Err(chain.dropped.verdict(message.index));
        };
        let plaintext = open(&message_cipher(&skipped.key), message)?;
        self.skipped.remove(slot, message.index);
        Ok(Decrypted {
            plaintext,
            forgotten: 0,
        })
    }

    /// A message under a new ratchet key: the other side has heard us and
    /// turned.
    fn decrypt_turned(&mut self, message: &View<'_>) -> Result<Decrypted, DecryptError> {
        if self.receivers.is_gone(&message.ratchet_key) {
            return Err(DecryptError::ChainGone);
        }
        // Without a sender chain the other side has seen no key of ours to turn
        // against, so the message cannot be of this session.
        let sender = self.sender.as_ref().ok_or(DecryptError::NotThisSession)?;
        // The gap is refused before any curve is multiplied.
        check_gap(message.index, 0)?;
        let (root_key, chain_key) = turn(
            &self.root_key,
            &sender.ratchet_key.secret,
            &message.ratchet_key,
        )?;
        let chain = ReceiverChain::new(message.ratchet_key, chain_key);
        let walk = Walk::to(&chain.chain_key, message.index)?;
        let plaintext = open(&message_cipher(&walk.message_key), message)?;

        self.root_key = root_key;
        self.turns = self.turns.and_then(|turns| turns.checked_add(1));
        self.sender = None;
        let slot = self.receivers.push(chain);
        let with_the_chain = u64::try_from(self.skipped.drop_chain(slot)).unwrap_or(u64::MAX);
        let forgotten = self.keep(slot, &walk).saturating_add(with_the_chain);
        Ok(Decrypted {
            plaintext,
            forgotten,
        })
    }

    /// Puts a chain where a decrypted message left it, and keeps the keys that
    /// were skipped. Gives how many messages can no longer be decrypted.
    fn keep(&mut self, slot: u8, walk: &Walk) -> u64 {
        let Some(chain) = self.receivers.get_mut(slot) else {
            return 0;
        };
        let first_skipped = chain.chain_key.next;
        let mut forgotten = walk.kept.next.saturating_sub(first_skipped);
        let mut kept = walk.kept.clone();
        while kept.next < walk.index {
            let index = u32::try_from(kept.next).unwrap_or(u32::MAX);
            let key = kept.next_message_key();
            // What is pushed out is older than what was not even kept, so the
            // record grows in order of index.
            if let Some(dropped) = self.skipped.insert(SkippedKey { slot, index, key }) {
                let dropped = u64::from(dropped);
                chain.dropped.note(dropped, dropped.saturating_add(1));
                forgotten = forgotten.saturating_add(1);
            }
        }
        chain.dropped.note(first_skipped, walk.kept.next);
        chain.chain_key = walk.chain_key.clone();
        forgotten
    }

    /// The state of the session in one line: indexes alone, no secrets. The
    /// text is libolm's, but that libolm prints a leftover for a sender chain
    /// that is not there.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = match &self.sender {
            Some(sender) => write!(text, "sender chain index: {} ", sender.chain_key.next),
            None => write!(text, "sender chain index: none "),
        };
        text.push_str("receiver chain indices:");
        for (_, chain) in self.receivers.newest_first() {
            let _ = write!(text, " {}", chain.chain_key.next);
        }
        text.push_str(" skipped message keys:");
        for skipped in self.skipped.as_slice().iter().rev() {
            let _ = write!(text, " {}", skipped.index);
        }
        text
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id())
            .field("version", &self.version)
            .field("turns", &self.turns)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

/// The way along a chain to a message, found without changing the chain.
struct Walk {
    /// The index of the message.
    index: u64,
    message_key: Secret<32>,
    /// The chain behind the message.
    chain_key: ChainKey,
    /// The chain at the first of the skipped messages whose keys can be kept.
    kept: ChainKey,
}

impl Walk {
    fn to(chain_key: &ChainKey, index: u32) -> Result<Self, DecryptError> {
        check_gap(index, chain_key.next)?;
        let index = u64::from(index);
        let first_kept = index.saturating_sub(MAX_SKIPPED_KEYS_PER_CHAIN as u64);
        let mut chain_key = chain_key.clone();
        while chain_key.next < first_kept {
            chain_key.skip();
        }
        let kept = chain_key.clone();
        while chain_key.next < index {
            chain_key.skip();
        }
        let message_key = chain_key.next_message_key();
        Ok(Self {
            index,
            message_key,
            chain_key,
            kept,
        })
    }
}

/// Refuses a message too far ahead of the `next` index that its chain expects.
fn check_gap(index: u32, next: u64) -> Result<(), DecryptError> {
    if u64::from(index).saturating_sub(next) > u64::from(MAX_MESSAGE_GAP) || next >= CHAIN_END {
        return Err(DecryptError::GapTooLarge { index, next });
    }
    Ok(())
}

/// MAC, then padding, with one verdict for both.
fn open(cipher: &Cipher, message: &View<'_>) -> Result<Vec<u8>, DecryptError> {
    cipher
        .check_tag(message.authenticated, message.mac)
        .and_then(|()| cipher.decrypt(message.ciphertext))
        .map_err(|Inauthentic| DecryptError::NotThisSession)
}

/// A change of direction: new root and chain keys from a Diffie-Hellman.
fn turn(
    root_key: &[u8; 32],
    ours: &Curve25519SecretKey,
    theirs: &Curve25519PublicKey,
) -> Result<(Secret<32>, Secret<32>), ZeroSharedSecret> {
    let secret = ours.multiply(theirs)?;
    Ok(root_keys(
        Some(root_key),
        secret.expose_secret(),
        b"OLM_RATCHET",
    ))
}

/// Root key and chain key from one HKDF.
fn root_keys(salt: Option<&[u8; 32]>, secret: &[u8], info: &[u8]) -> (Secret<32>, Secret<32>) {
    let keys = hkdf::<64>(salt, secret, info);
    (Secret::from(*keys.part(0)), Secret::from(*keys.part(32)))
}
