//! Due times, missed ones, and the change of the clocks.

use jiff::Timestamp;

use super::{CronSchedule, Due};

fn schedule(text: &str) -> CronSchedule {
    text.parse().unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn due(schedule: &CronSchedule, settled: &str, now: &str) -> Option<(String, i32)> {
    let due = schedule.due(time(settled), time(now));
    due.map(|Due { time, missed }| (time.to_string(), missed))
}

#[test]
fn a_due_time_comes_once() {
    let hourly = schedule("0 * * * * UTC");
    let noon = Some(("2026-03-01T12:00:00Z".to_owned(), 0));
    assert_eq!(due(&hourly, "2026-03-01T11:00:00Z", "2026-03-01T11:59:59.999Z"), None);
    assert_eq!(due(&hourly, "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z"), noon);
    assert_eq!(due(&hourly, "2026-03-01T11:00:00Z", "2026-03-01T12:59:59Z"), noon);
    assert_eq!(due(&hourly, "2026-03-01T12:00:00Z", "2026-03-01T12:59:59Z"), None);
}

#[test]
fn the_newest_stands_for_those_that_were_missed() {
    let hourly = schedule("0 * * * * UTC");
    let newest = Some(("2026-03-01T15:00:00Z".to_owned(), 3));
    assert_eq!(due(&hourly, "2026-03-01T11:20:00Z", "2026-03-01T15:30:00Z"), newest);
}

#[test]
fn a_clock_that_is_set_back_repeats_nothing() {
    let hourly = schedule("0 * * * * UTC");
    assert_eq!(due(&hourly, "2026-03-01T12:00:00Z", "2026-03-01T10:30:00Z"), None);
}

#[test]
fn a_time_zone_changes_its_clocks() {
    let nightly = schedule("30 2 * * * Europe/Berlin");
    let next = |after| nightly.next(time(after)).unwrap().to_string();
    // At 02:00 it becomes 03:00: there is no 02:30 on the 29th.
    assert_eq!(next("2026-03-28T00:00:00Z"), "2026-03-28T01:30:00Z");
    assert_eq!(next("2026-03-28T12:00:00Z"), "2026-03-30T00:30:00Z");
    // At 03:00 it becomes 02:00: there are two on the 25th.
    assert_eq!(next("2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
    assert_eq!(next("2026-10-25T00:30:00Z"), "2026-10-25T01:30:00Z");
}

#[test]
fn refuses_what_never_comes() {
    for text in ["", "* * * *", "* * * * *", "60 * * * * UTC", "* * * * * Mars", "0 0 31 2 * UTC"] {
        assert!(text.parse::<CronSchedule>().is_err(), "{text}");
    }
}
