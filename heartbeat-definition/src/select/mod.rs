//! Which role a worker is, and which of its endpoints answers for its health.

use std::fmt;

use crate::excerpt::pasted;
use crate::{Endpoint, EndpointKind, Protocol, Role, RoleKind, ServiceDefinition, suggest};

/// Why a role or an endpoint cannot be taken: one message, and notes that say where to look and
/// what to write. Prints on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectionError {
    message: String,
    notes: Vec<String>,
}

impl SelectionError {
    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is there instead; the last note says what to write.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.notes.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

impl std::error::Error for SelectionError {}

impl ServiceDefinition {
    /// The worker role of that name. `file` is what errors call the definition.
    ///
    /// # Errors
    ///
    /// Where no worker role has exactly that name; the nearest and all declared ones are named.
    pub fn worker_role(&self, name: &str, file: &str) -> Result<&Role, SelectionError> {
        if let Some(role) = self.worker_roles().find(|role| role.name == name) {
            return Ok(role);
        }
        let mut notes = Vec::new();
        if let Some(web) = self.role(name).filter(|role| role.kind == RoleKind::Web) {
            notes.push(format!("`{name}` is a web role ({file}:{})", web.position));
        }
        notes.push(format!("worker roles declared: {}", self.worker_role_names()));
        let names = self.worker_roles().map(|role| role.name.as_str());
        notes.push(match suggest(name, names).and_then(|near| self.role(near)) {
            Some(role) => {
                format!("did you mean `role = \"{}\"`? ({file}:{})", role.name, role.position)
            }
            None => format!("add to it: <WorkerRole name=\"{}\">…</WorkerRole>", pasted(name)),
        });
        let message = format!("no worker role named `{name}` in {file}");
        Err(SelectionError { message, notes })
    }

    /// The only worker role, else the one whose name equals one of the `alike` names: ignoring
    /// case, `-` and `_`, the earlier names before the later ones.
    ///
    /// # Errors
    ///
    /// Where there is no worker role, or several of which none is so named; all are listed.
    pub fn worker_role_like(&self, alike: &[&str], file: &str) -> Result<&Role, SelectionError> {
        let mut roles = self.worker_roles();
        let first = match (roles.next(), roles.next()) {
            (Some(only), None) => return Ok(only),
            (None, _) => {
                let name = alike.first().copied().unwrap_or("Worker");
                return Err(SelectionError {
                    message: format!("no worker role in {file}"),
                    notes: vec![format!(
                        "add to it: <WorkerRole name=\"{}\">…</WorkerRole>",
                        pasted(name)
                    )],
                });
            }
            (Some(first), Some(_)) => self.nearest_worker_role(alike).unwrap_or(first),
        };
        let named = |wanted: &&str| self.worker_roles().find(|role| same_name(&role.name, wanted));
        alike.iter().find_map(named).ok_or_else(|| SelectionError {
            message: format!("several worker roles in {file}: which one is this?"),
            notes: vec![
                format!("worker roles declared: {}", self.worker_role_names()),
                format!("write one of them, such as `role = \"{}\"`", first.name),
            ],
        })
    }

    /// The worker role that a name resembles without `Role`, `Worker` and the
    /// like: equal before contained before misspelt.
    fn nearest_worker_role(&self, alike: &[&str]) -> Option<&Role> {
        let names: Vec<_> = alike.iter().map(|name| stem(name)).collect();
        let roles: Vec<_> = self.worker_roles().map(|role| (stem(&role.name), role)).collect();
        let find = |fits: fn(&str, &str) -> bool| {
            let role = |name: &String| roles.iter().find(|(role, _)| fits(name, role));
            names.iter().find_map(role).map(|&(_, role)| role)
        };
        find(|name, role| name == role && !name.is_empty())
            .or_else(|| {
                find(|name, role| {
                    name.len().min(role.len()) > 2 && (name.contains(role) || role.contains(name))
                })
            })
            .or_else(|| find(|name, role| suggest(name, [role]).is_some()))
    }

    fn worker_role_names(&self) -> String {
        quoted(self.worker_roles().map(|role| role.name.as_str()))
    }
}

impl ServiceDefinition {
    /// As [`Role::heartbeat`], for a role of this definition; where another role declares the
    /// endpoint, the error names that role.
    ///
    /// # Errors
    ///
    /// As [`Role::heartbeat`].
    pub fn heartbeat<'a>(
        &self,
        role: &'a Role,
        name: &str,
        file: &str,
    ) -> Result<&'a Endpoint, SelectionError> {
        role.heartbeat(name, file).map_err(|error| self.elsewhere(role, name, file, error))
    }

    /// As [`Role::management`], for a role of this definition; where another role declares the
    /// endpoint, the error names that role.
    ///
    /// # Errors
    ///
    /// As [`Role::management`].
    pub fn management<'a>(
        &self,
        role: &'a Role,
        name: &str,
        file: &str,
    ) -> Result<&'a Endpoint, SelectionError> {
        role.management(name, file).map_err(|error| self.elsewhere(role, name, file, error))
    }

    /// An endpoint that is unknown in its role may have been declared in the wrong one.
    fn elsewhere(
        &self,
        role: &Role,
        name: &str,
        file: &str,
        mut error: SelectionError,
    ) -> SelectionError {
        let other = self.roles.iter().find(|other| other.endpoint(name).is_some());
        if let (None, Some(other)) = (role.endpoint(name), other) {
            let position = other.endpoint(name).map_or(other.position, |found| found.position);
            let (own, other, kind) = (&role.name, &other.name, other.kind);
            error.notes.insert(0, format!("role `{other}` declares one ({file}:{position})"));
            error.notes.pop();
            error.notes.push(match kind {
                RoleKind::Worker => format!(
                    "write `role = \"{other}\"` if this is that role, or declare one in `{own}` too"
                ),
                RoleKind::Web => format!("declare one in `{own}` too"),
            });
        }
        error
    }
}

