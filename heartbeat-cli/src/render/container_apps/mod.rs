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

use super::loss::{Loss, certificates, in_containers, of_traffic};
use super::service::Service;
use super::target::{RenderError, RenderedFile, Target};
use super::yaml::{Comment, Document};
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
    }
    losses
}
