//! Durations, as they are written in arguments and variables.

use std::time::Duration;

/// Reads a whole number with its unit, `ms`, `s`, `m` or `h`: `250ms`, `30s`, `2m`, `1h`.
///
/// ```
/// use std::time::Duration;
///
/// use heartbeat_definition::parse_duration;
///
/// assert_eq!(parse_duration("30s"), Some(Duration::from_secs(30)));
/// assert_eq!(parse_duration("30"), None);
/// ```
#[must_use]
pub fn parse_duration(written: &str) -> Option<Duration> {
    let unit = written.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = written.split_at(unit);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(milliseconds).map(Duration::from_millis)
}
