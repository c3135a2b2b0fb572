//! The facts of a selection that failed.

use std::fmt;

use super::{EndpointFault, EndpointUse};
use crate::{Position, RoleKind};

/// A role or an endpoint that cannot be selected.
///
/// Displays as one sentence; [`report`](Self::report) adds the places in the definition and the
/// fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// No worker role has the name.
    #[error("no worker role named `{name}`")]
    #[non_exhaustive]
    UnknownRole {
        /// The name.
        name: String,
        /// The position of the web role of that name.
        web_role: Option<Position>,
        /// The names of all worker roles.
        declared: Vec<String>,
        /// The worker role that was probably meant.
        suggestion: Option<Declaration>,
    },
    /// The definition has no worker role.
    #[error("no worker role")]
    #[non_exhaustive]
    NoRole {
        /// The first name that was looked for.
        candidate: String,
    },
    /// The definition has several worker roles, and none has one of the names.
    #[error("several worker roles")]
    #[non_exhaustive]
    AmbiguousRole {
        /// The names of all worker roles.
        declared: Vec<String>,
        /// The one that resembles the names most, else the first.
        closest: String,
    },
    /// The role declares no endpoint of the name.
    #[error("no endpoint named `{}` in role `{}`", .0.name, .0.role)]
    UnknownEndpoint(Box<UnknownEndpoint>),
    /// The endpoint cannot have the use that it was selected for.
    #[error("endpoint `{endpoint}` of role `{role}` {}", fault.predicate(element))]
    #[non_exhaustive]
    UnusableEndpoint {
        /// The endpoint.
        endpoint: Declaration,
        /// The name of its role.
        role: String,
        /// The name of its element, such as `InputEndpoint`.
        element: &'static str,
        /// The reason.
        fault: EndpointFault,
    },
}

/// An endpoint that a role does not declare.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownEndpoint {
    /// The name.
    pub name: String,
    /// The use that the endpoint was selected for.
    pub usage: EndpointUse,
    /// The role.
    pub role: Declaration,
    /// True if the role has an `<Endpoints>` element to add to.
    pub role_has_endpoints: bool,
    /// The names of the role's endpoints that are of the right kind.
    pub declared: Vec<String>,
    /// The endpoint that was probably meant.
    pub suggestion: Option<Declaration>,
    /// The first other role that declares such an endpoint, at the endpoint's position.
    pub elsewhere: Option<(RoleKind, Declaration)>,
}

/// A name that the definition declares. Displays as the name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Declaration {
    /// The name.
    pub name: String,
    /// The position of the name.
    pub position: Position,
}

impl Declaration {
    pub(super) fn new(name: &str, position: Position) -> Self {
        Self { name: name.to_owned(), position }
    }
}

impl fmt::Display for Declaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
