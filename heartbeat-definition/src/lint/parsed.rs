//! The result of linting a file.

use crate::{Diagnostic, Severity, Source};

/// A linted file: its model and all diagnostics, of one parse.
///
/// There is a model whatever the diagnostics are. For an attribute that cannot be understood the
/// model has the default, or nothing, and there is a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Parsed<T> {
    /// The model.
    pub model: T,
    /// All diagnostics, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Parsed<T> {
    /// Returns all errors and warnings: a strict reader accepts the file if there are none.
    pub fn violations(&self) -> impl Iterator<Item = &Diagnostic> {
        self.at_least(Severity::Warning)
    }

    /// Returns the errors alone: a lenient reader accepts the file if there are none.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.at_least(Severity::Error)
    }

    /// Returns warnings and notes, which a lenient reader accepts.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity < Severity::Error)
    }

    /// Returns the diagnostics at an element's own tag: at the element or one of its attributes,
    /// not inside it.
    ///
    /// ```
    /// # let file = br#"<ServiceDefinition name="S" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
    /// # <WorkerRole name="1st"><Endpoints><InternalEndpoint name="In" protocol="TCP"/></Endpoints></WorkerRole>
    /// # </ServiceDefinition>"#;
    /// let parsed = heartbeat_definition::ServiceDefinition::lint(file)?;
    /// let endpoint = &parsed.model.roles[0].endpoints[0];
    /// let diagnostic = parsed.diagnostics_at(&endpoint.source).next().expect("a wrong protocol");
    /// assert_eq!(diagnostic.fix.as_deref(), Some("write `tcp`"));
    /// assert_eq!(parsed.diagnostics.len(), 2);
    /// # Ok::<(), heartbeat_definition::ReadError>(())
    /// ```
    pub fn diagnostics_at(&self, source: &Source) -> impl Iterator<Item = &Diagnostic> {
        let attributes = source.attributes.iter();
        let mut positions: Vec<_> = attributes
            .flat_map(|attribute| [attribute.name_position, attribute.position])
            .collect();
        positions.push(source.position);
        self.diagnostics.iter().filter(move |diagnostic| positions.contains(&diagnostic.position))
    }

    fn at_least(&self, severity: Severity) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(move |diagnostic| diagnostic.severity >= severity)
    }
}
