//! Clients with a keystore each, and the groups they are in.

use necturus::{
    mls::{
        CipherSuite, Credential, Group, GroupParameters, Identity, Invitation, KeyPackage,
        KeyPackageOptions, Proposal, Received, Rules, Settings,
    },
    pickle::PickleKey,
    store::{Keystore, MemoryBackend},
};

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