impl Role {
    /// The endpoint of that name, if health can be served on it: `http`, `https`, `tcp`, or an
    /// internal endpoint of protocol `any`. `file` is what errors call the definition.
    ///
    /// # Errors
    ///
    /// Where the role declares no such endpoint (the nearest and all declared ones are named), or
    /// where its protocol carries no HTTP, or its port is none.
    pub fn heartbeat(&self, name: &str, file: &str) -> Result<&Endpoint, SelectionError> {
        Purpose::Heartbeat.endpoint(self, name, file)
    }

    /// The endpoint of that name, if the trusted view can be served on it: an internal one of
    /// protocol `http`, `tcp` or `any`. `file` is what errors call the definition.
    ///
    /// # Errors
    ///
    /// Where the role declares no such endpoint (the nearest and all internal ones are named), or
    /// where it is not internal or its protocol carries no HTTP.
    pub fn management(&self, name: &str, file: &str) -> Result<&Endpoint, SelectionError> {
        Purpose::Management.endpoint(self, name, file)
    }
}

/// What an endpoint is named for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Heartbeat,
    Management,
}

impl Purpose {
    fn endpoint<'a>(
        self,
        role: &'a Role,
        name: &str,
        file: &str,
    ) -> Result<&'a Endpoint, SelectionError> {
        let Some(endpoint) = role.endpoint(name) else {
            let message = format!("no endpoint named `{name}` in role `{}`", role.name);
            return Err(SelectionError { message, notes: self.unknown(role, name, file) });
        };
        let Some((fault, attribute)) = self.fault(endpoint) else { return Ok(endpoint) };
        let element = if self == Self::Management { INTERNAL } else { element(endpoint) };
        Err(SelectionError {
            message: format!("endpoint `{name}` of role `{}` {fault}", role.name),
            notes: vec![
                format!("declared here: {file}:{}", endpoint.position),
                format!("write there: <{element} name=\"{}\" {attribute} …>", pasted(name)),
            ],
        })
    }

    /// Why an endpoint cannot serve, and the attribute with which it could.
    fn fault(self, endpoint: &Endpoint) -> Option<(String, &'static str)> {
        let element = element(endpoint);
        let (protocol, port) = match element {
            INSTANCE_INPUT => ("protocol=\"tcp\"", "localPort=\"3000\""),
            _ => ("protocol=\"http\"", "port=\"3000\""),
        };
        if self == Self::Management && element != INTERNAL {
            let fault =
                format!("is an {element}, but what `management` shows is not for the outside");
            return Some((fault, protocol));
        }
        match endpoint.protocol {
            Protocol::Udp => Some(("is `udp`, which cannot carry health".to_owned(), protocol)),
            Protocol::Any if element != INTERNAL => {
                Some((format!("has no protocol that an {element} can have"), protocol))
            }
            _ if endpoint.local_port().is_none() => {
                Some(("has no port to listen on".to_owned(), port))
            }
            _ => None,
        }
    }

    fn unknown(self, role: &Role, name: &str, file: &str) -> Vec<String> {
        let fit = |endpoint: &&Endpoint| self == Self::Heartbeat || element(endpoint) == INTERNAL;
        let names = || role.endpoints.iter().filter(fit).map(|endpoint| endpoint.name.as_str());
        let pasted = pasted(name);
        let (key, kind, line) = match self {
            Self::Heartbeat => (
                "heartbeat",
                "endpoint",
                format!(
                    "<InputEndpoint name=\"{pasted}\" protocol=\"http\" port=\"3000\" \
                     localPort=\"3000\" />"
                ),
            ),
            Self::Management => (
                "management",
                "internal endpoint",
                format!("<InternalEndpoint name=\"{pasted}\" protocol=\"http\" port=\"3001\" />"),
            ),
        };
        let declared = match quoted(names()) {
            none if none.is_empty() => {
                format!("the role declares no {kind} ({file}:{})", role.position)
            }
            declared => format!("{kind}s declared: {declared}"),
        };
        let way_out = match suggest(name, names()).and_then(|near| role.endpoint(near)) {
            Some(near) => {
                format!("did you mean `{key} = \"{}\"`? ({file}:{})", near.name, near.position)
            }
            None if role.endpoints.is_empty() => {
                format!("add to it: <Endpoints>{line}</Endpoints>")
            }
            None => format!("add to its <Endpoints>: {line}"),
        };
        vec![declared, way_out]
    }
}

const INTERNAL: &str = "InternalEndpoint";
const INSTANCE_INPUT: &str = "InstanceInputEndpoint";

/// The name of the element that declares an endpoint.
fn element(endpoint: &Endpoint) -> &'static str {
    match endpoint.kind {
        EndpointKind::Input(_) => "InputEndpoint",
        EndpointKind::Internal(_) => INTERNAL,
        EndpointKind::InstanceInput(_) => INSTANCE_INPUT,
    }
}

fn same_name(one: &str, other: &str) -> bool {
    letters(one) == letters(other)
}

fn letters(name: &str) -> String {
    name.replace(['-', '_'], "").to_lowercase()
}

/// A name without the affixes that many roles have in common; empty where it
/// is made of nothing else.
fn stem(name: &str) -> String {
    const AFFIXES: [&str; 4] = ["role", "worker", "service", "main"];
    let letters = letters(name);
    let mut stem = &*letters;
    while let Some(rest) =
        AFFIXES.iter().find_map(|affix| stem.strip_suffix(affix).or(stem.strip_prefix(affix)))
    {
        stem = rest;
    }
    stem.to_owned()
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
