//! A server that puts commits in order, and the clients around it.

extern crate alloc;

use alloc::collections::{BTreeMap, BTreeSet};

use necturus::{
    mls::{
        CipherSuite, CommitMessages, Credential, ExternalJoin, Framing, Group, GroupError,
        GroupParameters, Invitation, Proposal, ReceiveError, Received,
    },
    store::StoreError,
};

use super::party::{Outcome, Party, ROOM};
use crate::common::{mls::rules, rng::SeededRng};

/// Members that a group grows to.
const LARGE: usize = 8;

struct Text {
    from: usize,
    bytes: Vec<u8>,
    plaintext: [u8; 16],
    /// Those who were members.
    to: BTreeSet<usize>,
    read: BTreeSet<usize>,
    /// Who may still get it, once or more.
    on_the_way: Vec<usize>,
}

pub(crate) struct World {
    rng: SeededRng,
    suite: CipherSuite,
    parties: Vec<Party>,
    /// The commit that was accepted in each epoch.
    commits: BTreeMap<u64, Vec<u8>>,
    /// What was sent in each epoch, and by whom.
    proposals: BTreeMap<u64, Vec<(usize, Vec<u8>)>>,
    epoch: u64,
    group_info: Vec<u8>,
    texts: Vec<Text>,
}

impl World {
    pub(crate) fn new(schedule: u64) -> Self {
        let mut rng = SeededRng::new(schedule);
        let suite = match rng.below(3) {
            0 => CipherSuite::X25519Aes128Gcm,
            1 => CipherSuite::X25519ChaCha20Poly1305,
            _ => CipherSuite::P256Aes128Gcm,
        };
        let mut world = Self {
            rng,
            suite,
            parties: Vec::new(),
            commits: BTreeMap::new(),
            proposals: BTreeMap::new(),
            epoch: 0,
            group_info: Vec::new(),
            texts: Vec::new(),
        };
        let first = world.party();
        let party = &mut world.parties[first];
        let parameters = GroupParameters::default()
            .id(ROOM)
            .settings(party.settings.clone());
        let (identity, rng) = (party.identity(), &mut party.rng);
        let group =
            Group::create_with(rng, &mut party.keystore, identity, &parameters, rules()).unwrap();
        party.group = Some(group);
        world.publish(first);
        world
    }

    fn party(&mut self) -> usize {
        let number = self.parties.len();
        let mut party = Party::new(number.to_string(), self.suite, &mut self.rng);
        if self.rng.below(2) == 0 {
            party.settings = party.settings.framing(Framing::Public);
        }
        self.parties.push(party);
        number
    }

    fn named(credential: &Credential) -> usize {
        let Credential::Basic(name) = credential else {
            panic!("{credential:?}")
        };
        str::from_utf8(name).unwrap().parse().unwrap()
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.rng.below(one_in) == 0
    }

    fn any_of(&mut self, parties: &[usize]) -> Option<usize> {
        let count = u64::try_from(parties.len()).unwrap();
        let at = (count > 0).then(|| self.rng.below(count))?;
        Some(parties[usize::try_from(at).unwrap()])
    }

    fn with_group(&self) -> Vec<usize> {
        let all = 0..self.parties.len();
        all.filter(|who| self.parties[*who].group.is_some())
            .collect()
    }

    /// Whether somebody is a member in the newest epoch.
    fn is_current(&self, who: usize) -> bool {
        let party = &self.parties[who];
        party.group.as_ref().is_some_and(|group| {
            group.epoch() == self.epoch && group.is_active().unwrap() && !party.forked
        })
    }

    fn publish(&mut self, who: usize) {
        self.group_info = self.parties[who].group().group_info().unwrap();
    }

    /// All who are up to date are in one group.
    pub(crate) fn check(&self) {
        let mut current = self.with_group();
        current.retain(|who| self.is_current(*who));
        let groups = current.iter().map(|who| self.parties[*who].group());
        let groups: Vec<&Group> = groups.collect();
        for pair in groups.windows(2) {
            let [one, other] = [pair[0], pair[1]];
            assert_eq!(one.members().unwrap(), other.members().unwrap());
            assert_eq!(
                one.epoch_authenticator().unwrap(),
                other.epoch_authenticator().unwrap()
            );
            assert_eq!(one.extensions().unwrap(), other.extensions().unwrap());
            let secret = |group: &Group| group.export_secret("label", b"", 32).unwrap();
            assert_eq!(*secret(one), *secret(other));
        }
    }

