//! The history of the verdict.

use std::collections::VecDeque;
use std::time::Duration;

use super::verdict::Verdict;

/// Number of transitions kept.
const KEPT: usize = 64;

pub(crate) struct History {
    verdict: Verdict,
    since: Duration,
    state_since: Duration,
    not_live_since: Option<Duration>,
    transitions: VecDeque<Transition>,
    count: u64,
}

/// A change of the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    /// The time since the start of the instance.
    pub(crate) at: Duration,
    pub(crate) from: Verdict,
    pub(crate) to: Verdict,
    /// The time that the former verdict lasted.
    pub(crate) lasted: Duration,
    /// The time that the former state has lasted.
    pub(crate) state_lasted: Duration,
}

impl History {
    pub(crate) fn new(verdict: Verdict) -> Self {
        Self {
            verdict,
            since: Duration::ZERO,
            state_since: Duration::ZERO,
            not_live_since: None,
            transitions: VecDeque::new(),
            count: 0,
        }
    }

    /// Returns the last verdict.
    pub(crate) fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Returns since when live fails without a break.
    pub(crate) fn not_live_since(&self) -> Option<Duration> {
        self.not_live_since
    }

    /// Records the verdict. Returns the transition if it has changed.
    pub(crate) fn record(&mut self, verdict: Verdict, now: Duration) -> Option<Transition> {
        if verdict == self.verdict {
            return None;
        }
        let from = std::mem::replace(&mut self.verdict, verdict.clone());
        let lasted = now.saturating_sub(self.since);
        let state_lasted = now.saturating_sub(self.state_since);
        self.since = now;
        if from.state != verdict.state {
            self.state_since = now;
        }
        self.not_live_since =
            if self.verdict.live { None } else { self.not_live_since.or(Some(now)) };
        self.count += 1;
        let transition = Transition { at: now, from, to: verdict, lasted, state_lasted };
        if self.transitions.len() == KEPT {
            self.transitions.pop_front();
        }
        self.transitions.push_back(transition.clone());
        Some(transition)
    }

    /// Returns the last transitions, the oldest first.
    pub(crate) fn transitions(&self) -> impl Iterator<Item = &Transition> {
        self.transitions.iter()
    }

    /// Returns the total number of transitions.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

impl Transition {
    /// Tells whether the change can be put into words, unlike that of startup alone when `on_start`
    /// succeeds during a stop.
    pub(crate) fn is_news(&self) -> bool {
        self.from.state != self.to.state || self.from.to_string() != self.to.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, History, Verdict};
    use crate::vitals::lifecycle::{Lifecycle, State};
    use crate::vitals::verdict::Snapshot;

    #[test]
    fn a_start_that_succeeds_during_a_stop_is_no_news() {
        let verdict = |state, started| {
            let lifecycle = Lifecycle { state, started, ..Lifecycle::default() };
            Verdict::of(Snapshot { lifecycle, ..Snapshot::default() })
        };
        let mut history = History::new(verdict(State::Starting, false));
        let mut note = |verdict| history.record(verdict, Duration::ZERO).unwrap();
        assert!(note(verdict(State::Stopping, false)).is_news());
        assert!(!note(verdict(State::Stopping, true)).is_news());
        assert!(note(verdict(State::Stopped, true)).is_news());
    }

    #[test]
    fn live_fails_since_its_last_change() {
        let verdict = |stalled, busy| {
            let state = if busy { State::Busy } else { State::Running };
            let lifecycle = Lifecycle { state, ..Lifecycle::running() };
            Verdict::of(Snapshot { lifecycle, stalled, ..Snapshot::default() })
        };
        let mut history = History::new(verdict(false, false));
        for (second, stalled, busy, since) in [
            (1, false, true, None),
            (2, true, true, Some(2)),
            (3, true, false, Some(2)),
            (4, false, false, None),
            (5, true, false, Some(5)),
        ] {
            history.record(verdict(stalled, busy), Duration::from_secs(second));
            assert_eq!(history.not_live_since(), since.map(Duration::from_secs));
        }
    }

    #[test]
    fn keeps_the_last_64_changes() {
        let verdict = |stalled| {
            let lifecycle = Lifecycle::running();
            Verdict::of(Snapshot { lifecycle, stalled, ..Snapshot::default() })
        };
        let mut history = History::new(verdict(false));
        assert_eq!(history.record(verdict(false), Duration::from_secs(1)), None);
        for second in 2..102 {
            let noted = history.record(verdict(second % 2 == 0), Duration::from_secs(second));
            let lasted = if second == 2 { 2 } else { 1 };
            assert_eq!(noted.unwrap().lasted, Duration::from_secs(lasted));
        }
        assert_eq!(history.count(), 100);
        assert_eq!(history.transitions().count(), 64);
        let last = history.transitions().last().unwrap();
        assert_eq!(last.at, Duration::from_secs(101));
    }
}
