//! Which role a worker is, and which of its endpoints answers for its health.

use std::fmt;

use crate::{Endpoint, EndpointKind, Protocol, Role, RoleKind, ServiceDefinition, nearest};

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
        notes.push(match nearest(name, names).and_then(|near| self.role(near)) {
            Some(role) => format!("did you mean `{}`? ({file}:{})", role.name, role.position),
            None => format!("add to it: <WorkerRole name=\"{name}\">"),
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
        match (roles.next(), roles.next()) {
            (Some(only), None) => return Ok(only),
            (None, _) => {
                let name = alike.first().copied().unwrap_or("Worker");
                return Err(SelectionError {
                    message: format!("no worker role in {file}"),
                    notes: vec![format!("add to it: <WorkerRole name=\"{name}\">")],
                });
            }
            (Some(_), Some(_)) => {}
        }
        let named = |wanted: &&str| self.worker_roles().find(|role| same_name(&role.name, wanted));
        alike.iter().find_map(named).ok_or_else(|| SelectionError {
            message: format!("several worker roles in {file}: which one is this?"),
            notes: vec![
                format!("worker roles declared: {}", self.worker_role_names()),
                "write one of them: `role = \"…\"`".to_owned(),
            ],
        })
    }

    fn worker_role_names(&self) -> String {
        quoted(self.worker_roles().map(|role| role.name.as_str()))
    }
}

impl Role {
    /// The endpoint of that name, if health can be served on it: `http`, `https`, `tcp`, or an
    /// internal endpoint of protocol `any`; with a port, or the wish for a free one. `file` is what
    /// errors call the definition.
    ///
    /// # Errors
    ///
    /// Where the role declares no such endpoint (the nearest and all declared ones are named), or
    /// where its protocol is another one, or its port is none.
    pub fn heartbeat(&self, name: &str, file: &str) -> Result<&Endpoint, SelectionError> {
        let role = &self.name;
        let Some(endpoint) = self.endpoint(name) else {
            let message = format!("no endpoint named `{name}` in role `{role}`");
            return Err(SelectionError { message, notes: self.unknown_endpoint(name, file) });
        };
        let carries_health = match endpoint.protocol {
            Protocol::Http | Protocol::Https | Protocol::Tcp => true,
            Protocol::Any => endpoint.is_internal(),
            Protocol::Udp => false,
        };
        let notes = |way_out| vec![format!("declared here: {file}:{}", endpoint.position), way_out];
        if !carries_health {
            let protocol = match endpoint.kind {
                EndpointKind::InstanceInput(_) => Protocol::Tcp,
                EndpointKind::Input(_) | EndpointKind::Internal(_) => Protocol::Http,
            };
            let found = endpoint.source.attribute("protocol").map_or("", |found| &found.value);
            let element = &endpoint.source.element;
            return Err(SelectionError {
                message: format!(
                    "endpoint `{name}` of role `{role}` is `{found}`, which cannot carry health"
                ),
                notes: notes(format!(
                    "write there: <{element} name=\"{name}\" protocol=\"{protocol}\" …>"
                )),
            });
        }
        if endpoint.local_port().is_none() {
            return Err(SelectionError {
                message: format!("endpoint `{name}` of role `{role}` has no port to listen on"),
                notes: notes("write there: port=\"3000\", or another one up to 65535".to_owned()),
            });
        }
        Ok(endpoint)
    }

    fn unknown_endpoint(&self, name: &str, file: &str) -> Vec<String> {
        let names = || self.endpoints.iter().map(|endpoint| endpoint.name.as_str());
        let mut notes = vec![match quoted(names()) {
            none if none.is_empty() => {
                format!("the role declares no endpoint ({file}:{})", self.position)
            }
            declared => format!("endpoints declared: {declared}"),
        }];
        notes.push(match nearest(name, names()).and_then(|near| self.endpoint(near)) {
            Some(near) => {
                format!("did you mean `heartbeat = \"{}\"`? ({file}:{})", near.name, near.position)
            }
            None => format!(
                "add to its <Endpoints>: <InputEndpoint name=\"{name}\" protocol=\"http\" \
                 port=\"3000\" localPort=\"3000\" />"
            ),
        });
        notes
    }
}

