//! The endpoints of a role.

use std::fmt;

use roxmltree::Node;

use crate::read::{Position, ReadError, Tree};

/// An endpoint that a role declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name, as written.
    pub name: String,
    /// Which element declares it.
    pub kind: EndpointKind,
    /// Its protocol.
    pub protocol: Protocol,
    /// The `port`: public for an input endpoint, the instance's own for an internal one.
    pub port: Option<Port>,
    /// The `localPort`, on which an instance listens.
    pub local_port: Option<Port>,
    /// The name of the load balancer probe that asks it.
    pub load_balancer_probe: Option<String>,
    /// Where its name stands.
    pub position: Position,
}

/// Who can reach an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// `InputEndpoint`: anybody, through the load balancer.
    Input,
    /// `InternalEndpoint`: the other roles of the service.
    Internal,
    /// `InstanceInputEndpoint`: anybody, on a public port for each instance.
    InstanceInput,
}

/// What an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `http`.
    Http,
    /// `https`.
    Https,
    /// `tcp`.
    Tcp,
    /// `udp`.
    Udp,
    /// `any`, on internal endpoints only.
    Any,
}

/// A port, or the wish for a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// This one, 1 to 65535.
    Fixed(u16),
    /// `*`: any that is free.
    Any,
}

impl Endpoint {
    /// The port on which an instance listens: `localPort`, else `port`, else any.
    #[must_use]
    pub fn instance_port(&self) -> Port {
        self.local_port.or(self.port).unwrap_or(Port::Any)
    }

    pub(crate) fn read(tree: &Tree<'_>, node: Node<'_, '_>) -> Option<Result<Self, ReadError>> {
        let kind = match node.tag_name().name() {
            "InputEndpoint" => EndpointKind::Input,
            "InternalEndpoint" => EndpointKind::Internal,
            "InstanceInputEndpoint" => EndpointKind::InstanceInput,
            _ => return None,
        };
        Some(Self::of_kind(kind, tree, node))
    }

    fn of_kind(kind: EndpointKind, tree: &Tree<'_>, node: Node<'_, '_>) -> Result<Self, ReadError> {
        Ok(Self {
            name: tree.required(node, "name")?,
            kind,
            protocol: Protocol::read(tree, node)?,
            port: Port::read(tree, node, "port")?,
            local_port: Port::read(tree, node, "localPort")?,
            load_balancer_probe: node.attribute("loadBalancerProbe").map(str::to_owned),
            position: node
                .attribute_node("name")
                .map_or_else(|| tree.position(node), |name| tree.value_position(&name)),
        })
    }
}

impl Protocol {
    fn read(tree: &Tree<'_>, node: Node<'_, '_>) -> Result<Self, ReadError> {
        let written = tree.required(node, "protocol")?;
        Ok(match written.as_str() {
            "http" => Self::Http,
            "https" => Self::Https,
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "any" => Self::Any,
            _ => {
                let message = format!(
                    "`{written}` is no protocol: write `http`, `https`, `tcp`, `udp` or `any`"
                );
                return Err(ReadError::new(tree.position(node), message));
            }
        })
    }
}

impl Port {
    fn read(
        tree: &Tree<'_>,
        node: Node<'_, '_>,
        attribute: &str,
    ) -> Result<Option<Self>, ReadError> {
        let Some(written) = node.attribute_node(attribute) else { return Ok(None) };
        if written.value() == "*" {
            return Ok(Some(Self::Any));
        }
        match written.value().trim().parse() {
            Ok(port) if port > 0 => Ok(Some(Self::Fixed(port))),
            _ => {
                let value = written.value();
                let message = format!("`{value}` is no {attribute}: write 1 to 65535, or `*`");
                Err(ReadError::new(tree.value_position(&written), message))
            }
        }
    }
}

/// The name of the element.
impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "InputEndpoint",
            Self::Internal => "InternalEndpoint",
            Self::InstanceInput => "InstanceInputEndpoint",
        })
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Any => "any",
        })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(port) => port.fmt(f),
            Self::Any => f.write_str("*"),
        }
    }
}
