//! Where the peers differ from what the vectors say: vodozemac 0.11.1 with its
//! default features; libolm 3.2.13 and 3.2.16, which do the same in all of it.

mod libolm;
mod vodozemac;

use crate::format::{Case, File, Peer};

/// Cases in which one peer differs for one reason.
pub(crate) struct Note {
    peer: &'static str,
    verdict: &'static str,
    reason: &'static str,
    /// Ids of cases; `*` at the end stands for anything, `@` before steps that
    /// differ, each with its own verdict: `id@0:refuses,2:accepts`.
    cases: &'static [&'static str],
}

/// Puts the notes on the cases.
pub(crate) fn note(files: &mut [(&'static str, File)]) {
    for note in vodozemac::NOTES.iter().chain(libolm::NOTES) {
        for pattern in note.cases {
            let (id, steps) = pattern.split_once('@').unwrap_or((pattern, ""));
            let peer = Peer {
                verdict: note.verdict.to_owned(),
                steps: steps.split_terminator(',').map(step).collect(),
                reason: note.reason.to_owned(),
            };
            let mut found = false;
            for case in all_cases(files).filter(|case| is_meant(&case.id, id)) {
                found = true;
                let before = case.peers.insert(note.peer.to_owned(), peer.clone());
                assert!(before.is_none(), "{}: two notes on {}", case.id, note.peer);
                if case.peers.len() == 1 {
                    case.flags.push("peer-differs".to_owned());
                }
            }
            assert!(found, "no case is {pattern}");
        }
    }
}

fn all_cases<'a>(
    files: &'a mut [(&'static str, File)],
) -> impl Iterator<Item = &'a mut Case> + use<'a> {
    files
        .iter_mut()
        .flat_map(|(_, file)| &mut file.groups)
        .flat_map(|group| &mut group.cases)
}

fn is_meant(id: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => id.starts_with(start),
        None => id == pattern,
    }
}

fn step(text: &str) -> (usize, String) {
    let (at, verdict) = text.split_once(':').expect("a step and its verdict");
    (at.parse().expect("a number"), verdict.to_owned())
}
