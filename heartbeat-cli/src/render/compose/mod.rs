//! Compose: a service for each worker role, and a balancer in front of several instances.

mod balancer;
mod model;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use heartbeat_definition::{EndpointKind, variable_name};

use super::loss::{Loss, certificates, in_containers, of_traffic};
use super::names::label;
use super::quantity::quantity;
use super::service::Service;
use super::target::{RenderError, RenderedFile, Target};
use super::variables::VariableValue;
use super::worker::{Worker, format_duration};
use super::yaml::{Comment, Document};
use model::{
    ComposeFile, ComposeLimits, ComposeResources, ComposeSecret, ComposeService, Deploy,
    HealthCheck,
};

/// The user and group of the workers, as images without a shell usually have it: any but root.
const USER: &str = "65532:65532";
/// How long a worker may be red until it recycles itself, as nothing else here would end it.
const RECYCLE_AFTER: Duration = Duration::from_secs(30);
/// The size from which a storage in memory is worth a warning, in MB.
const LARGE_IN_MEMORY: u32 = 1024;
/// The reason of the variable that lets a worker recycle itself.
const RESTART: &str = "After exit codes 2 and 78, which are final, this is one restart too many.";
const HEALTH_CHECK: &str =
    "For those who look: Compose restarts what exits, not what is unhealthy.";
const VOLUMES: &str =
    "The image must have these folders, owned by the user: a new volume copies that.";
const RECYCLE: &str = "A worker that hangs ends itself, as nothing else here would end it.";

/// Renders `compose.yaml`, and the configurations of the balancers.
pub(super) fn render(service: &Service<'_>) -> Result<Vec<RenderedFile>, RenderError> {
    let workers = service.workers.iter();
    let services = workers.clone().map(|worker| (worker.name.clone(), service_of(service, worker)));
    let balancers = workers.clone().filter_map(|worker| balancer::service(service, worker));
    let secrets = workers.clone().flat_map(|worker| {
        let secrets = worker.settings.iter().filter(|setting| setting.is_secret);
        secrets.map(|setting| beside(worker, &setting.name))
    });
    let volumes = workers.clone().flat_map(|worker| kept(worker).map(|(volume, _)| volume));
    let file = ComposeFile {
        services: services.chain(balancers).collect(),
        secrets: secrets
            .map(|name| (name.clone(), ComposeSecret { file: format!("./secrets/{name}") }))
            .collect(),
        volumes: volumes.map(|volume| (volume, BTreeMap::new())).collect(),
    };
    let document = Document::new(&file, &comments(service))?;
    let mut files = vec![RenderedFile::yaml(Target::Compose, "compose.yaml", &[document])];
    files.extend(workers.filter_map(balancer::file));
    Ok(files)
}

/// Returns what Compose has no counterpart for.
pub(super) fn lost(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = in_containers(service);
    losses.extend(certificates(service, true));
    losses.extend(of_traffic(service));
    for worker in &service.workers {
        let many = worker.instances > 1;
        for (endpoint, port) in worker.public().filter(|(e, _)| many && e.is_udp()) {
            let what = format!(
                "the {} instances of `{}` cannot all have the UDP port {port} of one machine",
                worker.instances, worker.role.name
            );
            losses.push(Loss::new(endpoint.declared.position, what, "run a single instance"));
        }
        for storage in worker.storages.iter().filter(|s| s.declared.clean_on_role_recycle) {
            let size = storage.declared.size_in_mb;
            losses.extend((size >= LARGE_IN_MEMORY).then(|| {
                let name = &storage.declared.name;
                let what = format!("local storage `{name}` may fill {size} MB of memory");
                let help =
                    "make it smaller, or keep it in a volume by cleanOnRoleRecycle=\"false\"";
                Loss::new(storage.declared.source.position_of("name"), what, help)
            }));
        }
        for storage in worker.storages.iter().filter(|s| !s.declared.clean_on_role_recycle) {
            losses.extend(many.then(|| {
                let what = format!(
                    "all instances of `{}` share the volume of local storage `{}`",
                    worker.role.name, storage.declared.name
                );
                let position = storage.declared.source.position_of("name");
                Loss::new(position, what, "keep what one instance owns in a folder of its id")
            }));
        }
    }
    losses
}

fn service_of(service: &Service<'_>, worker: &Worker<'_>) -> ComposeService {
    let secrets = worker.settings.iter().filter(|setting| setting.is_secret);
    let timing = worker.timing();
    ComposeService {
        user: Some(USER),
        environment: environment(service, worker),
        secrets: secrets.map(|setting| beside(worker, &setting.name)).collect(),
        ports: ports(worker),
        tmpfs: tmpfs(worker),
        volumes: volumes(worker),
        healthcheck: worker.heartbeat().map(|_| HealthCheck {
            test: ["CMD".into(), worker.program(), "--heartbeat-probe=live".into()],
            interval: "10s".into(),
            timeout: "5s".into(),
            retries: 3,
            start_period: seconds(timing.start_within),
        }),
        stop_grace_period: Some(seconds(timing.grace())),
        deploy: Some(Deploy { replicas: worker.instances, resources: resources(worker) }),
        ..ComposeService::restricted(service.image(worker))
    }
}