    pub(crate) fn step(&mut self) {
        let members = self.with_group();
        let who = self.any_of(&members).unwrap();
        match self.rng.below(14) {
            0..=2 => self.catch_up_one(who),
            3 | 4 => self.commit(who),
            5 => self.propose(who),
            6..=8 => self.send(who),
            9..=11 => self.deliver(),
            12 => self.restart(who),
            _ => self.lose(who),
        }
    }

    /// Everybody gets all commits.
    pub(crate) fn catch_up(&mut self) {
        // Whoever joins again moves the others on.
        for _ in 0..3 {
            for who in 0..self.parties.len() {
                self.catch_up_one(who);
            }
        }
        for who in self.with_group() {
            assert!(self.is_current(who), "{who}");
        }
    }

    fn catch_up_one(&mut self, who: usize) {
        while let Some(group) = &self.parties[who].group {
            let epoch = group.epoch();
            if !group.is_active().unwrap() {
                return self.parties[who].delete_group();
            }
            if self.parties[who].forked {
                if !self.goes_back(who) {
                    self.parties[who].delete_group();
                    return self.join_again(who);
                }
                continue;
            }
            if !self.takes_proposals(who, epoch) {
                continue;
            }
            let Some(commit) = self.commits.get(&epoch) else {
                return;
            };
            let followed = self.parties[who].attempt(|group, keystore, rng| {
                match group.receive_with(rng, keystore, commit) {
                    Ok(Received::OwnPendingCommit) => group.merge_pending_with(rng, keystore),
                    Ok(Received::Commit(commit)) => group.merge_with(rng, keystore, commit),
                    Err(ReceiveError::Store(error)) => Err(error.into()),
                    other => panic!("{other:?}"),
                }
            });
            assert!(!matches!(followed, Outcome::Refused(_)));
        }
    }

    fn goes_back(&mut self, who: usize) -> bool {
        let party = &mut self.parties[who];
        let epoch = party.group().epoch();
        if party.goes_back {
            let back = party.attempt(|group, keystore, rng| group.roll_back_with(rng, keystore));
            assert!(!matches!(back, Outcome::Refused(_)));
            if party.group().epoch() < epoch {
                party.forked = false;
                // What was proposed in between is gone.
                party.seen.clear();
            }
        }
        party.goes_back
    }

    /// Whether nothing came in between.
    fn takes_proposals(&mut self, who: usize, epoch: u64) -> bool {
        let party = &mut self.parties[who];
        for (from, proposal) in self.proposals.get(&epoch).into_iter().flatten() {
            if *from == who || party.seen.contains(proposal) {
                continue;
            }
            let taken = party.attempt(|group, keystore, rng| {
                match group.receive_with(rng, keystore, proposal) {
                    Ok(Received::Proposal(proposal)) => {
                        group.accept_proposal_with(rng, keystore, proposal)
                    }
                    // We died behind it.
                    Err(ReceiveError::KeyGone) => Ok(()),
                    Err(ReceiveError::Store(error)) => Err(error.into()),
                    other => panic!("{other:?}"),
                }
            });
            match taken {
                Outcome::Done(()) => party.seen.insert(proposal.clone()),
                Outcome::Interrupted => return false,
                Outcome::Refused(error) => panic!("{error}"),
            };
        }
        true
    }

    /// Adds, removes, updates: what a commit or a proposal may be.
    fn change(&mut self, who: usize) -> Option<Proposal> {
        let members = self.parties[who].group().members().unwrap();
        match self.rng.below(6) {
            0 | 1 if members.len() < LARGE => {
                let mut outside: Vec<usize> = (0..self.parties.len()).collect();
                outside.retain(|who| self.parties[*who].group.is_none());
                let known = self.any_of(&outside).filter(|_| self.chance(2));
                let newcomer = known.unwrap_or_else(|| self.party());
                Some(Proposal::Add(self.parties[newcomer].key_package()))
            }
            2 if members.len() > 2 => {
                let leaves: Vec<u32> = members.iter().map(|member| member.leaf).collect();
                let at = self.rng.below(u64::try_from(leaves.len()).unwrap());
                let leaf = leaves[usize::try_from(at).unwrap()];
                (leaf != self.parties[who].group().own_leaf()).then_some(Proposal::Remove(leaf))
            }
            3 => Some(Proposal::Update),
            _ => None,
        }
    }

    /// Whether a commit of this epoch would still be accepted.
    fn is_open(&self, epoch: u64) -> bool {
        epoch == self.epoch && !self.commits.contains_key(&epoch)
    }

