//! The kinds of file, told apart by their root element.

use super::foreign::skip_prolog;
use super::{Document, decode};
use crate::ReadError;
use crate::excerpt::{excerpt, excerpt_beside};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `.csdef`.
    Definition,
    /// `.csplugin`.
    RoleModule,
    /// `.cscfg`.
    Configuration,
}

impl FileKind {
    /// Detects the kind of a text by the name of its first element, well-formed or not.
    ///
    /// ```
    /// use heartbeat_definition::FileKind;
    ///
    /// let text = "<?xml version=\"1.0\"?><!-- Shop --><ServiceConfiguration serviceName=";
    /// assert_eq!(FileKind::detect(text), Some(FileKind::Configuration));
    /// assert_eq!(FileKind::detect("<html>"), None);
    /// ```
    #[must_use]
    pub fn detect(text: &str) -> Option<Self> {
        let tag = skip_prolog(text).strip_prefix('<')?;
        let name = tag.split(|c: char| c.is_whitespace() || "/>".contains(c)).next()?;
        let name = name.split_once(':').map_or(name, |(_, local)| local);
        [Self::Definition, Self::RoleModule, Self::Configuration]
            .into_iter()
            .find(|kind| kind.root() == name)
    }

    /// Reads `bytes` as a file of this kind.
    pub(crate) fn read(self, bytes: &[u8]) -> Result<Document, ReadError> {
        self.parse(&decode(bytes)?)
    }

    /// Parses the decoded text of a file of this kind.
    pub(crate) fn parse(self, text: &str) -> Result<Document, ReadError> {
        let document = Document::parse(text)?;
        self.check_root(&document)?;
        Ok(document)
    }

    /// Returns the namespace of its root element.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Definition | Self::RoleModule => {
                "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition"
            }
            Self::Configuration => {
                "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration"
            }
        }
    }

    /// Returns the name of its root element.
    fn root(self) -> &'static str {
        match self {
            Self::Definition => "ServiceDefinition",
            Self::RoleModule => "RoleModule",
            Self::Configuration => "ServiceConfiguration",
        }
    }

    /// Returns its name in messages.
    fn title(self) -> &'static str {
        match self {
            Self::Definition => "service definition (.csdef)",
            Self::RoleModule => "role module (.csplugin)",
            Self::Configuration => "service configuration (.cscfg)",
        }
    }

    /// Refuses another root element or a foreign namespace; a missing namespace is accepted.
    fn check_root(self, document: &Document) -> Result<(), ReadError> {
        let (expected, namespace) = (self.root(), self.namespace());
        let Document { root, namespace: found } = document;
        if root.name() != expected {
            let (found, title) = (excerpt(root.name()), self.title());
            let message =
                format!("the root element is `{found}`, not `{expected}`: give a {title}");
            return Err(ReadError::new(root.source.position, message));
        }
        match found {
            Some(found) if found != namespace => {
                let found = excerpt_beside(found, namespace);
                let message = format!(
                    "`{expected}` is in the foreign namespace `{found}`: write xmlns=\"{namespace}\""
                );
                Err(ReadError::new(root.source.position, message))
            }
            _ => Ok(()),
        }
    }
}
