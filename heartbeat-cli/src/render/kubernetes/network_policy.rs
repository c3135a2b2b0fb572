//! The rules of the definition for traffic between roles.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::services::protocol;
use super::{metadata, part_of, selector};
use crate::render::endpoint::WorkerEndpoint;
use crate::render::service::Service;
use crate::render::worker::Worker;

pub(super) const COMMENTS: &[(&str, &str)] = &[(
    "spec.ingress",
    "What is not listed is closed. A node reaches its own pods for their probes in any case.",
)];

/// Returns the policy of a role whose internal endpoints the rules mention.
pub(super) fn policy(service: &Service<'_>, worker: &Worker<'_>) -> Option<NetworkPolicy> {
    worker.internal().find(|endpoint| !rules(service, worker, endpoint).is_empty())?;
    let mut ingress: Vec<NetworkPolicyIngressRule> = Vec::new();
    for endpoint in &worker.endpoints {
        let from = if endpoint.declared.is_internal() {
            Some(peers(service, worker, endpoint))
        } else {
            // Public: from everywhere.
            None
        };
        if from.as_ref().is_none_or(|peers| !peers.is_empty()) {
            ingress.push(NetworkPolicyIngressRule { from, ports: Some(vec![port(endpoint)]) });
        }
    }
    let spec = NetworkPolicySpec {
        ingress: Some(ingress),
        pod_selector: selector(service, worker),
        policy_types: Some(vec!["Ingress".into()]),
        egress: None,
    };
    let metadata = metadata(service, worker, worker.name.clone());
    Some(NetworkPolicy { metadata, spec: Some(spec) })
}

/// Returns those who may reach an internal endpoint: the roles of its rules, else the whole service;
/// and whoever monitors the details.
fn peers(
    service: &Service<'_>,
    worker: &Worker<'_>,
    endpoint: &WorkerEndpoint<'_>,
) -> Vec<NetworkPolicyPeer> {
    let rules = rules(service, worker, endpoint);
    let is_open = rules.is_empty() || rules.iter().any(|rule| rule.allow_all_traffic);
    let from = |name: &str| rules.iter().any(|r| r.from_roles.iter().any(|f| f.role_name == name));
    let pods = |labels| NetworkPolicyPeer {
        pod_selector: Some(LabelSelector { match_labels: Some(labels), ..Default::default() }),
        ..Default::default()
    };
    let mut peers = Vec::new();
    if is_open {
        peers.push(pods(part_of(service)));
    } else {
        let allowed = service.workers.iter().filter(|other| from(&other.role.name));
        peers.extend(allowed.map(|other| pods(super::labels(service, other))));
    }
    let is_details = worker.details().is_some_and(|details| details.name == endpoint.name);
    let monitoring = service.keys.kubernetes.monitoring_namespace.iter().filter(|_| is_details);
    peers.extend(monitoring.map(|namespace| {
        let label = "kubernetes.io/metadata.name".to_owned();
        let labels = Some(BTreeMap::from([(label, namespace.clone())]));
        let selector = LabelSelector { match_labels: labels, ..Default::default() };
        NetworkPolicyPeer { namespace_selector: Some(selector), ..Default::default() }
    }));
    peers
}

/// Returns the rules about an endpoint.
fn rules<'a>(
    service: &Service<'a>,
    worker: &Worker<'_>,
    endpoint: &WorkerEndpoint<'_>,
) -> Vec<&'a heartbeat_definition::TrafficRule> {
    let is_meant = |to: &heartbeat_definition::RoleEndpoint| {
        to.role_name == worker.role.name && to.endpoint_name == endpoint.declared.name
    };
    let rules = service.definition.network_traffic_rules.iter();
    rules.filter(|rule| rule.destinations.iter().any(is_meant)).collect()
}

fn port(endpoint: &WorkerEndpoint<'_>) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::String(endpoint.name.clone())),
        protocol: Some(protocol(endpoint).into()),
        end_port: None,
    }
}
