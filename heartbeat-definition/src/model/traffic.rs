//! The rules for traffic between roles.

use std::mem::take;

use super::read_all;
use crate::Source;
use crate::parse::Node;

/// A rule that opens internal endpoints to some roles and closes them to all others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrafficRule {
    /// The endpoints.
    pub destinations: Vec<RoleEndpoint>,
    /// True if all roles may reach them.
    pub allow_all_traffic: bool,
    /// The roles that may reach them. The schema allows either this or all
    /// traffic; Microsoft's samples give both.
    pub from_roles: Vec<FromRole>,
    /// The element that this was read from.
    pub source: Source,
}

/// An endpoint of a role, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleEndpoint {
    /// The role.
    pub role_name: String,
    /// The role's endpoint.
    pub endpoint_name: String,
    /// The element that this was read from.
    pub source: Source,
}

/// A role that may reach a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FromRole {
    /// The role.
    pub role_name: String,
    /// The element that this was read from.
    pub source: Source,
}

impl From<&mut Node> for TrafficRule {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            destinations: read_all(node.within("Destinations", "RoleEndpoint")),
            allow_all_traffic: node.first("AllowAllTraffic").is_some(),
            from_roles: read_all(node.within("WhenSource", "FromRole")),
            source,
        }
    }
}

impl From<&mut Node> for RoleEndpoint {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            role_name: source.text("roleName"),
            endpoint_name: source.text("endpointName"),
            source,
        }
    }
}

impl From<&mut Node> for FromRole {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self { role_name: source.text("roleName"), source }
    }
}
