//! A call of three whose frames are encrypted by SFrame under keys of an MLS group
//! (RFC 9605, section 5.2). One is removed, and can open no later frame.

use necturus::{
    media::sframe::{BaseKey, CipherSuite as FrameSuite, MLS_EXPORTER_LABEL, MlsKeys, Replay},
    mls::{
        CipherSuite, Credential, Group, GroupParameters, Identity, Invitation, KeyPackage,
        KeyPackageOptions, Proposal, Received, Rules, Settings,
    },
    pickle::PickleKey,
    store::{Keystore, MemoryBackend},
};

type Result<T> = core::result::Result<T, Box<dyn core::error::Error>>;

const SUITE: CipherSuite = CipherSuite::X25519Aes128Gcm;
const FRAMES: FrameSuite = FrameSuite::Aes128GcmSha256_128;
/// How many bits of the epoch a frame says: the application's choice.
const EPOCH_BITS: u8 = 4;

/// Somebody in the call.
struct Caller {
    name: &'static str,
    store: Keystore,
    group: Group,
    keys: MlsKeys,
}

impl Caller {
    fn new(name: &'static str, store: Keystore, group: Group) -> Result<Self> {
        let keys = MlsKeys::new(FRAMES, EPOCH_BITS, Replay::Refuse)?;
        let mut this = Self {
            name,
            store,
            group,
            keys,
        };
        this.enter_epoch()?;
        Ok(this)
    }

    /// The keys of the epoch that the group is in.
    fn enter_epoch(&mut self) -> Result<()> {
        let secret = self
            .group
            .export_secret(MLS_EXPORTER_LABEL, b"", FRAMES.key_length())?;
        let base = BaseKey::from_mls_exporter(FRAMES, &secret)?;
        let (epoch, leaves) = (self.group.epoch(), self.group.leaf_count()?);
        Ok(self
            .keys
            .add_epoch(base, epoch, leaves, self.group.own_leaf())?)
    }

    fn hear(&mut self, frame: &[u8]) -> Result<String> {
        let mut frame = frame.to_vec();
        let from = self.keys.decrypt(&mut frame, b"")?;
        let leaf = self.keys.leaf_of(&from).ok_or("an unknown epoch")?;
        Ok(format!(
            "{} hears leaf {leaf}: {}",
            self.name,
            String::from_utf8(frame)?
        ))
    }
}

fn client(name: &str) -> Result<(Keystore, Identity)> {
    let store = Keystore::open(MemoryBackend::new(), &PickleKey::from_bytes(&[7; 32]))?;
    Ok((
        store,
        Identity::new(SUITE, Credential::basic(name.as_bytes()))?,
    ))
}

fn main() -> Result<()> {
    let rules = Rules::accept_any_credential(); // who is who is not this example's matter
    let (mut store, identity) = client("alice")?;
    let mut group = Group::create(
        &mut store,
        identity,
        &GroupParameters::default(),
        rules.clone(),
    )?;
    let (mut joining, mut packages) = (Vec::new(), Vec::new());
    for name in ["bob", "carol"] {
        let (mut store, identity) = client(name)?;
        packages.push(Proposal::Add(KeyPackage::generate(
            &mut store,
            &identity,
            &KeyPackageOptions::default(),
        )?));
        joining.push((name, store));
    }
    let welcome = group
        .commit(&mut store, &packages, b"")?
        .welcome
        .ok_or("nobody was added")?;
    group.merge_pending(&mut store)?;
    let mut alice = Caller::new("alice", store, group)?;
    let mut others = Vec::new();
    for (name, mut store) in joining {
        let invitation =
            Invitation::open(&store, &welcome, None, Settings::default(), rules.clone())?;
        let group = invitation.accept(&mut store)?;
        others.push(Caller::new(name, store, group)?);
    }

    // Alice speaks: her frames cost no operation of the group.
    let mut sending = alice.keys.sending_key(0)?;
    let mut frame = b"hello, all".to_vec();
    sending.encrypt(&mut frame, b"")?;
    for caller in &mut others {
        println!("{}", caller.hear(&frame)?);
    }

    // She removes Carol, and everybody goes on to the keys of the next epoch.
    let [bob, carol] = others.as_mut_slice() else {
        return Err("two have joined".into());
    };
    let leaf = carol.group.own_leaf();
    let commit = alice
        .group
        .commit(&mut alice.store, &[Proposal::Remove(leaf)], b"")?
        .commit;
    alice.group.merge_pending(&mut alice.store)?;
    alice.enter_epoch()?;
    for caller in [&mut *bob, &mut *carol] {
        if let Received::Commit(commit) = caller.group.receive(&mut caller.store, &commit)? {
            caller.group.merge(&mut caller.store, commit)?;
        }
        match caller.enter_epoch() {
            Ok(()) => println!("{} has the new keys", caller.name),
            Err(error) => println!("{} has none: {error}", caller.name),
        }
    }
    let mut frame = b"she is gone".to_vec();
    alice.keys.sending_key(0)?.encrypt(&mut frame, b"")?;
    println!("{}", bob.hear(&frame)?);
    match carol.hear(&frame) {
        Err(error) => println!("carol: {error}"),
        Ok(_) => return Err("carol hears what is not for her".into()),
    }
    Ok(())
}
