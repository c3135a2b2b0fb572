//! Findings for programs.

use std::fmt::Write as _;

use heartbeat_definition::Severity;
use serde_json::{Value, json};

use super::finding::Counts;
use super::service::CheckedFile;

/// Formats the findings as one JSON document.
pub(super) fn json(checked: &[CheckedFile], counts: Counts) -> String {
    let findings = checked.iter().flat_map(|file| file.findings.iter().map(move |it| (file, it)));
    let findings: Vec<Value> = findings
        .map(|(file, finding)| {
            json!({
                "file": file.source.path.to_string_lossy(),
                "line": finding.position.line,
                "column": finding.position.column,
                "severity": finding.severity.to_string(),
                "code": finding.code,
                "message": finding.message,
                "fix": finding.fix,
            })
        })
        .collect();
    let value = json!({
        "files": checked.len(),
        "errors": counts.errors,
        "warnings": counts.warnings,
        "notes": counts.notes,
        "findings": findings,
    });
    format!("{value:#}\n")
}

/// Formats the findings as workflow commands, which GitHub shows at their lines:
/// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.
pub(super) fn github(checked: &[CheckedFile]) -> String {
    let mut text = String::new();
    let findings = checked.iter().flat_map(|file| file.findings.iter().map(move |it| (file, it)));
    for (file, finding) in findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let fix = finding.fix.as_ref().map_or_else(String::new, |fix| format!(": {fix}"));
        let _ = writeln!(
            text,
            "::{command} file={},line={},col={},title={}::{}",
            property(&file.source.path.to_string_lossy()),
            finding.position.line,
            finding.position.column,
            property(finding.code),
            data(&format!("{}{fix}", finding.message)),
        );
    }
    text
}

/// Escapes the text of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn escapes_workflow_commands() {
        assert_eq!(data("50%: a, b\r\nc"), "50%25: a, b%0D%0Ac");
        assert_eq!(property("C:\\a,b%"), "C%3A\\a%2Cb%25");
    }
}
