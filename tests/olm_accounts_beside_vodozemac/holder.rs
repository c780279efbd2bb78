//! An account in either library, beside what it must hold.

use std::collections::{HashMap, HashSet};

use necturus::{
    Curve25519PublicKey, SessionVersion,
    olm::{Account, MAX_ONE_TIME_KEYS, OlmMessage, PublicOneTimeKey},
    pickle::ImportedAccount,
};
use vodozemac::olm as theirs;

use crate::common::rng::SeededRng;

pub(crate) const KEY: [u8; 32] = [3; 32];

pub(crate) type Key = Curve25519PublicKey;

pub(crate) fn our_key(key: &vodozemac::Curve25519PublicKey) -> Key {
    Key::from_bytes(key.to_bytes())
}

fn their_key(key: &Key) -> vodozemac::Curve25519PublicKey {
    vodozemac::Curve25519PublicKey::from_bytes(*key.as_bytes())
}

pub(crate) fn to_ours(account: &theirs::Account) -> ImportedAccount {
    Account::from_vodozemac_pickle(&account.pickle().encrypt(&KEY), &KEY).unwrap()
}

pub(crate) fn to_theirs(account: &Account) -> theirs::Account {
    let pickle = account.to_vodozemac_pickle(&KEY).unwrap();
    let pickle = theirs::AccountPickle::from_encrypted(&pickle, &KEY).unwrap();
    theirs::Account::from_pickle(pickle)
}

/// A device with vodozemac starts a session with `account` by this key, and
/// hears back.
pub(crate) fn open_here(
    account: &mut Account,
    key: &Key,
    rng: &mut SeededRng,
) -> Result<(), Box<dyn core::error::Error>> {
    let caller = theirs::Account::new();
    let mut calling = caller.create_outbound_session(
        theirs::SessionConfig::version_1(),
        their_key(&account.identity_keys().curve25519),
        their_key(key),
    )?;
    let (kind, first) = calling.encrypt("hello")?.to_parts();
    assert_eq!(kind, 0);
    let first = necturus::olm::PreKeyMessage::from_bytes(first)?;
    let pending = account.open(
        SessionVersion::V1,
        &our_key(&caller.curve25519_key()),
        &first,
    )?;
    let is_fallback = account.one_time_keys().iter().all(|held| held.key != *key);
    assert_eq!(pending.used_fallback_key(), is_fallback);
    let (mut called, text) = pending.accept(account)?;
    assert_eq!(text, b"hello");
    assert_eq!(called.id().to_base64(), calling.session_id());
    let reply = called.encrypt_with(rng, b"hello yourself")?;
    let reply = theirs::OlmMessage::from_parts(1, reply.as_bytes())?;
    assert_eq!(calling.decrypt(&reply)?, b"hello yourself");
    Ok(())
}

