//! The endpoints of a worker, each with a port that any user may bind.

use heartbeat_definition::{Endpoint, Port, Protocol, variable_name};

use super::names::{label, unique};

/// The first port for an endpoint that may have any.
const FIRST_FREE: u16 = 8081;
/// Ports below are for the system's own services: a worker listens that much higher.
const PRIVILEGED: u16 = 1024;
const ABOVE_PRIVILEGED: u16 = 8000;

/// An endpoint of a worker.
#[derive(Debug)]
pub(crate) struct WorkerEndpoint<'a> {
    pub(crate) declared: &'a Endpoint,
    /// The name as that of a port: up to 15 letters, digits and hyphens, unique in the worker.
    pub(crate) name: String,
    /// The port that each instance listens on.
    pub(crate) port: u16,
}

impl WorkerEndpoint<'_> {
    /// Returns the variable with the address.
    pub(crate) fn variable(&self) -> String {
        variable_name("HEARTBEAT_ENDPOINT_", &self.declared.name)
    }

    /// Returns whether the port is another one than the worker itself would choose.
    pub(crate) fn is_moved(&self) -> bool {
        self.declared.local_port() != Some(Port::Fixed(self.port))
    }

    pub(crate) fn is_udp(&self) -> bool {
        self.declared.protocol == Protocol::Udp
    }
}

/// Gives each endpoint its port: the declared one, if any user may bind it and none has it yet.
pub(super) fn assign(endpoints: &[Endpoint]) -> Vec<WorkerEndpoint<'_>> {
    let mut assigned: Vec<WorkerEndpoint<'_>> = Vec::new();
    for declared in endpoints {
        let is_udp = declared.protocol == Protocol::Udp;
        let wanted = match declared.local_port() {
            Some(Port::Fixed(port)) if port < PRIVILEGED => port + ABOVE_PRIVILEGED,
            Some(Port::Fixed(port)) => port,
            Some(Port::Any) | None => FIRST_FREE,
        };
        let is_free = |port: &u16| {
            let others = endpoints.iter().filter(|other| !std::ptr::eq(*other, declared));
            let mut given = assigned.iter().map(|e| (e.is_udp(), e.port));
            let has = |e: &Endpoint| e.local_port() == Some(Port::Fixed(*port));
            // Two may share a port only if the definition says so, for TCP and UDP.
            !given.any(|used| used == (is_udp, *port))
                && (has(declared) || others.clone().all(|other| !has(other)))
        };
        let port = (wanted..=u16::MAX).find(is_free).unwrap_or(wanted);
        let is_taken = |name: &str| assigned.iter().any(|endpoint| endpoint.name == name);
        let name = unique(&label(&declared.name, "port", 15), 15, is_taken);
        assigned.push(WorkerEndpoint { declared, name, port });
    }
    assigned
}

#[cfg(test)]
mod tests {
    use heartbeat_definition::ServiceDefinition;

    use super::assign;

    #[test]
    fn ports_are_as_declared_where_any_user_may_bind_them() {
        let definition = ServiceDefinition::read(
            br#"<ServiceDefinition name="S"><WorkerRole name="W"><Endpoints>
            <InputEndpoint name="Web" protocol="http" port="80"/>
            <InternalEndpoint name="Any" protocol="tcp"/>
            <InternalEndpoint name="Taken" protocol="tcp" port="8081"/>
            <InternalEndpoint name="Star" protocol="tcp" port="*"/>
            <InternalEndpoint name="Dns" protocol="udp" port="8081"/>
            <InternalEndpoint name="A name that is too long" protocol="tcp" port="8081"/>
            <InternalEndpoint name="A name that is too much" protocol="tcp" port="9000"/>
            </Endpoints></WorkerRole></ServiceDefinition>"#,
        );
        let definition = definition.unwrap();
        let endpoints = assign(&definition.role("W").unwrap().endpoints);
        let ports: Vec<_> =
            endpoints.iter().map(|e| (e.name.as_str(), e.port, e.is_moved())).collect();
        let expected = [
            ("web", 8080, true),
            ("any", 8082, true),
            ("taken", 8081, false),
            ("star", 8083, true),
            ("dns", 8081, false),
            ("a-name-that-is", 8084, true),
            ("a-name-that-i-2", 9000, false),
        ];
        assert_eq!(ports, expected);
    }
}
