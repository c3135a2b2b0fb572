//! The error of a file that cannot be read.

use crate::Position;

/// A file that cannot be read as a service definition or configuration: it is not well-formed XML,
/// has another root element, a foreign namespace, a document type or an unreadable encoding, or
/// exceeds one of the [limits](crate#limits).
///
/// Displays as `line:column: message: fix`. Callers put the file's name and a colon before it.
///
/// ```
/// use heartbeat_definition::ServiceDefinition;
///
/// let error = ServiceDefinition::read(b"<ServiceDefinition>\n  <WorkerRole $name$ />").unwrap_err();
/// assert_eq!(error.position().to_string(), "2:15");
/// assert!(error.to_string().starts_with("2:15: "));
/// assert!(error.to_string().contains("fill in the template placeholders"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
pub struct ReadError {
    position: Position,
    message: String,
}

impl ReadError {
    pub(crate) fn new(position: Position, message: impl Into<String>) -> Self {
        Self { position, message: message.into() }
    }

    /// Returns the position of the error.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Returns the message with the fix, without the position.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}
