//! The service definition: roles, and what they declare.

use roxmltree::Node;

use crate::endpoint::Endpoint;
use crate::read::{Position, ReadError, Reading, Tree, children, listed, with_root};

/// A service definition (`.csdef`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDefinition {
    /// The service's name.
    pub name: String,
    /// The probes that endpoints may name.
    pub load_balancer_probes: Vec<LoadBalancerProbe>,
    /// Its roles, in document order.
    pub roles: Vec<Role>,
}

/// A probe of the load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancerProbe {
    /// The name by which endpoints refer to it.
    pub name: String,
    /// What an http probe asks for.
    pub path: Option<String>,
}

/// A role of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Worker or web.
    pub kind: RoleKind,
    /// Its name, as written.
    pub name: String,
    /// Its endpoints, in document order.
    pub endpoints: Vec<Endpoint>,
    /// The settings it declares.
    pub settings: Vec<Setting>,
    /// The local storage it declares.
    pub local_resources: Vec<LocalResource>,
    /// Where its element begins.
    pub position: Position,
}

/// Which element declares a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleKind {
    /// `WorkerRole`.
    Worker,
    /// `WebRole`.
    Web,
}

/// A setting that a role declares; its value stands in the service configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name, as written.
    pub name: String,
}

/// Local storage that a role declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalResource {
    /// Its name, as written.
    pub name: String,
}

impl ServiceDefinition {
    /// Reads a `.csdef`: UTF-8, with or without a byte-order mark, up to 1 MiB.
    ///
    /// # Errors
    ///
    /// Where the file is no XML, has another root element, or an element lacks its name, protocol
    /// or a port that is one.
    pub fn read(bytes: &[u8]) -> Result<Reading<Self>, ReadError> {
        with_root(bytes, "ServiceDefinition", |tree, root| {
            Ok(Self {
                name: tree.required(root, "name")?,
                load_balancer_probes: listed(root, "LoadBalancerProbes", "LoadBalancerProbe")
                    .map(|node| LoadBalancerProbe::read(tree, node))
                    .collect::<Result<_, _>>()?,
                roles: root
                    .children()
                    .filter_map(|node| Role::read(tree, node))
                    .collect::<Result<_, _>>()?,
            })
        })
    }

    /// The role of exactly that name.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }

    /// The worker roles, in document order.
    pub fn worker_roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.iter().filter(|role| role.kind == RoleKind::Worker)
    }
}

impl Role {
    /// The endpoint of exactly that name.
    #[must_use]
    pub fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name == name)
    }

    fn read(tree: &Tree<'_>, node: Node<'_, '_>) -> Option<Result<Self, ReadError>> {
        let kind = match node.tag_name().name() {
            "WorkerRole" => RoleKind::Worker,
            "WebRole" => RoleKind::Web,
            _ => return None,
        };
        Some(Self::of_kind(kind, tree, node))
    }

    fn of_kind(kind: RoleKind, tree: &Tree<'_>, node: Node<'_, '_>) -> Result<Self, ReadError> {
        Ok(Self {
            kind,
            name: tree.required(node, "name")?,
            endpoints: children(node, "Endpoints")
                .flat_map(|endpoints| endpoints.children())
                .filter_map(|node| Endpoint::read(tree, node))
                .collect::<Result<_, _>>()?,
            settings: listed(node, "ConfigurationSettings", "Setting")
                .map(|node| Ok(Setting { name: tree.required(node, "name")? }))
                .collect::<Result<_, _>>()?,
            local_resources: listed(node, "LocalResources", "LocalStorage")
                .map(|node| Ok(LocalResource { name: tree.required(node, "name")? }))
                .collect::<Result<_, _>>()?,
            position: tree.position(node),
        })
    }
}

impl LoadBalancerProbe {
    fn read(tree: &Tree<'_>, node: Node<'_, '_>) -> Result<Self, ReadError> {
        Ok(Self {
            name: tree.required(node, "name")?,
            path: node.attribute("path").map(str::to_owned),
        })
    }
}
