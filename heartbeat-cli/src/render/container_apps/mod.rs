//! Azure Container Apps: an app for each worker role, in the YAML that `az containerapp create` takes.
//!
//! Limits are those of its reference: probes fail after at most 10 answers, and CPU and memory come in
//! pairs.

mod app;
mod ingress;
mod model;
mod resources;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::loss::{Loss, certificates, in_containers, names, of_traffic};
use super::service::Service;
use super::target::{RenderError, RenderedFile, Target};
use super::worker::Worker;
use super::yaml::{Comment, Document};
use app::{MAX_GRACE, MAX_START};
use model::App;

const COMMENTS: [(&str, &str); 4] = [
    (
        "properties.environmentId",
        "`environment` under [container_apps] in heartbeat.toml gives it.",
    ),
    ("properties.configuration.secrets", "From the key vault, by the app's own identity."),
    (
        "properties.template.scale",
        "The definition's number of instances: nothing here scales by load.",
    ),
    ("properties.template.terminationGracePeriodSeconds", "More than a stop takes at most."),
];

/// Renders a file for each worker.
pub(super) fn render(service: &Service<'_>) -> Result<Vec<RenderedFile>, RenderError> {
    let comments: Vec<Comment> =
        COMMENTS.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let files = service.workers.iter().map(|worker| {
        let document = Document::new(&App::new(service, worker), &comments)?;
        let path = format!("{}.yaml", worker.name);
        Ok(RenderedFile::yaml(Target::ContainerApps, &path, &[document]))
    });
    files.collect()
}

/// Returns what Container Apps has no counterpart for.
pub(super) fn lost(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = in_containers(service);
    losses.extend(certificates(service, false));
    losses.extend(names(service));
    losses.extend(of_traffic(service));
    let keys = &service.keys.container_apps;
    for worker in &service.workers {
        if keys.environment.is_none() {
            losses.push(Loss::new(
                worker.role.position,
                format!("app `{}` has no environment", worker.name),
                "write its resource id as `environment` under [container_apps] in heartbeat.toml",
            ));
        }
        let secrets = worker.settings.iter().filter(|s| s.is_secret && keys.key_vault.is_none());
        losses.extend(secrets.map(|setting| {
            Loss::new(
                worker.role.position,
                format!("setting `{}` is a secret and has no place", setting.declared),
                "write the vault's address as `key_vault` under [container_apps] in heartbeat.toml",
            )
        }));
        losses.extend(worker.storages.iter().filter(|s| !s.declared.clean_on_role_recycle).map(
            |s| {
                Loss::new(
                    s.declared.source.position_of("name"),
                    format!(
                        "all instances share the Azure Files of local storage `{}`",
                        s.declared.name
                    ),
                    format!(
                        "add a storage `{}` to the environment, and keep instances apart in it",
                        s.name
                    ),
                )
            },
        ));
        losses.extend(ingress::lost(worker));
        losses.extend(limits(worker));
    }
    losses
}

/// Returns the times and resources of `heartbeat.toml` that are above the platform's limits.
fn limits(worker: &Worker<'_>) -> Vec<Loss> {
    let (timing, role) = (worker.timing(), &worker.role.name);
    let too_long = |duration: Duration, limit: u64| duration > Duration::from_secs(limit);
    let limits = [
        (
            too_long(timing.grace(), MAX_GRACE),
            format!("may stop for {MAX_GRACE} s at most"),
            "lower `stop_within` or `drain`",
        ),
        (
            too_long(timing.start_within, MAX_START),
            format!("may start for {MAX_START} s at most"),
            "lower `start_within`",
        ),
        (
            resources::is_too_much(&worker.keys),
            "has 4 cores and 8 GiB at most".to_owned(),
            "lower `cpu` or `memory`",
        ),
    ];
    let above = limits.into_iter().filter(|(is_above, ..)| *is_above);
    let losses = above.map(|(_, what, help)| {
        let help = format!("{help} in heartbeat.toml");
        Loss::new(worker.role.position, format!("role `{role}` {what}"), help)
    });
    losses.collect()
}
