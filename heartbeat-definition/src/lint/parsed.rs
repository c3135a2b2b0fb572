//! The result of linting a file.

use crate::{Diagnostic, Severity, Source};

/// A file that was read: the model, and all diagnostics of the same parse.
///
/// The model is there whatever the diagnostics say. Where an attribute could not
/// be understood, the model holds the default or nothing, and a diagnostic tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Parsed<T> {
    /// What the file says.
    pub model: T,
    /// Everything found, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Parsed<T> {
    /// The strict reading: every breach of the schema and of the rules that
    /// the tools enforce. None means that the file is valid.
    pub fn violations(&self) -> impl Iterator<Item = &Diagnostic> {
        self.at_least(Severity::Warning)
    }

    /// The lenient reading: only what no reader can pass over.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.at_least(Severity::Error)
    }

    /// What the lenient reading passes over but a person may want to mend:
    /// warnings and notes.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity < Severity::Error)
    }

    /// What was found at one element's own tag: the element or one of its
    /// attributes, but nothing inside it.
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
        let mut places: Vec<_> = attributes
            .flat_map(|attribute| [attribute.name_position, attribute.position])
            .collect();
        places.push(source.position);
        self.diagnostics.iter().filter(move |diagnostic| places.contains(&diagnostic.position))
    }

    fn at_least(&self, severity: Severity) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(move |diagnostic| diagnostic.severity >= severity)
    }
}
