//! A lane that must beat, and the watch that the heart thread keeps over it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// What the worker writes: flags only, so that a beat costs a load, and a store where a look
/// came between.
#[derive(Default)]
pub(crate) struct Lane {
    beaten: AtomicBool,
    idle_guards: AtomicUsize,
    idle_ended: AtomicBool,
}

/// What the heart thread knows of a lane from look to look; it is the only one that looks.
pub(crate) struct LaneWatch {
    stall_after: Duration,
    armed: bool,
    alive_at: Instant,
    looked_at: Instant,
}

impl Lane {
    pub(crate) fn beat(&self) {
        if !self.beaten.load(Ordering::Relaxed) {
            self.beaten.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn enter_idle(&self) {
        self.idle_guards.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leave_idle(&self) {
        // Before the guard is gone, so that no look finds the lane neither idle nor fresh.
        self.idle_ended.store(true, Ordering::Release);
        self.idle_guards.fetch_sub(1, Ordering::Release);
    }
}

impl LaneWatch {
    /// A watch that waits for the lane's first beat, unless it is armed.
    pub(crate) fn new(stall_after: Duration, armed: bool, now: Instant) -> Self {
        Self { stall_after, armed, alive_at: now, looked_at: now }
    }

    /// How long to wait from one look to the next: an eighth of the deadline, 10 ms to 1 s.
    pub(crate) fn period(&self) -> Duration {
        (self.stall_after / 8).clamp(Duration::from_millis(10), Duration::from_secs(1))
    }

    /// Clears what the lane shows, and says whether it is stalled; while it is not `due`, nothing
    /// is owed.
    pub(crate) fn look(&mut self, lane: &Lane, due: bool, now: Instant) -> bool {
        self.forgive_suspension(now);
        let idle = lane.idle_guards.load(Ordering::Acquire) > 0;
        let idle_ended = lane.idle_ended.swap(false, Ordering::Acquire);
        let beaten = lane.beaten.swap(false, Ordering::Relaxed);
        self.armed |= beaten;
        if beaten || idle || idle_ended || !due {
            self.alive_at = now;
        }
        self.armed && now.saturating_duration_since(self.alive_at) > self.stall_after
    }

    /// Where the look itself comes late, the whole process slept, and the lane gets the time back.
    fn forgive_suspension(&mut self, now: Instant) {
        let late = now.saturating_duration_since(self.looked_at).saturating_sub(self.period());
        if late > self.period() {
            self.alive_at += late;
        }
        self.looked_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::{Lane, LaneWatch};
    use std::time::Duration;

    use tokio::time::Instant;

    const DEADLINE: Duration = Duration::from_secs(8);
    const PERIOD: Duration = Duration::from_secs(1);

    /// Looks once a period until the lane is stalled, at most `periods` times; how often it took.
    fn looks_until_stalled(
        watch: &mut LaneWatch,
        lane: &Lane,
        now: &mut Instant,
        periods: u32,
    ) -> Option<u32> {
        (1..=periods).find(|_| {
            *now += PERIOD;
            watch.look(lane, true, *now)
        })
    }

    #[test]
    fn a_lane_that_never_beat_owes_nothing() {
        let mut now = Instant::now();
        let mut watch = LaneWatch::new(DEADLINE, false, now);
        assert_eq!(looks_until_stalled(&mut watch, &Lane::default(), &mut now, 100), None);
    }

    #[test]
    fn an_armed_lane_owes_its_first_beat() {
        let mut now = Instant::now();
        let mut watch = LaneWatch::new(DEADLINE, true, now);
        assert_eq!(looks_until_stalled(&mut watch, &Lane::default(), &mut now, 100), Some(9));
    }

    #[test]
    fn a_lane_stalls_after_its_deadline_and_by_the_next_look_and_heals() {
        let (mut now, lane) = (Instant::now(), Lane::default());
        let mut watch = LaneWatch::new(DEADLINE, false, now);
        for _ in 0..2 {
            lane.beat();
            // One look sees the beat, eight more reach the deadline, the next is past it.
            assert_eq!(looks_until_stalled(&mut watch, &lane, &mut now, 100), Some(10));
        }
    }

    #[test]
    fn an_idle_lane_owes_nothing_and_its_end_restarts_the_deadline() {
        let (mut now, lane) = (Instant::now(), Lane::default());
        let mut watch = LaneWatch::new(DEADLINE, false, now);
        lane.beat();
        lane.enter_idle();
        assert_eq!(looks_until_stalled(&mut watch, &lane, &mut now, 100), None);
        lane.leave_idle();
        assert_eq!(looks_until_stalled(&mut watch, &lane, &mut now, 100), Some(10));
    }

    #[test]
    fn an_idle_spell_between_two_looks_restarts_the_deadline() {
        let (mut now, lane) = (Instant::now(), Lane::default());
        let mut watch = LaneWatch::new(DEADLINE, false, now);
        lane.beat();
        assert_eq!(looks_until_stalled(&mut watch, &lane, &mut now, 5), None);
        lane.enter_idle();
        lane.leave_idle();
        assert_eq!(looks_until_stalled(&mut watch, &lane, &mut now, 100), Some(10));
    }

    #[test]
    fn the_deadline_begins_when_the_lane_is_due() {
        let (mut now, lane) = (Instant::now(), Lane::default());
        let mut watch = LaneWatch::new(DEADLINE, false, now);
        lane.beat();
        for _ in 0..100 {
            now += PERIOD;
            assert!(!watch.look(&lane, false, now));
        }
        assert_eq!(looks_until_stalled(&mut watch, &lane, &mut now, 100), Some(9));
    }

    #[test]
    fn a_process_that_slept_is_given_the_time_back() {
        let (mut now, lane) = (Instant::now(), Lane::default());
        let mut watch = LaneWatch::new(DEADLINE, false, now);
        lane.beat();
        now += PERIOD;
        watch.look(&lane, true, now);
        now += Duration::from_secs(3600);
        assert!(!watch.look(&lane, true, now));
        // The look after the sleep counted as one ordinary period.
        assert_eq!(looks_until_stalled(&mut watch, &lane, &mut now, 100), Some(8));
    }
}
