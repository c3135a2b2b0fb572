//! Errors of the crate's root, and their texts.

use std::fmt;

/// The error type of user code.
pub type Error = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The error of a worker that cannot start.
#[derive(Debug, thiserror::Error)]
#[error("cannot start: {0}")]
pub(crate) struct StartError(#[from] Error);

/// An error and its sources, on one line.
pub(crate) struct ErrorChain<'a>(pub(crate) &'a (dyn std::error::Error + 'static));

impl ErrorChain<'_> {
    /// Returns the error, and then its sources.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
        std::iter::successors(Some(self.0), |error| error.source())
    }
}

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = self.0.to_string();
        for source in self.errors().skip(1).map(ToString::to_string) {
            // Some errors repeat their source.
            if !line.contains(&source) {
                line.push_str(": ");
                line.push_str(&source);
            }
        }
        f.write_str(&line)
    }
}
