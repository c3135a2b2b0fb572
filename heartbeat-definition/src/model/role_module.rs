//! Plug-ins: `.csplugin` files, which an `<Import>` adds to a role.

use std::mem::take;

use super::endpoint::Endpoint;
use super::process::{Runtime, Startup};
use super::read_all;
use super::resources::{Certificate, LocalStorage, Setting};
use super::site::Site;
use crate::parse::{FileKind, Node};
use crate::{ReadError, Source};

/// A role module: what a plug-in adds to a role that imports it.
///
/// The format was never documented.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleModule {
    /// What the names of its settings and endpoints are prefixed with.
    pub namespace: String,
    /// What runs before the role starts.
    pub startup: Startup,
    /// Environment variables of the role's process.
    pub runtime: Runtime,
    /// Settings.
    pub settings: Vec<Setting>,
    /// Endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Local resources.
    pub local_resources: Vec<LocalStorage>,
    /// Certificates.
    pub certificates: Vec<Certificate>,
    /// Sites.
    pub sites: Vec<Site>,
    /// What was written.
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