    fn commit(&mut self, who: usize) {
        if self.chance(2) {
            self.catch_up_one(who);
        }
        let party = &self.parties[who];
        let Some(group) = party.group.as_ref() else {
            return;
        };
        if party.forked || !group.is_active().unwrap() {
            return;
        }
        let epoch = group.epoch();
        if group.pending_commit().unwrap().is_some() {
            // It lost, or we died before we sent it.
            let sent = group.pending_messages(&party.keystore).unwrap().unwrap();
            if self.is_open(epoch) && self.chance(2) {
                self.accept(who, &sent);
            } else {
                self.discard(who);
            }
            return;
        }
        let changes: Vec<Proposal> = [(); 2].iter().filter_map(|()| self.change(who)).collect();
        let next = self.chance(6).then(|| self.parties[who].identity());
        let made = self.parties[who].attempt(|group, keystore, rng| match &next {
            Some(next) => group.change_identity_with(rng, keystore, next, b"data"),
            None => group.commit_with(rng, keystore, &changes, b"data"),
        });
        match made {
            Outcome::Done(sent) if self.is_open(epoch) && !self.chance(6) => {
                self.accept(who, &sent);
            }
            Outcome::Done(_) => match self.rng.below(3) {
                0 if self.is_open(epoch) && self.has_a_way_back(who) => self.merge_too_early(who),
                1 => self.discard(who),
                _ => {}
            },
            Outcome::Interrupted => {}
            // Of one client twice, or of one that waits to be removed.
            Outcome::Refused(
                GroupError::DuplicateKey | GroupError::UnknownMember | GroupError::InvalidProposals,
            ) => {}
            Outcome::Refused(error) => panic!("{error}"),
        }
    }

    /// Alone, whoever forks and cannot go back has lost the group.
    fn has_a_way_back(&self, who: usize) -> bool {
        let mut others = (0..self.parties.len()).filter(|other| *other != who);
        self.parties[who].goes_back || others.any(|other| self.is_current(other))
    }

    fn discard(&mut self, who: usize) {
        let discarded = self.parties[who]
            .attempt(|group, keystore, rng| group.discard_pending_with(rng, keystore));
        assert!(!matches!(discarded, Outcome::Refused(_)));
    }

    fn merge_too_early(&mut self, who: usize) {
        let party = &mut self.parties[who];
        let epoch = party.group().epoch();
        let merged = party.attempt(|group, keystore, rng| group.merge_pending_with(rng, keystore));
        assert!(!matches!(merged, Outcome::Refused(_)));
        party.forked = party.group().epoch() > epoch;
    }

    /// The server takes this commit, and gives its Welcome out.
    fn accept(&mut self, who: usize, sent: &CommitMessages) {
        self.commits.insert(self.epoch, sent.commit.clone());
        self.epoch += 1;
        let effect = self.parties[who].group().pending_commit().unwrap().unwrap();
        for new in &effect.added {
            let party = &mut self.parties[Self::named(&new.credential)];
            if party.group.is_some() {
                // It has not noticed yet that it was removed.
                party.delete_group();
            }
            let (rng, welcome) = (&mut party.rng, sent.welcome.as_ref().unwrap());
            let settings = party.settings.clone();
            let joined =
                Invitation::open_with(rng, &party.keystore, welcome, None, settings, rules())
                    .unwrap()
                    .accept_with(rng, &mut party.keystore)
                    .unwrap();
            party.forget();
            party.group = Some(joined);
        }
        self.catch_up_one(who);
        let informed = (0..self.parties.len()).find(|who| self.is_current(*who));
        self.publish(informed.unwrap());
    }

    fn propose(&mut self, who: usize) {
        if !self.is_current(who) || !self.is_open(self.epoch) {
            return;
        }
        let change = match self.chance(3) {
            true => Some(Proposal::SelfRemove),
            false => self.change(who),
        };
        let Some(change) = change else { return };
        let proposed = self.parties[who]
            .attempt(|group, keystore, rng| group.propose_with(rng, keystore, &change, b""));
        match proposed {
            Outcome::Done(message) => {
                let sent = self.proposals.entry(self.epoch).or_default();
                sent.push((who, message));
            }
            Outcome::Interrupted | Outcome::Refused(GroupError::PendingCommit) => {}
            Outcome::Refused(error) => panic!("{error}"),
        }
    }

