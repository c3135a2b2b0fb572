//! The cases that were found, and the summary.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The kinds of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Red, or silent, without a fault.
    FalseRed,
    /// Green later than the deadline and its grace after a fault.
    FalseGreen,
    /// Red for another reason than the fault.
    WrongReason,
    /// An exit code or an end that is not as it must be.
    WrongEnd,
}

/// A case: what was wrong, of which the first answer is shown.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) fault: Fault,
    pub(crate) path: &'static str,
    /// When the first wrong answer was asked for.
    pub(crate) asked: Instant,
    pub(crate) answer: String,
    /// When each wrong answer came.
    pub(crate) answered: Vec<Instant>,
}

/// The results of the injections of one kind.
#[derive(Debug, Default)]
struct Row {
    count: u32,
    time: Duration,
    red_after: Vec<Duration>,
    /// Number of injections with such a case.
    false_reds: u32,
    false_greens: u32,
    others: u32,
}

/// The counts of a soak, which all instances share.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    rows: BTreeMap<&'static str, Row>,
    answers: u64,
    silences: u64,
    late: usize,
}

/// The report of an instance at the end of an injection.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) time: Duration,
    pub(crate) red_after: Option<Duration>,
    pub(crate) cases: Vec<Case>,
    pub(crate) answers: u64,
    /// Answers that never came, rightly.
    pub(crate) silences: u64,
    /// Red answers because the worker had no core.
    pub(crate) late: usize,
    /// The cases in words, with the log of the worker.
    pub(crate) text: String,
}

// === impl Tally ===

impl Tally {
    pub(crate) fn add(&self, injection: &'static str, outcome: &Outcome) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.answers += outcome.answers;
        counts.silences += outcome.silences;
        counts.late += outcome.late;
        let row = counts.rows.entry(injection).or_default();
        row.count += 1;
        row.time += outcome.time;
        row.red_after.extend(outcome.red_after);
        let has = |fault| u32::from(outcome.cases.iter().any(|case| case.fault == fault));
        row.false_reds += has(Fault::FalseRed);
        row.false_greens += has(Fault::FalseGreen);
        row.others += has(Fault::WrongReason) + has(Fault::WrongEnd);
        if !outcome.text.is_empty() {
            println!("{}", outcome.text);
        }
    }

    /// Prints the summary. Returns whether every verdict was right.
    pub(crate) fn print(&self) -> bool {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        println!("{counts}");
        let is_right = |row: &Row| row.false_reds + row.false_greens + row.others == 0;
        counts.rows.values().all(is_right) && counts.answers > 0
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = ["count", "seconds", "red after (median)", "(worst)", "false reds"];
        let [count, time, median, worst, reds] = titles;
        writeln!(
            f,
            "| injection | {count} | {time} | {median} | {worst} | {reds} | false greens | other |"
        )?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")?;
        for (name, row) in &self.rows {
            let mut after = row.red_after.clone();
            after.sort();
            let seconds = |time: Option<&Duration>| {
                time.map_or("-".to_owned(), |time| format!("{:.2} s", time.as_secs_f64()))
            };
            let (median, worst) = (seconds(after.get(after.len() / 2)), seconds(after.last()));
            let (count, time) = (row.count, row.time.as_secs());
            let (reds, greens, others) = (row.false_reds, row.false_greens, row.others);
            writeln!(
                f,
                "| {name} | {count} | {time} | {median} | {worst} | {reds} | {greens} | {others} |"
            )?;
        }
        let sum = |of: fn(&Row) -> u32| self.rows.values().map(of).sum::<u32>();
        writeln!(
            f,
            "\n{} answers, {} silences of suspended and ending workers, {} late red answers for want of a core",
            self.answers, self.silences, self.late
        )?;
        write!(
            f,
            "{} false reds, {} false greens, {} wrong reasons or ends",
            sum(|row| row.false_reds),
            sum(|row| row.false_greens),
            sum(|row| row.others)
        )
    }
}
