//! The sockets of a worker's endpoints: systemd holds them while the instance restarts.

use super::addresses::{Binding, INSTANCE, address, instances};
use super::quote::line;
use super::unit::Unit;
use super::{target_name, unit_name};
use crate::render::endpoint::WorkerEndpoint;
use crate::render::service::Service;
use crate::render::target::RenderedFile;
use crate::render::worker::Worker;

const SHARED: &str = "One for each instance, on the same port: the kernel spreads connections over them, \
                      whether they\nare ready or not.";
const TRIGGER: &str = "Connections start an instance that has ended, but not one that refuses its configuration\n\
                       again and again.";

/// Renders the sockets of a worker.
pub(super) fn render(service: &Service<'_>, worker: &Worker<'_>) -> Vec<RenderedFile> {
    let mut files = Vec::new();
    for endpoint in &worker.endpoints {
        let own = || format!("{}:{}", address(service, worker, INSTANCE), endpoint.port);
        let file = |listen: &str, is_shared, instance: &str| {
            let name = name(service, worker, endpoint, instance);
            RenderedFile::new(name, unit(service, worker, endpoint, listen, is_shared))
        };
        match Binding::of(service, worker, endpoint) {
            Binding::Variable(_) => {}
            Binding::Socket(listen) => files.push(file(&listen, false, "")),
            Binding::SharedSocket(port) => files.push(file(&port.to_string(), true, "")),
            Binding::SocketEach(ports) => {
                // For an instance that is not configured yet.
                files.push(file(&own(), false, ""));
                files.extend(
                    instances(worker).zip(ports).map(|(instance, port)| {
                        file(&port.to_string(), false, &instance.to_string())
                    }),
                );
            }
        }
    }
    files
}

/// Returns the names of the sockets of one instance.
pub(super) fn names(service: &Service<'_>, worker: &Worker<'_>) -> Vec<String> {
    let endpoints = worker.endpoints.iter();
    let handed_over =
        endpoints.filter(|e| !matches!(Binding::of(service, worker, e), Binding::Variable(_)));
    handed_over.map(|endpoint| name(service, worker, endpoint, INSTANCE)).collect()
}

fn name(
    service: &Service<'_>,
    worker: &Worker<'_>,
    endpoint: &WorkerEndpoint<'_>,
    instance: &str,
) -> String {
    // With `-`, endpoint `b-c` of role `a` would be endpoint `c` of role `a-b`.
    format!("{}.{}@{instance}.socket", unit_name(service, worker), endpoint.name)
}

fn unit(
    service: &Service<'_>,
    worker: &Worker<'_>,
    endpoint: &WorkerEndpoint<'_>,
    listen: &str,
    is_shared: bool,
) -> String {
    let name = &endpoint.declared.name;
    let mut unit = Unit::new();
    unit.section("Unit");
    let role = line(&worker.role.name);
    unit.set("Description", format_args!("Endpoint {name} of {role}_IN_{INSTANCE}"));
    unit.set("PartOf", target_name(service));
    unit.section("Socket");
    unit.set("ListenStream", listen);
    if is_shared {
        unit.comment(SHARED);
        unit.set("ReusePort", "yes");
    }
    unit.set("FileDescriptorName", name);
    unit.set("Service", format_args!("{}@{INSTANCE}.service", unit_name(service, worker)));
    unit.comment(TRIGGER);
    unit.set("TriggerLimitIntervalSec", "10s");
    unit.set("TriggerLimitBurst", 5);
    unit.into_text()
}
