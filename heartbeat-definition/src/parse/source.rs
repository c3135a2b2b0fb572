//! What was written for an element, and where.

use crate::Position;

/// The element that a part of the model was read from: its attributes as they
/// were written, with their positions, for messages that point into the file.
///
/// Two sources are always equal, because where and how something was written
/// is no part of what it says: models compare by meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// The element's name.
    pub element: String,
    /// Where its tag begins.
    pub position: Position,
    /// The attributes in the order they were written, unknown ones included.
    pub attributes: Vec<Attribute>,
}

/// One attribute as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attribute {
    /// The name; one in a namespace is written `{namespace}name`.
    pub name: String,
    /// Where the name begins.
    pub name_position: Position,
    /// The value, with references resolved and nothing else changed.
    pub value: String,
    /// Where the value begins, behind its quotation mark.
    pub position: Position,
}

impl Source {
    /// The attribute of that name, or, failing that, one that differs only in
    /// case: `localport` is read as what it was meant to be.
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

    /// Where the attribute's value begins; the element, when it is not there.
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

    /// Empty when it is missing: the schema's diagnostics say so.
    pub(crate) fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_default()
    }

    /// The value of a typed attribute, where it is one.
    pub(crate) fn parse<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        read(self.get(name)?)
    }
}
