use std::time::Duration;

use super::{Due, HeartbeatRecord, HeartbeatState, nanoseconds};

const DEADLINE: Duration = Duration::from_secs(8);
const PERIOD: Duration = Duration::from_secs(1);

/// A record, and the time of its last scan.
struct Watched {
    record: HeartbeatRecord,
    now: Duration,
}

impl Watched {
    fn new(armed: bool) -> Self {
        Self {
            record: HeartbeatRecord::new("run".to_owned(), DEADLINE, armed, Duration::ZERO),
            now: PERIOD,
        }
    }

    /// Scans once per period until the heartbeat is stalled. Returns the number of that scan.
    fn scans_until_stalled(&mut self) -> Option<u32> {
        (1..=100).find(|_| {
            self.now += PERIOD;
            self.record.scan(Due::Now, self.now)
        })
    }

    fn allow(&self, time: Duration) -> u64 {
        let end = nanoseconds(self.now + time);
        self.record.begin_allowance(end);
        end
    }
}

#[test]
fn a_heartbeat_that_never_beat_owes_nothing_unless_it_is_armed() {
    assert_eq!(Watched::new(false).scans_until_stalled(), None);
    // Armed at zero; the first scan comes after two periods.
    assert_eq!(Watched::new(true).scans_until_stalled(), Some(7));
}

#[test]
fn a_heartbeat_stalls_by_the_scan_after_its_deadline_and_recovers() {
    let mut watched = Watched::new(false);
    for stalls in 1..3 {
        watched.record.beat();
        // One scan sees the beat, and the eighth after it reaches the deadline.
        assert_eq!(watched.scans_until_stalled(), Some(9));
        assert_eq!(watched.record.report(watched.now).stalls, stalls);
    }
}

#[test]
fn an_idle_heartbeat_owes_nothing_and_the_end_restarts_the_deadline() {
    let mut watched = Watched::new(true);
    watched.record.enter_idle();
    watched.record.enter_idle();
    assert_eq!(watched.scans_until_stalled(), None);
    watched.record.leave_idle();
    assert_eq!(watched.scans_until_stalled(), None, "guards nest");
    assert_eq!(watched.record.report(watched.now).state, HeartbeatState::Idle);
    watched.record.leave_idle();
    assert_eq!(watched.scans_until_stalled(), Some(9));
}

#[test]
fn an_idle_guard_between_two_scans_restarts_the_deadline() {
    let mut watched = Watched::new(true);
    for _ in 0..5 {
        watched.now += PERIOD;
        assert!(!watched.record.scan(Due::Now, watched.now));
    }
    watched.record.enter_idle();
    watched.record.leave_idle();
    assert_eq!(watched.scans_until_stalled(), Some(9));
}

#[test]
fn the_end_of_an_allowance_is_the_deadline() {
    for time in [3 * PERIOD, 20 * PERIOD] {
        let mut watched = Watched::new(true);
        watched.allow(time);
        let scans = u32::try_from(time.as_secs()).unwrap();
        assert_eq!(watched.scans_until_stalled(), Some(scans));
        watched.record.beat();
        watched.now += PERIOD;
        assert!(!watched.record.scan(Due::Now, watched.now), "a beat heals it");
    }
}

#[test]
fn a_sign_of_life_before_an_allowance_does_not_postpone_its_end() {
    let mut watched = Watched::new(true);
    watched.record.enter_idle();
    assert!(!watched.record.scan(Due::Now, watched.now));
    // All within one period.
    watched.record.leave_idle();
    watched.record.beat();
    let end = watched.allow(3 * PERIOD);
    assert_eq!(watched.scans_until_stalled(), Some(3));
    watched.record.end_allowance(end);
    watched.allow(4 * PERIOD);
    assert_eq!(watched.scans_until_stalled(), Some(4), "nor does the end of another one");
}

#[test]
fn a_beat_just_after_the_begin_of_an_allowance_restores_the_ordinary_deadline() {
    let mut watched = Watched::new(true);
    watched.record.beat();
    watched.allow(3 * PERIOD);
    watched.record.beat();
    assert_eq!(watched.scans_until_stalled(), Some(9));
}

#[test]
fn a_beat_before_the_first_allowance_arms_the_heartbeat() {
    let mut watched = Watched::new(false);
    watched.record.beat();
    let end = watched.allow(20 * PERIOD);
    watched.now += PERIOD;
    assert!(!watched.record.scan(Due::Now, watched.now));
    watched.record.end_allowance(end);
    assert_eq!(watched.scans_until_stalled(), Some(9));
}

#[test]
fn an_allowance_that_ends_before_another_one_keeps_the_deadline_of_the_last_beat() {
    let mut watched = Watched::new(true);
    watched.allow(3 * PERIOD);
    watched.now += PERIOD;
    assert!(!watched.record.scan(Due::Now, watched.now));
    watched.record.beat();
    watched.allow(PERIOD);
    assert_eq!(watched.scans_until_stalled(), Some(9));
}

