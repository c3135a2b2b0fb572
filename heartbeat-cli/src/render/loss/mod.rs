//! Things that a definition or a configuration says, and no deploy file can.

mod containers;
mod endpoints;
mod role;
#[cfg(test)]
mod tests;

use std::fmt;

use heartbeat_definition::{Position, RoleKind};

pub(super) use self::containers::{certificates, names};
use super::service::Service;
use super::worker::Worker;

/// Something that is not carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    /// True if the place is in the configuration, and not in the definition.
    pub(crate) in_configuration: bool,
    /// The place in its file.
    pub(crate) position: Position,
    /// The thing, and why it is lost.
    pub(crate) what: String,
    /// The way to have it again.
    pub(crate) help: String,
}

impl Loss {
    /// Makes a loss of the definition.
    pub(crate) fn new(
        position: Position,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { in_configuration: false, position, what: what.into(), help: help.into() }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.position, self.what, self.help)
    }
}

/// Returns what is lost wherever the service runs.
pub(super) fn common(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = Vec::new();
    of_service(service, &mut losses);
    network(service, &mut losses);
    for worker in &service.workers {
        role::health(worker, &mut losses);
        role::configured(worker, &mut losses);
        role::imports(worker, &mut losses);
        role::process(worker, &mut losses);
        role::variables(worker, &mut losses);
        endpoints::endpoints(worker, &mut losses);
    }
    losses
}

/// Returns what is lost where nothing rules the traffic between workers, or balances clients as Azure
/// does.
pub(super) fn of_traffic(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = Vec::new();
    for rule in &service.definition.network_traffic_rules {
        losses.push(Loss::new(
            rule.source.position,
            "traffic rules are not enforced: every role reaches all internal endpoints",
            "let the endpoints ask who calls, or render for Kubernetes",
        ));
    }
    for worker in &service.workers {
        for endpoint in worker.endpoints.iter().map(|endpoint| endpoint.declared) {
            if let Some(input) = endpoint.as_input() {
                endpoints::balancing(endpoint, input, &mut losses);
            }
        }
    }
    losses
}

/// Returns what is lost in containers besides.
pub(super) fn in_containers(service: &Service<'_>) -> Vec<Loss> {
    let task = "do its work while you build the image, or in `on_start`";
    installed(service, task, "copy it into the image")
}

/// Returns what is lost on a machine without containers besides.
pub(super) fn on_machines(service: &Service<'_>) -> Vec<Loss> {
    let task = "do its work while you install the worker, or in `on_start`";
    installed(service, task, "install it beside the worker")
}

/// Returns what the platform would install, with the ways to do that.
fn installed(service: &Service<'_>, task: &str, content: &str) -> Vec<Loss> {
    let mut losses = Vec::new();
    for worker in &service.workers {
        containers::startup_tasks(worker, task, &mut losses);
        containers::contents(worker, content, &mut losses);
        containers::size(worker, &mut losses);
    }
    losses
}

/// Web roles, and the ways in which Azure changes and probes a service.
fn of_service(service: &Service<'_>, losses: &mut Vec<Loss>) {
    let definition = service.definition;
    for role in definition.roles.iter().filter(|role| role.kind == RoleKind::Web) {
        losses.push(Loss::new(
            role.position,
            format!("web role `{}`: its sites need IIS", role.name),
            "serve them from a worker role, by `role.serve`",
        ));
    }
    for (attribute, what, help) in [
        (
            "upgradeDomainCount",
            "there are no upgrade domains",
            "instances are replaced one at a time",
        ),
        (
            "topologyChangeDiscovery",
            "nothing tells instances of a change",
            "they ask by `role.instances`, whose names stand for those that are ready",
        ),
    ] {
        let is_given = definition.source.attribute(attribute).is_some();
        let position = definition.source.position_of(attribute);
        losses.extend(is_given.then(|| Loss::new(position, what, help)));
    }
    for probe in &definition.load_balancer_probes {
        losses.push(Loss::new(
            probe.source.position_of("name"),
            format!("load balancer probe `{}`: its times are not carried over", probe.name),
            "readiness is asked often enough for most; change its period by hand",
        ));
    }
}

/// The network of the configuration.
fn network(service: &Service<'_>, losses: &mut Vec<Loss>) {
    let network = service.configuration.and_then(|configuration| configuration.network.as_ref());
    losses.extend(network.map(|network| Loss {
        in_configuration: true,
        position: network.source.position,
        what: "virtual networks, addresses, name servers and access lists are Azure's".into(),
        help: "set up the network of the engine by hand".into(),
    }));
}

/// Returns the header of a role's table in `heartbeat.toml`.
fn table(worker: &Worker<'_>) -> String {
    let name = &worker.role.name;
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(is_bare) {
        return format!("[roles.{name}]");
    }
    format!("[roles.{name:?}]")
}

/// Returns the program of a command line, without its arguments.
fn program_of(command_line: &str) -> &str {
    command_line.split_whitespace().next().unwrap_or_default()
}
