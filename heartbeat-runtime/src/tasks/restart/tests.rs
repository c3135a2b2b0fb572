//! The policy against a simple reference, for arbitrary failures.

use std::time::Duration;

use proptest::prelude::*;

use super::{Decision, FIRST_DELAY, MAX_DELAY, Restart, RestartPolicy, WELL_AFTER};

/// A failure: the time since the one before, the part of it that the run lasted, and the jitter.
type Failure = (u64, f64, f64);

fn failures() -> impl Strategy<Value = Vec<Failure>> {
    let gap = prop_oneof![0..2_000_u64, 0..120_000_u64];
    prop::collection::vec((gap, 0.0..=1.0, 0.0..=1.0), 0..40)
}

fn restart() -> impl Strategy<Value = Restart> {
    let within = prop_oneof![Just(0), 1..200_000_u64, Just(u64::MAX)];
    let on_failure = (0..12_u32, within).prop_map(|(at_most, within)| Restart::OnFailure {
        at_most,
        within: Duration::from_millis(within),
    });
    prop_oneof![1 => Just(Restart::Never), 1 => Just(Restart::Ignore), 8 => on_failure]
}

/// The reference: it looks at all failures so far, the last one included, as (time, length of the run).
fn expected(restart: Restart, failures: &[(Duration, Duration)]) -> Decision {
    let (at_most, within) = match restart {
        Restart::Never => return Decision::StopWorker,
        Restart::Ignore => return Decision::Ignore,
        Restart::OnFailure { at_most, within } => (at_most as usize, within),
    };
    let (now, _) = failures[failures.len() - 1];
    let recent = failures[..failures.len() - 1]
        .iter()
        .filter(|(at, _)| now.saturating_sub(*at) < within)
        .count();
    if recent + 1 > at_most {
        return Decision::StopWorker;
    }
    let in_a_row = failures.iter().rev().take_while(|(_, lasted)| *lasted < WELL_AFTER).count();
    // A run that was well begins a new row, with the failure that ended it.
    let row = if in_a_row == failures.len() { in_a_row } else { in_a_row + 1 };
    let delay = (1..row).fold(FIRST_DELAY, |delay, _| (delay * 2).min(MAX_DELAY.mul_f64(0.8)));
    Decision::RestartAfter(delay)
}

proptest! {
    #[test]
    fn decides_as_the_reference(restart in restart(), failures in failures()) {
        let mut policy = RestartPolicy::new(restart);
        let (mut now, mut so_far) = (Duration::ZERO, Vec::new());
        for (gap, part, jitter) in failures {
            let gap = Duration::from_millis(gap);
            now += gap;
            let lasted = gap.mul_f64(part);
            so_far.push((now, lasted));
            match (policy.decide(now, lasted, jitter), expected(restart, &so_far)) {
                (Decision::RestartAfter(delay), Decision::RestartAfter(least)) => {
                    prop_assert!(delay >= least && delay <= least.mul_f64(1.25), "{delay:?}, {least:?}");
                    prop_assert!(delay <= MAX_DELAY, "{delay:?}");
                }
                (decision, expected) => {
                    prop_assert_eq!(decision, expected);
                    // A worker that stops asks no more.
                    if decision == Decision::StopWorker { break; }
                }
            }
        }
    }
}

#[test]
fn delays_double_from_100_ms_to_30_s() {
    let mut policy =
        RestartPolicy::new(Restart::OnFailure { at_most: u32::MAX, within: Duration::MAX });
    let mut next = |lasted| match policy.decide(Duration::ZERO, lasted, 0.0) {
        Decision::RestartAfter(delay) => delay.as_millis(),
        other => panic!("{other:?}"),
    };
    let delays: Vec<_> = (0..11).map(|_| next(Duration::ZERO)).collect();
    let expected = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 24_000, 24_000, 24_000];
    assert_eq!(delays, expected);
    assert_eq!(next(WELL_AFTER), 100, "it was well for a minute");
    assert_eq!(next(Duration::ZERO), 200);
}

/// Workers that fail for one reason must not come back at one moment.
#[test]
fn the_longest_delay_has_jitter_too_and_is_30_s_at_most() {
    let longest = |jitter| {
        let restart = Restart::OnFailure { at_most: u32::MAX, within: Duration::MAX };
        let mut policy = RestartPolicy::new(restart);
        (0..20).map(|_| policy.decide(Duration::ZERO, Duration::ZERO, jitter)).last()
    };
    let after = |seconds| Some(Decision::RestartAfter(Duration::from_secs(seconds)));
    assert_eq!([longest(0.0), longest(0.5), longest(1.0)], [after(24), after(27), after(30)]);
}
