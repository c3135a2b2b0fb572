//! Elements and attributes in the words of the file, with their positions.

use crate::Position;

/// The element that a part of the model was read from, with its unchanged attributes and their
/// positions, for messages that point into the file.
///
/// Sources compare their positions too. So models are equal only if their files are alike down to
/// the layout of the tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// The element's name.
    pub element: String,
    /// The start of its tag.
    pub position: Position,
    /// The attributes in the order of the file, unknown ones included.
    pub attributes: Vec<Attribute>,
}

/// An attribute in the words of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attribute {
    /// The name; `{namespace}name` if it is in a namespace.
    pub name: String,
    /// The start of the name.
    pub name_position: Position,
    /// The value, unchanged but for resolved references.
    pub value: String,
    /// The start of the value, after its quotation mark.
    pub position: Position,
}

impl Source {
    /// Returns the attribute of that name, else one whose name differs only in case.
    ///
    /// ```
    /// # let definition = heartbeat_definition::ServiceDefinition::read(br#"
    /// # <ServiceDefinition name="S" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
    /// # <WorkerRole name="W"><LocalResources><LocalStorage name="Cache" sizeInMB="020"/></LocalResources></WorkerRole>
    /// # </ServiceDefinition>"#).unwrap();
    /// let storage = &definition.roles[0].local_resources[0];
    /// let size = storage.source.attribute("sizeInMB").unwrap();
    /// assert_eq!((storage.size_in_mb, &*size.value), (20, "020"));
    /// ```
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        let exact = self.attributes.iter().find(|a| a.name == name);
        exact.or_else(|| self.attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name)))
    }

    /// Returns the position of the attribute's value, or of the element if it has no such
    /// attribute.
    #[must_use]
    pub fn position_of(&self, attribute: &str) -> Position {
        self.attribute(attribute).map_or(self.position, |attribute| attribute.position)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        Some(&self.attribute(name)?.value)
    }

    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// Returns the value, or nothing if missing; linting reports that.
    pub(crate) fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_default()
    }

    /// Parses the value of a typed attribute, if it has one.
    pub(crate) fn parse<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        read(self.get(name)?)
    }
}
