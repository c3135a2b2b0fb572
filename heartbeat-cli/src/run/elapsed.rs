//! Durations in words.

use std::fmt;
use std::time::Duration;

/// A duration as `200 ms`, `3.2 s` or `42 s`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elapsed(pub(crate) Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(duration) = self;
        match duration.as_millis() {
            millis @ ..1_000 => write!(f, "{millis} ms"),
            1_000..10_000 => write!(f, "{:.1} s", duration.as_secs_f64()),
            _ => write!(f, "{} s", duration.as_secs()),
        }
    }
}
