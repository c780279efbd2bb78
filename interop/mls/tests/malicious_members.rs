//! What a member makes that is wrong in one place is refused for what it is, changes
//! nothing, and keeps nobody from going on.

use necturus_interop_mls::{
    liar::{Liar, Lie, Told},
    member::{Change, Member, Settings},
    mls_rs::MlsRsMember,
    necturus::NecturusMember,
};

fn settings(name: &str, private_handshake: bool) -> Settings {
    Settings {
        name: name.into(),
        suite: 1,
        private_handshake,
        past_epochs: 1,
        out_of_order: 5,
    }
}

fn ours(name: &str) -> NecturusMember {
    NecturusMember::new(&settings(name, true)).unwrap()
}

/// Mallory made the group; Alice and Bob are in it, Carol is not.
struct World {
    told: Told,
    mallory: Box<dyn Member>,
    alice: NecturusMember,
    bob: NecturusMember,
    carol: NecturusMember,
}

const ALICE: u32 = 1;
/// Of a leaf that is not there.
const NOBODY: u32 = 77;

impl World {
    fn new(private_handshake: bool) -> Self {
        let told = Told::default();
        let mallory = settings("mallory", private_handshake);
        let mut world = Self {
            mallory: Box::new(MlsRsMember::with_crypto(&mallory, Liar::new(&told)).unwrap()),
            told,
            alice: ours("alice"),
            bob: ours("bob"),
            carol: ours("carol"),
        };
        world.mallory.create(b"group").unwrap();
        let changes = [&mut world.alice, &mut world.bob]
            .map(|member| Change::Add(member.key_package().unwrap()));
        let welcome = world
            .mallory
            .commit(&changes, b"")
            .unwrap()
            .welcome
            .unwrap();
        world.mallory.merge().unwrap();
        world.mallory.save().unwrap();
        world.alice.join(&welcome).unwrap();
        world.bob.join(&welcome).unwrap();
        world
    }

    /// What Mallory makes while it lies; it stays where it was.
    fn lie<T>(&self, lie: Lie, make: impl FnOnce(&mut dyn Member) -> T) -> T {
        let mut liar = self.mallory.fork().unwrap();
        *self.told.lock().unwrap() = Some(lie);
        let made = make(liar.as_mut());
        *self.told.lock().unwrap() = None;
        made
    }

    /// Alice and Bob say what is wrong, and are where they were.
    fn refuses(&mut self, message: &[u8], error: &str, what: &str) {
        for member in [&mut self.alice, &mut self.bob] {
            let before = member.agreed().unwrap();
            let refused = member.process(message).expect_err(what);
            assert_eq!(format!("{refused:?}"), error, "{what}");
            assert_eq!(member.agreed().unwrap(), before, "{what}");
        }
    }

    /// As if nothing had been: messages, a commit of either, and Carol comes in.
    fn goes_on(mut self, what: &str) {
        let message = self.mallory.encrypt(b"honest", b"").unwrap();
        self.alice.process(&message).expect(what);
        self.bob.process(&message).expect(what);
        let commit = self.mallory.commit(&[], b"").unwrap().commit;
        self.mallory.merge().unwrap();
        self.alice.process(&commit).expect(what);
        self.bob.process(&commit).expect(what);
        let change = Change::Add(self.carol.key_package().unwrap());
        let added = self.alice.commit(&[change], b"").expect(what);
        self.alice.merge().unwrap();
        self.bob.process(&added.commit).expect(what);
        self.mallory.process(&added.commit).expect(what);
        self.carol.join(&added.welcome.unwrap()).expect(what);
        let agreed = self.mallory.agreed().unwrap();
        for member in [self.alice, self.bob, self.carol] {
            assert_eq!(member.agreed().unwrap(), agreed, "{what}");
        }
    }
}

/// The lengths that a MAC of 32 bytes is cut to, and that with a bit flipped.
const MACS: [Option<usize>; 5] = [None, Some(0), Some(1), Some(16), Some(31)];

