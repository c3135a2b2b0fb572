//! The configuration: a job for each worker, which finds its instances where they run.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{ALERTS_FILE, jobs};
use crate::render::deployment::Engine;
use crate::render::endpoint::WorkerEndpoint;
use crate::render::service::Service;
use crate::render::systemd;
use crate::render::worker::Worker;
use crate::render::yaml::{Document, YamlError};

/// Time between scrapes, and between evaluations of rules.
pub(super) const INTERVAL: &str = "15s";

#[derive(Serialize)]
struct Configuration {
    global: Global,
    rule_files: [&'static str; 1],
    scrape_configs: Vec<ScrapeConfig>,
}

#[derive(Serialize)]
struct Global {
    evaluation_interval: &'static str,
}

#[derive(Serialize)]
struct ScrapeConfig {
    job_name: String,
    scrape_interval: &'static str,
    #[serde(flatten)]
    discovery: Discovery,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relabel_configs: Vec<Relabel>,
}

#[derive(Serialize)]
enum Discovery {
    #[serde(rename = "kubernetes_sd_configs")]
    Kubernetes([Pods; 1]),
    #[serde(rename = "dns_sd_configs")]
    Dns([Lookup; 1]),
    #[serde(rename = "static_configs")]
    Static(Vec<Targets>),
}

#[derive(Serialize)]
struct Pods {
    role: &'static str,
    namespaces: Namespaces,
    selectors: [Selector; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Namespaces {
    OwnNamespace(bool),
    Names([String; 1]),
}

#[derive(Serialize)]
struct Selector {
    role: &'static str,
    label: String,
}

#[derive(Serialize)]
struct Lookup {
    names: [String; 1],
    r#type: &'static str,
    port: u16,
    refresh_interval: &'static str,
}

#[derive(Serialize)]
struct Targets {
    targets: [String; 1],
    labels: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Relabel {
    source_labels: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    regex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_label: Option<&'static str>,
}

pub(super) fn document(service: &Service<'_>) -> Result<Document, YamlError> {
    let configs = jobs(service).filter_map(|(job_name, worker)| {
        let endpoint = worker.details()?;
        Some(ScrapeConfig {
            job_name,
            scrape_interval: INTERVAL,
            discovery: discovery(service, worker, endpoint),
            relabel_configs: relabel(service, endpoint),
        })
    });
    let configuration = Configuration {
        global: Global { evaluation_interval: INTERVAL },
        rule_files: [ALERTS_FILE],
        scrape_configs: configs.collect(),
    };
    let comment = match service.keys.prometheus.engine {
        Engine::Kubernetes => "Finds pods by their labels; needs the right to list them.",
        Engine::Compose => "Needs the network of the workers, where the name stands for them.",
        Engine::Systemd => "The workers listen on loopback addresses of this machine.",
    };
    Document::new(&configuration, &[("scrape_configs".to_owned(), comment.to_owned())])
}

fn discovery(
    service: &Service<'_>,
    worker: &Worker<'_>,
    endpoint: &WorkerEndpoint<'_>,
) -> Discovery {
    match service.keys.prometheus.engine {
        Engine::Kubernetes => Discovery::Kubernetes([Pods {
            role: "pod",
            namespaces: match &service.keys.kubernetes.namespace {
                Some(name) => Namespaces::Names([name.clone()]),
                None => Namespaces::OwnNamespace(true),
            },
            selectors: [Selector {
                role: "pod",
                label: format!(
                    "app.kubernetes.io/part-of={},app.kubernetes.io/name={}",
                    service.name, worker.name
                ),
            }],
        }]),
        Engine::Compose => Discovery::Dns([Lookup {
            names: [worker.name.clone()],
            r#type: "A",
            port: endpoint.port,
            refresh_interval: INTERVAL,
        }]),
        Engine::Systemd => {
            let targets = systemd::instances(worker).map(|n| {
                let address = systemd::address(service, worker, n);
                let id = format!("{}_IN_{n}", worker.role.name);
                Targets {
                    targets: [format!("{address}:{}", endpoint.port)],
                    labels: BTreeMap::from([("instance", id)]),
                }
            });
            Discovery::Static(targets.collect())
        }
    }
}

/// Keeps the port of the metrics alone, and names an instance as the worker itself does.
fn relabel(service: &Service<'_>, endpoint: &WorkerEndpoint<'_>) -> Vec<Relabel> {
    if service.keys.prometheus.engine != Engine::Kubernetes {
        return Vec::new();
    }
    let port = Relabel {
        source_labels: ["__meta_kubernetes_pod_container_port_name"],
        regex: Some(endpoint.name.clone()),
        action: Some("keep"),
        target_label: None,
    };
    let instance = Relabel {
        source_labels: ["__meta_kubernetes_pod_name"],
        regex: None,
        action: None,
        target_label: Some("instance"),
    };
    vec![port, instance]
}
