//! An MLS group as a Matrix room could be one (MSC4256): three members, one of whom
//! is removed, and reads nothing of what comes after.

use necturus::{
    mls::{
        Capabilities, CipherSuite, Credential, Extension, Group, GroupParameters, Identity,
        Invitation, KeyPackage, KeyPackageOptions, Proposal, Received, Rules, Settings,
    },
    pickle::PickleKey,
    store::{Keystore, MemoryBackend},
};

type Result<T> = core::result::Result<T, Box<dyn core::error::Error>>;

const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;
/// The extension in which the room's id stands.
const ROOM: u16 = 0xF6D0;

fn keystore() -> Result<Keystore> {
    Ok(Keystore::open(
        MemoryBackend::new(),
        &PickleKey::from_bytes(&[7; 32]),
    )?)
}

fn rules() -> Rules {
    // A client looks up whether the key is a device's of that user.
    Rules::new(
        |credential, _key| matches!(credential, Credential::Basic(id) if id.starts_with(b"@")),
    )
}

fn main() -> Result<()> {
    let (mut alice, mut bob, mut carol) = (keystore()?, keystore()?, keystore()?);
    let identity = Identity::new(SUITE, Credential::basic(b"@alice:example.org/PHONE"))?;
    let parameters = GroupParameters::default()
        .id(b"!room:example.org")
        .extension(Extension::new(ROOM, b"!room:example.org"));
    let mut room = Group::create(&mut alice, identity, &parameters, rules())?;

    // Bob and Carol have published key packages; Carol's is one of last resort.
    let options =
        KeyPackageOptions::default().capabilities(Capabilities::default().extension(ROOM));
    let mut packages = Vec::new();
    for (store, name) in [
        (&mut bob, "@bob:example.org/TV"),
        (&mut carol, "@carol:example.org/PC"),
    ] {
        let identity = Identity::new(SUITE, Credential::basic(name.as_bytes()))?;
        let options = options.clone().last_resort(name.starts_with("@carol"));
        let published = KeyPackage::generate(store, &identity, &options)?.to_bytes();
        packages.push(Proposal::Add(KeyPackage::from_bytes(&published, &rules())?));
    }

    // The commit's authenticated data says who is meant to be in the room.
    let sent = room.commit(&mut alice, &packages, b"{\"membership\":\"join\"}")?;
    room.merge_pending(&mut alice)?; // the server took it
    let welcome = sent.welcome.ok_or("nobody was added")?;
    let join = |store: &mut Keystore| -> Result<Group> {
        let invitation = Invitation::open(store, &welcome, None, Settings::default(), rules())?;
        println!("invited to {} members", invitation.members().len());
        Ok(invitation.accept(store)?)
    };
    let (mut his, mut hers) = (join(&mut bob)?, join(&mut carol)?);
    println!("safety number {}", room.safety_number()?);
    assert_eq!(room.safety_number()?, hers.safety_number()?);
    assert_eq!(
        *room.export_secret("room key", b"", 32)?,
        *his.export_secret("room key", b"", 32)?
    );

    let message = room.encrypt(&mut alice, b"hello, all", b"")?;
    for (group, store) in [(&mut his, &mut bob), (&mut hers, &mut carol)] {
        let Received::Message(read) = group.receive(store, &message)? else {
            return Err("no message".into());
        };
        println!(
            "leaf {} read: {}",
            group.own_leaf(),
            String::from_utf8_lossy(&read.plaintext)
        );
    }

    // Bob removes Carol.
    let sent = his.commit(
        &mut bob,
        &[Proposal::Remove(hers.own_leaf())],
        b"{\"membership\":\"leave\"}",
    )?;
    his.merge_pending(&mut bob)?;
    for (group, store) in [(&mut room, &mut alice), (&mut hers, &mut carol)] {
        if let Received::Commit(commit) = group.receive(store, &sent.commit)? {
            println!(
                "a commit that removes {} member",
                commit.effect().removed.len()
            );
            group.merge(store, commit)?;
        }
    }
    let message = his.encrypt(&mut bob, b"she is gone", b"")?;
    assert!(matches!(
        room.receive(&mut alice, &message)?,
        Received::Message(_)
    ));
    match hers.receive(&mut carol, &message) {
        Err(error) => println!("carol: {error}"),
        Ok(_) => return Err("carol reads what is not for her".into()),
    }
    Ok(())
}
