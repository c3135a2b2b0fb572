//! What is wrong with a file that could be read.

use std::fmt;

use crate::excerpt::is_long;
pub(super) use crate::excerpt::{excerpt, excerpt_beside, pasted};
use crate::{Code, Position};

/// Which of the two files a [`Finding`] points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum File {
    /// The service definition, `.csdef`.
    Definition,
    /// The service configuration, `.cscfg`.
    Configuration,
}

/// How bad a [`Finding`] is.
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
pub struct Finding {
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

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, severity, position, message, fix, .. } = self;
        write!(f, "{position}: {severity}[{code}]: {message}")?;
        match fix {
            Some(fix) => write!(f, ": {fix}"),
            None => Ok(()),
        }
    }
}

/// Gathers findings about one file, up to a bound that no honest file meets,
/// so that a hostile one cannot make a megabyte into gigabytes.
pub(crate) struct Findings {
    file: File,
    list: Vec<Finding>,
    comparisons_left: usize,
}

const MAX_FINDINGS: usize = 1000;
const MAX_COMPARISONS: usize = 2000;

impl Findings {
    pub(crate) fn about(file: File) -> Self {
        Self { file, list: Vec::new(), comparisons_left: MAX_COMPARISONS }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds a finding with its code's usual severity.
    pub(crate) fn add(&mut self, code: Code, position: Position, message: impl Into<String>) {
        self.push(code, code.severity(), position, message.into(), None);
    }

    /// Adds a finding that says what to do.
    pub(crate) fn add_with_fix(
        &mut self,
        code: Code,
        position: Position,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let fix = Some(fix.into());
        self.push(code, code.severity(), position, message.into(), fix);
    }

    pub(crate) fn push(
        &mut self,
        code: Code,
        severity: Severity,
        position: Position,
        message: String,
        fix: Option<String>,
    ) {
        if self.list.len() < MAX_FINDINGS {
            self.list.push(Finding { code, severity, file: self.file, position, message, fix });
        }
    }

    /// Adds a finding about a name that refers to none of `declared`, with the
    /// nearest of them, else a list.
    pub(crate) fn unresolved(
        &mut self,
        code: Code,
        position: Position,
        message: String,
        wanted: &str,
        declared: &mut dyn Iterator<Item = &str>,
    ) {
        const SHOWN: usize = 5;
        let declared: Vec<_> = declared.take(self.comparisons_left.max(SHOWN + 1)).collect();
        let fix = self.suggest(wanted, &mut declared.iter().copied()).unwrap_or_else(|| {
            let mut names: Vec<_> = declared.into_iter().take(SHOWN + 1).map(pasted).collect();
            if let Some(more) = names.get_mut(SHOWN) {
                "…".clone_into(more);
            }
            match &names[..] {
                [] => "none is declared".to_owned(),
                names => format!("declared: {}", names.join(", ")),
            }
        });
        self.add_with_fix(code, position, message, fix);
    }

    /// "did you mean", for the first unknown names: each costs a comparison
    /// with every candidate, until there were [`MAX_COMPARISONS`] in the file.
    pub(crate) fn suggest(
        &mut self,
        wanted: &str,
        candidates: &mut dyn Iterator<Item = &str>,
    ) -> Option<String> {
        let nearest = self.nearest(wanted, candidates)?;
        let not = if is_long(wanted) {
            format!(", not `{}`", excerpt_beside(wanted, nearest))
        } else {
            String::new()
        };
        Some(format!("did you mean `{}`{not}?", pasted(nearest)))
    }

    /// The candidate that was probably meant, counted as [`Self::suggest`] does.
    pub(crate) fn nearest<'a>(
        &mut self,
        wanted: &str,
        candidates: &mut dyn Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let left = &mut self.comparisons_left;
        let compared = candidates.map_while(|candidate| {
            *left = left.checked_sub(1)?;
            Some(candidate)
        });
        crate::nearest(wanted, compared)
    }

    /// All findings in the order of the file.
    pub(crate) fn into_sorted(mut self) -> Vec<Finding> {
        let full = self.list.len() >= MAX_FINDINGS;
        self.list.sort_by_key(|finding| finding.position);
        if full && let Some(last) = self.list.last_mut() {
            last.code = Code::TooManyFindings;
            last.severity = Severity::Error;
            last.message =
                format!("there are {MAX_FINDINGS} findings or more: the rest is not shown");
            last.fix = None;
        }
        self.list
    }
}
