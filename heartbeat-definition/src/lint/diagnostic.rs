//! Diagnostics about a readable file.

use std::fmt;

use crate::{Code, Position};

/// The file that a [`Diagnostic`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum File {
    /// The service definition, `.csdef`.
    Definition,
    /// The service configuration, `.cscfg`.
    Configuration,
}

/// The severity of a [`Diagnostic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know; every tool accepts it.
    Note,
    /// A violation that is met in the documentation or in real files: strict readers refuse it,
    /// lenient ones accept it.
    Warning,
    /// A violation that cannot be understood or cannot work.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A violation of a rule, or advice, at a place in a file.
///
/// Displays as `line:column: severity[code]: message: fix`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The rule.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The file that `position` points into.
    pub file: File,
    /// The position of the value, the attribute's name or the element at fault.
    pub position: Position,
    /// The message, in lower case and without a full stop.
    pub message: String,
    /// The fix, if there is an obvious one.
    pub fix: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, severity, position, message, fix, .. } = self;
        write!(f, "{position}: {severity}[{code}]: {message}")?;
        match fix {
            Some(fix) => write!(f, ": {fix}"),
            None => Ok(()),
        }
    }
}
