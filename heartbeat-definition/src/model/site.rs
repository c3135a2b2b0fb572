//! The sites of a web role.

use std::mem::take;

use super::read_all;
use crate::Source;
use crate::parse::Node;

/// A site under IIS.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Site {
    /// The name; empty if missing.
    pub name: String,
    /// The folder with its files.
    pub physical_directory: Option<String>,
    /// The virtual directories and applications in it.
    pub directories: Vec<VirtualDirectory>,
    /// The endpoints that it is bound to.
    pub bindings: Vec<Binding>,
    /// The element that this was read from.
    pub source: Source,
}

/// A virtual directory or application. They nest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VirtualDirectory {
    /// True if it is an application.
    pub application: bool,
    /// The name; empty if missing.
    pub name: String,
    /// The folder with its files.
    pub physical_directory: Option<String>,
    /// The virtual directories and applications in it.
    pub directories: Vec<VirtualDirectory>,
    /// The element that this was read from.
    pub source: Source,
}

/// A binding of a site to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Binding {
    /// The name; empty if missing.
    pub name: String,
    /// The endpoint, by name.
    pub endpoint_name: String,
    /// The host name of its requests; any by default.
    pub host_header: Option<String>,
    /// The element that this was read from.
    pub source: Source,
}

impl From<&mut Node> for Site {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            name: source.text("name"),
            physical_directory: source.optional("physicalDirectory"),
            bindings: read_all(node.within("Bindings", "Binding")),
            directories: VirtualDirectory::inside(node),
            source,
        }
    }
}

impl VirtualDirectory {
    fn inside(node: &mut Node) -> Vec<Self> {
        node.elements().filter_map(Self::read).collect()
    }

    fn read(node: &mut Node) -> Option<Self> {
        let source = take(&mut node.source);
        let application = match &*source.element {
            "VirtualApplication" => true,
            "VirtualDirectory" => false,
            _ => return None,
        };
        Some(Self {
            application,
            name: source.text("name"),
            physical_directory: source.optional("physicalDirectory"),
            directories: Self::inside(node),
            source,
        })
    }
}

impl From<&mut Node> for Binding {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            name: source.text("name"),
            endpoint_name: source.text("endpointName"),
            host_header: source.optional("hostHeader"),
            source,
        }
    }
}
