//! The rows of the table.

use necturus_interop_mls::member::{Change, Member};

use super::{
    fixture::{ALL, Fixture, Who, adds, key_packages},
    sample::{Sample, sample, smallest},
};

/// Whom a row compares: theirs over ours.
pub const RATIOS: [(Who, Who); 3] = [
    (Who::OpenMls, Who::Necturus),
    (Who::OpenMlsPastEpochs, Who::NecturusPastEpochs),
    (Who::MlsRs, Who::NecturusPastEpochs),
];

/// How the table is made.
pub struct Run {
    /// Each operation once, as a test does it.
    pub once: bool,
    /// Parts of the names of the rows that are wanted; all, if there are none.
    pub rows: Vec<String>,
}

impl Run {
    fn wants(&self, name: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|part| name.contains(part))
    }
}

fn print(name: &str, members: usize, figures: &[f64]) {
    print!("| {name} | {members} |");
    for figure in figures {
        print!(" {figure:.0} |");
    }
    let of = |wanted| {
        let place = ALL.iter().position(|who| *who == wanted).unwrap();
        figures[place]
    };
    for (peer, ours) in RATIOS {
        print!(" {:.2}× |", of(peer) / of(ours));
    }
    println!();
}

fn row<'a>(run: &Run, name: &str, members: usize, samples: impl Iterator<Item = Sample<'a>>) {
    if !run.wants(name) {
        return;
    }
    let times = smallest(&mut samples.collect::<Vec<_>>(), run.once);
    let micros: Vec<_> = times
        .iter()
        .map(|time| time.as_nanos() as f64 / 1000.0)
        .collect();
    print(&format!("{name}, µs"), members, &micros);
}

pub fn without_group(run: &Run) {
    let client = |who: &Who| -> Sample<'static> {
        let mut client = who.member("alice");
        sample(|| (), move |()| client.key_package().unwrap())
    };
    row(run, "key package", 1, ALL.iter().map(client));
    let create = |who: &Who| -> Sample<'static> {
        let who = *who;
        sample(
            move || who.member("alice"),
            |client| {
                client.create(b"group").unwrap();
                client.save().unwrap();
            },
        )
    };
    row(run, "create a group", 1, ALL.iter().map(create));
}

pub fn with_group(run: &Run, members: usize) {
    let nobodies = key_packages(members - 2);
    let fixtures: Vec<_> = ALL
        .iter()
        .map(|who| Fixture::new(*who, &nobodies))
        .collect();
    let row = |name: &str, samples: fn(&Fixture) -> Sample<'_>| {
        row(run, name, members, fixtures.iter().map(samples));
    };
    row("update: create", |of| commits(of, vec![]));
    row("update: merge own", |of| {
        sample(
            || {
                let mut alice = fork(of.alice.as_ref());
                alice.commit(&[], b"").unwrap();
                alice
            },
            |alice| {
                alice.merge().unwrap();
                alice.save().unwrap();
            },
        )
    });
    row("update: process", |of| processes(of, &of.update));
    row("add 1: create", |of| {
        commits(of, vec![Change::Add(of.key_package.clone())])
    });
    row("add 1: process", |of| processes(of, &of.add));
    row("join from a Welcome", |of| {
        sample(
            || of.carol.fork().unwrap(),
            |carol| {
                carol.join(&of.welcome).unwrap();
                carol.save().unwrap();
            },
        )
    });
    row("external join", |of| {
        sample(
            || of.carol.fork().unwrap(),
            |carol| {
                let commit = carol
                    .join_externally(&of.group_info, None, false, b"")
                    .unwrap();
                carol.save().unwrap();
                commit
            },
        )
    });
    row("encrypt 100 B", |of| {
        let mut alice = fork(of.alice.as_ref());
        sample(
            || (),
            move |()| {
                let message = alice.encrypt(&[7; 100], b"").unwrap();
                alice.save().unwrap();
                message
            },
        )
    });
    row("decrypt 100 B", |of| {
        let mut alice = fork(of.alice.as_ref());
        let mut bob = fork(of.bob.as_ref());
        sample(
            move || alice.encrypt(&[7; 100], b"").unwrap(),
            move |message| {
                bob.process(message).unwrap();
                bob.save().unwrap();
            },
        )
    });
    row("load a group", |of| {
        let mut bob = fork(of.bob.as_ref());
        sample(|| (), move |()| bob.load().unwrap())
    });
    if run.wants("stored state") {
        let stored: Vec<_> = fixtures
            .iter()
            .map(|of| of.bob.stored().unwrap() as f64)
            .collect();
        print("stored state, bytes", members, &stored);
    }
    drop(fixtures);
    add_all(run, members);
}

fn fork(member: &dyn Member) -> Box<dyn Member> {
    member.fork().unwrap()
}

fn commits(of: &Fixture, changes: Vec<Change>) -> Sample<'_> {
    sample(
        || fork(of.alice.as_ref()),
        move |alice| {
            let committed = alice.commit(&changes, b"").unwrap();
            alice.save().unwrap();
            committed
        },
    )
}

fn processes<'a>(of: &'a Fixture, commit: &'a [u8]) -> Sample<'a> {
    sample(
        || fork(of.bob.as_ref()),
        move |bob| {
            bob.process(commit).unwrap();
            bob.save().unwrap();
        },
    )
}

fn add_all(run: &Run, members: usize) {
    let changes = adds(&key_packages(members - 1));
    let samples = ALL.iter().map(|who| {
        let changes = &changes;
        sample(
            move || {
                let mut alice = who.member("alice");
                alice.create(b"group").unwrap();
                alice
            },
            move |alice| {
                let committed = alice.commit(changes, b"").unwrap();
                alice.save().unwrap();
                committed
            },
        )
    });
    row(run, "add all in one commit", members, samples);
}
