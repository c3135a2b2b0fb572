//! The pod of a worker.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    PodSecurityContext, PodSpec, PodTemplateSpec, SeccompProfile, TopologySpreadConstraint,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::container::container;
use super::probes::kill_within;
use super::volumes::Volumes;
use super::{labels, selector, settings};
use crate::render::deployment::Spread;
use crate::render::service::Service;
use crate::render::worker::Worker;
use crate::render::yaml::Comment;

/// The comments that are the same for every worker.
const COMMENTS: &[(&str, &str)] = &[
    ("spec.strategy.rollingUpdate", "A new pod is ready before an old one stops."),
    ("spec.podManagementPolicy", "Instances do not depend on each other's start."),
    (
        "spec.template.metadata.annotations",
        "Changes with the settings, so that a new value replaces the pods.",
    ),
    ("spec.template.spec.automountServiceAccountToken", "The worker asks nothing of the cluster."),
    (
        "spec.template.spec.enableServiceLinks",
        "A Service named `heartbeat` would set variables that mean something else.",
    ),
    (
        "spec.template.spec.containers.livenessProbe",
        "Never a dependency: a restart would not bring it back.",
    ),
    (
        "spec.template.spec.containers.readinessProbe.failureThreshold",
        "The worker has judged already: one answer is enough.",
    ),
    ("spec.template.spec.volumes.secret.defaultMode", "0440: for the worker's group alone."),
    ("spec.volumeClaimTemplates", "Storage that a recycle must keep, a claim for each pod."),
];
/// Any user but root, as images without a shell usually have it.
const USER: i64 = 65532;

pub(super) fn template(
    service: &Service<'_>,
    worker: &Worker<'_>,
    volumes: Volumes,
) -> PodTemplateSpec {
    let checksum = settings::checksum(worker);
    let annotations = checksum.map(|sum| BTreeMap::from([("heartbeat/settings".to_owned(), sum)]));
    let container = container(service, worker, &volumes);
    let grace = worker.timing().grace().as_millis().div_ceil(1000);
    let spec = PodSpec {
        automount_service_account_token: Some(false),
        containers: vec![container],
        enable_service_links: Some(false),
        security_context: Some(PodSecurityContext {
            fs_group: Some(USER),
            run_as_group: Some(USER),
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".into(),
                localhost_profile: None,
            }),
            ..Default::default()
        }),
        termination_grace_period_seconds: i64::try_from(grace).ok(),
        topology_spread_constraints: spread(service, worker),
        volumes: Some(volumes.of_pod),
        ..Default::default()
    };
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            annotations,
            labels: Some(labels(service, worker)),
            ..Default::default()
        }),
        spec: Some(spec),
    }
}

/// Spreads several instances over nodes or zones, as far as there are some.
fn spread(service: &Service<'_>, worker: &Worker<'_>) -> Option<Vec<TopologySpreadConstraint>> {
    let key = match service.keys.kubernetes.spread {
        Spread::Node => "kubernetes.io/hostname",
        Spread::Zone => "topology.kubernetes.io/zone",
        Spread::None => return None,
    };
    (worker.instances > 1).then(|| {
        vec![TopologySpreadConstraint {
            max_skew: 1,
            topology_key: key.into(),
            when_unsatisfiable: "ScheduleAnyway".into(),
            label_selector: Some(selector(service, worker)),
            ..Default::default()
        }]
    })
}

/// Returns the comments on a worker's Deployment or `StatefulSet`.
pub(super) fn comments(worker: &Worker<'_>) -> Vec<Comment> {
    let timing = worker.timing();
    let (stop, drain) = (timing.stop_within.as_secs_f64(), timing.drain.as_secs_f64());
    let start = timing.start_within.as_secs_f64();
    let killed = kill_within(worker);
    let mut comments = super::comments(COMMENTS);
    comments.extend([
        (
            "spec.template.spec.terminationGracePeriodSeconds".into(),
            format!(
                "More than a stop takes at most: {stop} s of stop_within and {drain} s of drain."
            ),
        ),
        (
            "spec.template.spec.containers.livenessProbe.terminationGracePeriodSeconds".into(),
            format!("A worker that hangs cannot use its grace period: {killed} s are enough."),
        ),
        (
            "spec.template.spec.containers.startupProbe".into(),
            format!("A start may take {start} s."),
        ),
    ]);
    if worker.keys.image.is_none() {
        let image = "`image`, `registry` and `version` in heartbeat.toml change it.";
        comments.push(("spec.template.spec.containers.image".into(), image.into()));
    }
    comments
}
