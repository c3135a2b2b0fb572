//! The result of a scan of the vitals.

use std::collections::HashSet;
use std::time::Duration;

use super::history::Transition;
use super::verdict::Verdict;

/// The result of a scan.
#[derive(Default)]
pub(crate) struct ScanReport {
    /// The change of the verdict, if there is one.
    pub(crate) transition: Option<Transition>,
    /// The verdict after the scan.
    pub(crate) verdict: Verdict,
    /// The time since which live fails without a break, on the clock of the vitals.
    pub(crate) not_live_since: Option<Duration>,
    /// The instance is ending, so nothing recovers: beats are only no longer due.
    pub(crate) ending: bool,
    /// The time of the scan, on the clock of the vitals.
    pub(crate) at: Duration,
    pub(crate) stalled: Vec<Stall>,
    pub(crate) failing: Vec<CheckFailure>,
    /// The time until the next scan.
    pub(crate) period: Duration,
}

/// A stalled heartbeat.
pub(crate) struct Stall {
    pub(crate) name: String,
    /// Its last sign of life other than an allowance, on the clock of the vitals.
    pub(crate) since: Duration,
    /// Its allowance has run out without a beat.
    pub(crate) exceeds_allowance: bool,
    /// Its handle was dropped without `finish`.
    pub(crate) is_abandoned: bool,
}

/// A failed check.
pub(crate) struct CheckFailure {
    pub(crate) name: String,
    pub(crate) critical: bool,
    pub(crate) message: String,
    /// The first scan in a row that found it failed, on the clock of the vitals.
    pub(crate) since: Duration,
}

impl ScanReport {
    pub(crate) fn stalled_names(&self) -> HashSet<&str> {
        self.stalled.iter().map(|stall| &*stall.name).collect()
    }

    pub(crate) fn has_failed(&self, check: &str) -> bool {
        self.failing.iter().any(|failure| failure.name == check)
    }

    /// Takes over since when a check fails from the scan before.
    pub(super) fn continue_from(&mut self, before: &Self) {
        for failure in &mut self.failing {
            let earlier = before.failing.iter().find(|earlier| earlier.name == failure.name);
            failure.since = earlier.map_or(failure.since, |earlier| earlier.since);
        }
    }
}
