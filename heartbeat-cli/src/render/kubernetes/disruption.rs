//! The budget of voluntary disruptions, such as the drain of a node.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{metadata, selector};
use crate::render::service::Service;
use crate::render::worker::Worker;

pub(super) const COMMENTS: &[(&str, &str)] = &[(
    "spec.unhealthyPodEvictionPolicy",
    "A pod that is not ready must not keep a node from its drain.",
)];

/// Returns the budget of a role with several instances. One of a single instance would keep its node
/// from being drained, or say nothing.
pub(super) fn budget(service: &Service<'_>, worker: &Worker<'_>) -> Option<PodDisruptionBudget> {
    (worker.instances > 1).then(|| PodDisruptionBudget {
        metadata: metadata(service, worker, worker.name.clone()),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(selector(service, worker)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".into()),
            ..Default::default()
        }),
        status: None,
    })
}