#[test]
fn an_allowance_binds_a_heartbeat_that_never_beat() {
    let mut watched = Watched::new(false);
    let end = watched.allow(5 * PERIOD);
    assert_eq!(watched.scans_until_stalled(), Some(5));
    watched.record.end_allowance(end);
    assert_eq!(watched.scans_until_stalled(), None, "and then it owes nothing again");
    assert_eq!(watched.record.report(watched.now).state, HeartbeatState::Unarmed);
}

#[test]
fn after_the_end_of_an_allowance_a_beat_restores_the_ordinary_deadline() {
    let mut watched = Watched::new(true);
    let end = watched.allow(3 * PERIOD);
    for _ in 0..2 {
        watched.now += PERIOD;
        assert!(!watched.record.scan(Due::Now, watched.now));
    }
    watched.now += 2 * PERIOD;
    watched.record.beat();
    assert_eq!(watched.scans_until_stalled(), Some(9), "the guard still lives");
    watched.record.end_allowance(end);
}

#[test]
fn the_latest_of_nested_allowances_counts_and_the_end_of_the_last_restarts_the_deadline() {
    let mut watched = Watched::new(true);
    let outer = watched.allow(50 * PERIOD);
    let inner = watched.allow(3 * PERIOD);
    for _ in 0..10 {
        watched.now += PERIOD;
        assert!(!watched.record.scan(Due::Now, watched.now));
    }
    watched.record.end_allowance(inner);
    watched.record.end_allowance(outer);
    assert_eq!(watched.scans_until_stalled(), Some(9));
}

#[test]
fn the_deadline_begins_when_a_beat_is_due() {
    let mut watched = Watched::new(true);
    for _ in 0..100 {
        watched.now += PERIOD;
        assert!(!watched.record.scan(Due::NotYet, watched.now));
    }
    assert_eq!(watched.scans_until_stalled(), Some(8));
}

#[test]
fn beats_outlive_an_allowance_that_is_never_dropped() {
    let mut watched = Watched::new(true);
    watched.allow(3 * PERIOD);
    for second in 0..50 {
        watched.now += PERIOD;
        if second % 5 == 1 {
            watched.record.beat();
        }
        assert!(!watched.record.scan(Due::Now, watched.now), "{second}");
    }
    assert_eq!(watched.scans_until_stalled(), Some(5), "eight seconds after the last beat");
}

#[test]
fn the_next_scan_is_not_past_the_deadline() {
    let record = HeartbeatRecord::new(String::new(), DEADLINE + PERIOD / 2, true, Duration::ZERO);
    assert_eq!(record.period(7 * PERIOD), PERIOD);
    assert_eq!(record.period(8 * PERIOD), PERIOD / 2);
    assert_eq!(record.period(9 * PERIOD), PERIOD);
}

#[test]
fn the_period_of_scans_is_an_eighth_within_bounds() {
    for (deadline, period) in [(10, 10), (800, 100), (60_000, 1000)] {
        let deadline = Duration::from_millis(deadline);
        let record = HeartbeatRecord::new(String::new(), deadline, false, Duration::ZERO);
        assert_eq!(record.period(Duration::ZERO), Duration::from_millis(period));
    }
}

#[test]
fn a_stall_remains_during_a_stop_until_a_beat() {
    let mut watched = Watched::new(true);
    watched.record.beat();
    assert_eq!(watched.scans_until_stalled(), Some(9));
    let mut scan_after_the_stop = |beats: bool| {
        watched.now += PERIOD;
        if beats {
            watched.record.beat();
        }
        let stalled = watched.record.scan(Due::NoMore, watched.now);
        (stalled, watched.record.report(watched.now).age, watched.record.unfinished(watched.now))
    };
    for second in 9..100 {
        let unfinished = format!("`run` last beat {second} s ago");
        assert_eq!(scan_after_the_stop(false), (true, second * PERIOD, Some(unfinished)));
    }
    let unfinished = "`run` last beat less than 1 s ago".to_owned();
    assert_eq!(scan_after_the_stop(true), (false, Duration::ZERO, Some(unfinished)));
    for second in 1..100 {
        let unfinished = format!("`run` last beat {second} s ago");
        assert_eq!(scan_after_the_stop(false), (false, second * PERIOD, Some(unfinished)));
    }
}

#[test]
fn describes_unfinished_work_as_it_is_now() {
    let mut watched = Watched::new(true);
    watched.now = 20 * PERIOD;
    let now = watched.now;
    let described = |what: &str| Some(format!("`run` {what}"));
    assert_eq!(watched.record.unfinished(now), described("has not beaten in 20 s"));
    watched.record.beat();
    assert_eq!(watched.record.unfinished(now), described("last beat less than 1 s ago"));
    let end = watched.allow(7 * PERIOD);
    assert_eq!(watched.record.unfinished(now), described("is under an allowance of another 7 s"));
    watched.record.enter_idle();
    assert_eq!(watched.record.unfinished(now), described("is idle"));
    watched.record.leave_idle();
    watched.record.end_allowance(end);
    assert_eq!(watched.record.unfinished(now), described("last beat less than 1 s ago"));
    assert_eq!(Watched::new(false).record.unfinished(now), None, "it need not beat");
}