fn environment(service: &Service<'_>, worker: &Worker<'_>) -> BTreeMap<String, String> {
    let mut environment: BTreeMap<_, _> = worker.environment().into_iter().collect();
    environment.extend(service.peers(|peer| peer.name.clone()));
    for variable in &worker.variables {
        // A container's id is its host name, which the worker takes as its own.
        if let VariableValue::Text(value) = &variable.value {
            environment.insert(variable.name.clone(), value.clone());
        }
    }
    for setting in &worker.settings {
        if setting.is_secret {
            let file = format!("/run/secrets/{}", beside(worker, &setting.name));
            environment.insert(format!("{}_FILE", setting.variable), file);
        } else if let Some(value) = &setting.value {
            environment.insert(setting.variable.clone(), value.clone());
        }
    }
    environment.extend(worker.certificates().map(|certificate| {
        (variable_name("HEARTBEAT_CERTIFICATE_", certificate), certificate_folder(certificate))
    }));
    let recycle_after = service.keys.compose.recycle_after.unwrap_or(RECYCLE_AFTER);
    environment.insert("HEARTBEAT_RECYCLE_AFTER".into(), format_duration(recycle_after));
    // Compose itself replaces variables in values.
    for value in environment.values_mut() {
        *value = value.replace('$', "$$");
    }
    environment
}

/// Returns the limit of memory that `heartbeat.toml` gives. There is nothing that reserves.
fn resources(worker: &Worker<'_>) -> Option<ComposeResources> {
    let bytes = quantity(worker.keys.memory.as_deref()?)?;
    Some(ComposeResources { limits: ComposeLimits { memory: format!("{bytes:.0}b") } })
}

/// Returns the published ports: those of input endpoints, if a single instance has them, and of each
/// range one for every instance.
fn ports(worker: &Worker<'_>) -> Vec<String> {
    let public = worker.public().filter(|_| worker.instances == 1);
    let public = public.map(|(endpoint, port)| (endpoint, port.to_string()));
    let ranges = worker.endpoints.iter().filter_map(|endpoint| match &endpoint.declared.kind {
        EndpointKind::InstanceInput(instance) => {
            let range = instance.public_ports.first()?;
            Some((endpoint, format!("{}-{}", range.min, range.max)))
        }
        EndpointKind::Input(_) | EndpointKind::Internal(_) => None,
    });
    let ports = public.chain(ranges).map(|(endpoint, port)| {
        let protocol = if endpoint.is_udp() { "/udp" } else { "" };
        format!("{port}:{}{protocol}", endpoint.port)
    });
    ports.collect()
}

/// Returns the folders in memory: that for temporary files, and storages that a restart may empty.
fn tmpfs(worker: &Worker<'_>) -> Vec<String> {
    let emptied = worker.storages.iter().filter(|s| s.declared.clean_on_role_recycle);
    let folders = emptied.map(|s| format!("{}:size={}m", s.folder, s.declared.size_in_mb));
    std::iter::once("/tmp:size=64m".to_owned()).chain(folders).collect()
}

/// Returns the volumes, and the folders of certificates for a worker that ends TLS itself.
fn volumes(worker: &Worker<'_>) -> Vec<String> {
    let kept = kept(worker).map(|(volume, folder)| format!("{volume}:{folder}"));
    let certificates = worker.certificates().map(|certificate| {
        let name = label(certificate, "tls", 60);
        format!("./certificates/{name}:{}:ro", certificate_folder(certificate))
    });
    kept.chain(certificates).collect()
}

fn certificate_folder(certificate: &str) -> String {
    format!("/etc/heartbeat/certificates/{}", label(certificate, "tls", 60))
}

/// Returns the volume and the folder of each storage that must be kept.
fn kept<'a>(worker: &'a Worker<'_>) -> impl Iterator<Item = (String, &'a str)> {
    let kept = worker.storages.iter().filter(|s| !s.declared.clean_on_role_recycle);
    kept.map(|storage| (beside(worker, &storage.name), storage.folder.as_str()))
}

/// Returns the name of a worker's own secret or volume. Neither part has a dot, so that no two are one.
fn beside(worker: &Worker<'_>, name: &str) -> String {
    format!("{}.{name}", worker.name)
}

fn comments(service: &Service<'_>) -> Vec<Comment> {
    let mut comments = Vec::new();
    // A comment that holds for all is made once.
    for (n, worker) in service.workers.iter().enumerate() {
        let mut comment = |key: &str, text: &str| {
            comments.push((format!("services.{}.{key}", worker.name), text.to_owned()));
        };
        comment("volumes", VOLUMES);
        if n == 0 {
            comment("environment.HEARTBEAT_RECYCLE_AFTER", RECYCLE);
            comment("restart", RESTART);
            comment("stop_grace_period", "More than the worker's own budget for a stop.");
            comment("healthcheck", HEALTH_CHECK);
        }
    }
    let secret =
        "Files with one value each, which no repository has and the worker's user may read.";
    comments.push(("secrets".to_owned(), secret.to_owned()));
    comments
}

/// Returns a duration in whole seconds, rounded up.
fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_millis().div_ceil(1000))
}
