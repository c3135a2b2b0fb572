//! Plug-ins: `.csplugin` files, which an `<Import>` adds to a role.

use std::mem::take;

use super::endpoint::Endpoint;
use super::process::{Runtime, Startup};
use super::read_all;
use super::resources::{Certificate, LocalStorage, Setting};
use super::site::Site;
use crate::parse::{FileKind, Node};
use crate::{ReadError, Source};

/// A role module: the parts that a plug-in adds to a role.
///
/// The format was never documented.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleModule {
    /// The prefix of the names of its settings and endpoints.
    pub namespace: String,
    /// The startup tasks.
    pub startup: Startup,
    /// The environment variables of the role's process.
    pub runtime: Runtime,
    /// The settings.
    pub settings: Vec<Setting>,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
    /// The local resources.
    pub local_resources: Vec<LocalStorage>,
    /// The certificates.
    pub certificates: Vec<Certificate>,
    /// The sites.
    pub sites: Vec<Site>,
    /// The element that this was read from.
    pub source: Source,
}

impl RoleModule {
    /// Reads a `.csplugin` file.
    ///
    /// # Errors
    ///
    /// The file cannot be read: see [`ReadError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut document = FileKind::RoleModule.read(bytes)?;
        Ok(Self::from(&mut document.root))
    }
}

impl From<&mut Node> for RoleModule {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            namespace: source.text("namespace"),
            startup: Startup::read(node),
            runtime: node.first("Runtime").map(Runtime::from).unwrap_or_default(),
            settings: read_all(node.within("ConfigurationSettings", "Setting")),
            endpoints: Endpoint::of_role(node),
            local_resources: read_all(node.within("LocalResources", "LocalStorage")),
            certificates: read_all(node.within("Certificates", "Certificate")),
            sites: read_all(node.within("Sites", "Site")),
            source,
        }
    }
}
