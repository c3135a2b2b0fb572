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
            Some(role) => {
                format!("did you mean `role = \"{}\"`? ({file}:{})", role.name, role.position)
            }
            None => format!("add to it: <WorkerRole name=\"{name}\">…</WorkerRole>"),
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
                    notes: vec![format!("add to it: <WorkerRole name=\"{name}\">…</WorkerRole>")],
                });
            }
            (Some(first), Some(_)) => first,
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
                format!("write there: <{element} name=\"{name}\" {attribute} …>"),
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
        let (key, kind, line) = match self {
            Self::Heartbeat => (
                "heartbeat",
                "endpoint",
                format!(
                    "<InputEndpoint name=\"{name}\" protocol=\"http\" port=\"3000\" \
                     localPort=\"3000\" />"
                ),
            ),
            Self::Management => (
                "management",
                "internal endpoint",
                format!("<InternalEndpoint name=\"{name}\" protocol=\"http\" port=\"3001\" />"),
            ),
        };
        let declared = match quoted(names()) {
            none if none.is_empty() => {
                format!("the role declares no {kind} ({file}:{})", role.position)
            }
            declared => format!("{kind}s declared: {declared}"),
        };
        let way_out = match nearest(name, names()).and_then(|near| role.endpoint(near)) {
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
        let place = |name| format!("(f:{})", definition.role(name).unwrap().position);
        let error = definition.worker_role("orders", "f").unwrap_err().to_string();
        let near = format!("did you mean `role = \"Orders\"`? {}", place("Orders"));
        assert!(error.contains(&near), "{error}");
        let error = definition.worker_role("Site", "f").unwrap_err().to_string();
        assert!(error.contains(&format!("`Site` is a web role {}", place("Site"))), "{error}");
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
        assert!(error.contains("no worker role in f; add to it: <WorkerRole name=\"Orders\">…"));
    }

    #[test]
    fn a_heartbeat_is_an_endpoint_that_can_carry_it() {
        let definition = definition(TWO_ROLES);
        let orders = definition.role("Orders").unwrap();
        assert_eq!(orders.heartbeat("Heartbeat", "f").unwrap().name, "Heartbeat");
        let error = orders.heartbeat("Nowhere", "f").unwrap_err();
        assert_eq!(error.message(), "endpoint `Nowhere` of role `Orders` has no port to listen on");
        let way_out = "write there: <InputEndpoint name=\"Nowhere\" port=\"3000\" …>";
        assert_eq!(error.notes(), ["declared here: f:7:34", way_out]);
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
        let error = definition.role("Mail-Out").unwrap().heartbeat("Health", "f").unwrap_err();
        assert!(error.notes().last().unwrap().contains("<InputEndpoint name=\"Health\""));
    }
    #[test]
    fn an_internal_endpoint_may_speak_anything_and_is_the_only_one_to_manage_on() {
        let definition = definition(
            r#"<WorkerRole name="W"><Endpoints>
            <InputEndpoint name="Public" protocol="http" port="80"/>
            <InputEndpoint name="Vague" protocol="any" port="81"/>
            <InternalEndpoint name="Inside" protocol="any"/>
            <InternalEndpoint name="Gossip" protocol="udp"/>
            <InstanceInputEndpoint name="Each" protocol="udp" localPort="82"/>
            </Endpoints></WorkerRole>"#,
        );
        let role = definition.role("W").unwrap();
        assert_eq!(role.heartbeat("Inside", "f").unwrap().name, "Inside");
        assert_eq!(role.management("Inside", "f").unwrap().name, "Inside");
        for (result, lines) in [
            (
                role.heartbeat("Vague", "f"),
                [
                    "endpoint `Vague` of role `W` has no protocol that an InputEndpoint can have",
                    "write there: <InputEndpoint name=\"Vague\" protocol=\"http\" …>",
                ],
            ),
            (
                role.heartbeat("Each", "f"),
                [
                    "endpoint `Each` of role `W` is `udp`, which cannot carry health",
                    "write there: <InstanceInputEndpoint name=\"Each\" protocol=\"tcp\" …>",
                ],
            ),
            (
                role.management("Public", "f"),
                [
                    "endpoint `Public` of role `W` is an InputEndpoint, but what `management` \
                     shows is not for the outside",
                    "write there: <InternalEndpoint name=\"Public\" protocol=\"http\" …>",
                ],
            ),
            (
                role.management("Gossip", "f"),
                [
                    "endpoint `Gossip` of role `W` is `udp`, which cannot carry health",
                    "write there: <InternalEndpoint name=\"Gossip\" protocol=\"http\" …>",
                ],
            ),
            (
                role.management("insde", "f"),
                [
                    "no endpoint named `insde` in role `W`",
                    "did you mean `management = \"Inside\"`? (f:5:37)",
                ],
            ),
        ] {
            let error = result.unwrap_err();
            assert_eq!([error.message(), error.notes().last().unwrap()], lines);
        }
    }

    #[test]
    fn an_endpoint_of_another_role_is_found_there() {
        let definition = definition(
            r#"<WebRole name="Site"><Endpoints>
            <InputEndpoint name="Web" protocol="http" port="80"/>
            </Endpoints></WebRole>
            <WorkerRole name="Orders"/>
            <WorkerRole name="Mail"><Endpoints>
            <InputEndpoint name="Heartbeat" protocol="http" port="81"/>
            </Endpoints></WorkerRole>"#,
        );
        let orders = definition.role("Orders").unwrap();
        let error = definition.heartbeat(orders, "Heartbeat", "f").unwrap_err();
        assert_eq!(
            error.notes(),
            [
                "role `Mail` declares one (f:7:34)".to_owned(),
                format!("the role declares no endpoint (f:{})", orders.position),
                "write `role = \"Mail\"` if this is that role, or declare one in `Orders` too"
                    .to_owned(),
            ]
        );
        let error = definition.management(orders, "Web", "f").unwrap_err();
        assert_eq!(error.notes().last().unwrap(), "declare one in `Orders` too");
    }
}
