//! A client whose storage fails now and then, and whose process dies.

extern crate alloc;

use alloc::collections::BTreeSet;

use necturus::{
    mls::{
        CipherSuite, Credential, Effect, Group, GroupError, Identity, KeyPackage,
        KeyPackageOptions, Member, ProposalInfo, Settings,
    },
    pickle::PickleKey,
    store::Keystore,
};

use crate::common::{
    faulty_backend::{Contents, Fault, FaultyBackend},
    mls::rules,
    rng::SeededRng,
};

pub(crate) const ROOM: &[u8] = b"room";

pub(crate) struct Party {
    pub(crate) name: String,
    pub(crate) suite: CipherSuite,
    pub(crate) settings: Settings,
    /// Whether it can go back over a commit.
    pub(crate) goes_back: bool,
    pub(crate) rng: SeededRng,
    backend: FaultyBackend,
    pub(crate) keystore: Keystore,
    pub(crate) group: Option<Group>,
    /// It merged a commit of its own that another was preferred to.
    pub(crate) forked: bool,
    /// The proposals that it was given.
    pub(crate) seen: BTreeSet<Vec<u8>>,
}

/// What came of an operation.
pub(crate) enum Outcome<T> {
    Done(T),
    Refused(GroupError),
    /// The storage failed and nothing happened, or the process died and it may have.
    Interrupted,
}

/// All that can be seen of a group.
#[derive(PartialEq, Debug)]
struct View {
    epoch: u64,
    active: bool,
    members: Vec<Member>,
    proposals: Vec<ProposalInfo>,
    commit: Option<Effect>,
    authenticator: Option<Vec<u8>>,
    signature_key: Vec<u8>,
}

fn view(group: &Group) -> View {
    View {
        epoch: group.epoch(),
        active: group.is_active().unwrap(),
        members: group.members().unwrap(),
        proposals: group.pending_proposals().unwrap(),
        commit: group.pending_commit().unwrap(),
        authenticator: group.epoch_authenticator().ok(),
        signature_key: group.identity().signature_key(),
    }
}

fn open(backend: &FaultyBackend) -> Keystore {
    let key = PickleKey::from_bytes(&[7; 32]);
    Keystore::open_with(&mut SeededRng::new(1), backend.clone(), &key).unwrap()
}

impl Party {
    pub(crate) fn new(name: String, suite: CipherSuite, rng: &mut SeededRng) -> Self {
        let backend = FaultyBackend::new();
        let goes_back = rng.below(2) == 0;
        Self {
            name,
            suite,
            settings: Settings::default()
                .keep_previous_epoch(goes_back)
                .past_epochs(usize::try_from(rng.below(3)).unwrap())
                .out_of_order(20),
            goes_back,
            rng: SeededRng::new(rng.below(u64::MAX)),
            keystore: open(&backend),
            backend,
            group: None,
            forked: false,
            seen: BTreeSet::new(),
        }
    }

    pub(crate) fn group(&self) -> &Group {
        self.group.as_ref().unwrap()
    }

    pub(crate) fn identity(&mut self) -> Identity {
        let credential = Credential::basic(self.name.as_bytes());
        Identity::new_with(&mut self.rng, self.suite, credential).unwrap()
    }

    pub(crate) fn key_package(&mut self) -> KeyPackage {
        let identity = self.identity();
        let options = KeyPackageOptions::default();
        KeyPackage::generate_with(&mut self.rng, &mut self.keystore, &identity, &options).unwrap()
    }

    fn load(&self) -> Option<Group> {
        Group::load(&self.keystore, ROOM, rules()).unwrap()
    }

    /// A new process.
    pub(crate) fn restart(&mut self) -> Option<Group> {
        self.keystore = open(&self.backend);
        let before = self.group.take();
        self.group = self.load();
        before
    }

    pub(crate) fn lose_everything(&mut self) {
        self.backend.set(&Contents::new());
        self.keystore = open(&self.backend);
        self.forget();
    }

    pub(crate) fn delete_group(&mut self) {
        Group::delete_with(&mut self.rng, &mut self.keystore, ROOM).unwrap();
        assert!(self.load().is_none());
        self.forget();
    }

    pub(crate) fn forget(&mut self) {
        self.group = None;
        self.forked = false;
        self.seen.clear();
    }

    /// Runs an operation, during which something may go wrong: then the group is as it
    /// was, here and in the keystore.
    pub(crate) fn attempt<T>(
        &mut self,
        operation: impl FnOnce(&mut Group, &mut Keystore, &mut SeededRng) -> Result<T, GroupError>,
    ) -> Outcome<T> {
        let before = view(self.group());
        let fault = match self.rng.below(12) {
            0 => Some(Fault::Write(self.rng.below(2))),
            1 => Some(Fault::DeathBefore(self.rng.below(2))),
            2 => Some(Fault::DeathAfter(self.rng.below(2))),
            3 => Some(Fault::Read(self.rng.below(6))),
            _ => None,
        };
        if let Some(fault) = fault {
            self.backend.fail(fault);
        }
        let group = self.group.as_mut().unwrap();
        let result = operation(group, &mut self.keystore, &mut self.rng);
        self.backend.restart();
        let error = match result {
            Ok(done) => return Outcome::Done(done),
            Err(error) => error,
        };
        let of_storage = matches!(error, GroupError::Store(_));
        if of_storage && matches!(fault, Some(Fault::DeathBefore(_) | Fault::DeathAfter(_))) {
            self.restart();
            return Outcome::Interrupted;
        }
        assert_eq!(view(&self.load().unwrap()), before, "{error} {fault:?}");
        if matches!(self.group().is_active(), Err(GroupError::Unloaded)) {
            assert!(fault.is_some(), "{error}");
            self.restart();
        }
        assert_eq!(view(self.group()), before, "{error} {fault:?}");
        if of_storage {
            assert!(fault.is_some(), "{error}");
            return Outcome::Interrupted;
        }
        Outcome::Refused(error)
    }
}
