//! The Deployment of a role, or its `StatefulSet` if its storage must be kept.

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment, StatefulSet,
    StatefulSetSpec,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::pod::template;
use super::services::headless_name;
use super::volumes::Volumes;
use super::{metadata, selector};
use crate::render::service::Service;
use crate::render::worker::Worker;

pub(super) fn deployment(service: &Service<'_>, worker: &Worker<'_>) -> Deployment {
    let rolling_update = RollingUpdateDeployment {
        max_surge: Some(IntOrString::Int(1)),
        max_unavailable: Some(IntOrString::Int(0)),
    };
    let spec = DeploymentSpec {
        replicas: replicas(worker),
        selector: selector(service, worker),
        strategy: Some(DeploymentStrategy {
            rolling_update: Some(rolling_update),
            type_: Some("RollingUpdate".into()),
        }),
        template: template(service, worker, Volumes::new(service, worker)),
        ..Default::default()
    };
    let metadata = metadata(service, worker, worker.name.clone());
    Deployment { metadata, spec: Some(spec), status: None }
}

pub(super) fn stateful_set(service: &Service<'_>, worker: &Worker<'_>) -> StatefulSet {
    let mut volumes = Volumes::new(service, worker);
    let claims = std::mem::take(&mut volumes.claims);
    let spec = StatefulSetSpec {
        pod_management_policy: Some("Parallel".into()),
        replicas: replicas(worker),
        selector: selector(service, worker),
        service_name: Some(headless_name(worker)),
        template: template(service, worker, volumes),
        volume_claim_templates: Some(claims),
        ..Default::default()
    };
    let metadata = metadata(service, worker, worker.name.clone());
    StatefulSet { metadata, spec: Some(spec), status: None }
}

fn replicas(worker: &Worker<'_>) -> Option<i32> {
    i32::try_from(worker.instances).ok()
}
