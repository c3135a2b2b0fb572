//! Findings, whatever they come from.

use heartbeat_definition::{Diagnostic, Position, Severity};

/// Something to tell about a place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) position: Position,
    pub(super) severity: Severity,
    /// The word for the rule.
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) fix: Option<String>,
}

/// The number of findings of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) notes: usize,
}

// === impl Finding ===

impl Finding {
    /// Returns the finding that a file cannot be read.
    pub(super) fn unreadable(position: Position, message: String) -> Self {
        Self { position, severity: Severity::Error, code: "unreadable", message, fix: None }
    }
}

impl From<Diagnostic> for Finding {
    fn from(diagnostic: Diagnostic) -> Self {
        let Diagnostic { position, severity, code, message, fix, .. } = diagnostic;
        Self { position, severity, code: code.as_str(), message, fix }
    }
}

// === impl Counts ===

impl Counts {
    pub(super) fn of<'a>(findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            match finding.severity {
                Severity::Error => counts.errors += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Note => counts.notes += 1,
            }
        }
        counts
    }

    /// Returns the summary, such as "2 errors, 1 warning in 3 files".
    pub(super) fn summary(self, files: usize) -> String {
        let counts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts.map(|(count, noun)| plural(count, noun)).collect();
        let found = if counts.is_empty() { "nothing wrong".to_owned() } else { counts.join(", ") };
        format!("{found} in {}", plural(files, "file"))
    }
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn summarises() {
        let counts = Counts { errors: 2, warnings: 1, notes: 0 };
        assert_eq!(counts.summary(3), "2 errors, 1 warning in 3 files");
        assert_eq!(Counts::default().summary(1), "nothing wrong in 1 file");
        assert_eq!(Counts { notes: 1, ..Counts::default() }.summary(1), "1 note in 1 file");
    }
}
