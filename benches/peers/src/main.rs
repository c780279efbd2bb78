//! Measures necturus beside vodozemac and libolm, all in one process and in
//! turns, and prints the table of README as text, or as JSON with `--json FILE`.
//!
//! Run it with `cargo run --release -p necturus-bench-peers --features libolm`.
//! Every figure is the smallest of many samples: noise only ever adds time.
//! Ratios are what counts; nanoseconds are those of this machine.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a benchmark may stop when something is wrong"
)]

mod floor;
mod megolm;
mod olm;
mod pickles;
mod report;
mod row;
mod sizes;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut json_file = None;
    let mut only = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.next()) {
            ("--json", Some(file)) => json_file = Some(file),
            ("--only", Some(part)) => only = Some(part),
            _ => {
                eprintln!("usage: peers [--json FILE] [--only PART-OF-A-ROW'S-NAME]");
                return ExitCode::from(2);
            }
        }
    }

    let mut rows = olm::rows();
    rows.extend(megolm::rows());
    rows.extend(pickles::rows());
    rows.extend(floor::rows());
    rows.retain(|row| {
        only.as_ref()
            .is_none_or(|part| row.name.contains(part.as_str()))
    });
    let results: Vec<_> = rows.into_iter().map(row::Row::measure).collect();

    print!("{}", report::text(&results, &sizes::all()));
    if let Some(file) = json_file {
        std::fs::write(file, report::json(&results, &sizes::all())).expect("the file is writable");
    }
    let missed = results.iter().filter(|result| result.missed()).count();
    if missed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Random bytes for libolm, whose callers draw them. All three draw from the
/// generator that vodozemac uses, within the time that is measured.
fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rand::Rng::fill_bytes(&mut rand::rng(), &mut bytes);
    bytes
}
