//! The report of a run: tables, bounds, and what could not be measured.

use std::fmt;

use crate::table::Table;

/// A limit that a measurement must keep.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) required: &'static str,
}

enum Verdict {
    Met,
    Missed,
    NotMeasured,
}

/// A limit with what was measured, or the reason why nothing was.
struct Bound {
    limit: Limit,
    measured: String,
    verdict: Verdict,
}

#[derive(Default)]
pub(crate) struct Report {
    /// The workers.
    pub(crate) workers: Table,
    /// The supervisors of ten processes.
    pub(crate) supervisors: Table,
    /// The command of this project.
    pub(crate) command: Table,
    bounds: Vec<Bound>,
    /// Parts and contenders that are missing, each with the reason.
    missing: Vec<String>,
}

// === impl Report ===

impl Report {
    pub(crate) fn add_bound(&mut self, limit: Limit, measured: impl Into<String>, met: bool) {
        let verdict = if met { Verdict::Met } else { Verdict::Missed };
        self.bounds.push(Bound { limit, measured: measured.into(), verdict });
    }

    /// Notes, and tells at once, that something could not be measured, and with it some bounds that are not
    /// there yet.
    pub(crate) fn add_missing(&mut self, name: &str, reason: &str, limits: &[Limit]) {
        let reason = reason.lines().next().unwrap_or_default();
        eprintln!("{name}: not measured: {reason}");
        self.missing.push(format!("{name}: {reason}"));
        for &limit in limits {
            if self.bounds.iter().all(|bound| bound.limit.name != limit.name) {
                let verdict = Verdict::NotMeasured;
                self.bounds.push(Bound { limit, measured: reason.to_owned(), verdict });
            }
        }
    }

    /// Tells whether every bound was measured and met.
    pub(crate) fn all_met(&self) -> bool {
        self.bounds.iter().all(|bound| matches!(bound.verdict, Verdict::Met))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}{}", self.workers, self.supervisors, self.command)?;
        if !self.bounds.is_empty() {
            writeln!(formatter, "| bound | required | measured | |\n| --- | --- | --- | --- |")?;
        }
        for Bound { limit: Limit { name, required }, measured, verdict } in &self.bounds {
            let verdict = match verdict {
                Verdict::Met => "met",
                Verdict::Missed => "**missed**",
                Verdict::NotMeasured => "not measured",
            };
            writeln!(formatter, "| {name} | {required} | {measured} | {verdict} |")?;
        }
        for missing in &self.missing {
            writeln!(formatter, "\nNot measured: {missing}.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, Report};

    const ONE: Limit = Limit { name: "one", required: "1 ms" };
    const OTHER: Limit = Limit { name: "other", required: "2 ms" };

    #[test]
    fn a_bound_without_a_measurement_is_not_missed() {
        let mut report = Report::default();
        report.add_bound(ONE, "0.5 ms", true);
        assert!(report.all_met());
        report.add_missing("load", "wrk is not installed\nmore", &[ONE, OTHER]);
        assert!(!report.all_met());
        let expected = "\
| bound | required | measured | |
| --- | --- | --- | --- |
| one | 1 ms | 0.5 ms | met |
| other | 2 ms | wrk is not installed | not measured |

Not measured: load: wrk is not installed.
";
        assert_eq!(report.to_string(), expected);
    }
}
