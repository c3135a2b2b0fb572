//! The time that threads waited for a core, which the kernel measures.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::time::{Duration, Instant};

/// The time that each thread of some processes has waited so far, by its id.
pub(crate) type Waits = HashMap<u32, Duration>;

/// The waits of the last minutes.
#[derive(Debug, Default)]
pub(crate) struct WaitHistory(VecDeque<(Instant, Waits)>);

/// More than any deadline of a worker and its grace.
const KEEP: Duration = Duration::from_secs(180);

/// Reads how long each thread has waited for a core.
pub(crate) fn waits(processes: &[u32]) -> Waits {
    let mut waits = Waits::new();
    for process in processes {
        let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { continue };
        for thread in threads.flatten() {
            let id = thread.file_name().to_string_lossy().parse();
            let statistics = fs::read_to_string(thread.path().join("schedstat"));
            let (Ok(id), Ok(statistics)) = (id, statistics) else { continue };
            let waited = statistics.split(' ').nth(1).and_then(|field| field.parse().ok());
            waits.insert(id, Duration::from_nanos(waited.unwrap_or_default()));
        }
    }
    waits
}

// === impl WaitHistory ===

impl WaitHistory {
    pub(crate) fn record(&mut self, at: Instant, waits: Waits) {
        self.0.push_back((at, waits));
        while self.0.front().is_some_and(|(first, _)| at.duration_since(*first) > KEEP) {
            self.0.pop_front();
        }
    }

    /// Returns for how long the thread that waited most did so within a span.
    pub(crate) fn longest(&self, from: Instant, until: Instant) -> Duration {
        let before = self.0.iter().rev().find(|(at, _)| *at <= from).or(self.0.front());
        let after = self.0.iter().find(|(at, _)| *at >= until).or(self.0.back());
        let (Some((_, before)), Some((_, after))) = (before, after) else {
            return Duration::ZERO;
        };
        let waited = after.iter().map(|(thread, waited)| {
            waited.saturating_sub(before.get(thread).copied().unwrap_or_default())
        });
        waited.max().unwrap_or_default()
    }
}
