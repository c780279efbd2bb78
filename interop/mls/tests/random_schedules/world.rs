//! A group with members of three libraries, and a server that hands on bytes.

use std::collections::{BTreeMap, BTreeSet};

use necturus_interop_mls::{
    member::{Agreed, Change, Member, Received, Settings},
    mls_rs::MlsRsMember,
    necturus::NecturusMember,
    openmls::OpenMlsMember,
};
use proptest::sample::Index;

use super::act::{Act, Intent, Kind, Newcomer};

const GROUP: &[u8] = b"group";
const MOST_MEMBERS: usize = 8;
/// No sender has more messages under way than this: two for every act.
const OUT_OF_ORDER: u32 = 12;

/// A client, in the group or not.
struct Somebody {
    name: Vec<u8>,
    kind: Kind,
    member: Box<dyn Member>,
    /// The first epoch that it is, or was, in.
    since: u64,
    /// The first one after it, for one who was removed.
    until: u64,
}

/// An application message under way.
struct Message {
    sender: Vec<u8>,
    leaf: u32,
    epoch: u64,
    bytes: Vec<u8>,
    plaintext: Vec<u8>,
}

pub struct World {
    suite: u16,
    without_mls_rs: bool,
    made: usize,
    members: Vec<Somebody>,
    removed: Vec<Somebody>,
    extension: Option<Vec<u8>>,
    leaves: BTreeMap<Vec<u8>, u32>,
    epoch: u64,
    sent: usize,
    late: Vec<Message>,
}

/// What a commit is going to do, in the server's words.
#[derive(Default)]
struct Plan {
    joining: Vec<Somebody>,
    leaving: BTreeSet<Vec<u8>>,
    /// Whose leaf a proposal is about already: one is enough.
    touched: BTreeSet<Vec<u8>>,
    psk: bool,
    extension: Option<Vec<u8>>,
}

fn member(kind: Kind, settings: &Settings) -> Box<dyn Member> {
    match kind {
        Kind::Necturus => Box::new(NecturusMember::new(settings).unwrap()),
        Kind::MlsRs => Box::new(MlsRsMember::new(settings).unwrap()),
        Kind::OpenMls => Box::new(OpenMlsMember::new(settings).unwrap()),
    }
}

impl World {
    /// Without mls-rs, openmls stands in for it.
    pub fn new(suite: u16, without_mls_rs: bool, creator: &Newcomer) -> Self {
        let mut world = Self {
            suite,
            without_mls_rs,
            made: 0,
            members: Vec::new(),
            removed: Vec::new(),
            extension: None,
            leaves: BTreeMap::new(),
            epoch: 0,
            sent: 0,
            late: Vec::new(),
        };
        let mut creator = world.newcomer(creator);
        creator.member.create(GROUP).unwrap();
        world.members.push(creator);
        world.all_agree();
        world
    }

    pub fn act(&mut self, act: &Act) {
        let late = core::mem::take(&mut self.late);
        match act {
            Act::Commit {
                by,
                proposed,
                by_value,
                rival,
            } => self.commit(by.index(self.members.len()), proposed, by_value, *rival),
            Act::JoinExternally {
                newcomer,
                lost,
                info_of,
                psk,
            } => self.join_externally(newcomer, *lost, *info_of, *psk),
            Act::Talk {
                senders,
                order,
                late,
            } => self.talk(senders, order, late),
            Act::Reload(who) => {
                let who = who.index(self.members.len());
                self.members[who].member.save().unwrap();
                self.members[who].member.load().unwrap();
            }
        }
        for message in late {
            self.read(&message);
        }
    }

    fn newcomer(&mut self, newcomer: &Newcomer) -> Somebody {
        if newcomer.again && !self.removed.is_empty() {
            return self.removed.remove(0);
        }
        let name = format!("member {}", self.made).into_bytes();
        self.made += 1;
        let settings = Settings {
            name: name.clone(),
            suite: self.suite,
            private_handshake: newcomer.private_handshake,
            past_epochs: 1,
            out_of_order: OUT_OF_ORDER,
        };
        let kind = match newcomer.kind {
            Kind::MlsRs if self.without_mls_rs => Kind::OpenMls,
            kind => kind,
        };
        Somebody {
            name,
            kind,
            member: member(kind, &settings),
            since: 0,
            until: 0,
        }
    }

