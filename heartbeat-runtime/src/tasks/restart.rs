//! The policy of restarts: a pure function of the failures so far.

use std::collections::VecDeque;
use std::time::Duration;

use crate::log::Elapsed;

/// Delay before the first restart.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// Maximum delay before a restart, its jitter included: many workers that fail for one reason must not
/// come back at the same moment, again and again.
const MAX_DELAY: Duration = Duration::from_secs(30);
/// A run that lasts this long resets the delay.
const WELL_AFTER: Duration = Duration::from_secs(60);
/// Jitter, as a part of the delay, which it lengthens.
const JITTER: f64 = 0.25;

/// The consequence of a task's failure: of an error that it returns, or of its panic.
///
/// | policy | a failure |
/// | --- | --- |
/// | `Never` (the default) | stops the worker, with exit code 1, or 70 after a panic |
/// | `OnFailure` | restarts the task, after 100 ms, then 200 ms, doubling to 30 s; one too many stops the worker as `Never` does |
/// | `Ignore` | ends the task: a warning in the log, and the worker goes on |
///
/// Each delay has up to a quarter of jitter on top, so that the longest are from 24 s to 30 s; after a run
/// of a minute it is 100 ms again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Restart {
    /// The worker stops.
    #[default]
    Never,
    /// The task is restarted, unless it fails more often than `at_most` within `within`.
    OnFailure {
        /// The number of failures after which the task is restarted.
        at_most: u32,
        /// The time in which these failures count.
        within: Duration,
    },
    /// The task ends, and the worker goes on.
    Ignore,
}

/// The decision on a failed task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    RestartAfter(Duration),
    StopWorker,
    Ignore,
}

/// The policy of a task, and its failures so far.
#[derive(Clone)]
pub(super) struct RestartPolicy {
    restart: Restart,
    /// The times of the last failures, at most `at_most` of them.
    failures: VecDeque<Duration>,
    /// Number of restarts since a run that was well.
    doublings: u32,
}

impl RestartPolicy {
    pub(super) fn new(restart: Restart) -> Self {
        Self { restart, failures: VecDeque::new(), doublings: 0 }
    }

    /// Decides on a failure at the time `now`, after a run of `lasted`. `jitter` is from 0 to 1.
    pub(super) fn decide(&mut self, now: Duration, lasted: Duration, jitter: f64) -> Decision {
        let (at_most, within) = match self.restart {
            Restart::Never => return Decision::StopWorker,
            Restart::Ignore => return Decision::Ignore,
            Restart::OnFailure { at_most, within } => (at_most, within),
        };
        let is_recent = |failure: &Duration| now.saturating_sub(*failure) < within;
        self.failures.retain(is_recent);
        if self.failures.len() >= usize::try_from(at_most).unwrap_or(usize::MAX) {
            return Decision::StopWorker;
        }
        self.failures.push_back(now);
        if lasted >= WELL_AFTER {
            self.doublings = 0;
        }
        let delay = FIRST_DELAY.saturating_mul(2_u32.saturating_pow(self.doublings));
        self.doublings = self.doublings.saturating_add(1);
        let delay = delay.min(MAX_DELAY.div_f64(1.0 + JITTER)).mul_f64(1.0 + JITTER * jitter);
        Decision::RestartAfter(delay)
    }

    /// Describes why a task is not restarted again; nothing if it never is.
    pub(super) fn excess(&self) -> String {
        match self.restart {
            Restart::OnFailure { at_most, within } => {
                format!(": more than {at_most} failures within {}", Elapsed(within))
            }
            Restart::Never | Restart::Ignore => String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
