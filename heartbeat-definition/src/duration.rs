//! Durations in the attribute's arguments and in environment variables.

use std::time::Duration;

/// Parses a whole number with its unit: `250ms`, `30s`, `2m`, `1h`.
///
/// Returns `None` for anything else, and for more than a [`Duration`] can hold. Zero is accepted;
/// the caller decides if it makes sense.
///
/// ```
/// use std::time::Duration;
///
/// use heartbeat_definition::parse_duration;
///
/// assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
/// assert_eq!(parse_duration("1h"), Some(Duration::from_secs(3600)));
/// assert_eq!(parse_duration("30"), None);
/// ```
#[must_use]
pub fn parse_duration(written: &str) -> Option<Duration> {
    let end_of_number = written.find(|next: char| !next.is_ascii_digit())?;
    let (number, unit) = written.split_at(end_of_number);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse_duration;
    use std::time::Duration;

    #[test]
    fn parses_a_whole_number_with_its_unit() {
        for (written, milliseconds) in [
            ("0s", 0),
            ("1ms", 1),
            ("250ms", 250),
            ("30s", 30_000),
            ("007s", 7_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(parse_duration(written), Some(duration), "{written}");
        }
        let longest = format!("{}s", u64::MAX);
        assert_eq!(parse_duration(&longest), Some(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn rejects_anything_else() {
        let mut others: Vec<_> =
            "| |30|s|30 s| 30s|30s |-1s|+1s|1.5s|1e3s|1_000s|30S|30sec|30us|1d|m|٣s"
                .split('|')
                .map(str::to_owned)
                .collect();
        for unit in ["m", "h"] {
            others.push(format!("{}{unit}", u64::MAX));
        }
        others.push(format!("{}0s", u64::MAX));
        for written in others {
            assert_eq!(parse_duration(&written), None, "{written:?}");
        }
    }
}
