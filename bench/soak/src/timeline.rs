//! The right verdict at each moment, past and to come.

use std::fmt;
use std::time::{Duration, Instant};

/// The right colour of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Green,
    Red,
    /// A fault has begun or ended, and its deadline has not passed.
    Either,
}

/// The right answers from a moment on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) live: Colour,
    pub(crate) ready: Colour,
    /// No answer is right too: the process is suspended, or starts, or ends.
    pub(crate) silence: bool,
    /// The code that a red answer must have among its reasons.
    pub(crate) reason: &'static str,
    /// The begin of the fault. The time for which the worker waited for a core since then delays its
    /// deadline.
    pub(crate) since: Instant,
}

/// The right verdict at each moment, in the order of time.
#[derive(Debug, Default)]
pub(crate) struct Timeline(Vec<(Instant, Expected)>);

// === impl Colour ===

impl Colour {
    /// Combines two verdicts: the worse counts.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Green, Self::Green) => Self::Green,
            (Self::Red, _) | (_, Self::Red) => Self::Red,
            _ => Self::Either,
        }
    }
}

// === impl Expected ===

impl Expected {
    /// A worker without a fault.
    pub(crate) fn green() -> Self {
        Self::of(Colour::Green, Colour::Green)
    }

    pub(crate) fn of(live: Colour, ready: Colour) -> Self {
        Self { live, ready, silence: false, reason: "", since: Instant::now() }
    }

    pub(crate) fn or_silence(self) -> Self {
        Self { silence: true, ..self }
    }

    pub(crate) fn because(self, reason: &'static str, since: Instant) -> Self {
        Self { reason, since, ..self }
    }

    /// Returns the right colour of a path.
    pub(crate) fn at(&self, path: &str) -> Colour {
        match path {
            "/livez" => self.live,
            "/readyz" => self.ready,
            _ => self.live.and(self.ready),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "live {:?}, ready {:?}", self.live, self.ready)?;
        if !self.reason.is_empty() {
            write!(f, ", because {}", self.reason)?;
        }
        if self.silence { f.write_str(", or no answer") } else { Ok(()) }
    }
}

// === impl Timeline ===

impl Timeline {
    /// Replaces what is right from a moment on.
    pub(crate) fn set(&mut self, from: Instant, expected: Expected) {
        self.0.retain(|(at, _)| *at < from);
        self.0.push((from, expected));
    }

    /// Returns what is right at a moment.
    pub(crate) fn at(&self, at: Instant) -> Expected {
        self.during(at, at).next().map_or_else(Expected::green, |(_, expected)| expected)
    }

    /// Returns everything that was right at some time of a span, and since when.
    pub(crate) fn during(
        &self,
        from: Instant,
        until: Instant,
    ) -> impl Iterator<Item = (Instant, Expected)> + '_ {
        let ends = self.0.iter().skip(1).map(|(at, _)| Some(*at)).chain([None]);
        let spans = self.0.iter().zip(ends);
        spans
            .filter(move |((begin, _), end)| *begin <= until && end.is_none_or(|end| end > from))
            .map(|(entry, _)| *entry)
    }

    /// Forgets what is older than that.
    pub(crate) fn forget(&mut self, older_than: Duration) {
        let Some(limit) = Instant::now().checked_sub(older_than) else { return };
        let keep = self.0.iter().rposition(|(at, _)| *at < limit).unwrap_or_default();
        self.0.drain(..keep);
    }
}

#[cfg(test)]
mod tests {
    use super::{Colour, Duration, Expected, Instant, Timeline};

    #[test]
    fn what_is_set_replaces_what_was_to_come() {
        let start = Instant::now();
        let second = |count| start + Duration::from_secs(count);
        let mut timeline = Timeline::default();
        timeline.set(start, Expected::green());
        timeline.set(second(5), Expected::of(Colour::Red, Colour::Red));
        let live = |timeline: &Timeline, from, until| {
            let during = timeline.during(second(from), second(until));
            during.map(|(_, expected)| expected.at("/livez")).collect::<Vec<_>>()
        };
        assert_eq!(live(&timeline, 1, 4), [Colour::Green]);
        assert_eq!(live(&timeline, 4, 5), [Colour::Green, Colour::Red]);
        assert_eq!(live(&timeline, 5, 9), [Colour::Red]);
        timeline.set(second(3), Expected::of(Colour::Either, Colour::Green));
        assert_eq!(live(&timeline, 6, 9), [Colour::Either]);
        assert_eq!(timeline.at(second(9)).at("/health"), Colour::Either);
        assert_eq!(timeline.at(second(2)).at("/health"), Colour::Green);
    }
}
