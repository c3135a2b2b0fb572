//! The body of a health answer, in the three formats that clients ask for. The public body changes
//! only when the verdict does.

use std::fmt::Write;

use serde::Serialize;

use super::format::Format;
use super::health_json::HealthBody;
use super::json::Body;
use super::state::HealthState;
use crate::vitals::{ProbeKind, Reason, Status, Verdict};

/// Writes the answer to a probe, with the details if the client may see them.
pub(super) fn render(
    format: Format,
    health: &HealthState,
    detailed: bool,
    kind: ProbeKind,
    verdict: &Verdict,
) -> String {
    let status = verdict.status(kind);
    let reasons = if status == Status::Pass { &[] } else { &verdict.reasons[..] };
    match format {
        Format::Text => text(status, reasons),
        Format::HealthJson => to_json(&HealthBody::new(health, detailed, status, reasons)),
        Format::Json => {
            let body = Body::new(health, status, verdict.state, reasons);
            if detailed { to_json(&body.with_details(health)) } else { to_json(&body) }
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
