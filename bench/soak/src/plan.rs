//! The plan of a soak: its end, and the next injection.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use fastrand::Rng;

use crate::injection::{ALL, Action, Injection};

/// The plan, which all instances share, so that each injection has its turn even in a short soak.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) seed: u64,
    /// The value of the worker's setting `Sabotage`.
    pub(crate) sabotage: String,
    /// The library that steps the clock of a process.
    pub(crate) clock_library: Option<PathBuf>,
    deck: Mutex<(Rng, Vec<&'static Injection>)>,
}

impl Plan {
    pub(crate) fn new(
        start: Instant,
        end: Instant,
        seed: u64,
        sabotage: String,
        clock_library: Option<PathBuf>,
    ) -> Self {
        let deck = Mutex::new((Rng::with_seed(seed), Vec::new()));
        Self { start, end, seed, sabotage, clock_library, deck }
    }

    /// Returns the next injection that ends in time; none, if no such is left.
    pub(crate) fn next(&self, has_clock: bool) -> Option<&'static Injection> {
        let left = self.end.saturating_duration_since(Instant::now());
        let fits = |injection: &&'static Injection| {
            injection.longest <= left && (has_clock || injection.action != Action::StepClock)
        };
        let mut deck = self.deck.lock().unwrap_or_else(PoisonError::into_inner);
        let (rng, injections) = &mut *deck;
        if !injections.iter().any(&fits) {
            injections.extend(&ALL);
            rng.shuffle(injections);
        }
        let place = injections.iter().position(fits)?;
        Some(injections.remove(place))
    }
}