fn same_name(one: &str, other: &str) -> bool {
    let letters = |name: &str| name.replace(['-', '_'], "").to_lowercase();
    letters(one) == letters(other)
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::ServiceDefinition;

    fn definition(roles: &str) -> ServiceDefinition {
        let xml = format!("<ServiceDefinition name=\"S\">\n{roles}</ServiceDefinition>");
        ServiceDefinition::read(xml.as_bytes()).unwrap().model
    }

    const TWO_ROLES: &str = r#"
        <WebRole name="Site"/>
        <WorkerRole name="Orders"><Endpoints>
            <InputEndpoint name="Heartbeat" protocol="http" port="80"/>
            <InputEndpoint name="Clock" protocol="udp" port="123"/>
            <InputEndpoint name="Nowhere" protocol="http" port="80" localPort="555555"/>
        </Endpoints></WorkerRole>
        <WorkerRole name="Mail-Out"/>"#;

    #[test]
    fn a_role_is_taken_by_its_exact_name() {
        let definition = definition(TWO_ROLES);
        assert_eq!(definition.worker_role("Orders", "f").unwrap().name, "Orders");
        let error = definition.worker_role("orders", "f").unwrap_err().to_string();
        assert!(error.contains("did you mean `Orders`? (f:4:27)"), "{error}");
        let error = definition.worker_role("Site", "f").unwrap_err().to_string();
        assert!(error.contains("`Site` is a web role (f:3:24)"), "{error}");
    }

    #[test]
    fn the_only_role_needs_no_name_and_one_of_several_is_found_by_likeness() {
        let only = definition("<WorkerRole name='W'/>");
        assert_eq!(only.worker_role_like(&["Other"], "f").unwrap().name, "W");
        let two = definition(TWO_ROLES);
        assert_eq!(two.worker_role_like(&["Worker", "mail_out"], "f").unwrap().name, "Mail-Out");
        let error = two.worker_role_like(&["Worker"], "f").unwrap_err().to_string();
        assert!(error.contains("worker roles declared: `Orders`, `Mail-Out`"), "{error}");
        let none = definition("<WebRole name='W'/>");
        let error = none.worker_role_like(&["Orders"], "f").unwrap_err().to_string();
        assert!(error.contains("no worker role in f; add to it: <WorkerRole name=\"Orders\">"));
    }

    #[test]
    fn a_heartbeat_is_an_endpoint_that_can_carry_it() {
        let definition = definition(TWO_ROLES);
        let orders = definition.role("Orders").unwrap();
        assert_eq!(orders.heartbeat("Heartbeat", "f").unwrap().name, "Heartbeat");
        let error = orders.heartbeat("Hartbeat", "f").unwrap_err();
        assert_eq!(error.message(), "no endpoint named `Hartbeat` in role `Orders`");
        assert_eq!(
            error.notes(),
            [
                "endpoints declared: `Heartbeat`, `Clock`, `Nowhere`",
                "did you mean `heartbeat = \"Heartbeat\"`? (f:5:34)",
            ]
        );
        let error = orders.heartbeat("Clock", "f").unwrap_err().to_string();
        assert!(error.contains("is `udp`"), "{error}");
        let error = orders.heartbeat("Nowhere", "f").unwrap_err().to_string();
        assert!(error.contains("has no port to listen on; declared here: f:7:34"), "{error}");
        let error = definition.role("Mail-Out").unwrap().heartbeat("Health", "f").unwrap_err();
        assert!(error.notes().last().unwrap().contains("<InputEndpoint name=\"Health\""));
    }
}
