//! An app.

use super::ingress::Ingress;
use super::model::{
    App, Configuration, Container, HttpGet, Identity, Mount, Probe, Properties, Scale, Secret,
    Template, Variable, Volume,
};
use super::resources::Resources;
use crate::render::service::Service;
use crate::render::storage::Storage;
use crate::render::variables::{VariableValue, is_settable};
use crate::render::worker::Worker;

/// The longest grace that the platform gives, in seconds.
pub(super) const MAX_GRACE: u64 = 600;
/// The longest start, in seconds.
pub(super) const MAX_START: u64 = STARTUP_PERIODS * MAX_PERIOD;
/// The time of a start in periods: those between the 10 startup probes that may fail at most.
const STARTUP_PERIODS: u64 = 9;
/// The longest time between two probes, in seconds.
const MAX_PERIOD: u64 = 240;

// === impl App ===

impl App {
    pub(super) fn new(service: &Service<'_>, worker: &Worker<'_>) -> Self {
        let keys = &service.keys.container_apps;
        let secrets = secrets(service, worker);
        let kind = "SystemAssigned";
        Self {
            kind: "Microsoft.App/containerApps",
            name: worker.name.clone(),
            location: keys.location.clone(),
            identity: (!secrets.is_empty()).then_some(Identity { kind }),
            properties: Properties {
                environment_id: keys.environment.clone(),
                configuration: Configuration {
                    active_revisions_mode: "Single",
                    ingress: Ingress::new(worker),
                    secrets,
                },
                template: Template::new(service, worker),
            },
        }
    }
}

// === impl Template ===

impl Template {
    fn new(service: &Service<'_>, worker: &Worker<'_>) -> Self {
        let mounts = worker.storages.iter().map(|storage| Mount {
            volume_name: storage.name.clone(),
            mount_path: storage.folder.clone(),
        });
        Self {
            containers: [Container {
                name: worker.name.clone(),
                image: service.image(worker),
                env: variables(service, worker),
                probes: probes(worker),
                resources: Resources::new(&worker.keys),
                volume_mounts: mounts.collect(),
            }],
            scale: Scale { min_replicas: worker.instances, max_replicas: worker.instances },
            termination_grace_period_seconds: worker
                .timing()
                .grace()
                .as_millis()
                .div_ceil(1000)
                .min(MAX_GRACE.into()),
            volumes: worker.storages.iter().map(Volume::new).collect(),
        }
    }
}

// === impl Volume ===

impl Volume {
    fn new(storage: &Storage<'_>) -> Self {
        let name = storage.name.clone();
        if storage.declared.clean_on_role_recycle {
            return Self { name, storage_type: "EmptyDir", storage_name: None };
        }
        Self { storage_name: Some(name.clone()), name, storage_type: "AzureFile" }
    }
}

fn secrets(service: &Service<'_>, worker: &Worker<'_>) -> Vec<Secret> {
    let Some(vault) = &service.keys.container_apps.key_vault else { return Vec::new() };
    let secrets = worker.settings.iter().filter(|setting| setting.is_secret);
    let secrets = secrets.map(|setting| Secret {
        name: setting.name.clone(),
        key_vault_url: format!("{}/secrets/{}", vault.trim_end_matches('/'), setting.name),
        identity: "system",
    });
    secrets.collect()
}

/// Returns the variables. The host's name is that of the replica, so that it needs none.
fn variables(service: &Service<'_>, worker: &Worker<'_>) -> Vec<Variable> {
    let text =
        |name: String, value: String| Variable { name, value: Some(value), secret_ref: None };
    let common = worker.environment().into_iter().chain(service.peers(|peer| peer.name.clone()));
    let mut variables: Vec<_> = common.map(|(name, value)| text(name, value)).collect();
    for setting in &worker.settings {
        let name = setting.variable.clone();
        if !setting.is_secret {
            variables.extend(setting.value.clone().map(|value| text(name, value)));
        } else if service.keys.container_apps.key_vault.is_some() {
            let secret_ref = Some(setting.name.clone());
            variables.push(Variable { name, value: None, secret_ref });
        }
    }
    variables.extend(worker.variables.iter().filter_map(|variable| match &variable.value {
        VariableValue::Text(value) => Some(text(variable.name.clone(), value.clone())),
        VariableValue::InstanceId => None,
    }));
    // `loss::names` tells the others.
    variables.retain(|variable| is_settable(&variable.name));
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    variables
}

/// Returns the probes of a worker whose health endpoint is known.
pub(super) fn probes(worker: &Worker<'_>) -> Vec<Probe> {
    let Some(heartbeat) = worker.heartbeat() else { return Vec::new() };
    let timing = worker.timing();
    let probe = |kind, path, period: u64, failures| Probe {
        kind,
        http_get: HttpGet { path, port: heartbeat.port },
        period_seconds: period,
        timeout_seconds: period.min(5),
        failure_threshold: failures,
    };
    let starting = timing.start_within.as_secs().div_ceil(STARTUP_PERIODS).clamp(1, MAX_PERIOD);
    vec![
        probe("Startup", "/startupz", starting, STARTUP_PERIODS + 1),
        probe("Liveness", "/livez", (timing.stall_after.as_secs() / 3).clamp(1, 10), 3),
        probe("Readiness", "/readyz", 5, 1),
    ]
}
