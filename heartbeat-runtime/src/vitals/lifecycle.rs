//! The state of the instance, and the events that change it.

use std::fmt;

use serde::Serialize;
use tokio::time::Instant;

/// The state of an instance; the diagram in the docs of `host` shows every step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// `on_start` is active.
    #[default]
    Starting,
    /// `run` is active.
    Running,
    /// `run` is active, and accepts no more work.
    Busy,
    /// A stop was requested, `on_start` failed, or `run` returned.
    Stopping,
    /// Only the health server is active.
    Stopped,
    /// User code panicked.
    Faulted,
}

/// An event in the life of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// `on_start` succeeded.
    Started,
    /// User code accepts no more work, or accepts it again.
    Busy(bool),
    /// A stop was requested, `on_start` failed, or `run` returned.
    Stop,
    /// A phase panicked.
    Panicked,
    /// The last phase ended.
    Ended,
}

/// The active phase of user code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    OnStart,
    Run,
    /// `run` returned before the end of the drain.
    Drain,
    /// The last requests to endpoints that user code serves.
    Requests,
    /// The supervised tasks that have not ended.
    Tasks,
    OnStop,
    /// The worker's runtime shuts down, which waits for blocking tasks.
    Shutdown,
}

/// The state, with what else decides the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lifecycle {
    pub(crate) state: State,
    pub(crate) phase: Phase,
    /// `on_start` succeeded.
    pub(crate) started: bool,
    /// User code accepts no work, from the start of `run` on.
    pub(crate) busy: bool,
    /// The stop is for a recycle.
    pub(crate) recycle: bool,
    /// The begin of the stop, from which its time limits count.
    pub(crate) ending_since: Option<Instant>,
}

impl State {
    pub(crate) const ALL: [Self; 6] =
        [Self::Starting, Self::Running, Self::Busy, Self::Stopping, Self::Stopped, Self::Faulted];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Busy => "busy",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Faulted => "faulted",
        }
    }

    /// Returns the state after an event, if the event changes it; `busy` is the last wish of user code.
    fn after(self, event: Event, busy: bool) -> Option<Self> {
        Some(match (self, event) {
            (Self::Starting, Event::Started) | (Self::Running, Event::Busy(true)) if busy => {
                Self::Busy
            }
            (Self::Starting, Event::Started) | (Self::Busy, Event::Busy(false)) => Self::Running,
            (Self::Starting | Self::Running | Self::Busy, Event::Stop) => Self::Stopping,
            (Self::Starting | Self::Running | Self::Busy | Self::Stopping, Event::Panicked) => {
                Self::Faulted
            }
            (Self::Stopping, Event::Ended) => Self::Stopped,
            _ => return None,
        })
    }

    /// Tells whether the instance will not work again.
    pub(crate) fn is_ending(self) -> bool {
        matches!(self, Self::Stopping | Self::Stopped | Self::Faulted)
    }
}

impl Lifecycle {
    #[cfg(test)]
    pub(crate) fn running() -> Self {
        Self { state: State::Running, phase: Phase::Run, started: true, ..Self::default() }
    }

    /// Applies an event. Returns whether the state has changed.
    pub(crate) fn apply(&mut self, event: Event, now: Instant) -> bool {
        match event {
            Event::Started => self.started = true,
            Event::Busy(busy) => self.busy = busy,
            Event::Stop | Event::Panicked | Event::Ended => {}
        }
        let Some(state) = self.state.after(event, self.busy) else { return false };
        if state.is_ending() && self.ending_since.is_none() {
            self.ending_since = Some(now);
        }
        self.state = state;
        true
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnStart => "on_start",
            Self::Run => "run",
            Self::Drain => "the drain",
            Self::Requests => "requests under way",
            Self::OnStop => "on_stop",
            Self::Tasks => "tasks",
            Self::Shutdown => "spawned tasks or destructors",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::{Event, Instant, Lifecycle, State};
    use crate::vitals::Vitals;

    /// Returns every step that an event can cause, in the words of the diagram.
    fn steps() -> BTreeSet<String> {
        let events = [
            Event::Started,
            Event::Busy(true),
            Event::Busy(false),
            Event::Stop,
            Event::Panicked,
            Event::Ended,
        ];
        let mut steps = BTreeSet::new();
        for (from, event, busy) in State::ALL
            .into_iter()
            .flat_map(|from| events.map(|event| (from, event)))
            .flat_map(|(from, event)| [false, true].map(|busy| (from, event, busy)))
        {
            let mut lifecycle = Lifecycle { state: from, busy, ..Lifecycle::default() };
            if lifecycle.apply(event, Instant::now()) {
                steps.insert(format!("{} --> {}", from.as_str(), lifecycle.state.as_str()));
            }
        }
        steps
    }

    #[test]
    fn the_diagram_shows_each_step_and_no_other() {
        let shown: BTreeSet<_> = include_str!("../host/mod.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//!     ")?.split_once(" : "))
            .map(|(step, _)| step.to_owned())
            .filter(|step| !step.contains("[*]"))
            .collect();
        assert_eq!(shown, steps());
    }

    #[test]
    fn the_end_of_on_start_does_not_undo_a_stop() {
        let mut lifecycle = Lifecycle::default();
        assert!(lifecycle.apply(Event::Stop, Instant::now()));
        let asked = lifecycle.ending_since;
        assert!(asked.is_some());
        assert!(!lifecycle.apply(Event::Started, Instant::now()));
        assert!(lifecycle.started);
        assert_eq!(lifecycle.state, State::Stopping);
        assert!(!lifecycle.apply(Event::Stop, Instant::now()));
        assert_eq!(lifecycle.ending_since, asked, "the first stop counts");
    }

    #[test]
    fn an_event_without_a_change_wakes_nobody() {
        let vitals = Vitals::new(Duration::from_secs(30), false);
        let mut watcher = vitals.subscribe();
        for (event, wakes) in [
            (Event::Busy(false), false),
            (Event::Busy(true), true),
            (Event::Busy(true), false),
            (Event::Started, true),
            (Event::Stop, true),
            (Event::Stop, false),
        ] {
            watcher.mark_unchanged();
            vitals.apply(event);
            assert_eq!(watcher.has_changed().unwrap(), wakes, "{event:?}");
        }
    }

    #[test]
    fn busy_before_ready_is_kept() {
        let mut lifecycle = Lifecycle::default();
        assert!(!lifecycle.apply(Event::Busy(true), Instant::now()));
        assert!(lifecycle.apply(Event::Started, Instant::now()));
        assert_eq!(lifecycle.state, State::Busy);
        assert!(lifecycle.apply(Event::Busy(false), Instant::now()));
        assert_eq!(lifecycle.state, State::Running);
    }
}
