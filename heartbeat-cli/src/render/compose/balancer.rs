//! `HAProxy` in front of a role with several instances: one machine has each public port once.

use super::ComposeService;
use crate::render::endpoint::WorkerEndpoint;
use crate::render::service::Service;
use crate::render::target::{RenderedFile, Target};
use crate::render::worker::Worker;

/// The image, unless `heartbeat.toml` names another.
const IMAGE: &str = "docker.io/library/haproxy:3.2-alpine";
/// The place of the configuration in the image.
const CONFIGURATION: &str = "/usr/local/etc/haproxy/haproxy.cfg";

/// The parts of the configuration that do not depend on the role. The name server of the engine knows
/// the instances; an instance that is not ready gets nothing from the next answer on.
const DEFAULTS: &str = "\
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    # An instance that has gone costs a retry, not the connection.
    option redispatch 1
    retries 2

# The name server of the engine, which knows the instances.
resolvers engine
    parse-resolv-conf
    hold valid 2s
";

/// Returns the balanced endpoints of a role, each with its public port.
fn endpoints<'a, 'b>(worker: &'b Worker<'a>) -> Vec<(&'b WorkerEndpoint<'a>, u16)> {
    let several = worker.public().filter(|_| worker.instances > 1);
    several.filter(|(endpoint, _)| !endpoint.is_udp()).collect()
}

/// Returns the name and the service of a role's balancer, if it needs one.
pub(super) fn service(
    service: &Service<'_>,
    worker: &Worker<'_>,
) -> Option<(String, ComposeService)> {
    let ports = endpoints(worker).into_iter().map(|(e, port)| format!("{port}:{}", e.port));
    let ports: Vec<String> = ports.collect();
    let image = service.keys.compose.balancer.clone().unwrap_or_else(|| IMAGE.to_owned());
    let balancer = ComposeService {
        volumes: vec![format!("./{}:{CONFIGURATION}:ro", file_name(worker))],
        ports,
        ..ComposeService::restricted(image)
    };
    (!balancer.ports.is_empty()).then(|| (format!("{}-balancer", worker.name), balancer))
}

/// Returns the configuration of a role's balancer, if it needs one.
pub(super) fn file(worker: &Worker<'_>) -> Option<RenderedFile> {
    let listeners: Vec<String> =
        endpoints(worker).into_iter().map(|(endpoint, _)| listener(worker, endpoint)).collect();
    let content = format!("{}\n{DEFAULTS}\n{}", Target::Compose.mark(), listeners.join("\n"));
    (!listeners.is_empty()).then(|| RenderedFile::new(file_name(worker), content))
}

/// Returns the section that balances an endpoint over the ready instances.
fn listener(worker: &Worker<'_>, endpoint: &WorkerEndpoint<'_>) -> String {
    let (role, port) = (&worker.name, endpoint.port);
    let name = &endpoint.name;
    let (option, check) = match worker.heartbeat() {
        Some(heartbeat) => {
            let tls = if worker.is_tls(heartbeat) { " check-ssl verify none" } else { "" };
            ("    option httpchk GET /readyz\n", format!("check{tls} port {}", heartbeat.port))
        }
        None => ("", "check".to_owned()),
    };
    format!(
        "listen {role}-{name}\n    bind :{port}\n{option}    server-template {role}- {} {role}:{port} \
         {check} inter 2s fall 1 rise 1 resolvers engine init-addr none\n",
        worker.instances
    )
}

fn file_name(worker: &Worker<'_>) -> String {
    format!("{}-balancer.cfg", worker.name)
}
