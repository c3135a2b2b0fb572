//! Kubernetes: a file for each worker role, with all that its instances need.

mod certificates;
mod container;
mod disruption;
mod network_policy;
mod pod;
mod probes;
mod services;
mod settings;
#[cfg(test)]
mod tests;
mod volumes;
mod workload;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::loss::{self, Loss, in_containers};
use super::service::Service;
use super::target::{RenderError, RenderedFile, Target};
use super::worker::Worker;
use super::yaml::{Comment, Document};

/// Renders a file for each worker, and an example of the secrets that they need.
pub(super) fn render(service: &Service<'_>) -> Result<Vec<RenderedFile>, RenderError> {
    let mut files = Vec::new();
    for worker in &service.workers {
        let path = format!("{}.yaml", worker.name);
        files.push(RenderedFile::yaml(Target::Kubernetes, &path, &documents(service, worker)?));
    }
    let secrets: Vec<Secret> =
        service.workers.iter().filter_map(|worker| settings::secret(service, worker)).collect();
    let comments = comments(&[("stringData", SECRETS)]);
    let secrets = secrets.iter().map(|secret| Document::new(secret, &comments));
    let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
    if !secrets.is_empty() {
        let file = RenderedFile::yaml(Target::Kubernetes, "secrets.yaml.example", &secrets);
        files.push(RenderedFile { is_example: true, ..file });
    }
    Ok(files)
}

const SECRETS: &str =
    "Fill these in elsewhere than in a repository, and apply them before the rest.";

/// Returns what Kubernetes has no counterpart for.
pub(super) fn lost(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = in_containers(service);
    losses.extend(loss::certificates(service, true));
    losses.extend(services::lost(service));
    losses.extend(loss::names(service));
    losses
}

fn documents(service: &Service<'_>, worker: &Worker<'_>) -> Result<Vec<Document>, RenderError> {
    let mut documents = Vec::new();
    if let Some(config_map) = settings::config_map(service, worker) {
        documents.push(Document::new(&config_map, &[])?);
    }
    if let Some(public) = services::public(service, worker) {
        documents.push(Document::new(&public, &comments(services::COMMENTS))?);
    }
    if let Some(headless) = services::headless(service, worker) {
        documents.push(Document::new(&headless, &comments(services::HEADLESS_COMMENTS))?);
    }
    let pod_comments = pod::comments(worker);
    if worker.keeps_storage() {
        let stateful_set = workload::stateful_set(service, worker);
        documents.push(Document::new(&stateful_set, &pod_comments)?);
    } else {
        documents.push(Document::new(&workload::deployment(service, worker), &pod_comments)?);
    }
    if let Some(budget) = disruption::budget(service, worker) {
        documents.push(Document::new(&budget, &comments(disruption::COMMENTS))?);
    }
    if let Some(policy) = network_policy::policy(service, worker) {
        documents.push(Document::new(&policy, &comments(network_policy::COMMENTS))?);
    }
    Ok(documents)
}

/// Returns the metadata of an object.
fn metadata(service: &Service<'_>, worker: &Worker<'_>, name: String) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: service.keys.kubernetes.namespace.clone(),
        labels: Some(labels(service, worker)),
        ..Default::default()
    }
}

/// Returns the labels by which a worker's pods are selected.
fn labels(service: &Service<'_>, worker: &Worker<'_>) -> BTreeMap<String, String> {
    let mut labels = part_of(service);
    labels.insert("app.kubernetes.io/name".into(), worker.name.clone());
    labels
}

/// Returns the label that all pods of a service have.
fn part_of(service: &Service<'_>) -> BTreeMap<String, String> {
    BTreeMap::from([("app.kubernetes.io/part-of".into(), service.name.clone())])
}

fn selector(service: &Service<'_>, worker: &Worker<'_>) -> LabelSelector {
    LabelSelector { match_labels: Some(labels(service, worker)), ..Default::default() }
}

fn comments(comments: &[(&str, &str)]) -> Vec<Comment> {
    let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    comments.iter().map(owned).collect()
}
