//! Prometheus: what it scrapes, when it alerts, and unit tests of the alerts.

mod alert_tests;
mod alerts;
mod scrape;
#[cfg(test)]
mod tests;

use super::loss::Loss;
use super::service::Service;
use super::target::{RenderError, RenderedFile, Target};
use super::worker::Worker;
use super::yaml::Document;

const ALERTS_FILE: &str = "alerts.yaml";

/// Renders a configuration, its alerts, and their tests, if any worker has metrics.
pub(super) fn render(service: &Service<'_>) -> Result<Vec<RenderedFile>, RenderError> {
    if jobs(service).next().is_none() {
        return Ok(Vec::new());
    }
    let alerts = alerts::all(service);
    let file = |path: &str, document| RenderedFile::yaml(Target::Prometheus, path, &[document]);
    Ok(vec![
        file("prometheus.yaml", scrape::document(service)?),
        file(ALERTS_FILE, Document::new(&alerts::Rules::new(service, &alerts), &[])?),
        file("alerts-test.yaml", alert_tests::document(&alerts)?),
    ])
}

/// Returns the workers whose metrics nobody can scrape.
pub(super) fn lost(service: &Service<'_>) -> Vec<Loss> {
    let hidden = service.workers.iter().filter(|worker| worker.details().is_none());
    let losses = hidden.map(|worker| {
        Loss::new(
            worker.role.position,
            format!("role `{}`: no internal endpoint serves its metrics", worker.role.name),
            "add <InternalEndpoint name=\"Management\" protocol=\"http\" /> to the definition, and \
             `management = \"Management\"` to the attribute",
        )
    });
    losses.collect()
}

/// Returns the workers that have metrics, with the names of their jobs.
pub(super) fn jobs<'a>(service: &'a Service<'_>) -> impl Iterator<Item = (String, &'a Worker<'a>)> {
    let workers = service.workers.iter().filter(|worker| worker.details().is_some());
    workers.map(|worker| (format!("{}-{}", service.name, worker.name), worker))
}

/// Returns the matcher of all jobs of a service.
pub(super) fn selector(service: &Service<'_>) -> String {
    let names: Vec<&str> = jobs(service).map(|(_, worker)| worker.name.as_str()).collect();
    match &*names {
        [name] => format!("job=\"{}-{name}\"", service.name),
        _ => format!("job=~\"{}-({})\"", service.name, names.join("|")),
    }
}
