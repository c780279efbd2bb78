//! Measures necturus's groups beside those of openmls and mls-rs, in one process
//! and in turns.
//!
//! Run it with `scripts/bench-mls-peers`. Every figure is the smallest of many
//! samples: noise only ever adds time. Ratios are what counts; microseconds are
//! those of this machine. Arguments name the rows that are measured, by a part of
//! their names. As a test, each operation runs once, in a small group.
//!
//! Suite 1, handshakes as PrivateMessage. Bytes go in and come out, and what is
//! to be kept is stored when an operation ends: for mls-rs by a call of its own.
//! A group was made by one commit that adds everybody; three commits of the first
//! member followed, which fill the past epochs where any are kept. mls-rs keeps at
//! least one.

#[path = "beside/fixture.rs"]
mod fixture;
#[path = "beside/rows.rs"]
mod rows;
#[path = "beside/sample.rs"]
mod sample;

fn main() {
    let (options, rows) = std::env::args()
        .skip(1)
        .partition::<Vec<_>, _>(|argument| argument.starts_with('-'));
    // `cargo bench` says so.
    let once = !options.iter().any(|option| option == "--bench");
    let run = rows::Run { once, rows };
    let sizes: &[usize] = if once { &[3] } else { &[2, 100, 1000] };
    println!(
        "Smallest of many samples, on {} threads.\n",
        std::thread::available_parallelism().map_or(1, usize::from)
    );
    print!("| operation | members |");
    for who in fixture::ALL {
        print!(" {} |", who.name());
    }
    for (peer, ours) in rows::RATIOS {
        print!(" {} / {} |", peer.name(), ours.name());
    }
    let columns = fixture::ALL.len() + rows::RATIOS.len();
    println!("\n| --- | ---: |{}", " ---: |".repeat(columns));
    rows::without_group(&run);
    for &members in sizes {
        rows::with_group(&run, members);
    }
}
