//! Clients with a keystore each, and the groups they are in.

use necturus::{
    mls::{
        CipherSuite, Credential, Group, GroupError, GroupParameters, Identity, Invitation,
        KeyPackage, KeyPackageOptions, Proposal, Received, Rules, Settings,
    },
    pickle::PickleKey,
    store::{Keystore, MemoryBackend},
};

/// The suite of tests to which it does not matter.
pub const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;

/// A client, and what it keeps.
pub struct Client {
    pub name: String,
    pub suite: CipherSuite,
    pub keystore: Keystore,
}

impl Client {
    pub fn new(name: &str, suite: CipherSuite) -> Self {
        Self {
            name: name.into(),
            suite,
            keystore: Keystore::open(MemoryBackend::new(), &PickleKey::from_bytes(&[7; 32]))
                .unwrap(),
        }
    }

    pub fn identity(&self) -> Identity {
        Identity::new(self.suite, Credential::basic(self.name.as_bytes())).unwrap()
    }

    pub fn key_package(&mut self) -> KeyPackage {
        self.key_package_with(&KeyPackageOptions::default())
    }

    pub fn key_package_with(&mut self, options: &KeyPackageOptions) -> KeyPackage {
        let identity = self.identity();
        let package = KeyPackage::generate(&mut self.keystore, &identity, options).unwrap();
        KeyPackage::from_bytes(&package.to_bytes(), &rules()).unwrap()
    }

    pub fn create(&mut self, parameters: &GroupParameters) -> Group {
        let identity = self.identity();
        Group::create(&mut self.keystore, identity, parameters, rules()).unwrap()
    }

    pub fn join(&mut self, welcome: &[u8], settings: &Settings) -> Group {
        let settings = settings.clone();
        Invitation::open(&self.keystore, welcome, None, settings, rules())
            .unwrap()
            .accept(&mut self.keystore)
            .unwrap()
    }
}

pub fn rules() -> Rules {
    Rules::accept_any_credential()
}

/// Takes the commit of another's, and merges it.
pub fn follow(keystore: &mut Keystore, group: &mut Group, commit: &[u8]) {
    match group.receive(keystore, commit).unwrap() {
        Received::Commit(commit) => group.merge(keystore, commit).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// A group of `N` clients, the first of whom made it and added the others one by one.
pub fn group_of<const N: usize>(suite: CipherSuite, settings: &Settings) -> [(Client, Group); N] {
    let parameters = GroupParameters::default().settings(settings.clone());
    let mut members: Vec<(Client, Group)> = Vec::new();
    for number in 0..N {
        let mut client = Client::new(&format!("client {number}"), suite);
        let group = if members.is_empty() {
            client.create(&parameters)
        } else {
            let package = client.key_package();
            let (first, rest) = members.split_first_mut().unwrap();
            let add = [Proposal::Add(package)];
            let sent = first.1.commit(&mut first.0.keystore, &add, b"").unwrap();
            for (client, group) in rest {
                follow(&mut client.keystore, group, &sent.commit);
            }
            first.1.merge_pending(&mut first.0.keystore).unwrap();
            client.join(&sent.welcome.unwrap(), settings)
        };
        members.push((client, group));
    }
    members.try_into().ok().unwrap()
}

/// Who commits, and merges at once; the others follow.
pub fn commit_and_follow(
    members: &mut [(Client, Group)],
    who: usize,
    proposals: &[Proposal],
) -> Option<Vec<u8>> {
    let (client, group) = &mut members[who];
    let sent = group.commit(&mut client.keystore, proposals, b"").unwrap();
    group.merge_pending(&mut client.keystore).unwrap();
    for (number, (client, group)) in members.iter_mut().enumerate() {
        if number != who {
            follow(&mut client.keystore, group, &sent.commit);
        }
    }
    agree(members);
    sent.welcome
}

/// The first commits what waits, which removes this member.
pub fn commit_and_follow_without(members: &mut Vec<(Client, Group)>, who: usize, gone: usize) {
    let (client, group) = &mut members[who];
    let sent = group.commit(&mut client.keystore, &[], b"").unwrap();
    group.merge_pending(&mut client.keystore).unwrap();
    for (number, (client, group)) in members.iter_mut().enumerate() {
        if number != who {
            follow(&mut client.keystore, group, &sent.commit);
        }
    }
    let (mut client, mut group) = members.remove(gone);
    assert!(!group.is_active().unwrap());
    assert!(matches!(
        group.encrypt(&mut client.keystore, b"", b""),
        Err(GroupError::Evicted)
    ));
    assert!(matches!(
        group.export_secret("", b"", 32),
        Err(GroupError::Evicted)
    ));
    assert!(matches!(
        group.epoch_authenticator(),
        Err(GroupError::Evicted)
    ));
    assert!(matches!(group.group_info(), Err(GroupError::Evicted)));
    agree(members);
    talk(members);
}

pub fn agree(members: &[(Client, Group)]) {
    let [first, rest @ ..] = members else { return };
    for member in rest {
        assert_eq!(first.1.epoch(), member.1.epoch());
        assert_eq!(
            first.1.epoch_authenticator().unwrap(),
            member.1.epoch_authenticator().unwrap()
        );
        assert_eq!(first.1.members().unwrap(), member.1.members().unwrap());
        assert_eq!(
            first.1.extensions().unwrap(),
            member.1.extensions().unwrap()
        );
        let secrets =
            [first, member].map(|member| member.1.export_secret("label", b"context", 32).unwrap());
        assert_eq!(*secrets[0], *secrets[1]);
    }
}

/// Gives a proposal to the others, who accept it.
pub fn accept(members: &mut [(Client, Group)], from: usize, message: &[u8]) {
    for (number, (client, group)) in members.iter_mut().enumerate() {
        if number != from {
            let Received::Proposal(proposal) =
                group.receive(&mut client.keystore, message).unwrap()
            else {
                panic!("no proposal")
            };
            group
                .accept_proposal(&mut client.keystore, proposal)
                .unwrap();
        }
    }
}

pub fn propose(members: &mut [(Client, Group)], who: usize, proposal: &Proposal) {
    let (client, group) = &mut members[who];
    let message = group.propose(&mut client.keystore, proposal, b"").unwrap();
    accept(members, who, &message);
}

pub fn talk(members: &mut [(Client, Group)]) {
    for from in 0..members.len() {
        let (client, group) = &mut members[from];
        let text = format!("from {from}");
        let message = group
            .encrypt(&mut client.keystore, text.as_bytes(), b"")
            .unwrap();
        for (number, (client, group)) in members.iter_mut().enumerate() {
            let received = group.receive(&mut client.keystore, &message).unwrap();
            match received {
                Received::OwnMessage => assert_eq!(number, from),
                Received::Message(message) => assert_eq!(message.plaintext, text.as_bytes()),
                other => panic!("{other:?}"),
            }
        }
    }
}
