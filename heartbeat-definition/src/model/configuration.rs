//! The service configuration.

use std::mem::take;

use super::network::NetworkConfiguration;
use super::read_all;
use super::values::{boolean, int};
use crate::parse::{FileKind, Node};
use crate::{Position, ReadError, Source};

/// A service configuration: instance counts and values for what a service
/// definition declares. One service usually has several.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceConfiguration {
    /// The service's name; empty if missing.
    pub service_name: String,
    /// The guest operating system; the platform chooses if missing.
    pub os_family: Option<String>,
    /// The version of the guest operating system; the platform chooses if missing.
    pub os_version: Option<String>,
    /// The version of the schema that the file was written for.
    pub schema_version: Option<String>,
    /// The roles, in the order of the file.
    pub roles: Vec<RoleConfiguration>,
    /// The network of the service.
    pub network: Option<NetworkConfiguration>,
    /// True if a restart of a role applies the firewall rules again; the default.
    pub cleanup_firewall_on_role_restart: bool,
    /// True if dumps of crashed processes are kept; false by default.
    pub allow_role_process_local_dumps: bool,
    /// The element that this was read from.
    pub source: Source,
}

/// The configuration of one role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleConfiguration {
    /// The role's name; empty if missing.
    pub name: String,
    /// The position of the name's value, or of the element if it has no name.
    pub position: Position,
    /// The prefix of the machines' names.
    pub vm_name: Option<String>,
    /// The address of an image for the machines.
    pub os_image: Option<String>,
    /// The number of instances; `None` if missing or not a number.
    pub instances: Option<InstanceCount>,
    /// The settings with their values.
    pub settings: Vec<SettingValue>,
    /// The certificates with their thumbprints.
    pub certificates: Vec<CertificateThumbprint>,
    /// The element that this was read from.
    pub source: Source,
}

/// The number of instances of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstanceCount {
    /// The number; the schema allows negative ones.
    pub count: i32,
    /// The element that this was read from.
    pub source: Source,
}

/// A setting with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingValue {
    /// The name; empty if missing.
    pub name: String,
    /// The value, which may be empty; `None` if missing.
    pub value: Option<String>,
    /// The element that this was read from.
    pub source: Source,
}

/// A certificate with its thumbprint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateThumbprint {
    /// The name; empty if missing.
    pub name: String,
    /// The thumbprint, unchanged; empty if missing.
    pub thumbprint: String,
    /// The element that this was read from. Its algorithm is always `sha1`.
    pub source: Source,
}

impl ServiceConfiguration {
    /// Reads a `.cscfg` file.
    ///
    /// # Errors
    ///
    /// The file cannot be read: see [`ReadError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut document = FileKind::Configuration.read(bytes)?;
        Ok(Self::from(&mut document.root))
    }

    /// Returns the configuration of the role of that name.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&RoleConfiguration> {
        self.roles.iter().find(|role| role.name == name)
    }
}

impl RoleConfiguration {
    /// Returns the value of the setting of that name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        let setting = self.settings.iter().find(|s| s.name == name)?;
        setting.value.as_deref()
    }
}

impl From<&mut Node> for ServiceConfiguration {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        let guest = node.first("GuestAgentSettings");
        let guest = guest.map(|guest| take(&mut guest.source));
        let flag = |name| guest.as_ref()?.parse(name, boolean);
        Self {
            service_name: source.text("serviceName"),
            os_family: source.optional("osFamily"),
            os_version: source.optional("osVersion"),
            schema_version: source.optional("schemaVersion"),
            roles: read_all(node.all("Role")),
            network: node.first("NetworkConfiguration").map(NetworkConfiguration::from),
            cleanup_firewall_on_role_restart: flag("cleanupFirewallOnRoleRestart").unwrap_or(true),
            allow_role_process_local_dumps: flag("allowRoleProcessLocalDumps").unwrap_or(false),
            source,
        }
    }
}

impl From<&mut Node> for RoleConfiguration {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            name: source.text("name"),
            position: source.position_of("name"),
            vm_name: source.optional("vmName"),
            os_image: node.first("OsImage").and_then(|image| image.source.optional("href")),
            instances: node.first("Instances").and_then(InstanceCount::read),
            settings: read_all(node.within("ConfigurationSettings", "Setting")),
            certificates: read_all(node.within("Certificates", "Certificate")),
            source,
        }
    }
}

impl InstanceCount {
    fn read(node: &mut Node) -> Option<Self> {
        let source = take(&mut node.source);
        Some(Self { count: source.parse("count", int)?, source })
    }
}

impl From<&mut Node> for SettingValue {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self { name: source.text("name"), value: source.optional("value"), source }
    }
}

impl From<&mut Node> for CertificateThumbprint {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self { name: source.text("name"), thumbprint: source.text("thumbprint"), source }
    }
}
