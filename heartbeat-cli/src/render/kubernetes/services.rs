//! Services: one for the public endpoints of a role, one by which workers find its instances.

use heartbeat_definition::{Distribution, EndpointKind, InputEndpoint};
use k8s_openapi::api::core::v1::{Service as KubernetesService, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{labels, metadata};
use crate::render::deployment::ServiceType;
use crate::render::endpoint::WorkerEndpoint;
use crate::render::loss::Loss;
use crate::render::service::Service;
use crate::render::worker::Worker;

pub(super) const COMMENTS: &[(&str, &str)] = &[
    ("spec.publishNotReadyAddresses", "The definition says ignoreRoleInstanceStatus."),
    ("spec.sessionAffinity", "The definition distributes clients by their address."),
    ("spec.type", "Input endpoints are public; `service_type` in heartbeat.toml changes it."),
];
pub(super) const HEADLESS_COMMENTS: &[(&str, &str)] = &[(
    "spec.clusterIP",
    "Headless: its name stands for the ready instances, each with its address.",
)];

/// Returns the Service of the input endpoints, if there are any.
pub(super) fn public(service: &Service<'_>, worker: &Worker<'_>) -> Option<KubernetesService> {
    let ports: Vec<_> =
        worker.public().map(|(endpoint, port)| self::port(endpoint, port)).collect();
    if ports.is_empty() {
        return None;
    }
    let inputs: Vec<_> = worker.public().filter_map(|(e, _)| e.declared.as_input()).collect();
    let is_sticky = inputs.iter().any(
        |input| matches!(input.load_balancer_distribution, Some(d) if d != Distribution::None),
    );
    let kind = match service.keys.kubernetes.service_type {
        ServiceType::LoadBalancer => "LoadBalancer",
        ServiceType::NodePort => "NodePort",
        ServiceType::ClusterIP => "ClusterIP",
    };
    let spec = ServiceSpec {
        type_: Some(kind.into()),
        selector: Some(labels(service, worker)),
        ports: Some(ports),
        session_affinity: is_sticky.then(|| "ClientIP".into()),
        publish_not_ready_addresses: inputs
            .iter()
            .all(|input| input.ignore_role_instance_status)
            .then_some(true),
        ..Default::default()
    };
    let metadata = metadata(service, worker, worker.name.clone());
    Some(KubernetesService { metadata, spec: Some(spec), status: None })
}

/// Returns the Service by which workers find each other, if the role has internal endpoints, or names
/// for its pods, if they keep their storage.
pub(super) fn headless(service: &Service<'_>, worker: &Worker<'_>) -> Option<KubernetesService> {
    let ports: Vec<_> = worker.internal().map(|endpoint| port(endpoint, endpoint.port)).collect();
    if ports.is_empty() && !worker.keeps_storage() {
        return None;
    }
    let spec = ServiceSpec {
        cluster_ip: Some("None".into()),
        selector: Some(labels(service, worker)),
        ports: (!ports.is_empty()).then_some(ports),
        ..Default::default()
    };
    let metadata = metadata(service, worker, headless_name(worker));
    Some(KubernetesService { metadata, spec: Some(spec), status: None })
}

pub(super) fn headless_name(worker: &Worker<'_>) -> String {
    format!("{}-instances", worker.name)
}

fn port(endpoint: &WorkerEndpoint<'_>, port: u16) -> ServicePort {
    ServicePort {
        name: Some(endpoint.name.clone()),
        port: port.into(),
        protocol: Some(protocol(endpoint).into()),
        target_port: Some(IntOrString::String(endpoint.name.clone())),
        ..Default::default()
    }
}

pub(super) fn protocol(endpoint: &WorkerEndpoint<'_>) -> &'static str {
    if endpoint.is_udp() { "UDP" } else { "TCP" }
}

/// Returns what Services cannot do.
pub(super) fn lost(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = Vec::new();
    for endpoint in service.workers.iter().flat_map(|worker| &worker.endpoints) {
        let (name, position) = (&endpoint.declared.name, endpoint.declared.position);
        let mut lose = |what: &str, help: &str| {
            losses.push(Loss::new(position, format!("endpoint `{name}`: {what}"), help));
        };
        match &endpoint.declared.kind {
            EndpointKind::InstanceInput(_) => lose(
                "no Service gives each instance a public port of its own",
                "write one for each pod, selected by apps.kubernetes.io/pod-index or its name",
            ),
            EndpointKind::Input(InputEndpoint { idle_timeout_in_minutes: Some(_), .. }) => lose(
                "the idle time-out is that of the cluster's load balancer",
                "set it there, usually by an annotation of the Service",
            ),
            _ => {}
        }
    }
    losses.extend(service.workers.iter().flat_map(not_ready));
    losses
}

/// Returns the endpoints that instances should serve before they are ready, as one Service cannot do so
/// for some of its ports alone.
fn not_ready(worker: &Worker<'_>) -> Vec<Loss> {
    let (ignoring, others): (Vec<_>, Vec<_>) = worker
        .public()
        .partition(|(e, _)| e.declared.as_input().is_some_and(|i| i.ignore_role_instance_status));
    let lost = ignoring.into_iter().filter(|_| !others.is_empty()).map(|(endpoint, _)| {
        let name = &endpoint.declared.name;
        let what = format!("endpoint `{name}`: an instance that is not ready gets no clients");
        let help = "set ignoreRoleInstanceStatus for all input endpoints of the role, or for none";
        Loss::new(endpoint.declared.source.position_of("ignoreRoleInstanceStatus"), what, help)
    });
    lost.collect()
}
