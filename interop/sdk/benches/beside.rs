//! Measures necturus beside matrix-sdk-crypto, in one process and in turns.
//!
//! Run it with `scripts/bench-sdk-peer`. Every figure is the smallest of many
//! samples: noise only ever adds time. Ratios are what counts; microseconds are
//! those of this machine. As a test, without optimisation, each operation runs
//! once, on little.

#[path = "beside/attachments.rs"]
mod attachments;
#[path = "beside/room_keys.rs"]
mod room_keys;
#[path = "beside/row.rs"]
mod row;

fn main() {
    // `cargo bench` says so.
    let once = !std::env::args().any(|argument| argument == "--bench");
    println!("µs; × is how many times as fast as the peer, and as the bare primitives, we are\n");
    println!("| operation | necturus | matrix-sdk-crypto | bare | × peer | × bare |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for row in attachments::rows(once).into_iter().chain(room_keys::rows()) {
        println!("{}", row.measure(once));
    }
}
