//! The endpoints of a role.

use std::mem::take;

use super::string_enum;
use super::values::{boolean, int, port, port_or_any};
use crate::parse::Node;
use crate::{Position, Source};

string_enum! {
    /// The protocol of an endpoint.
    Protocol {
        /// HTTP.
        Http = "http",
        /// HTTP over TLS, input endpoints only.
        Https = "https",
        /// Plain TCP.
        Tcp = "tcp",
        /// UDP.
        Udp = "udp",
        /// Any protocol, internal endpoints only. Also stands for a missing or unknown protocol,
        /// which linting reports.
        Any = "any",
    }
}

/// A declared port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Port {
    /// This port.
    Fixed(u16),
    /// Any free port: `*`.
    Any,
}

/// An inclusive range of ports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PortRange {
    /// The first port.
    pub min: u16,
    /// The last port.
    pub max: u16,
    /// The element that this was read from: a `FixedPortRange`, or a `FixedPort`, a range of one
    /// port.
    pub source: Source,
}

/// An endpoint of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The name; empty if missing.
    pub name: String,
    /// The protocol.
    pub protocol: Protocol,
    /// The position of the name's value, or of the element if it has no name.
    pub position: Position,
    /// The kind, with its own attributes.
    pub kind: EndpointKind,
    /// True if it is outside `Endpoints`, as before SDK 1.3.
    pub legacy: bool,
    /// The element that this was read from.
    pub source: Source,
}

/// The kind of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// `<InputEndpoint>`: public, load-balanced over the instances.
    Input(InputEndpoint),
    /// `<InternalEndpoint>`: reachable from other instances of the service.
    Internal(InternalEndpoint),
    /// `<InstanceInputEndpoint>`: public, with one port per instance.
    InstanceInput(InstanceInputEndpoint),
}

/// The attributes of an input endpoint, beside its name and protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputEndpoint {
    /// The public port; `None` if missing or invalid.
    pub port: Option<u16>,
    /// The port that an instance listens on; `None` if missing (it is the public port then) or
    /// invalid.
    pub local_port: Option<Port>,
    /// The certificate of an https endpoint, by name.
    pub certificate: Option<String>,
    /// True if an instance that is not ready stays in rotation.
    pub ignore_role_instance_status: bool,
    /// The custom probe, by name.
    pub load_balancer_probe: Option<String>,
    /// A load balancer of the configuration, by name.
    pub load_balancer: Option<String>,
    /// Idle timeout of a TCP connection, in minutes.
    pub idle_timeout_in_minutes: Option<u32>,
    /// The distribution of clients over the instances.
    pub load_balancer_distribution: Option<Distribution>,
}

/// The attributes of an internal endpoint, beside its name and protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InternalEndpoint {
    /// The port, if there is such an attribute.
    pub port: Option<Port>,
    /// The permitted ports, from `FixedPort` and `FixedPortRange`.
    pub fixed_ports: Vec<PortRange>,
}

/// The attributes of an instance input endpoint, beside its name and protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstanceInputEndpoint {
    /// The port that every instance listens on; `None` if missing or invalid.
    pub local_port: Option<u16>,
    /// The public ports, one per instance. Linting reports a second range.
    pub public_ports: Vec<PortRange>,
    /// Idle timeout of a TCP connection, in minutes.
    pub idle_timeout_in_minutes: Option<u32>,
}

string_enum! {
    /// The distribution of clients over the instances of an input endpoint.
    Distribution {
        /// By the client's address.
        SourceIp = "sourceIP",
        /// By the client's address and protocol.
        SourceIpProtocol = "sourceIPProtocol",
        /// By address, port and protocol of both ends.
        None = "none",
    }
}

// === impl Endpoint ===

impl Endpoint {
    /// Returns the port that an instance listens on: `localPort`, else `port`, else, for an
    /// internal endpoint, the first fixed port, else any. `None` if a declared port is invalid.
    #[must_use]
    pub fn local_port(&self) -> Option<Port> {
        match &self.kind {
            EndpointKind::Input(input) => match input.local_port {
                None if self.source.attribute("localPort").is_some() => None,
                None => input.port.map(Port::Fixed),
                given => given,
            },
            EndpointKind::Internal(internal) => match internal.port {
                None if self.source.attribute("port").is_some() => None,
                None => Some(match internal.fixed_ports.first() {
                    Some(range) => Port::Fixed(range.min),
                    None => Port::Any,
                }),
                given => given,
            },
            EndpointKind::InstanceInput(instance) => instance.local_port.map(Port::Fixed),
        }
    }

