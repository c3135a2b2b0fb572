//! Errors of a selection, and their one wording: the attribute and the runtime report the same.

use std::fmt;

use super::{EndpointFault, EndpointUse};
use crate::excerpt::pasted;
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
    #[error("no endpoint named `{name}` in role `{role}`")]
    #[non_exhaustive]
    UnknownEndpoint {
        /// The name.
        name: String,
        /// The use that the endpoint was selected for.
        usage: EndpointUse,
        /// The role.
        role: Declaration,
        /// Whether the role has an `<Endpoints>` element to add to.
        role_has_endpoints: bool,
        /// The names of the role's endpoints that are of the right kind.
        declared: Vec<String>,
        /// The endpoint that was probably meant.
        suggestion: Option<Declaration>,
        /// The first other role that declares such an endpoint, at the endpoint's position.
        elsewhere: Option<(RoleKind, Declaration)>,
    },
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

/// A name that the definition declares. Displays as the name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Declaration {
    /// The name.
    pub name: String,
    /// The position of the name.
    pub position: Position,
}

/// A [`SelectError`] in words. Displays on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SelectReport {
    /// The error.
    pub message: String,
    /// What the definition declares instead, and where.
    pub notes: Vec<String>,
    /// The fix.
    pub help: String,
}

// === impl SelectError ===

impl SelectError {
    /// Words the error for a user to whom the definition is known as `file`.
    #[must_use]
    pub fn report(&self, file: &str) -> SelectReport {
        let message = match self {
            Self::UnknownRole { .. } | Self::NoRole { .. } => format!("{self} in {file}"),
            Self::AmbiguousRole { .. } => format!("{self} in {file}: which one is this?"),
            Self::UnknownEndpoint { .. } | Self::UnusableEndpoint { .. } => self.to_string(),
        };
        SelectReport { message, notes: self.notes(file), help: self.help(file) }
    }

    fn notes(&self, file: &str) -> Vec<String> {
        match self {
            Self::UnknownRole { name, web_role, declared, .. } => {
                let web_role =
                    web_role.map(|position| format!("`{name}` is a web role ({file}:{position})"));
                let declared = format!("worker roles declared: {}", quoted(declared));
                web_role.into_iter().chain([declared]).collect()
            }
            Self::NoRole { .. } => Vec::new(),
            Self::AmbiguousRole { declared, .. } => {
                vec![format!("worker roles declared: {}", quoted(declared))]
            }
            Self::UnknownEndpoint { usage, role, declared, elsewhere, .. } => {
                let kind = match usage {
                    EndpointUse::Heartbeat => "endpoint",
                    EndpointUse::Management => "internal endpoint",
                };
                let elsewhere = elsewhere.as_ref().map(|(_, other)| {
                    format!("role `{other}` declares one ({file}:{})", other.position)
                });
                let declared = match &declared[..] {
                    [] => format!("the role declares no {kind} ({file}:{})", role.position),
                    _ => format!("{kind}s declared: {}", quoted(declared)),
                };
                elsewhere.into_iter().chain([declared]).collect()
            }
            Self::UnusableEndpoint { endpoint, .. } => {
                vec![format!("declared here: {file}:{}", endpoint.position)]
            }
        }
    }

    fn help(&self, file: &str) -> String {
        match self {
            Self::UnknownRole { suggestion: Some(role), .. } => {
                format!("did you mean `role = \"{role}\"`? ({file}:{})", role.position)
            }
            Self::UnknownRole { name, .. } | Self::NoRole { candidate: name } => {
                format!("add to it: <WorkerRole name=\"{}\">…</WorkerRole>", pasted(name))
            }
            Self::AmbiguousRole { closest, .. } => {
                format!("write one of them, such as `role = \"{closest}\"`")
            }
            Self::UnknownEndpoint { role, elsewhere: Some((RoleKind::Worker, other)), .. } => {
                format!(
                    "write `role = \"{other}\"` if this is that role, or declare one in `{role}` too"
                )
            }
            Self::UnknownEndpoint { role, elsewhere: Some((RoleKind::Web, _)), .. } => {
                format!("declare one in `{role}` too")
            }
            Self::UnknownEndpoint { usage, suggestion: Some(near), .. } => {
                format!("did you mean `{usage} = \"{near}\"`? ({file}:{})", near.position)
            }
            Self::UnknownEndpoint { usage, name, role_has_endpoints, .. } => {
                let line = usage.line(&pasted(name));
                if *role_has_endpoints {
                    format!("add to its <Endpoints>: {line}")
                } else {
                    format!("add to it: <Endpoints>{line}</Endpoints>")
                }
            }
            Self::UnusableEndpoint { endpoint, element, fault, .. } => {
                let attribute = fault.right_attribute(element);
                let element = match fault {
                    EndpointFault::NotInternal => "InternalEndpoint",
                    _ => element,
                };
                let name = pasted(&endpoint.name);
                format!("write there: <{element} name=\"{name}\" {attribute} …>")
            }
        }
    }
}

// === impl EndpointUse ===

impl EndpointUse {
    /// Returns the element that declares an endpoint for this use.
    fn line(self, name: &str) -> String {
        match self {
            Self::Heartbeat => format!(
                "<InputEndpoint name=\"{name}\" protocol=\"http\" port=\"3000\" localPort=\"3000\" />"
            ),
            Self::Management => {
                format!("<InternalEndpoint name=\"{name}\" protocol=\"http\" port=\"3001\" />")
            }
        }
    }
}

// === impl EndpointFault ===

impl EndpointFault {
    /// Returns the rest of a sentence that begins with the endpoint.
    fn predicate(self, element: &str) -> String {
        match self {
            Self::NotInternal => {
                format!("is a public {element}, but `management` must be an InternalEndpoint")
            }
            Self::Udp => "is `udp`, which cannot carry health".to_owned(),
            Self::NoProtocol => format!("has no protocol that an {element} can have"),
            Self::NoPort => "has no port to listen on".to_owned(),
        }
    }

    /// Returns the attribute with which the endpoint could be used.
    fn right_attribute(self, element: &str) -> &'static str {
        match (self, element) {
            (Self::NoPort, "InstanceInputEndpoint") => "localPort=\"3000\"",
            (Self::NoPort, _) => "port=\"3000\"",
            (_, "InstanceInputEndpoint") => "protocol=\"tcp\"",
            _ => "protocol=\"http\"",
        }
    }
}

// === impl Declaration ===

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

// === impl SelectReport ===

impl fmt::Display for SelectReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.notes.iter().chain([&self.help]).try_for_each(|note| write!(f, "; {note}"))
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
