//! One row of the table: an operation, done by each in turn. As
//! `benches/peers/src/row.rs` does it, which is of another workspace.

use core::{fmt, hint::black_box, time::Duration};
use std::time::Instant;

/// How long one row is measured.
const TIME_PER_ROW: Duration = Duration::from_millis(2500);
/// Samples a row has at least, however long one takes.
const MIN_SAMPLES: usize = 40;
/// How many places on the stack a sample is tried at.
const STACK_PLACES: usize = 32;

/// Calls `sample` further down the stack, by some 136 bytes a step.
#[inline(never)]
fn at_depth(depth: usize, sample: &mut dyn FnMut() -> Duration) -> Duration {
    let padding = black_box([0u8; 100]);
    let time = if depth == 0 {
        sample()
    } else {
        at_depth(depth - 1, sample)
    };
    black_box(padding);
    time
}

/// Who does the operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Necturus,
    Peer,
    /// The sum of the primitives that cannot be avoided.
    Bare,
}

pub struct Row {
    name: String,
    cases: Vec<(Who, Box<dyn FnMut() -> Duration>)>,
}

impl Row {
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            cases: Vec::new(),
        }
    }

    /// An operation that needs fresh inputs each time; what it costs to make
    /// them, or to drop the output, is no part of it.
    pub fn with<I, O>(
        mut self,
        who: Who,
        mut setup: impl FnMut() -> I + 'static,
        mut operation: impl FnMut(I) -> O + 'static,
    ) -> Self {
        self.cases.push((
            who,
            Box::new(move || {
                let input = setup();
                let start = Instant::now();
                let output = operation(input);
                let time = start.elapsed();
                drop(black_box(output));
                time
            }),
        ));
        self
    }

    pub fn measure(mut self, once: bool) -> Measured {
        let mut smallest = vec![Duration::MAX; self.cases.len()];
        let start = Instant::now();
        let mut samples = 0;
        let enough = if once { 1 } else { MIN_SAMPLES };
        while samples < enough || (!once && start.elapsed() < TIME_PER_ROW) {
            for ((_, sample), smallest) in self.cases.iter_mut().zip(&mut smallest) {
                // The first run after another's finds cold caches; only the
                // second one counts.
                let time = at_depth(samples % STACK_PLACES, &mut || {
                    if !once {
                        sample();
                    }
                    sample()
                });
                *smallest = time.min(*smallest);
            }
            samples += 1;
        }
        let who = self.cases.iter().map(|(who, _)| *who);
        Measured {
            name: self.name,
            times: who.zip(smallest).collect(),
        }
    }
}

pub struct Measured {
    name: String,
    times: Vec<(Who, Duration)>,
}

impl Measured {
    fn time(&self, who: Who) -> Option<f64> {
        let (_, time) = self.times.iter().find(|(of, _)| *of == who)?;
        Some(time.as_nanos() as f64 / 1000.0)
    }

    fn ratio(&self, who: Who) -> Option<f64> {
        Some(self.time(who)? / self.time(Who::Necturus)?)
    }
}

/// A row of the table in Markdown.
impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {}", self.name)?;
        for who in [Who::Necturus, Who::Peer, Who::Bare] {
            match self.time(who) {
                Some(time) => write!(f, " | {time:.1}")?,
                None => f.write_str(" | –")?,
            }
        }
        for who in [Who::Peer, Who::Bare] {
            match self.ratio(who) {
                Some(ratio) => write!(f, " | {ratio:.2}×")?,
                None => f.write_str(" | –")?,
            }
        }
        f.write_str(" |")
    }
}
