//! The ingress of an app: one main port, and further ones for TCP.

use heartbeat_definition::{EndpointKind, Protocol};
use serde::Serialize;

use crate::render::endpoint::WorkerEndpoint;
use crate::render::loss::Loss;
use crate::render::worker::Worker;

/// Maximum number of ports besides the main one.
const MAX_FURTHER: usize = 5;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ingress {
    external: bool,
    target_port: u16,
    transport: &'static str,
    /// TCP alone has a port of its choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    exposed_port: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    additional_port_mappings: Vec<PortMapping>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PortMapping {
    external: bool,
    target_port: u16,
    exposed_port: u16,
}

impl Ingress {
    /// Returns the ingress of a worker with endpoints that the platform can carry: the first public one
    /// is the main port, else the first.
    pub(super) fn new(worker: &Worker<'_>) -> Option<Self> {
        let endpoints = carried(worker);
        let main = *endpoints.first()?;
        let further = endpoints.iter().skip(1).take(MAX_FURTHER).map(|endpoint| PortMapping {
            external: !endpoint.declared.is_internal(),
            target_port: endpoint.port,
            exposed_port: exposed(endpoint),
        });
        let is_http = is_http(main);
        Some(Self {
            external: !main.declared.is_internal(),
            target_port: main.port,
            transport: if is_http { "auto" } else { "tcp" },
            exposed_port: (!is_http).then(|| exposed(main)),
            additional_port_mappings: further.collect(),
        })
    }
}

/// Returns the endpoints that an ingress may have, the main one first.
fn carried<'a, 'b>(worker: &'b Worker<'a>) -> Vec<&'b WorkerEndpoint<'a>> {
    let endpoints = worker.endpoints.iter();
    let mut carried: Vec<_> = endpoints
        .filter(|e| !e.is_udp() && !matches!(e.declared.kind, EndpointKind::InstanceInput(_)))
        .collect();
    // An internal endpoint keeps its port, by which the other workers know it.
    carried.sort_by_key(|endpoint| (endpoint.declared.is_internal(), !is_http(endpoint)));
    carried
}

/// Only a public endpoint may be behind the platform's HTTP proxy: others are known by their ports.
fn is_http(endpoint: &WorkerEndpoint<'_>) -> bool {
    let declared = endpoint.declared;
    !declared.is_internal() && matches!(declared.protocol, Protocol::Http | Protocol::Https)
}

fn exposed(endpoint: &WorkerEndpoint<'_>) -> u16 {
    endpoint.declared.public_port().unwrap_or(endpoint.port)
}

pub(super) fn lost(worker: &Worker<'_>) -> Vec<Loss> {
    let mut losses = Vec::new();
    for endpoint in &worker.endpoints {
        let (name, position) = (&endpoint.declared.name, endpoint.declared.position);
        let mut lose = |what: &str, help: &str| {
            losses.push(Loss::new(position, format!("endpoint `{name}`: {what}"), help));
        };
        if matches!(endpoint.declared.kind, EndpointKind::InstanceInput(_)) {
            lose(
                "no instance has a public port of its own",
                "let clients name the instance instead",
            );
        } else if endpoint.is_udp() {
            lose("there is no UDP", "run this role elsewhere");
        }
    }
    for (place, endpoint) in carried(worker).into_iter().enumerate() {
        let (name, position) = (&endpoint.declared.name, endpoint.declared.position);
        if place > MAX_FURTHER {
            let what =
                format!("endpoint `{name}`: an app has no more than {} ports", MAX_FURTHER + 1);
            losses.push(Loss::new(position, what, "serve it from a role of its own"));
        } else if place == 0 && is_http(endpoint) && !matches!(exposed(endpoint), 80 | 443) {
            let what = format!(
                "endpoint `{name}` is on the ports 80 and 443, not on {}",
                exposed(endpoint)
            );
            losses.push(Loss::new(position, what, "let clients use the app's address"));
        }
    }
    losses
}
