//! The state of the instance, and the steps by which it changes.

use serde::Serialize;

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Until `on_start` has ended well.
    #[default]
    Starting,
    /// `run` is at work.
    Ready,
    /// A stop was asked for, or `run` has returned.
    Stopping,
    /// Only the health server is left.
    Stopped,
    /// User code has panicked.
    Faulted,
}

/// The state, and what it alone does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lifecycle {
    pub(crate) state: State,
    /// `on_start` has ended well.
    pub(crate) started: bool,
}

impl Lifecycle {
    /// `on_start` has ended well: the instance is ready, unless a stop came first.
    pub(crate) fn start(&mut self) -> bool {
        self.started = true;
        if self.state == State::Starting {
            self.state = State::Ready;
        }
        true
    }

    /// A stop is asked for, or due because `run` returned; the first reason counts.
    pub(crate) fn stop(&mut self) -> bool {
        let lives = !self.is_ending();
        if lives {
            self.state = State::Stopping;
        }
        lives
    }

    /// User code has panicked, which nothing heals.
    pub(crate) fn fault(&mut self) -> bool {
        self.state = State::Faulted;
        true
    }

    /// User code is done; a fault stays visible to the end.
    pub(crate) fn end(&mut self) -> bool {
        if self.state != State::Faulted {
            self.state = State::Stopped;
        }
        true
    }

    /// The instance does not go back to work from here.
    pub(crate) fn is_ending(self) -> bool {
        !matches!(self.state, State::Starting | State::Ready)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lifecycle, State};

    #[test]
    fn a_stop_during_start_is_not_undone_by_its_end() {
        let mut lifecycle = Lifecycle::default();
        assert!(lifecycle.stop());
        lifecycle.start();
        assert_eq!(lifecycle, Lifecycle { state: State::Stopping, started: true });
        assert!(!lifecycle.stop(), "the first stop counts");
    }

    #[test]
    fn a_fault_stays_to_the_end() {
        let mut lifecycle = Lifecycle::default();
        lifecycle.fault();
        assert!(!lifecycle.stop());
        lifecycle.end();
        assert_eq!(lifecycle.state, State::Faulted);
    }
}
