//! The steps of a schedule. Members are named by an index that is taken modulo
//! how many there are when the step comes.

use proptest::{collection::vec, prelude::*, sample::Index};

/// Which library a member is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Necturus,
    MlsRs,
    OpenMls,
}

#[derive(Clone, Debug)]
pub struct Newcomer {
    pub kind: Kind,
    pub private_handshake: bool,
    /// One who was removed comes back, if there is one.
    pub again: bool,
}

#[derive(Clone, Debug)]
pub enum Intent {
    Add(Newcomer),
    Remove(Index),
    /// A removal of oneself; as a proposal only.
    Leave,
    /// By a self-remove, if all members have that.
    SelfRemove,
    Update,
    Psk,
    Extension(Vec<u8>),
}

#[derive(Clone, Debug)]
pub enum Act {
    /// A commit to proposals of others, and to changes by value. The rival has
    /// made one of its own when this one arrives.
    Commit {
        by: Index,
        proposed: Vec<(Index, Intent)>,
        by_value: Vec<Intent>,
        rival: Option<Index>,
    },
    /// Somebody joins without being asked: a newcomer, or a member that lost its
    /// state.
    JoinExternally {
        newcomer: Newcomer,
        lost: Option<Index>,
        info_of: Index,
        psk: bool,
    },
    /// Application messages, read by everybody in an order of their own. The late
    /// ones are read after the next act.
    Talk {
        senders: Vec<Index>,
        order: Vec<Index>,
        late: Vec<Index>,
    },
    Reload(Index),
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        2 => Just(Kind::Necturus),
        2 => Just(Kind::MlsRs),
        1 => Just(Kind::OpenMls),
    ]
}

pub fn newcomer() -> impl Strategy<Value = Newcomer> {
    (kind(), any::<bool>(), any::<bool>()).prop_map(|(kind, private_handshake, again)| Newcomer {
        kind,
        private_handshake,
        again,
    })
}

fn intent() -> impl Strategy<Value = Intent> {
    prop_oneof![
        4 => newcomer().prop_map(Intent::Add),
        2 => any::<Index>().prop_map(Intent::Remove),
        1 => Just(Intent::Leave),
        1 => Just(Intent::SelfRemove),
        2 => Just(Intent::Update),
        1 => Just(Intent::Psk),
        1 => vec(any::<u8>(), 0..40).prop_map(Intent::Extension),
    ]
}

pub fn act() -> impl Strategy<Value = Act> {
    let commit = (
        any::<Index>(),
        vec((any::<Index>(), intent()), 0..4),
        vec(intent(), 0..3),
        any::<Option<Index>>(),
    )
        .prop_map(|(by, proposed, by_value, rival)| Act::Commit {
            by,
            proposed,
            by_value,
            rival,
        });
    let join = (
        newcomer(),
        any::<Option<Index>>(),
        any::<Index>(),
        any::<bool>(),
    )
        .prop_map(|(newcomer, lost, info_of, psk)| Act::JoinExternally {
            newcomer,
            lost,
            info_of,
            psk,
        });
    let talk = (
        vec(any::<Index>(), 1..5),
        vec(any::<Index>(), 8),
        vec(any::<Index>(), 0..3),
    )
        .prop_map(|(senders, order, late)| Act::Talk {
            senders,
            order,
            late,
        });
    prop_oneof![
        5 => commit,
        1 => join,
        4 => talk,
        1 => any::<Index>().prop_map(Act::Reload),
    ]
}