    fn send(&mut self, who: usize) {
        let party = &mut self.parties[who];
        if party.forked || !party.group().is_active().unwrap() {
            return;
        }
        let plaintext = self.rng.bytes::<16>();
        let sent = party
            .attempt(|group, keystore, rng| group.encrypt_with(rng, keystore, &plaintext, b"data"));
        match sent {
            Outcome::Done(bytes) => {
                let members = party.group().members().unwrap();
                let to = members.iter().map(|member| Self::named(&member.credential));
                let mut on_the_way: Vec<usize> = (0..self.parties.len()).collect();
                on_the_way.retain(|reader| *reader != who);
                if self.chance(4) {
                    on_the_way.extend(on_the_way.clone());
                }
                self.texts.push(Text {
                    from: who,
                    bytes,
                    plaintext,
                    to: to.filter(|reader| *reader != who).collect(),
                    read: BTreeSet::new(),
                    on_the_way,
                });
            }
            Outcome::Interrupted | Outcome::Refused(GroupError::PendingProposals) => {}
            Outcome::Refused(error) => panic!("{error}"),
        }
    }

    /// One of the newest texts gets to somebody.
    fn deliver(&mut self) {
        let recent = self.rng.below(10);
        let at = self
            .texts
            .len()
            .checked_sub(1 + usize::try_from(recent).unwrap());
        let Some(at) = at else { return };
        let count = u64::try_from(self.texts[at].on_the_way.len()).unwrap();
        if count == 0 {
            return;
        }
        let next = usize::try_from(self.rng.below(count)).unwrap();
        let who = self.texts[at].on_the_way.remove(next);
        let (text, party) = (&mut self.texts[at], &mut self.parties[who]);
        let Some(group) = party.group.as_ref() else {
            return;
        };
        if party.forked || !group.is_active().unwrap() {
            return;
        }
        let received = party.attempt(|group, keystore, rng| {
            match group.receive_with(rng, keystore, &text.bytes) {
                Err(ReceiveError::Store(error)) => Err(error.into()),
                received => Ok(received),
            }
        });
        match received {
            Outcome::Done(Ok(Received::Message(message))) => {
                assert_eq!(message.plaintext, text.plaintext);
                assert_eq!(Self::named(&message.credential), text.from);
                assert!(text.to.contains(&who), "{who} was no member");
                assert!(text.read.insert(who), "{who} read it twice");
            }
            // It comes again, when the commit that is missing has come.
            Outcome::Interrupted | Outcome::Done(Err(ReceiveError::FutureEpoch { .. })) => {
                text.on_the_way.push(who);
            }
            Outcome::Done(Err(
                ReceiveError::PastEpoch { .. }
                | ReceiveError::KeyGone
                | ReceiveError::Undecryptable,
            )) => {}
            Outcome::Done(other) => panic!("{other:?}"),
            Outcome::Refused(error) => panic!("{error}"),
        }
    }

    /// A new process finds what the old one had, and the old one goes no further.
    fn restart(&mut self, who: usize) {
        let party = &mut self.parties[who];
        let mut before = party.restart().unwrap();
        let sent =
            party.attempt(|group, keystore, rng| group.encrypt_with(rng, keystore, b"", b""));
        let Outcome::Done(_) = sent else { return };
        let stale = before.encrypt_with(&mut party.rng, &mut party.keystore, b"", b"");
        assert!(matches!(stale, Err(GroupError::Store(StoreError::Stale))));
    }

    /// Somebody loses the group or all it has, and joins from outside.
    fn lose(&mut self, who: usize) {
        let mut others = (0..self.parties.len()).filter(|other| *other != who);
        if !others.any(|other| self.is_current(other)) || !self.chance(4) {
            return;
        }
        match self.chance(2) {
            true => self.parties[who].lose_everything(),
            false => self.parties[who].delete_group(),
        }
        self.join_again(who);
    }

    fn join_again(&mut self, who: usize) {
        if !self.is_open(self.epoch) {
            return;
        }
        let loses = self.chance(5);
        let party = &mut self.parties[who];
        let identity = party.identity();
        let join = ExternalJoin::default().settings(party.settings.clone());
        let (group, commit) = Group::join_external_with(
            &mut party.rng,
            &mut party.keystore,
            identity,
            &self.group_info,
            None,
            &join,
            rules(),
        )
        .unwrap();
        if loses {
            return party.delete_group();
        }
        party.group = Some(group);
        self.commits.insert(self.epoch, commit);
        self.epoch += 1;
        self.publish(who);
    }
}