    /// The change that somebody's intent comes to, if nothing stands against it.
    fn change(
        &mut self,
        plan: &mut Plan,
        committer: usize,
        sender: usize,
        intent: &Intent,
    ) -> Option<Change> {
        let of = |world: &Self, who: usize| world.members[who].name.clone();
        let about = match intent {
            Intent::Add(newcomer) => {
                if self.members.len() + plan.joining.len() >= MOST_MEMBERS {
                    return None;
                }
                let mut newcomer = self.newcomer(newcomer);
                let key_package = newcomer.member.key_package().unwrap();
                plan.joining.push(newcomer);
                return Some(Change::Add(key_package));
            }
            Intent::Psk => {
                return (!core::mem::replace(&mut plan.psk, true)).then_some(Change::Psk);
            }
            Intent::Extension(value) => {
                if plan.extension.is_some() {
                    return None;
                }
                plan.extension = Some(value.clone());
                return Some(Change::Extension(value.clone()));
            }
            Intent::Remove(whom) => whom.index(self.members.len()),
            Intent::Leave | Intent::Update => sender,
            Intent::SelfRemove => {
                let no_mls_rs = self.members.iter().all(|of| of.kind != Kind::MlsRs);
                if !no_mls_rs || self.members[sender].kind != Kind::Necturus {
                    return None;
                }
                sender
            }
        };
        if about == committer || !plan.touched.insert(of(self, about)) {
            return None;
        }
        if let Intent::Update = intent {
            return Some(Change::Update);
        }
        plan.leaving.insert(of(self, about));
        if let Intent::SelfRemove = intent {
            return Some(Change::SelfRemove);
        }
        Some(Change::Remove(self.leaves[&of(self, about)]))
    }

    fn commit(
        &mut self,
        by: usize,
        proposed: &[(Index, Intent)],
        by_value: &[Intent],
        rival: Option<Index>,
    ) {
        let mut plan = Plan::default();
        for (number, (sender, intent)) in proposed.iter().enumerate() {
            let sender = sender.index(self.members.len());
            let Some(change) = self.change(&mut plan, by, sender, intent) else {
                continue;
            };
            let data = [number as u8];
            let proposal = self.members[sender].member.propose(&change, &data).unwrap();
            self.others(sender, |other| {
                assert_eq!(other.process(&proposal).unwrap(), Received::Proposal);
            });
        }
        let changes: Vec<_> = by_value
            .iter()
            .filter_map(|intent| self.change(&mut plan, by, by, intent))
            .collect();
        if let Some(rival) = rival.map(|rival| rival.index(self.members.len())) {
            let about_rival = plan.touched.contains(&self.members[rival].name);
            if rival != by && !about_rival {
                self.members[rival].member.commit(&[], b"too late").unwrap();
            }
        }
        let committer = &mut self.members[by].member;
        let committed = committer.commit(&changes, b"commit").unwrap();
        committer.merge().unwrap();
        self.hand_on(by, &committed.commit, &plan.leaving);
        assert_eq!(committed.welcome.is_some(), !plan.joining.is_empty());
        for mut newcomer in plan.joining {
            let welcome = committed.welcome.as_ref().unwrap();
            newcomer.member.join(welcome).unwrap();
            newcomer.since = self.epoch + 1;
            self.members.push(newcomer);
        }
        if plan.extension.is_some() {
            self.extension = plan.extension;
        }
        self.all_agree();
        self.removed_are_out(&committed.commit);
    }

    fn join_externally(
        &mut self,
        newcomer: &Newcomer,
        lost: Option<Index>,
        info_of: Index,
        psk: bool,
    ) {
        // Somebody else must be left to ask.
        let lost = lost.filter(|_| self.members.len() > 1);
        let (mut joining, instead_of) = if let Some(lost) = lost {
            let lost = self.members.remove(lost.index(self.members.len()));
            let leaf = self.leaves[&lost.name];
            (lost, Some(leaf))
        } else if self.members.len() < MOST_MEMBERS {
            (self.newcomer(newcomer), None)
        } else {
            return;
        };
        let info_of = info_of.index(self.members.len());
        let info = self.members[info_of].member.group_info().unwrap();
        let commit = joining
            .member
            .join_externally(&info, instead_of, psk, b"external")
            .unwrap();
        joining.since = self.epoch + 1;
        self.members.push(joining);
        self.hand_on(self.members.len() - 1, &commit, &BTreeSet::new());
        self.all_agree();
        self.removed_are_out(&commit);
    }

