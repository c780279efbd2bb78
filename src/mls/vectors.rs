//! The MLS working group's test vectors, from a folder that the environment
//! variable `NECTURUS_MLS_VECTORS` names: `scripts/mls-vectors` runs them.
//!
//! A file is an array of cases; `test-vectors.md` of the working group's
//! `mls-implementations` describes their shapes. What the library leaves to its
//! engine is computed here by RFC 9420's formulas over our provider, so that the
//! provider is what is tested; the table says for each file what it went through.

#![expect(clippy::arithmetic_side_effects, reason = "a test may panic")]

mod basics;
mod codec;
mod formulas;
mod framing;
mod key_schedule;
mod observer;
mod outside;
mod passive;
mod secret_tree;
mod tree;
mod tree_math;
mod treekem;
mod trees;
mod welcome;

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::{ops::Deref, panic::AssertUnwindSafe};
use std::{env, eprintln, fs, panic::catch_unwind, path::Path, println};

use openmls_traits::{crypto::OpenMlsCrypto as _, types::Ciphersuite};
use serde::{Deserialize, de::DeserializeOwned};

use self::formulas::provider;

/// One case of a file. Its fields are all that the file has: another shape is
/// an error, as what was not read was not checked.
trait Case: DeserializeOwned {
    /// What of the library and its engine the check goes through.
    const THROUGH: &'static str;

    /// The number of its cipher suite, if it has one.
    fn suite(&self) -> Option<u16>;

    /// Why it cannot be run, though the library has its suite.
    fn out_of_reach(&self) -> Option<&'static str> {
        None
    }

    /// Panics where something differs.
    fn check(&self);
}

/// Bytes, in hexadecimal digits in the file.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
struct Hex(Vec<u8>);

impl TryFrom<String> for Hex {
    type Error = &'static str;

    fn try_from(digits: String) -> Result<Self, Self::Error> {
        if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        {
            return Err("not hexadecimal");
        }
        let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        Ok(Self((0..digits.len()).step_by(2).map(byte).collect()))
    }
}

impl Deref for Hex {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// What came of the cases of one suite in one file.
#[derive(Default)]
struct Tally {
    cases: usize,
    run: usize,
    passed: usize,
    out_of_reach: &'static str,
}

/// A file's cases by suite, or why it cannot be read.
type Report = Result<BTreeMap<Option<u16>, Tally>, String>;

/// How to run the text of a file, and what that goes through.
type Runner = (fn(&str) -> Report, &'static str);

/// The working group's files.
const FILES: [&str; 16] = [
    "crypto-basics.json",
    "deserialization.json",
    "key-schedule.json",
    "message-protection.json",
    "messages.json",
    "passive-client-handling-commit.json",
    "passive-client-random.json",
    "passive-client-welcome.json",
    "psk_secret.json",
    "secret-tree.json",
    "transcript-hashes.json",
    "tree-math.json",
    "tree-operations.json",
    "tree-validation.json",
    "treekem.json",
    "welcome.json",
];

/// By the file's name.
fn runner(name: &str) -> Option<Runner> {
    fn of<C: Case>() -> Option<Runner> {
        Some((run::<C>, C::THROUGH))
    }
    match name {
        "crypto-basics.json" => of::<basics::CryptoBasics>(),
        "deserialization.json" => of::<codec::Header>(),
        "key-schedule.json" => of::<key_schedule::KeySchedule>(),
        "message-protection.json" => of::<framing::MessageProtection>(),
        "messages.json" => of::<codec::Messages>(),
        "passive-client-handling-commit.json"
        | "passive-client-random.json"
        | "passive-client-welcome.json" => of::<passive::Client>(),
        "psk_secret.json" => of::<key_schedule::PskSecret>(),
        "secret-tree.json" => of::<secret_tree::SecretTree>(),
        "transcript-hashes.json" => of::<key_schedule::TranscriptHashes>(),
        "tree-math.json" => of::<tree_math::TreeMath>(),
        "tree-operations.json" => of::<trees::TreeOperations>(),
        "tree-validation.json" => of::<trees::TreeValidation>(),
        "treekem.json" => of::<treekem::TreeKem>(),
        "welcome.json" => of::<welcome::Welcome>(),
        _ => None,
    }
}

/// Runs every case of a file. A case that fails has said why on standard error.
fn run<C: Case>(text: &str) -> Report {
    let cases: Vec<C> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if cases.is_empty() {
        return Err("no case in it".into());
    }
    let mut report: BTreeMap<_, Tally> = BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        let tally = report.entry(case.suite()).or_default();
        tally.cases += 1;
        let verdict = catch_unwind(AssertUnwindSafe(|| {
            let why = without_suite(case.suite()).or_else(|| case.out_of_reach());
            if why.is_none() {
                case.check();
            }
            why
        }));
        if let Ok(Some(why)) = verdict {
            tally.out_of_reach = why;
            continue;
        }
        tally.run += 1;
        match verdict {
            Ok(_) => tally.passed += 1,
            Err(_) => eprintln!("case {number} (suite {:?}) failed", case.suite()),
        }
    }
    Ok(report)
}

fn without_suite(suite: Option<u16>) -> Option<&'static str> {
    let supported =
        Ciphersuite::try_from(suite?).is_ok_and(|suite| provider().supports(suite).is_ok());
    (!supported).then_some("a suite that the library does not have")
}

