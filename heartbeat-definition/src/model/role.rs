//! A role: a kind of machine with its programs.

use std::mem::take;

use super::endpoint::Endpoint;
use super::process::{Runtime, Startup};
use super::read_all;
use super::resources::{Certificate, Content, Import, LocalStorage, Setting};
use super::site::Site;
use super::string_enum;
use super::values::boolean;
use crate::parse::Node;
use crate::{Position, Source};

string_enum! {
    /// The kind of a role.
    RoleKind {
        /// `<WorkerRole>`: runs a program.
        Worker = "WorkerRole",
        /// `<WebRole>`: runs sites under IIS.
        Web = "WebRole",
    }
}

/// A worker or web role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Role {
    /// The kind.
    pub kind: RoleKind,
    /// The name; empty if missing.
    pub name: String,
    /// The position of the name's value, or of the element if it has no name.
    pub position: Position,
    /// The size of the machine, `Small` by default.
    pub vm_size: String,
    /// True if native code may run; the default. False meant partial trust.
    pub enable_native_code_execution: bool,
    /// The plug-ins of the role.
    pub imports: Vec<Import>,
    /// The startup tasks.
    pub startup: Startup,
    /// The endpoints of all kinds in the order of the file, legacy ones included.
    pub endpoints: Vec<Endpoint>,
    /// The settings, whose values are in the configuration.
    pub settings: Vec<Setting>,
    /// The folders for local files, a legacy one outside `LocalResources` included.
    pub local_resources: Vec<LocalStorage>,
    /// The certificates to install.
    pub certificates: Vec<Certificate>,
    /// The role's process.
    pub runtime: Runtime,
    /// The folders that are packed with the role.
    pub contents: Vec<Content>,
    /// The sites of a web role.
    pub sites: Vec<Site>,
    /// The element that this was read from.
    pub source: Source,
}

impl Role {
    /// Returns the endpoint of that name.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|e| e.name == name)
    }

    /// Returns the setting of that name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|s| s.name == name)
    }

    /// Returns the local resource of that name.
    #[must_use]
    pub fn local_resource(&self, name: &str) -> Option<&LocalStorage> {
        self.local_resources.iter().find(|s| s.name == name)
    }

    /// Reads a role, if the element is one.
    pub(super) fn read(node: &mut Node) -> Option<Self> {
        let kind = RoleKind::parse(node.name()).filter(|kind| kind.as_str() == node.name())?;
        let source = take(&mut node.source);
        let mut local_resources: Vec<LocalStorage> = read_all(node.all("LocalStorage"));
        local_resources.extend(read_all(node.within("LocalResources", "LocalStorage")));
        Some(Self {
            kind,
            name: source.text("name"),
            position: source.position_of("name"),
            vm_size: source.get("vmsize").unwrap_or("Small").to_owned(),
            enable_native_code_execution: source
                .parse("enableNativeCodeExecution", boolean)
                .unwrap_or(true),
            imports: read_all(node.within("Imports", "Import")),
            startup: Startup::read(node),
            endpoints: Endpoint::of_role(node),
            settings: read_all(node.within("ConfigurationSettings", "Setting")),
            local_resources,
            certificates: read_all(node.within("Certificates", "Certificate")),
            runtime: node.first("Runtime").map(Runtime::from).unwrap_or_default(),
            contents: read_all(node.within("Contents", "Content")),
            sites: read_all(node.within("Sites", "Site")),
            source,
        })
    }
}