    /// Returns the public port of an input endpoint.
    #[must_use]
    pub fn public_port(&self) -> Option<u16> {
        self.as_input()?.port
    }

    /// Returns the name of the custom probe of an input endpoint.
    #[must_use]
    pub fn load_balancer_probe(&self) -> Option<&str> {
        self.as_input()?.load_balancer_probe.as_deref()
    }

    /// Returns the name of the certificate of an input endpoint.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.as_input()?.certificate.as_deref()
    }

    /// Returns whether only other instances of the service reach it.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        matches!(self.kind, EndpointKind::Internal(_))
    }

    /// Returns the attributes of an input endpoint, if this is one.
    #[must_use]
    pub fn as_input(&self) -> Option<&InputEndpoint> {
        match &self.kind {
            EndpointKind::Input(input) => Some(input),
            _ => None,
        }
    }

    /// Reads all endpoints of a role.
    pub(super) fn of_role(role: &mut Node) -> Vec<Self> {
        let read = |node: &mut Node| match node.name() {
            "Endpoints" => Self::inside(node, false),
            "InputEndpoints" => Self::inside(node, true),
            _ => Self::read(node, true).into_iter().collect(),
        };
        role.elements().flat_map(read).collect()
    }

    fn inside(container: &mut Node, legacy: bool) -> Vec<Self> {
        let endpoints = container.elements();
        endpoints.filter_map(|node| Self::read(node, legacy)).collect()
    }

    fn read(node: &mut Node, legacy: bool) -> Option<Self> {
        let kind = match node.name() {
            "InputEndpoint" => EndpointKind::Input(node.into()),
            "InternalEndpoint" => EndpointKind::Internal(node.into()),
            "InstanceInputEndpoint" => EndpointKind::InstanceInput(node.into()),
            _ => return None,
        };
        let source = take(&mut node.source);
        Some(Self {
            name: source.text("name"),
            protocol: source.parse("protocol", Protocol::parse).unwrap_or(Protocol::Any),
            position: source.position_of("name"),
            kind,
            legacy,
            source,
        })
    }
}

// === impl InputEndpoint ===

impl From<&mut Node> for InputEndpoint {
    fn from(node: &mut Node) -> Self {
        let source = &node.source;
        Self {
            port: source.parse("port", port),
            local_port: source.parse("localPort", port_or_any),
            certificate: source.optional("certificate"),
            ignore_role_instance_status: source
                .parse("ignoreRoleInstanceStatus", boolean)
                .unwrap_or(false),
            load_balancer_probe: source.optional("loadBalancerProbe"),
            load_balancer: source.optional("loadBalancer"),
            idle_timeout_in_minutes: minutes(source),
            load_balancer_distribution: source
                .parse("loadBalancerDistribution", Distribution::parse),
        }
    }
}

// === impl InternalEndpoint ===

impl From<&mut Node> for InternalEndpoint {
    fn from(node: &mut Node) -> Self {
        Self {
            port: node.source.parse("port", port_or_any),
            fixed_ports: node.elements().filter_map(PortRange::read).collect(),
        }
    }
}

// === impl InstanceInputEndpoint ===

impl From<&mut Node> for InstanceInputEndpoint {
    fn from(node: &mut Node) -> Self {
        let ranges = node.within("AllocatePublicPortFrom", "FixedPortRange");
        Self {
            public_ports: ranges.into_iter().filter_map(PortRange::read).collect(),
            local_port: node.source.parse("localPort", port),
            idle_timeout_in_minutes: minutes(&node.source),
        }
    }
}

// === impl PortRange ===

impl PortRange {
    fn read(node: &mut Node) -> Option<Self> {
        let source = take(&mut node.source);
        let bound = |name| source.parse(name, port);
        let (min, max) = match &*source.element {
            "FixedPortRange" => (bound("min")?, bound("max")?),
            "FixedPort" => (bound("port")?, bound("port")?),
            _ => return None,
        };
        Some(Self { min, max, source })
    }
}

/// Reads `idleTimeoutInMinutes`.
pub(super) fn minutes(source: &Source) -> Option<u32> {
    let minutes = source.parse("idleTimeoutInMinutes", int)?;
    u32::try_from(minutes).ok().filter(|&n| n > 0)
}