    fn others(&mut self, than: usize, mut what: impl FnMut(&mut dyn Member)) {
        for (number, other) in self.members.iter_mut().enumerate() {
            if number != than {
                what(other.member.as_mut());
            }
        }
    }

    /// Hands a commit to all but its sender; those who leave are gone then.
    fn hand_on(&mut self, sender: usize, commit: &[u8], leaving: &BTreeSet<Vec<u8>>) {
        let sender = self.members[sender].name.clone();
        for mut somebody in core::mem::take(&mut self.members) {
            let removed_me = leaving.contains(&somebody.name);
            if somebody.name != sender {
                let received = somebody.member.process(commit).unwrap();
                assert_eq!(received, Received::Commit { removed_me });
            }
            if removed_me {
                somebody.until = self.epoch + 1;
                self.removed.push(somebody);
            } else {
                self.members.push(somebody);
            }
        }
    }

    fn all_agree(&mut self) {
        let agreed: Vec<_> = self
            .members
            .iter()
            .map(|somebody| somebody.member.agreed().unwrap())
            .collect();
        for other in &agreed {
            assert_eq!(other, &agreed[0]);
        }
        let Agreed {
            group_id,
            epoch,
            members,
            extension,
            ..
        } = &agreed[0];
        assert_eq!(group_id, GROUP);
        assert_eq!(extension, &self.extension);
        self.epoch = *epoch;
        self.leaves = members
            .iter()
            .map(|(leaf, name)| (name.clone(), *leaf))
            .collect();
        assert_eq!(members.len(), self.leaves.len());
        let names: BTreeSet<_> = self.members.iter().map(|somebody| &somebody.name).collect();
        assert_eq!(self.leaves.keys().collect::<BTreeSet<_>>(), names);
    }

    /// Who was removed reads neither the commit again nor what comes after it.
    fn removed_are_out(&mut self, commit: &[u8]) {
        let message = self.message(0);
        for somebody in &mut self.removed {
            // mls-rs stays before the commit that removes it, and says so again.
            if let Ok(received) = somebody.member.process(commit) {
                assert_eq!(received, Received::Commit { removed_me: true });
            }
            assert!(somebody.member.process(&message.bytes).is_err());
        }
        self.read(&message);
    }

    fn message(&mut self, sender: usize) -> Message {
        self.sent += 1;
        let plaintext = format!("message {}", self.sent).into_bytes();
        let sender = &mut self.members[sender];
        Message {
            sender: sender.name.clone(),
            leaf: self.leaves[&sender.name],
            epoch: self.epoch,
            bytes: sender.member.encrypt(&plaintext, b"beside").unwrap(),
            plaintext,
        }
    }

    fn talk(&mut self, senders: &[Index], order: &[Index], late: &[Index]) {
        let mut messages = Vec::new();
        for sender in senders {
            let sender = sender.index(self.members.len());
            for _ in 0..2 {
                messages.push(self.message(sender));
            }
        }
        for place in late {
            if !messages.is_empty() {
                let message = messages.remove(place.index(messages.len()));
                self.late.push(message);
            }
        }
        for (number, place) in order.iter().enumerate().take(messages.len()) {
            let place = place.index(messages.len());
            messages.swap(number, place);
        }
        for message in &messages {
            self.read(message);
        }
    }

    /// Everybody reads it who should, once; nobody else can, nor once more.
    fn read(&mut self, message: &Message) {
        let expected = Received::Application {
            sender: message.leaf,
            authenticated_data: b"beside".to_vec(),
            plaintext: message.plaintext.clone(),
        };
        let mut forged = message.bytes.clone();
        if let Some(last) = forged.last_mut() {
            *last ^= 1;
        }
        for reader in &mut self.members {
            if reader.name == message.sender {
                continue;
            }
            // mls-rs uses up the key of a message that does not decrypt.
            if reader.kind != Kind::MlsRs {
                assert!(reader.member.process(&forged).is_err());
            }
            let received = reader.member.process(&message.bytes);
            if message.epoch < reader.since {
                assert!(received.is_err());
            } else if self.leaves.get(&message.sender) == Some(&message.leaf) {
                assert_eq!(received.unwrap(), expected);
            } // Of one who left, or sits elsewhere now, mls-rs reads no late message.
            assert!(reader.member.process(&message.bytes).is_err());
        }
        for somebody in &mut self.removed {
            if message.epoch < somebody.since || message.epoch >= somebody.until {
                assert!(somebody.member.process(&message.bytes).is_err());
            }
        }
    }
}