#[test]
#[ignore = "needs a folder of vectors: scripts/mls-vectors"]
fn working_group_vectors() {
    let folder = env::var("NECTURUS_MLS_VECTORS").expect("NECTURUS_MLS_VECTORS names a folder");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the folder can be read")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();

    let (mut table, mut total, mut known) = (Vec::new(), Tally::default(), 0);
    let (mut unknown, mut broken) = (Vec::new(), Vec::new());
    for name in &names {
        let Some((run, through)) = runner(name) else {
            unknown.push(name);
            continue;
        };
        known += 1;
        eprintln!("{name}");
        let text = fs::read_to_string(Path::new(&folder).join(name));
        match text
            .map_err(|error| error.to_string())
            .and_then(|text| run(&text))
        {
            Ok(report) => {
                for (suite, tally) in &report {
                    table.push(row(name, *suite, tally, through));
                    total.cases += tally.cases;
                    total.run += tally.run;
                    total.passed += tally.passed;
                }
            }
            Err(why) => broken.push(format!("{name}: {why}")),
        }
    }

    println!("\n| file | suite | cases | run | passed | out of reach | through |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for row in &table {
        println!("{row}");
    }
    println!("{}\n", row("all", None, &total, ""));
    for name in FILES
        .iter()
        .filter(|name| !names.iter().any(|there| there == *name))
    {
        println!("not there: {name}");
    }
    for name in &unknown {
        println!("not known: {name}");
    }
    for why in &broken {
        println!("cannot be read: {why}");
    }
    assert_ne!(known, 0, "no file of the working group's in {folder}");
    assert!(broken.is_empty(), "{} files cannot be read", broken.len());
    assert_ne!(total.run, 0, "no case of a suite that the library has");
    assert_eq!(total.passed, total.run, "passed and run");
}

fn row(name: &str, suite: Option<u16>, tally: &Tally, through: &str) -> String {
    let suite = suite.map_or_else(|| "–".into(), |suite| suite.to_string());
    let out_of_reach = match tally.cases - tally.run {
        0 => "0".into(),
        count if tally.out_of_reach.is_empty() => count.to_string(),
        count => format!("{count}: {}", tally.out_of_reach),
    };
    let Tally {
        cases, run, passed, ..
    } = tally;
    format!("| {name} | {suite} | {cases} | {run} | {passed} | {out_of_reach} | {through} |")
}
