//! The container of a worker.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, Container, ContainerPort, EnvVar, EnvVarSource, ObjectFieldSelector,
    ResourceRequirements, SecurityContext,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::certificates;
use super::probes::Probes;
use super::services::{headless_name, protocol};
use super::settings;
use super::volumes::Volumes;
use crate::render::service::Service;
use crate::render::variables::{VariableValue, is_settable};
use crate::render::worker::Worker;

/// Returns the only container of a worker's pod.
pub(super) fn container(
    service: &Service<'_>,
    worker: &Worker<'_>,
    volumes: &Volumes,
) -> Container {
    let ports = worker.endpoints.iter().map(|endpoint| ContainerPort {
        name: Some(endpoint.name.clone()),
        container_port: endpoint.port.into(),
        protocol: Some(protocol(endpoint).into()),
        ..Default::default()
    });
    let ports: Vec<ContainerPort> = ports.collect();
    let probes = Probes::new(worker);
    Container {
        name: worker.name.clone(),
        image: Some(service.image(worker)),
        env: Some(variables(service, worker)),
        env_from: settings::variables(worker),
        ports: (!ports.is_empty()).then_some(ports),
        startup_probe: probes.as_ref().map(|probes| probes.startup.clone()),
        liveness_probe: probes.as_ref().map(|probes| probes.liveness.clone()),
        readiness_probe: probes.map(|probes| probes.readiness),
        resources: resources(worker),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities { add: None, drop: Some(vec!["ALL".into()]) }),
            read_only_root_filesystem: Some(true),
            ..Default::default()
        }),
        volume_mounts: Some(volumes.mounts.clone()),
        ..Default::default()
    }
}

/// Returns the variables, in the order of their names.
fn variables(service: &Service<'_>, worker: &Worker<'_>) -> Vec<EnvVar> {
    let text = |name: String, value: String| EnvVar { name, value: Some(value), value_from: None };
    let common = worker.environment().into_iter().chain(service.peers(headless_name));
    let mut variables: Vec<EnvVar> = common.map(|(name, value)| text(name, value)).collect();
    variables.extend(settings::file_variables(worker));
    variables.extend(certificates::variables(worker));
    variables.push(instance_id("HEARTBEAT_INSTANCE_ID"));
    variables.extend(worker.variables.iter().map(|variable| match &variable.value {
        VariableValue::Text(value) => text(variable.name.clone(), escaped(value)),
        VariableValue::InstanceId => instance_id(&variable.name),
    }));
    // `loss::names` tells the others.
    let variables = variables.into_iter().filter(|variable| is_settable(&variable.name));
    let variables = variables.map(|variable| (variable.name.clone(), variable));
    variables.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Returns a variable with the pod's name.
fn instance_id(name: &str) -> EnvVar {
    let field = ObjectFieldSelector { field_path: "metadata.name".into(), api_version: None };
    let source = EnvVarSource { field_ref: Some(field), ..Default::default() };
    EnvVar { name: name.to_owned(), value: None, value_from: Some(source) }
}

/// Keeps Kubernetes from replacing `$(NAME)` in a value, and from taking `$$` for an escaped `$`.
fn escaped(value: &str) -> String {
    if value.contains("$(") || value.contains("$$") {
        return value.replace('$', "$$");
    }
    value.to_owned()
}

/// Returns the resources that `heartbeat.toml` gives: the memory is the limit too, so that no node has
/// to kill another pod, and the processor has none, as it is shared fairly.
fn resources(worker: &Worker<'_>) -> Option<ResourceRequirements> {
    let cpu = worker.keys.cpu.iter().map(|cpu| ("cpu".to_owned(), Quantity(cpu.clone())));
    let memory = worker.keys.memory.iter().map(|m| ("memory".to_owned(), Quantity(m.clone())));
    let limits: BTreeMap<_, _> = memory.collect();
    let requests: BTreeMap<_, _> = cpu.chain(limits.clone()).collect();
    (!requests.is_empty()).then(|| ResourceRequirements {
        claims: None,
        limits: (!limits.is_empty()).then_some(limits),
        requests: Some(requests),
    })
}
