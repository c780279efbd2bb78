//! A group of each library, and what its operations take.

use necturus_interop_mls::{
    member::{Change, Member, Settings},
    mls_rs::MlsRsMember,
    necturus::NecturusMember,
    openmls::OpenMlsMember,
};

/// Neither openmls nor necturus keeps any of its own accord.
const PAST_EPOCHS: usize = 2;
/// What openmls has for a default.
const OUT_OF_ORDER: u32 = 5;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    OpenMls,
    OpenMlsPastEpochs,
    MlsRs,
    Necturus,
    NecturusPastEpochs,
}

pub const ALL: [Who; 5] = [
    Who::OpenMls,
    Who::OpenMlsPastEpochs,
    Who::MlsRs,
    Who::Necturus,
    Who::NecturusPastEpochs,
];

impl Who {
    pub fn name(self) -> String {
        match self {
            Self::OpenMls => "openmls".into(),
            Self::OpenMlsPastEpochs => format!("openmls, {PAST_EPOCHS} past epochs"),
            Self::MlsRs => "mls-rs".into(),
            Self::Necturus => "necturus".into(),
            Self::NecturusPastEpochs => format!("necturus, {PAST_EPOCHS} past epochs"),
        }
    }

    pub fn member(self, name: &str) -> Box<dyn Member> {
        let settings = Settings {
            name: name.into(),
            suite: 1,
            private_handshake: true,
            past_epochs: match self {
                Self::OpenMls | Self::Necturus => 0,
                _ => PAST_EPOCHS,
            },
            out_of_order: OUT_OF_ORDER,
        };
        match self {
            Self::OpenMls | Self::OpenMlsPastEpochs => {
                Box::new(OpenMlsMember::new(&settings).unwrap())
            }
            Self::MlsRs => Box::new(MlsRsMember::new(&settings).unwrap()),
            Self::Necturus | Self::NecturusPastEpochs => {
                Box::new(NecturusMember::new(&settings).unwrap())
            }
        }
    }
}

/// Key packages of clients that are nobody, by one library for all.
pub fn key_packages(count: usize) -> Vec<Vec<u8>> {
    let key_package = |number| Who::MlsRs.member(&format!("nobody {number}")).key_package();
    (0..count)
        .map(key_package)
        .collect::<Result<_, _>>()
        .unwrap()
}

pub fn adds(key_packages: &[Vec<u8>]) -> Vec<Change> {
    key_packages.iter().cloned().map(Change::Add).collect()
}

pub struct Fixture {
    /// Made the group.
    pub alice: Box<dyn Member>,
    /// Another member.
    pub bob: Box<dyn Member>,
    /// Not in the group.
    pub carol: Box<dyn Member>,
    pub key_package: Vec<u8>,
    /// Alice's commits that follow, with either of them.
    pub update: Vec<u8>,
    pub add: Vec<u8>,
    /// That of the latter.
    pub welcome: Vec<u8>,
    pub group_info: Vec<u8>,
}

impl Fixture {
    /// Nobodies make it up to as many members.
    pub fn new(who: Who, nobodies: &[Vec<u8>]) -> Self {
        let mut alice = who.member("alice");
        alice.create(b"group").unwrap();
        let mut bob = who.member("bob");
        let mut changes = adds(nobodies);
        changes.push(Change::Add(bob.key_package().unwrap()));
        let committed = alice.commit(&changes, b"").unwrap();
        alice.merge().unwrap();
        bob.join(&committed.welcome.unwrap()).unwrap();
        for member in [&mut alice, &mut bob] {
            member.save().unwrap();
        }
        for _ in 0..3 {
            let commit = alice.commit(&[], b"").unwrap().commit;
            alice.merge().unwrap();
            alice.save().unwrap();
            bob.process(&commit).unwrap();
            bob.save().unwrap();
        }
        let mut carol = who.member("carol");
        let key_package = carol.key_package().unwrap();
        let change = Change::Add(key_package.clone());
        let added = alice.fork().unwrap().commit(&[change], b"").unwrap();
        let updated = alice.fork().unwrap().commit(&[], b"").unwrap();
        Self {
            update: updated.commit,
            add: added.commit,
            welcome: added.welcome.unwrap(),
            group_info: alice.group_info().unwrap(),
            alice,
            bob,
            carol,
            key_package,
        }
    }
}
