//! The verdict: a pure function of what is known.

use std::fmt;

use super::canary::Starved;
use super::lifecycle::{Lifecycle, State};

/// What a prober asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Is it live and ready?
    Health,
    /// Should it be left running?
    Live,
    /// Should it be given work?
    Ready,
    /// Has `on_start` ended well?
    Startup,
}

/// Why a status is not pass, in the order in which the codes are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Faulted,
    Stalled,
    Starved,
    Starting,
    Stopping,
    Busy,
    Check,
}

/// As in the health check response format for HTTP APIs (draft-inadarei-api-health-check).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Pass,
    Warn,
    Fail,
}

/// What the last results of the checks amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Checks {
    #[default]
    Pass,
    /// One that is not critical fails.
    Warn,
    /// A critical one fails.
    Fail,
}

/// What is known at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) lifecycle: Lifecycle,
    /// A lane is stalled.
    pub(crate) stalled: bool,
    pub(crate) starved: Starved,
    pub(crate) checks: Checks,
}

/// What is to be said of an instance at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is the answer to one question")]
pub(crate) struct Verdict {
    pub(crate) state: State,
    pub(crate) live: bool,
    pub(crate) ready: bool,
    pub(crate) started: bool,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) warned: bool,
}

impl Verdict {
    pub(crate) fn of(snapshot: Snapshot) -> Self {
        let Snapshot { lifecycle: Lifecycle { state, started, .. }, checks, .. } = snapshot;
        // The last look may be from before the stop, during which nothing of this is due.
        let stalled = snapshot.stalled && !state.is_ending();
        let starved = if state.is_ending() { Starved::No } else { snapshot.starved };
        let live = state != State::Faulted && !stalled && starved != Starved::Fail;
        let reasons = [
            (state == State::Faulted, Reason::Faulted),
            (stalled, Reason::Stalled),
            (starved != Starved::No, Reason::Starved),
            (state == State::Starting, Reason::Starting),
            (matches!(state, State::Stopping | State::Stopped), Reason::Stopping),
            (state == State::Busy, Reason::Busy),
            (checks != Checks::Pass, Reason::Check),
        ];
        Self {
            state,
            live,
            ready: live && state == State::Ready && checks != Checks::Fail,
            started,
            reasons: reasons.into_iter().filter_map(|(holds, why)| holds.then_some(why)).collect(),
            warned: starved == Starved::Warn || checks != Checks::Pass,
        }
    }

    /// Whether the answer is yes.
    pub(crate) fn passes(&self, question: Question) -> bool {
        match question {
            Question::Health => self.live && self.ready,
            Question::Live => self.live,
            Question::Ready => self.ready,
            Question::Startup => self.started,
        }
    }

    /// The answer in one word: a yes may carry a warning.
    pub(crate) fn status(&self, question: Question) -> Status {
        match (self.passes(question), self.warned) {
            (false, _) => Status::Fail,
            (true, true) => Status::Warn,
            (true, false) => Status::Pass,
        }
    }
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Faulted => "faulted",
            Self::Stalled => "stalled",
            Self::Starved => "starved",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Busy => "busy",
            Self::Check => "check",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status(Question::Health).as_str())?;
        let mut before = " (";
        for reason in &self.reasons {
            write!(f, "{before}{}", reason.as_str())?;
            before = " ";
        }
        f.write_str(if self.reasons.is_empty() { "" } else { ")" })
    }
}

#[cfg(test)]
mod tests {
    use super::{Checks, Question, Reason, Snapshot, Starved, Status, Verdict};
    use crate::vitals::{Lifecycle, State};

    fn snapshot(state: State) -> Snapshot {
        let started = state != State::Starting;
        let lifecycle = Lifecycle { state, started, ..Lifecycle::default() };
        Snapshot { lifecycle, ..Snapshot::default() }
    }

    /// What is known, which questions pass, the reasons, and the status of the whole.
    type Row<'a> = (Snapshot, &'a [Question], &'a [Reason], Status);

    #[test]
    fn every_state_and_sign_answers_each_question() {
        use Question::{Health, Live, Ready, Startup};
        use Reason as R;
        let ready = snapshot(State::Ready);
        let stopping = snapshot(State::Stopping);
        let unstarted = Lifecycle { started: false, ..stopping.lifecycle };
        let table: [Row<'_>; 18] = [
            (snapshot(State::Starting), &[Live], &[R::Starting], Status::Fail),
            (ready, &[Health, Live, Ready, Startup], &[], Status::Pass),
            (snapshot(State::Busy), &[Live, Startup], &[R::Busy], Status::Fail),
            (stopping, &[Live, Startup], &[R::Stopping], Status::Fail),
            (Snapshot { lifecycle: unstarted, ..stopping }, &[Live], &[R::Stopping], Status::Fail),
            (snapshot(State::Stopped), &[Live, Startup], &[R::Stopping], Status::Fail),
            (snapshot(State::Faulted), &[Startup], &[R::Faulted], Status::Fail),
            (Snapshot { stalled: true, ..ready }, &[Startup], &[R::Stalled], Status::Fail),
            (
                Snapshot { stalled: true, ..snapshot(State::Starting) },
                &[],
                &[R::Stalled, R::Starting],
                Status::Fail,
            ),
            (
                Snapshot { stalled: true, ..snapshot(State::Busy) },
                &[Startup],
                &[R::Stalled, R::Busy],
                Status::Fail,
            ),
            (
                Snapshot { stalled: true, ..stopping },
                &[Live, Startup],
                &[R::Stopping],
                Status::Fail,
            ),
            (
                Snapshot { starved: Starved::Warn, ..ready },
                &[Health, Live, Ready, Startup],
                &[R::Starved],
                Status::Warn,
            ),
            (Snapshot { starved: Starved::Fail, ..ready }, &[Startup], &[R::Starved], Status::Fail),
            (
                Snapshot { starved: Starved::Fail, ..stopping },
                &[Live, Startup],
                &[R::Stopping],
                Status::Fail,
            ),
            (
                Snapshot { checks: Checks::Warn, ..ready },
                &[Health, Live, Ready, Startup],
                &[R::Check],
                Status::Warn,
            ),
            (
                Snapshot { checks: Checks::Fail, ..ready },
                &[Live, Startup],
                &[R::Check],
                Status::Fail,
            ),
            (
                Snapshot { checks: Checks::Fail, ..snapshot(State::Starting) },
                &[Live],
                &[R::Starting, R::Check],
                Status::Fail,
            ),
            (
                Snapshot { stalled: true, starved: Starved::Fail, checks: Checks::Fail, ..ready },
                &[Startup],
                &[R::Stalled, R::Starved, R::Check],
                Status::Fail,
            ),
        ];
        for (snapshot, passing, reasons, status) in table {
            let verdict = Verdict::of(snapshot);
            let passed: Vec<_> = [Health, Live, Ready, Startup]
                .into_iter()
                .filter(|question| verdict.passes(*question))
                .collect();
            assert_eq!(passed, passing, "{verdict:?}");
            assert_eq!(verdict.reasons, reasons, "{verdict:?}");
            assert_eq!(verdict.status(Health), status, "{verdict:?}");
        }
    }

    #[test]
    fn a_verdict_is_one_line() {
        let stalled = Snapshot { stalled: true, checks: Checks::Warn, ..snapshot(State::Ready) };
        assert_eq!(Verdict::of(stalled).to_string(), "fail (stalled check)");
        assert_eq!(Verdict::of(snapshot(State::Ready)).to_string(), "pass");
    }
}
