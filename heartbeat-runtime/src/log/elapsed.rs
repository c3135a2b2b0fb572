//! Durations in log lines.

use std::fmt;
use std::time::Duration;

/// A duration in a log line, such as `3.2 ms`, `1.2 s` or `42 s`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elapsed(pub(crate) Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        let (value, unit) = if seconds < 1.0 { (seconds * 1000.0, "ms") } else { (seconds, "s") };
        let rounded = (value * 10.0).round() / 10.0;
        if value >= 10.0 || rounded.fract() == 0.0 {
            write!(f, "{value:.0} {unit}")
        } else {
            write!(f, "{rounded:.1} {unit}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Elapsed};

    #[test]
    fn a_duration_has_two_digits_or_whole_units() {
        for (micros, text) in [
            (0, "0 ms"),
            (42, "0 ms"),
            (3_240, "3.2 ms"),
            (3_000, "3 ms"),
            (312_000, "312 ms"),
            (1_240_000, "1.2 s"),
            (20_000_000, "20 s"),
            (3_600_400_000, "3600 s"),
        ] {
            assert_eq!(Elapsed(Duration::from_micros(micros)).to_string(), text);
        }
    }
}
