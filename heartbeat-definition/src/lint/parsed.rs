//! The result of linting a file.

use crate::{Finding, Severity, Source};

/// A file that was read: the model, and all findings of the same parse.
///
/// The model is there whatever the findings say. Where an attribute could not
/// be understood, the model holds the default or nothing, and a finding tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Reading<T> {
    /// What the file says.
    pub model: T,
    /// Everything found, in the order of the file.
    pub findings: Vec<Finding>,
}

impl<T> Reading<T> {
    /// The strict reading: every breach of the schema and of the rules that
    /// the tools enforce. None means that the file is valid.
    pub fn violations(&self) -> impl Iterator<Item = &Finding> {
        self.at_least(Severity::Warning)
    }

    /// The lenient reading: only what no reader can pass over.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.at_least(Severity::Error)
    }

    /// What the lenient reading passes over but a person may want to mend:
    /// warnings and notes.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity < Severity::Error)
    }

    /// What was found at one element's own tag: the element or one of its
    /// attributes, but nothing inside it.
    ///
    /// ```
    /// # let file = br#"<ServiceDefinition name="S" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
    /// # <WorkerRole name="1st"><Endpoints><InternalEndpoint name="In" protocol="TCP"/></Endpoints></WorkerRole>
    /// # </ServiceDefinition>"#;
    /// let reading = heartbeat_definition::ServiceDefinition::lint(file)?;
    /// let endpoint = &reading.model.roles[0].endpoints[0];
    /// let finding = reading.findings_at(&endpoint.source).next().expect("a wrong protocol");
    /// assert_eq!(finding.fix.as_deref(), Some("write `tcp`"));
    /// assert_eq!(reading.findings.len(), 2);
    /// # Ok::<(), heartbeat_definition::ReadError>(())
    /// ```
    pub fn findings_at(&self, source: &Source) -> impl Iterator<Item = &Finding> {
        let attributes = source.attributes.iter();
        let mut places: Vec<_> = attributes
            .flat_map(|attribute| [attribute.name_position, attribute.position])
            .collect();
        places.push(source.position);
        self.findings.iter().filter(move |finding| places.contains(&finding.position))
    }

    fn at_least(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity >= severity)
    }
}
