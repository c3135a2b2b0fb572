//! What is wrong with a file that could be read.

use std::fmt;

use crate::{Code, Position};

/// Which of the two files a [`Diagnostic`] points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum File {
    /// The service definition, `.csdef`.
    Definition,
    /// The service configuration, `.cscfg`.
    Configuration,
}

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; every tool accepts it.
    Note,
    /// A rule is broken, but the documentation or files in use do so too:
    /// strict readers refuse it, lenient ones go on.
    Warning,
    /// A rule is broken, and what was meant cannot be told or cannot work.
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

/// One thing that is wrong, and where.
///
/// Displays as `line:column: severity[code]: message: fix`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Which rule is broken.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The file that `position` points into.
    pub file: File,
    /// Where: the value, the attribute's name or the element at fault.
    pub position: Position,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What to do about it, where that can be told.
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
