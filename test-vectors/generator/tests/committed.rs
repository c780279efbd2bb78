//! What is committed is what the generator writes, byte for byte, and nothing
//! else.

extern crate alloc;

use alloc::collections::BTreeSet;
use std::{fs, path::Path};

use necturus_test_vectors::{Inputs, hex};
use sha2::{Digest, Sha256};

/// Written by another program.
const OTHERS: [&str; 1] = ["tour-libolm.json"];

#[test]
fn the_generator_writes_what_is_committed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut names = BTreeSet::new();
    for (name, file) in necturus_test_vectors::files() {
        let committed = fs::read_to_string(folder.join(name)).expect("the file is there");
        assert!(
            committed == file.to_json(),
            "{name} is not what the generator writes: cargo run -p necturus-test-vectors --bin write"
        );
        names.insert(name.to_owned());
    }
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy();
        assert!(
            !name.ends_with(".json") || names.contains(&*name) || OTHERS.contains(&&*name),
            "nothing writes {name}"
        );
    }
}

#[test]
fn every_case_has_a_name_of_its_own_and_says_what_it_shows() {
    let mut ids = BTreeSet::new();
    for (_, file) in necturus_test_vectors::files() {
        for (_, case) in file.cases() {
            assert!(!case.comment.is_empty(), "{}", case.id);
            assert!(
                case.expected.is_some() != case.error.is_some(),
                "{}",
                case.id
            );
            assert!(ids.insert(case.id.clone()), "{} twice", case.id);
            let fine = case
                .id
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'/'));
            assert!(fine && case.id.split('/').count() == 2, "{}", case.id);
        }
    }
}

#[test]
fn every_class_and_flag_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(folder.join("README.md")).expect("the file is there");
    let explained = |word: &str| readme.contains(&format!("| `{word}` |"));
    for (_, file) in necturus_test_vectors::files() {
        for (operation, case) in file.cases() {
            assert!(explained(operation), "operation {operation}");
            for flag in &case.flags {
                assert!(explained(flag), "flag {flag}");
            }
            let errors = case
                .steps
                .iter()
                .map(|step| &step.error)
                .chain([&case.error]);
            for error in errors.flatten() {
                assert!(explained(error), "error class {error}");
            }
            for step in &case.steps {
                assert!(explained(&step.operation), "step {}", step.operation);
            }
        }
    }
}

/// What was stored stays readable: the good pickles of version 1 are these, for
/// good. More may be added behind them.
#[test]
fn good_pickles_of_version_1_do_not_change() {
    let (_, file) = necturus_test_vectors::files()
        .into_iter()
        .find(|(name, _)| *name == "pickles-necturus.json")
        .expect("is there");
    let mut hash = Sha256::new();
    let good = file.cases().filter(|(_, case)| case.error.is_none());
    for (_, case) in good.take(8) {
        hash.update(Inputs::new(&case.inputs).text("pickle"));
    }
    let hash: [u8; 32] = hash.finalize().into();
    assert_eq!(
        hex(&hash),
        "5141928f4f5f1f724b7a04afbad03fa77764dac047ac386fb3109fe512a19b20"
    );
}
