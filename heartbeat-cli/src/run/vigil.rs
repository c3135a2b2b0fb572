//! The judgement on a process over time: red for too long, or well for long enough.

use std::time::Duration;

use tokio::time::Instant;

use super::health::Health;

/// Number of looks in a row at which a worker that is not live is restarted.
const RED_LOOKS: u32 = 3;

/// The health of a process so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vigil {
    red_looks: u32,
    well_since: Option<Instant>,
    longest_well: Duration,
}

// === impl Vigil ===

impl Vigil {
    /// Notes whether the process is well at this time.
    pub(super) fn note(&mut self, is_well: bool, now: Instant) {
        self.longest_well = self.longest_well(now);
        self.well_since = is_well.then(|| self.well_since.unwrap_or(now));
    }

    /// Returns the longest time for which it was well without a break.
    pub(super) fn longest_well(&self, now: Instant) -> Duration {
        let current = self.well_since.map_or(Duration::ZERO, |since| now - since);
        self.longest_well.max(current)
    }

    /// Looks once more, and tells whether the worker was not live often enough in a row.
    /// One that does not answer is not known to be red.
    pub(super) fn is_red(&mut self, health: &Health) -> bool {
        self.red_looks = if health.answers && !health.live { self.red_looks + 1 } else { 0 };
        self.red_looks >= RED_LOOKS
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Health, Vigil};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn three_red_looks_in_a_row_are_red() {
        let health = |live, answers| Health { live, answers, ..Health::default() };
        let (red, green) = (health(false, true), health(true, true));
        let mut vigil = Vigil::default();
        let looks = [&red, &red, &green, &red, &red, &red].map(|it| vigil.is_red(it));
        assert_eq!(looks, [false, false, false, false, false, true]);

        let silent = health(false, false);
        let mut vigil = Vigil::default();
        let looks = [&red, &red, &silent, &silent, &silent, &silent].map(|it| vigil.is_red(it));
        assert_eq!(looks, [false; 6], "no answer is not red");
    }

    #[test]
    fn the_longest_time_of_health_counts() {
        let start = Instant::now();
        let mut vigil = Vigil::default();
        assert_eq!(vigil.longest_well(start + SECOND), Duration::ZERO);
        vigil.note(true, start);
        vigil.note(true, start + SECOND * 40);
        vigil.note(false, start + SECOND * 50);
        vigil.note(true, start + SECOND * 51);
        assert_eq!(vigil.longest_well(start + SECOND * 90), SECOND * 50);
        assert_eq!(vigil.longest_well(start + SECOND * 120), SECOND * 69);
    }
}