/// A lie, and what is said of it.
type Table = Vec<(Lie, &'static str)>;

fn signature() -> Table {
    vec![(Lie::Signature("FramedContentTBS"), "Inauthentic")]
}

fn confirmation() -> Table {
    MACS.map(|mac| (Lie::ConfirmationTag(mac), "WrongConfirmation"))
        .to_vec()
}

fn membership() -> Table {
    MACS.map(|mac| (Lie::MembershipTag(mac), "Inauthentic"))
        .to_vec()
}

fn path() -> Table {
    vec![
        (Lie::Signature("LeafNodeTBS"), "InvalidCommit"),
        (Lie::Encrypted("UpdatePathNode"), "InvalidCommit"),
        (Lie::ParentHash, "InvalidCommit"),
        (Lie::SmallOrder, "InvalidCommit"),
    ]
}

fn private_message() -> Table {
    vec![
        (Lie::Padding, "Undecryptable"),
        (Lie::Sender(NOBODY), "UnknownSender"),
        (Lie::Sender(u32::MAX), "UnknownSender"),
        (Lie::Generation(100_000), "TooFarAhead"),
        (Lie::Generation(u32::MAX), "TooFarAhead"),
    ]
}

#[test]
fn commits() {
    for private in [false, true] {
        let framing = if private {
            private_message()
        } else {
            membership()
        };
        let same_key = vec![(Lie::SameKey, "InvalidProposal")];
        let table = [signature(), confirmation(), path(), same_key, framing].concat();
        for (lie, error) in table {
            let what = format!("{lie:?}, private: {private}");
            let mut world = World::new(private);
            let commit = world.lie(lie, |liar| liar.commit(&[], b"").unwrap().commit);
            world.refuses(&commit, error, &what);
            world.goes_on(&what);
        }
    }
}

#[test]
fn proposals() {
    for private in [false, true] {
        let framing = if private {
            private_message()
        } else {
            membership()
        };
        let leaf = vec![
            (Lie::Signature("LeafNodeTBS"), "InvalidProposal"),
            (Lie::SmallOrder, "InvalidProposal"),
        ];
        for (lie, error) in [signature(), leaf, framing].concat() {
            let what = format!("{lie:?}, private: {private}");
            let mut world = World::new(private);
            let proposal = world.lie(lie, |liar| liar.propose(&Change::Update, b"").unwrap());
            world.refuses(&proposal, error, &what);
            world.goes_on(&what);
        }
    }
}

/// This shows beside the group alone, and there openmls looks when somebody commits: it
/// is left out.
#[test]
fn an_update_that_keeps_its_key() {
    let mut world = World::new(false);
    let update = |liar: &mut dyn Member| liar.propose(&Change::Update, b"").unwrap();
    let proposal = world.lie(Lie::SameKey, update);
    world.alice.process(&proposal).unwrap();
    let commit = world.alice.commit(&[], b"").unwrap().commit;
    world.alice.merge().unwrap();
    world.bob.process(&commit).unwrap();
    world.mallory.process(&commit).unwrap();
    world.goes_on("an update that keeps its key");
}

#[test]
fn application_messages() {
    for (lie, error) in [signature(), private_message()].concat() {
        let what = format!("{lie:?}");
        let mut world = World::new(true);
        let message = world.lie(lie, |liar| liar.encrypt(b"message", b"").unwrap());
        world.refuses(&message, error, &what);
        world.goes_on(&what);
    }
}

/// Alice only learns that it says to be hers.
#[test]
fn a_message_in_the_name_of_alice() {
    let mut world = World::new(true);
    let message = world.lie(Lie::Sender(ALICE), |liar| {
        liar.encrypt(b"message", b"").unwrap()
    });
    let refused = world.alice.process(&message).unwrap_err();
    assert_eq!(refused.to_string(), "of no use to a member");
    let refused = world.bob.process(&message).unwrap_err();
    assert_eq!(format!("{refused:?}"), "Undecryptable");
    world.goes_on("a message in the name of Alice");
}

/// Carol, who is asked in by a Welcome that is wrong, comes in by another.
#[test]
fn welcomes() {
    for (lie, error) in [
        (Lie::Signature("GroupInfoTBS"), "Inauthentic"),
        (Lie::Signature("LeafNodeTBS"), "InvalidTree"),
        (Lie::Encrypted("Welcome"), "Undecryptable"),
        (Lie::ConfirmationTag(None), "Inauthentic"),
        (Lie::ConfirmationTag(Some(0)), "Inauthentic"),
        (Lie::ConfirmationTag(Some(31)), "Inauthentic"),
        (Lie::ParentHash, "InvalidTree"),
    ] {
        let what = format!("{lie:?}");
        let mut world = World::new(true);
        let key_package = world.carol.key_package().unwrap();
        // The second change has the commit change keys.
        let changes = [Change::Add(key_package), Change::Remove(ALICE)];
        let welcome = |liar: &mut dyn Member| liar.commit(&changes, b"").unwrap().welcome.unwrap();
        let wrong = world.lie(lie, welcome);
        let refused = world.carol.join(&wrong).expect_err(&what);
        assert_eq!(format!("{refused:?}"), error, "{what}");
        assert!(world.carol.agreed().is_err(), "{what}");
        let right = welcome(world.mallory.fork().unwrap().as_mut());
        world.carol.join(&right).expect(&what);
    }
}

#[test]
fn key_packages() {
    for lie in [
        Lie::Signature("KeyPackageTBS"),
        Lie::Signature("LeafNodeTBS"),
        Lie::SameKey,
        Lie::SmallOrder,
    ] {
        let what = format!("{lie:?}");
        let mut world = World::new(true);
        let key_package = world.lie(lie, |liar| liar.key_package().unwrap());
        let refused = world.alice.propose(&Change::Add(key_package), b"");
        assert_eq!(format!("{:?}", refused.unwrap_err()), "Invalid", "{what}");
        world.goes_on(&what);
    }
}

/// One that Alice would not have taken herself.
#[test]
fn a_key_package_that_mallory_adds() {
    let mut world = World::new(true);
    let mallet = settings("mallet", true);
    let mut mallet = MlsRsMember::with_crypto(&mallet, Liar::new(&world.told)).unwrap();
    let key_package = world.lie(Lie::SmallOrder, |_| mallet.key_package().unwrap());
    let add = Change::Add(key_package);
    let proposal = world.lie(Lie::SmallOrder, |liar| liar.propose(&add, b"").unwrap());
    world.refuses(&proposal, "InvalidProposal", "proposed");
    let commit = world.lie(Lie::SmallOrder, |liar| liar.commit(&[add], b"").unwrap());
    world.refuses(&commit.commit, "InvalidProposal", "committed");
    world.goes_on("a key package that Mallory adds");
}

#[test]
fn external_joins() {
    let external_init = vec![(Lie::ExternalInit, "WrongConfirmation")];
    for (lie, error) in [signature(), confirmation(), path(), external_init].concat() {
        let what = format!("{lie:?}");
        let mut world = World::new(true);
        let info = world.alice.group_info().unwrap();
        let told = Told::default();
        let mut mallet =
            MlsRsMember::with_crypto(&settings("mallet", true), Liar::new(&told)).unwrap();
        *told.lock().unwrap() = Some(lie);
        let commit = mallet.join_externally(&info, None, false, b"").unwrap();
        world.refuses(&commit, error, &what);
        world.goes_on(&what);
    }
}

#[test]
fn a_group_info() {
    let lie = Lie::Signature("GroupInfoTBS");
    let mut world = World::new(true);
    let info = world.lie(lie, |liar| liar.group_info().unwrap());
    let refused = world.carol.join_externally(&info, None, false, b"");
    assert_eq!(format!("{:?}", refused.unwrap_err()), "Inauthentic");
    assert!(world.carol.agreed().is_err());
    world.goes_on("a wrong GroupInfo");
}
