//! The verdict: a pure function of what is known.

use serde::Serialize;

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

/// Why an answer is no, in the order in which the codes are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reason {
    Faulted,
    Stalled,
    Starting,
    Stopping,
    Busy,
}

/// What is to be said of an instance at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) state: State,
    pub(crate) live: bool,
    pub(crate) ready: bool,
    pub(crate) started: bool,
    pub(crate) reasons: Vec<Reason>,
}

impl Verdict {
    pub(crate) fn of(Lifecycle { state, started, .. }: Lifecycle, stalled: bool) -> Self {
        // The last look may be from before the stop, during which no beat is due.
        let stalled = stalled && state.is_running();
        let live = state != State::Faulted && !stalled;
        let reasons = [
            (state == State::Faulted, Reason::Faulted),
            (stalled, Reason::Stalled),
            (state == State::Starting, Reason::Starting),
            (matches!(state, State::Stopping | State::Stopped), Reason::Stopping),
            (state == State::Busy, Reason::Busy),
        ];
        Self {
            state,
            live,
            ready: live && state == State::Ready,
            started,
            reasons: reasons.into_iter().filter_map(|(holds, why)| holds.then_some(why)).collect(),
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
}

#[cfg(test)]
mod tests {
    use super::{Question, Reason, Verdict};
    use crate::vitals::{Lifecycle, State};

    #[test]
    fn every_state_answers_each_question() {
        use Question::{Health, Live, Ready, Startup};
        use Reason::{Busy, Faulted, Stalled, Starting, Stopping};
        type Row<'a> = (State, bool, bool, &'a [Question], &'a [Reason]);
        let table: [Row<'_>; 10] = [
            (State::Starting, false, false, &[Live], &[Starting]),
            (State::Ready, true, false, &[Health, Live, Ready, Startup], &[]),
            (State::Ready, true, true, &[Startup], &[Stalled]),
            (State::Busy, true, false, &[Live, Startup], &[Busy]),
            (State::Busy, true, true, &[Startup], &[Stalled, Busy]),
            (State::Stopping, true, true, &[Live, Startup], &[Stopping]),
            (State::Stopping, false, false, &[Live], &[Stopping]),
            (State::Stopped, true, false, &[Live, Startup], &[Stopping]),
            (State::Faulted, true, false, &[Startup], &[Faulted]),
            (State::Faulted, false, false, &[], &[Faulted]),
        ];
        for (state, started, stalled, passing, reasons) in table {
            let verdict =
                Verdict::of(Lifecycle { state, started, ..Lifecycle::default() }, stalled);
            let passed: Vec<_> = [Health, Live, Ready, Startup]
                .into_iter()
                .filter(|question| verdict.passes(*question))
                .collect();
            assert_eq!(passed, passing, "{verdict:?}");
            assert_eq!(verdict.reasons, reasons, "{verdict:?}");
        }
    }
}
