//! How one row is measured.

use core::{hint::black_box, time::Duration};
use std::time::Instant;

/// How long one row is measured.
const TIME_PER_ROW: Duration = Duration::from_millis(6000);
/// Samples a row has at least of each, however long one takes.
const MIN_SAMPLES: usize = 3;
/// And at most: some rows make state grow.
const MAX_SAMPLES: usize = 1000;

/// Runs an operation once, and says how long it took.
pub type Sample<'a> = Box<dyn FnMut() -> Duration + 'a>;

/// An operation that needs a fresh input each time; what it costs to make that,
/// or to drop it or the output, is no part of it.
pub fn sample<'a, I: 'a, O: 'a>(
    mut setup: impl FnMut() -> I + 'a,
    mut operation: impl FnMut(&mut I) -> O + 'a,
) -> Sample<'a> {
    Box::new(move || {
        let mut input = setup();
        let start = Instant::now();
        let output = operation(&mut input);
        let time = start.elapsed();
        drop(black_box(output));
        time
    })
}

/// The smallest of many samples of each, which take turns.
pub fn smallest(samples: &mut [Sample<'_>], once: bool) -> Vec<Duration> {
    let mut smallest = vec![Duration::MAX; samples.len()];
    let start = Instant::now();
    for number in 0..MAX_SAMPLES {
        if number >= MIN_SAMPLES && start.elapsed() > TIME_PER_ROW {
            break;
        }
        for (sample, smallest) in samples.iter_mut().zip(&mut smallest) {
            // The first run after another's finds cold caches, the second does not.
            for _ in 0..if once { 1 } else { 2 } {
                *smallest = sample().min(*smallest);
            }
        }
        if once {
            break;
        }
    }
    smallest
}