/// A device of ours starts a session with `account` by this key, and hears
/// back.
pub(crate) fn open_there(
    account: &mut theirs::Account,
    key: &Key,
    rng: &mut SeededRng,
) -> Result<(), Box<dyn core::error::Error>> {
    let caller = Account::new_with(rng)?;
    let identity_key = our_key(&account.curve25519_key());
    let mut calling = caller.outbound_session_with(rng, SessionVersion::V1, &identity_key, key)?;
    let first = calling.encrypt_with(rng, b"hello")?;
    let first = theirs::PreKeyMessage::from_bytes(first.as_bytes())?;
    let mut called = account.create_inbound_session(
        theirs::SessionConfig::version_1(),
        their_key(&caller.identity_keys().curve25519),
        &first,
    )?;
    assert_eq!(called.plaintext, b"hello");
    assert_eq!(called.session.session_id(), calling.id().to_base64());
    let (kind, reply) = called.session.encrypt("hello yourself")?.to_parts();
    assert_eq!(kind, 1);
    let reply = OlmMessage::Normal(necturus::olm::Message::from_bytes(reply)?);
    assert_eq!(calling.decrypt(&reply)?.plaintext, b"hello yourself");
    Ok(())
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Birth {
    Ours,
    Theirs,
    /// Without a seed, as every account that libolm kept.
    OursFromLibolm,
    TheirsFromLibolm,
}

pub(crate) enum Holder {
    Ours(Box<Account>),
    Theirs(Box<theirs::Account>),
}

impl From<Account> for Holder {
    fn from(account: Account) -> Self {
        Self::Ours(Box::new(account))
    }
}

impl From<theirs::Account> for Holder {
    fn from(account: theirs::Account) -> Self {
        Self::Theirs(Box::new(account))
    }
}

/// Names and keys to publish.
type Published = HashMap<String, Key>;

impl Holder {
    fn unpublished(&self) -> Published {
        match self {
            Self::Ours(account) => account.unpublished_one_time_keys().map(entry).collect(),
            Self::Theirs(account) => entries(account.one_time_keys()),
        }
    }

    fn unpublished_fallback(&self) -> Published {
        match self {
            Self::Ours(account) => account
                .unpublished_fallback_key()
                .map(entry)
                .into_iter()
                .collect(),
            Self::Theirs(account) => entries(account.fallback_key()),
        }
    }

    fn one_time_key_count(&self) -> usize {
        match self {
            Self::Ours(account) => account.one_time_key_count(),
            Self::Theirs(account) => account.stored_one_time_key_count(),
        }
    }

    /// Both public identity keys, and signatures, which are deterministic.
    fn identity(&self) -> Vec<Vec<u8>> {
        const TEXTS: [&[u8]; 3] = [b"", b"text", &[0; 200]];
        let (ed25519, curve25519, signatures) = match self {
            Self::Ours(account) => {
                let keys = account.identity_keys();
                (
                    *keys.ed25519.as_bytes(),
                    *keys.curve25519.as_bytes(),
                    TEXTS.map(|text| *account.sign(text).as_bytes()),
                )
            }
            Self::Theirs(account) => (
                *account.ed25519_key().as_bytes(),
                account.curve25519_key().to_bytes(),
                TEXTS.map(|text| account.sign(text).to_bytes()),
            ),
        };
        let mut identity = vec![ed25519.to_vec(), curve25519.to_vec()];
        identity.extend(signatures.map(|signature| signature.to_vec()));
        identity
    }
}

fn entry(key: PublicOneTimeKey) -> (String, Key) {
    (key.id.to_base64(), key.key)
}

fn entries(keys: HashMap<vodozemac::KeyId, vodozemac::Curve25519PublicKey>) -> Published {
    keys.iter()
        .map(|(id, key)| (id.to_base64(), our_key(key)))
        .collect()
}

/// The number behind a name of either width.
fn number(name: &str) -> u64 {
    necturus::olm::KeyId::from_base64(name).unwrap().value()
}

/// The life of an account: where it is, and what it must hold.
pub(crate) struct Life {
    rng: SeededRng,
    holder: Holder,
    identity: Vec<Vec<u8>>,
    /// Oldest first.
    one_time: Vec<Key>,
    unpublished: Published,
    unpublished_fallback: Published,
    current: Option<Key>,
    previous: Option<Key>,
    given: HashSet<u64>,
    given_fallback: HashSet<u64>,
}

impl Life {
    pub(crate) fn new(birth: Birth, seed: u64) -> Self {
        let mut rng = SeededRng::new(seed);
        let born = Account::new_with(&mut rng).unwrap();
        let libolms = born.to_libolm_pickle(b"libolm's").unwrap();
        let holder: Holder = match birth {
            Birth::Ours => born.into(),
            Birth::Theirs => theirs::Account::new().into(),
            Birth::OursFromLibolm => Account::from_libolm_pickle(&libolms, b"libolm's")
                .unwrap()
                .into(),
            Birth::TheirsFromLibolm => theirs::Account::from_libolm_pickle(&libolms, b"libolm's")
                .unwrap()
                .into(),
        };
        Self {
            identity: holder.identity(),
            rng,
            holder,
            one_time: Vec::new(),
            unpublished: Published::new(),
            unpublished_fallback: Published::new(),
            current: None,
            previous: None,
            given: HashSet::new(),
            given_fallback: HashSet::new(),
        }
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.holder.identity(), self.identity);
        assert_eq!(self.holder.unpublished(), self.unpublished);
        assert_eq!(
            self.holder.unpublished_fallback(),
            self.unpublished_fallback
        );
        assert_eq!(self.holder.one_time_key_count(), self.one_time.len());
        if let Holder::Ours(account) = &self.holder {
            let key = |key: PublicOneTimeKey| key.key;
            let held: Vec<_> = account.one_time_keys().into_iter().map(key).collect();
            assert_eq!(held, self.one_time);
            assert_eq!(account.fallback_key().map(key), self.current);
            assert_eq!(account.previous_fallback_key().map(key), self.previous);
        }
    }

    /// Every key that can start a session.
    pub(crate) fn usable(&self) -> Vec<Key> {
        let mut keys = self.one_time.clone();
        keys.extend(self.current);
        keys.extend(self.previous);
        keys
    }

    pub(crate) fn generate(&mut self, count: usize) {
        let before = self.unpublished.clone();
        let (created, removed) = match &mut self.holder {
            Holder::Ours(account) => {
                let made = account
                    .generate_one_time_keys_with(&mut self.rng, count)
                    .unwrap();
                let keys = |keys: Vec<PublicOneTimeKey>| -> Vec<Key> {
                    keys.into_iter().map(|key| key.key).collect()
                };
                (keys(made.created), keys(made.removed))
            }
            Holder::Theirs(account) => {
                let made = account.generate_one_time_keys(count);
                let keys = |keys: &[_]| -> Vec<Key> { keys.iter().map(our_key).collect() };
                (keys(&made.created), keys(&made.removed))
            }
        };
        assert_eq!(created.len(), count);
        self.one_time.extend(&created);
        assert_eq!(removed, self.drop_surplus());
        for (name, key) in self.holder.unpublished() {
            if created.contains(&key) {
                assert!(self.given.insert(number(&name)), "{name} was given before");
                self.unpublished.insert(name, key);
            } else {
                assert_eq!(before.get(&name), Some(&key));
            }
        }
    }

    /// An account here holds 100 keys; the oldest go.
    fn drop_surplus(&mut self) -> Vec<Key> {
        let surplus = match self.holder {
            Holder::Ours(_) => self.one_time.len().saturating_sub(MAX_ONE_TIME_KEYS),
            Holder::Theirs(_) => 0,
        };
        let dropped: Vec<_> = self.one_time.drain(..surplus).collect();
        self.unpublished.retain(|_, key| !dropped.contains(key));
        dropped
    }

    pub(crate) fn generate_fallback(&mut self) {
        match &mut self.holder {
            Holder::Ours(account) => {
                let made = account.generate_fallback_key_with(&mut self.rng).unwrap();
                assert_eq!(made.removed.map(|key| key.key), self.previous);
            }
            Holder::Theirs(account) => {
                let removed = account.generate_fallback_key();
                assert_eq!(removed.as_ref().map(our_key), self.previous);
            }
        }
        self.unpublished_fallback = self.holder.unpublished_fallback();
        let (name, key) = self.unpublished_fallback.iter().next().unwrap();
        assert!(
            self.given_fallback.insert(number(name)),
            "{name} was given before"
        );
        self.previous = self.current.replace(*key);
    }

    pub(crate) fn publish(&mut self) {
        match &mut self.holder {
            Holder::Ours(account) => {
                let ids: Vec<_> = account
                    .unpublished_one_time_keys()
                    .map(|key| key.id)
                    .collect();
                assert_eq!(account.mark_one_time_keys_published(&ids), ids.len());
                if let Some(key) = account.unpublished_fallback_key() {
                    assert!(account.mark_fallback_key_published(key.id));
                }
            }
            Holder::Theirs(account) => account.mark_keys_as_published(),
        }
        self.unpublished.clear();
        self.unpublished_fallback.clear();
    }

    pub(crate) fn forget(&mut self) {
        let had = match &mut self.holder {
            Holder::Ours(account) => account.forget_previous_fallback_key(),
            Holder::Theirs(account) => account.forget_fallback_key(),
        };
        assert_eq!(had, self.previous.take().is_some());
    }

    /// Somebody with the other library calls by this key, and a second time,
    /// which works with a fallback key alone.
    pub(crate) fn start_session(&mut self, key: Key) {
        let rng = &mut self.rng;
        let mut open = || match &mut self.holder {
            Holder::Ours(account) => open_here(account, &key, rng),
            Holder::Theirs(account) => open_there(account, &key, rng),
        };
        open().unwrap();
        let is_fallback = [self.current, self.previous].contains(&Some(key));
        assert_eq!(open().is_ok(), is_fallback);
        if !is_fallback {
            self.one_time.retain(|held| *held != key);
            self.unpublished.retain(|_, held| *held != key);
        }
    }

    /// To the other library, in vodozemac's format.
    pub(crate) fn relocate(&mut self) {
        match &self.holder {
            Holder::Ours(account) => {
                self.holder = to_theirs(account).into();
                self.rename(11);
            }
            Holder::Theirs(account) => {
                let imported = to_ours(account);
                self.holder = imported.account.into();
                let dropped: Vec<_> = imported.dropped.iter().map(|key| key.key).collect();
                assert_eq!(dropped, self.drop_surplus());
            }
        }
    }

    /// In libolm's format: to vodozemac, or here again. vodozemac's own writing
    /// of it has a test of its own.
    pub(crate) fn relocate_through_libolm(&mut self, out: bool) {
        let Holder::Ours(account) = &self.holder else {
            return;
        };
        let pickle = account.to_libolm_pickle(b"").unwrap();
        if out {
            self.holder = theirs::Account::from_libolm_pickle(&pickle, b"")
                .unwrap()
                .into();
            self.rename(11);
        } else {
            self.holder = Account::from_libolm_pickle(&pickle, b"").unwrap().into();
            self.rename(6);
        }
    }

    /// What is not published yet takes names of the other width with the same
    /// numbers.
    fn rename(&mut self, width: usize) {
        for (before, after) in [
            (&mut self.unpublished, self.holder.unpublished()),
            (
                &mut self.unpublished_fallback,
                self.holder.unpublished_fallback(),
            ),
        ] {
            let numbers = |keys: &Published| -> Vec<(u64, Key)> {
                keys.iter()
                    .map(|(name, key)| (number(name), *key))
                    .collect()
            };
            let (mut then, mut now) = (numbers(before), numbers(&after));
            then.sort_unstable();
            now.sort_unstable();
            assert_eq!(then, now);
            assert!(after.keys().all(|name| name.len() == width));
            *before = after;
        }
    }
}
