//! The service definition.

use std::mem::take;

use super::probe::LoadBalancerProbe;
use super::read_all;
use super::role::{Role, RoleKind};
use super::string_enum;
use super::traffic::TrafficRule;
use super::values::int;
use crate::parse::{FileKind, Node};
use crate::{ReadError, Source};

/// A service definition: the roles of a service, and the probes and traffic
/// rules that they share.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceDefinition {
    /// The service's name; empty if missing.
    pub name: String,
    /// The number of upgrade domains, 5 by default.
    pub upgrade_domain_count: u32,
    /// The version of the schema that the file was written for.
    pub schema_version: Option<String>,
    /// The order in which instances learn of a topology change.
    pub topology_change_discovery: TopologyChangeDiscovery,
    /// The custom probes that input endpoints refer to by name.
    pub load_balancer_probes: Vec<LoadBalancerProbe>,
    /// The roles, of both kinds, in the order of the file.
    pub roles: Vec<Role>,
    /// The rules for traffic between roles. Without any, every role reaches every internal
    /// endpoint.
    pub network_traffic_rules: Vec<TrafficRule>,
    /// The element that this was read from.
    pub source: Source,
}

string_enum! {
    /// The order in which instances learn of a topology change.
    TopologyChangeDiscovery {
        /// One upgrade domain after the other; the default.
        UpgradeDomainWalk = "UpgradeDomainWalk",
        /// All at once.
        Blast = "Blast",
    }
}

impl ServiceDefinition {
    /// Reads a `.csdef` file.
    ///
    /// # Errors
    ///
    /// The file cannot be read: see [`ReadError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut document = FileKind::Definition.read(bytes)?;
        Ok(Self::from(&mut document.root))
    }

    /// Returns the role of that name.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }

    /// Returns the worker roles, in the order of the file.
    pub fn worker_roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.iter().filter(|role| role.kind == RoleKind::Worker)
    }

    /// Returns the load balancer probe of that name.
    #[must_use]
    pub fn load_balancer_probe(&self, name: &str) -> Option<&LoadBalancerProbe> {
        self.load_balancer_probes.iter().find(|probe| probe.name == name)
    }
}

impl From<&mut Node> for ServiceDefinition {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        let domains = source.parse("upgradeDomainCount", int);
        Self {
            name: source.text("name"),
            upgrade_domain_count: domains.and_then(|n| n.try_into().ok()).unwrap_or(5),
            schema_version: source.optional("schemaVersion"),
            topology_change_discovery: source
                .parse("topologyChangeDiscovery", TopologyChangeDiscovery::parse)
                .unwrap_or(TopologyChangeDiscovery::UpgradeDomainWalk),
            load_balancer_probes: read_all(node.within("LoadBalancerProbes", "LoadBalancerProbe")),
            roles: node.elements().filter_map(Role::read).collect(),
            network_traffic_rules: read_all(
                node.within("NetworkTrafficRules", "OnlyAllowTrafficTo"),
            ),
            source,
        }
    }
}
