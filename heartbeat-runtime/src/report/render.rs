//! The body of a health answer. The public one needs no snapshot, so that a probe costs the same for
//! any number of heartbeats, checks and facts.

use std::fmt::Write;

use serde::Serialize;

use super::format::Format;
use super::snapshot::Report;
use super::source::ReportSource;
use super::{health_json, json};
use crate::vitals::{ProbeKind, Reason, Status, Verdict};

/// Writes the answer to a probe, with the details if the client may see them.
pub(crate) fn render(
    format: Format,
    source: &ReportSource,
    detailed: bool,
    kind: ProbeKind,
    verdict: &Verdict,
) -> String {
    let status = verdict.status(kind);
    let reasons = if status == Status::Pass { &[] } else { &verdict.reasons[..] };
    let version = source.info.version;
    let report = || Report::take(source, verdict);
    match format {
        Format::Text => text(status, reasons),
        Format::HealthJson => {
            let answer = health_json::Answer::new(version, status, reasons);
            if detailed { to_json(&answer.with_details(&report())) } else { to_json(&answer) }
        }
        Format::Json => {
            let public =
                |facts| json::Public { version, status, state: verdict.state, reasons, facts };
            if detailed {
                let report = report();
                to_json(&json::Detailed::new(public(report.facts.as_deref()), &report))
            } else {
                to_json(&public(source.facts.public().as_deref()))
            }
        }
    }
}

fn to_json(body: &impl Serialize) -> String {
    // Strings, numbers, lists and maps of them cannot fail to be written.
    serde_json::to_string(body).unwrap_or_default()
}

/// One line: the status, then the reasons.
fn text(status: Status, reasons: &[Reason]) -> String {
    let mut line = status.as_str().to_owned();
    for reason in reasons {
        let _ = write!(line, " {}", reason.as_str());
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests;
