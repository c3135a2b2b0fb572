//! A collector of diagnostics, bounded against hostile files.

use crate::excerpt::{excerpt_beside, is_long, pasted};
use crate::{Code, Diagnostic, File, Position, Severity, suggest};

/// Diagnostics about one file. No honest file reaches the bound; without it a hostile megabyte
/// would turn into gigabytes.
pub(super) struct Diagnostics {
    file: File,
    list: Vec<Diagnostic>,
    comparisons_left: usize,
}

/// Maximum number of diagnostics that are kept of a file.
const MAX_DIAGNOSTICS: usize = 1000;
/// Maximum number of names that are compared for suggestions in a file.
const MAX_COMPARISONS: usize = 2000;

impl Diagnostics {
    pub(super) fn new(file: File) -> Self {
        Self { file, list: Vec::new(), comparisons_left: MAX_COMPARISONS }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds a diagnostic with its code's usual severity.
    pub(super) fn add(&mut self, code: Code, position: Position, message: impl Into<String>) {
        self.push(code, code.severity(), position, message.into(), None);
    }

    /// Adds a diagnostic with its fix.
    pub(super) fn add_with_fix(
        &mut self,
        code: Code,
        position: Position,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let fix = Some(fix.into());
        self.push(code, code.severity(), position, message.into(), fix);
    }

    pub(super) fn push(
        &mut self,
        code: Code,
        severity: Severity,
        position: Position,
        message: String,
        fix: Option<String>,
    ) {
        if self.list.len() < MAX_DIAGNOSTICS {
            self.list.push(Diagnostic { code, severity, file: self.file, position, message, fix });
        }
    }

    /// Adds a diagnostic about a name that refers to none of `declared`. The fix suggests the
    /// nearest of them, else lists them.
    pub(super) fn add_unresolved(
        &mut self,
        code: Code,
        position: Position,
        message: String,
        wanted: &str,
        declared: &mut dyn Iterator<Item = &str>,
    ) {
        const SHOWN: usize = 5;
        let declared: Vec<_> = declared.take(self.comparisons_left.max(SHOWN + 1)).collect();
        let fix = self.did_you_mean(wanted, &mut declared.iter().copied()).unwrap_or_else(|| {
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

    /// Returns a fix such as "did you mean `Orders`?", until [`MAX_COMPARISONS`] are used up.
    pub(super) fn did_you_mean(
        &mut self,
        wanted: &str,
        candidates: &mut dyn Iterator<Item = &str>,
    ) -> Option<String> {
        let nearest = self.suggest(wanted, candidates)?;
        let not = if is_long(wanted) {
            format!(", not `{}`", excerpt_beside(wanted, nearest))
        } else {
            String::new()
        };
        Some(format!("did you mean `{}`{not}?", pasted(nearest)))
    }

    /// Returns the candidate that was probably meant, until [`MAX_COMPARISONS`] are used up.
    pub(super) fn suggest<'a>(
        &mut self,
        wanted: &str,
        candidates: &mut dyn Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let left = &mut self.comparisons_left;
        let compared = candidates.map_while(|candidate| {
            *left = left.checked_sub(1)?;
            Some(candidate)
        });
        suggest(wanted, compared)
    }

    /// Returns all diagnostics in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Diagnostic> {
        let full = self.list.len() >= MAX_DIAGNOSTICS;
        self.list.sort_by_key(|diagnostic| diagnostic.position);
        if full && let Some(last) = self.list.last_mut() {
            last.code = Code::TooManyDiagnostics;
            last.severity = Severity::Error;
            last.message =
                format!("there are {MAX_DIAGNOSTICS} diagnostics or more; the rest is not shown");
            last.fix = None;
        }
        self.list
    }
}
