//! The judgement of each answer, by what is right at its time.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::injection::{CHECK, Injection};
use crate::instance::{Instance, Late};
use crate::probe::Answer;
use crate::tally::{Case, Fault};
use crate::timeline::Colour;

/// Time before a case from which lines of the log are shown.
const SHOWN_BEFORE: Duration = Duration::from_secs(10);

impl Instance<'_> {
    pub(crate) fn judge(&mut self, answer: &Answer) {
        let during: Vec<_> = self.timeline.during(answer.asked, answer.answered).collect();
        let all = |colour| during.iter().all(|(_, expected)| expected.at(answer.path) == colour);
        // The deadline since when the expectation holds is later for a worker that had no core.
        let is_early = during.first().is_some_and(|(begin, expected)| {
            let waited = self.waits.longest(expected.since, answer.answered);
            answer.asked <= *begin + waited
        });
        self.outcome.answers += 1;
        match &answer.result {
            Err(_) if during.iter().any(|(_, expected)| expected.silence) => {
                self.outcome.silences += 1;
            }
            Ok((200, _)) if all(Colour::Red) && !is_early => {
                self.add_case(Fault::FalseGreen, answer);
            }
            Ok((503, _)) if all(Colour::Green) && is_early => self.outcome.late += 1,
            Ok((503, _)) if all(Colour::Green) => self.add_case(Fault::FalseRed, answer),
            Ok((503, body)) => {
                let names = |reason| body.contains(&format!("\"{reason}\""));
                let is_right = during.iter().any(|(_, expected)| {
                    expected.at(answer.path) != Colour::Green
                        && (expected.reason.is_empty() || names(expected.reason))
                });
                if !is_right && !is_early {
                    self.add_case(Fault::WrongReason, answer);
                }
            }
            Ok((200, _)) => {}
            Err(_) | Ok(_) => self.add_case(Fault::FalseRed, answer),
        }
    }

    fn add_case(&mut self, fault: Fault, answer: &Answer) {
        let cases = &mut self.outcome.cases;
        let known = cases.iter_mut().find(|case| case.fault == fault && case.path == answer.path);
        match known {
            Some(case) => case.answered.push(answer.answered),
            None => cases.push(Case {
                fault,
                path: answer.path,
                asked: answer.asked,
                answer: format!("{:?}", answer.result),
                answered: vec![answer.answered],
            }),
        }
    }

    /// Adds a case of a process that does not end, or begin, as it must.
    pub(crate) fn wrong_end(&mut self, text: String) {
        let (fault, asked) = (Fault::WrongEnd, Instant::now());
        let case = Case { fault, path: "", asked, answer: text, answered: vec![asked] };
        self.outcome.cases.push(case);
    }

    /// Removes the red answers of a worker that had no core for its beats or checks, which it has told
    /// meanwhile, and words the other cases.
    pub(crate) fn settle(&mut self, injection: &Injection) {
        let (late, waits, outcome) = (&self.late, &self.waits, &mut self.outcome);
        let had_no_core = |answered: Instant| {
            late.iter().any(|Late { at, lasted }| {
                let begin = at.checked_sub(*lasted).unwrap_or(*at);
                begin <= answered
                    && answered <= *at + CHECK
                    && waits.longest(begin, *at) >= *lasted / 2
            })
        };
        for case in outcome.cases.iter_mut().filter(|case| case.fault == Fault::FalseRed) {
            let before = case.answered.len();
            case.answered.retain(|answered| !had_no_core(*answered));
            outcome.late += before - case.answered.len();
        }
        outcome.cases.retain(|case| !case.answered.is_empty());
        let cases = &self.outcome.cases;
        let mut text: String = cases.iter().map(|case| self.describe(injection, case)).collect();
        if let Some(first) = cases.iter().map(|case| case.asked).min() {
            text += &self.log_since(first.checked_sub(SHOWN_BEFORE));
        }
        self.outcome.text = text;
        let now = Instant::now();
        self.late.retain(|late| now.duration_since(late.at) < Duration::from_secs(60));
    }

    fn describe(&self, injection: &Injection, case: &Case) -> String {
        let Case { fault, path, asked, answered, answer } = case;
        let (number, seed, count) = (self.number, self.plan.seed, answered.len());
        let asked_at = self.since_start(*asked);
        let expected = self.timeline.at(*asked);
        format!(
            "{fault:?} {path} of worker {number} at {asked_at} (seed {seed}), {count} times, in: {}\n\
            \x20 the first: {answer}; expected: {expected}\n",
            injection.name
        )
    }

    pub(crate) fn log_since(&self, since: Option<Instant>) -> String {
        let lines = self.log.iter().filter(|(at, _)| since.is_none_or(|since| *at >= since));
        lines.fold(String::new(), |mut text, (at, line)| {
            let _ = writeln!(text, "    {} {line}", self.since_start(*at));
            text
        })
    }

    fn since_start(&self, at: Instant) -> String {
        format!("{:.3} s", at.saturating_duration_since(self.plan.start).as_secs_f64())
    }
}
