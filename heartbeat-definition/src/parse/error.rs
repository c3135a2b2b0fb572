//! Why a file could not be read at all.

use crate::Position;

/// A file that is no service definition (or configuration): ill-formed XML,
/// another root element, a foreign namespace, a document type, an unreadable
/// encoding, or one of the [limits](crate#limits).
///
/// Displays as `line:column: what is wrong, and the way out`; callers put the
/// file's name and a colon before it.
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

    /// Where reading stopped.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// What is wrong and the way out, without the position.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}
