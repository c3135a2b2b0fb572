//! Plug-ins: `.csplugin` files, which an `<Import>` adds to a role.

use std::mem::take;

use super::endpoint::Endpoint;
use super::process::{Runtime, Startup};
use super::read_all;
use super::resources::{Certificate, LocalStorage, Setting};
use super::site::Site;
use crate::lint::parsed::{Grammar, Reading};
use crate::lint::schema::ROLE_MODULE;
use crate::parse::Node;
use crate::{File, ReadError, Source};

static GRAMMAR: Grammar = Grammar {
    file: File::Definition,
    namespace: "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition",
    root: &ROLE_MODULE,
    title: "role module (.csplugin)",
};

/// A role module: what a plug-in adds to a role that imports it.
///
/// The format was never documented.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// When there is nothing to make a model of: see [`ReadError`].
    pub fn read(bytes: &[u8]) -> Result<Reading<Self>, ReadError> {
        crate::lint::parsed::read(bytes, &GRAMMAR, |root| Self::from(root), |_, _| {})
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
