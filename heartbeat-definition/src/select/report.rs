//! The words for a selection that failed. The attribute and the runtime say the same.

use std::fmt;

use super::{Declaration, EndpointFault, EndpointUse, SelectError, UnknownEndpoint};
use crate::RoleKind;
use crate::excerpt::pasted;

/// A [`SelectError`] in words. Displays on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SelectReport {
    /// The error.
    pub message: String,
    /// The declarations that exist instead, with their places.
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
            Self::UnknownEndpoint(_) | Self::UnusableEndpoint { .. } => self.to_string(),
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
            Self::UnknownEndpoint(unknown) => unknown.notes(file),
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
            Self::UnknownEndpoint(unknown) => unknown.help(file),
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

// === impl UnknownEndpoint ===

impl UnknownEndpoint {
    fn notes(&self, file: &str) -> Vec<String> {
        let Self { usage, role, declared, elsewhere, .. } = self;
        let kind = match usage {
            EndpointUse::Heartbeat | EndpointUse::Worker => "endpoint",
            EndpointUse::Management => "internal endpoint",
        };
        let elsewhere = elsewhere
            .as_ref()
            .map(|(_, other)| format!("role `{other}` declares one ({file}:{})", other.position));
        let declared = match &declared[..] {
            [] => format!("the role declares no {kind} ({file}:{})", role.position),
            _ => format!("{kind}s declared: {}", quoted(declared)),
        };
        elsewhere.into_iter().chain([declared]).collect()
    }

    fn help(&self, file: &str) -> String {
        let Self { name, usage, role, suggestion, elsewhere, .. } = self;
        match (elsewhere, suggestion) {
            (Some(_), _) if *usage == EndpointUse::Worker => {
                format!("declare one in `{role}` too")
            }
            (Some((RoleKind::Worker, other)), _) => format!(
                "write `role = \"{other}\"` if this is that role, or declare one in `{role}` too"
            ),
            (Some((RoleKind::Web, _)), _) => format!("declare one in `{role}` too"),
            (None, Some(near)) => {
                format!("did you mean {}? ({file}:{})", usage.named(near), near.position)
            }
            (None, None) if self.role_has_endpoints => {
                format!("add to its <Endpoints>: {}", usage.line(&pasted(name)))
            }
            (None, None) => {
                format!("add to it: <Endpoints>{}</Endpoints>", usage.line(&pasted(name)))
            }
        }
    }
}

// === impl EndpointUse ===

impl EndpointUse {
    /// Returns how a program names an endpoint for this use.
    fn named(self, endpoint: &Declaration) -> String {
        match self {
            Self::Heartbeat => format!("`heartbeat = \"{endpoint}\"`"),
            Self::Management => format!("`management = \"{endpoint}\"`"),
            Self::Worker => format!("`{endpoint}`"),
        }
    }

    /// Returns the element that declares an endpoint for this use.
    fn line(self, name: &str) -> String {
        match self {
            Self::Heartbeat => format!(
                "<InputEndpoint name=\"{name}\" protocol=\"http\" port=\"3000\" localPort=\"3000\" />"
            ),
            Self::Management => {
                format!("<InternalEndpoint name=\"{name}\" protocol=\"http\" port=\"3001\" />")
            }
            Self::Worker => format!(
                "<InputEndpoint name=\"{name}\" protocol=\"http\" port=\"8080\" localPort=\"8080\" />"
            ),
        }
    }
}

// === impl EndpointFault ===

impl EndpointFault {
    /// Returns the rest of a sentence that begins with the endpoint.
    pub(super) fn predicate(self, element: &str) -> String {
        match self {
            Self::NotInternal => {
                format!("is a public {element}, but `management` must be an InternalEndpoint")
            }
            Self::Udp => "is `udp`, which cannot carry HTTP".to_owned(),
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
