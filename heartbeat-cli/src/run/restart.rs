//! The policy of restarts: a pure function of how processes ended.

use std::time::Duration;

use super::exit::Exit;

/// Delay before the first restart.
const FIRST_DELAY: Duration = Duration::from_millis(100);
/// Maximum delay before a restart, its jitter included.
const MAX_DELAY: Duration = Duration::from_secs(30);
/// Time of health that resets the delay.
const WELL_AFTER: Duration = Duration::from_secs(60);
/// Jitter, as a part of the delay, which it lengthens.
const JITTER: f64 = 0.25;

/// The decision on a process that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    RestartAfter(Duration),
    /// Never again: it is done, or a restart mends nothing.
    End,
}

/// The restarts of an instance so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Restarts {
    /// Number of restarts since it was well.
    doublings: u32,
}

// === impl Restarts ===

impl Restarts {
    /// Decides on a process that ended after `well` of uninterrupted health. `jitter` is from 0 to 1.
    pub(super) fn decide(&mut self, exit: Exit, well: Duration, jitter: f64) -> Decision {
        if let Exit::Code(0 | 2 | 78) = exit {
            return Decision::End;
        }
        if well >= WELL_AFTER {
            self.doublings = 0;
        }
        let delay = FIRST_DELAY.saturating_mul(2_u32.saturating_pow(self.doublings));
        self.doublings = self.doublings.saturating_add(1);
        let delay = delay.min(MAX_DELAY.div_f64(1.0 + JITTER)).mul_f64(1.0 + JITTER * jitter);
        Decision::RestartAfter(delay)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Decision, Exit, Restarts};

    const SECOND: Duration = Duration::from_secs(1);

    /// In milliseconds.
    fn delay(restarts: &mut Restarts, well: Duration, jitter: f64) -> u128 {
        match restarts.decide(Exit::Code(1), well, jitter) {
            Decision::RestartAfter(delay) => delay.as_millis(),
            Decision::End => panic!("a crash is no end"),
        }
    }

    #[test]
    fn nothing_mends_what_is_done_or_wrong() {
        for code in [0, 2, 78] {
            let decision = Restarts::default().decide(Exit::Code(code), SECOND, 0.0);
            assert_eq!(decision, Decision::End, "{code}");
        }
        for exit in [1, 3, 70, 75, 143].map(Exit::Code).into_iter().chain([Exit::Signal(9)]) {
            let decision = Restarts::default().decide(exit, SECOND, 0.0);
            assert_eq!(decision, Decision::RestartAfter(Duration::from_millis(100)), "{exit:?}");
        }
    }

    #[test]
    fn delays_double_to_thirty_seconds_with_jitter() {
        let mut restarts = Restarts::default();
        let delays = [0; 12].map(|_| delay(&mut restarts, SECOND, 0.0));
        assert_eq!(delays[..5], [100, 200, 400, 800, 1600]);
        assert_eq!(delays[8..], [24_000; 4]);
        let longest = delay(&mut restarts, SECOND, 1.0);
        assert!((29_999..=30_000).contains(&longest), "{longest}");
    }

    #[test]
    fn a_minute_of_health_resets_the_delay() {
        let mut restarts = Restarts::default();
        let first = [0; 3].map(|_| delay(&mut restarts, SECOND * 59, 0.0));
        assert_eq!(first, [100, 200, 400]);
        assert_eq!(delay(&mut restarts, SECOND * 60, 0.0), 100);
    }
}
