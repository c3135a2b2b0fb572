//! The network of a service, from its configuration.

use std::mem::take;

use super::endpoint::minutes;
use super::values::int;
use super::{read_all, string_enum};
use crate::Source;
use crate::parse::Node;

/// The network of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkConfiguration {
    /// The name servers.
    pub dns_servers: Vec<DnsServer>,
    /// The virtual network, by name.
    pub virtual_network_site: Option<String>,
    /// The subnets and public addresses of roles.
    pub instance_addresses: Vec<InstanceAddress>,
    /// The reserved public address, by name.
    pub reserved_ip: Option<String>,
    /// The access control lists.
    pub access_controls: Vec<AccessControl>,
    /// The access control lists of endpoints.
    pub endpoint_acls: Vec<EndpointAcl>,
    /// The internal load balancers.
    pub load_balancers: Vec<LoadBalancer>,
    /// The network security groups of roles.
    pub network_security_groups: Vec<NetworkSecurityGroup>,
    /// The element that this was read from.
    pub source: Source,
}

/// A name server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DnsServer {
    /// The name.
    pub name: String,
    /// The IPv4 address.
    pub ip_address: String,
    /// The element that this was read from.
    pub source: Source,
}

/// The subnets and the public address of a role's instances.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstanceAddress {
    /// The role.
    pub role_name: String,
    /// The subnets, by name.
    pub subnets: Vec<String>,
    /// The public address of each instance.
    pub public_ip: Option<PublicIp>,
    /// The element that this was read from.
    pub source: Source,
}

/// A public address of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublicIp {
    /// The name.
    pub name: String,
    /// Idle timeout of a TCP connection, in minutes.
    pub idle_timeout_in_minutes: Option<u32>,
    /// The element that this was read from.
    pub source: Source,
}

/// An access control list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessControl {
    /// The name.
    pub name: String,
    /// The rules.
    pub rules: Vec<AccessRule>,
    /// The element that this was read from.
    pub source: Source,
}

/// A rule of an access control list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessRule {
    /// The order, lowest first; `None` if missing or not a number.
    pub order: Option<u16>,
    /// The action; `None` if missing or unknown.
    pub action: Option<Action>,
    /// The subnet of the clients.
    pub remote_subnet: String,
    /// A description.
    pub description: Option<String>,
    /// The element that this was read from.
    pub source: Source,
}

string_enum! {
    /// The action of an access rule.
    Action {
        /// Lets clients in.
        Permit = "permit",
        /// Keeps clients out.
        Deny = "deny",
    }
}

/// The access control list of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointAcl {
    /// The role.
    pub role: String,
    /// The role's endpoint.
    pub endpoint: String,
    /// The access control list.
    pub access_control: String,
    /// The element that this was read from.
    pub source: Source,
}

/// An internal load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadBalancer {
    /// The name that input endpoints refer to.
    pub name: String,
    /// The subnet of its address.
    pub subnet: Option<String>,
    /// Its address.
    pub static_virtual_network_ip_address: Option<String>,
    /// The element that this was read from.
    pub source: Source,
}

/// The network security group of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkSecurityGroup {
    /// The role.
    pub role_name: String,
    /// The group; empty if missing.
    pub name: String,
    /// The element that this was read from.
    pub source: Source,
}

// === impl NetworkConfiguration ===

impl From<&mut Node> for NetworkConfiguration {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        let name = |node: &mut Node| node.source.text("name");
        let reserved_ip = node
            .all("AddressAssignments")
            .into_iter()
            .find_map(|a| a.within("ReservedIPs", "ReservedIP").into_iter().next())
            .map(name);
        let dns = node.all("Dns").into_iter();
        Self {
            dns_servers: read_all(
                dns.flat_map(|dns| dns.within("DnsServers", "DnsServer")).collect(),
            ),
            virtual_network_site: node.first("VirtualNetworkSite").map(name),
            reserved_ip,
            instance_addresses: read_all(node.within("AddressAssignments", "InstanceAddress")),
            access_controls: read_all(node.within("AccessControls", "AccessControl")),
            endpoint_acls: read_all(node.within("EndpointAcls", "EndpointAcl")),
            load_balancers: read_all(node.within("LoadBalancers", "LoadBalancer")),
            network_security_groups: read_all(
                node.within("NetworkSecurityGroupRefs", "NetworkSecurityGroupRef"),
            ),
            source,
        }
    }
}

// === impl DnsServer ===

impl From<&mut Node> for DnsServer {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self { name: source.text("name"), ip_address: source.text("IPAddress"), source }
    }
}

// === impl InstanceAddress ===

impl From<&mut Node> for InstanceAddress {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        let subnets = node.within("Subnets", "Subnet");
        Self {
            role_name: source.text("roleName"),
            subnets: subnets.into_iter().map(|subnet| subnet.source.text("name")).collect(),
            public_ip: node.within("PublicIPs", "PublicIP").into_iter().next().map(PublicIp::from),
            source,
        }
    }
}

// === impl PublicIp ===

impl From<&mut Node> for PublicIp {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self { name: source.text("name"), idle_timeout_in_minutes: minutes(&source), source }
    }
}

// === impl AccessControl ===

impl From<&mut Node> for AccessControl {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self { name: source.text("name"), rules: read_all(node.all("Rule")), source }
    }
}

// === impl AccessRule ===

impl From<&mut Node> for AccessRule {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            order: source.parse("order", int).and_then(|n| n.try_into().ok()),
            action: source.parse("action", Action::parse),
            remote_subnet: source.text("remoteSubnet"),
            description: source.optional("description"),
            source,
        }
    }
}

// === impl EndpointAcl ===

impl From<&mut Node> for EndpointAcl {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            role: source.text("role"),
            endpoint: source.text("endPoint"),
            access_control: source.text("accessControl"),
            source,
        }
    }
}

// === impl LoadBalancer ===

impl From<&mut Node> for LoadBalancer {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        let address = node.first("FrontendIPConfiguration");
        let address = address.map(|address| take(&mut address.source));
        let part = |name| address.as_ref()?.optional(name);
        Self {
            name: source.text("name"),
            subnet: part("subnet"),
            static_virtual_network_ip_address: part("staticVirtualNetworkIPAddress"),
            source,
        }
    }
}

// === impl NetworkSecurityGroup ===

impl From<&mut Node> for NetworkSecurityGroup {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        let group = node.first("NetworkSecurityGroup");
        Self {
            role_name: source.text("roleName"),
            name: group.map(|group| group.source.text("name")).unwrap_or_default(),
            source,
        }
    }
}
