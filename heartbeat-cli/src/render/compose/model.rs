//! The parts of the Compose specification that are rendered.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct ComposeFile {
    pub(super) services: BTreeMap<String, ComposeService>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) secrets: BTreeMap<String, ComposeSecret>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) volumes: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Serialize)]
pub(super) struct ComposeService {
    pub(super) image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<&'static str>,
    pub(super) read_only: bool,
    pub(super) cap_drop: [&'static str; 1],
    pub(super) security_opt: [&'static str; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) environment: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) secrets: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ports: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tmpfs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) volumes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) healthcheck: Option<HealthCheck>,
    pub(super) restart: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stop_grace_period: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deploy: Option<Deploy>,
}

#[derive(Serialize)]
pub(super) struct HealthCheck {
    pub(super) test: [String; 3],
    pub(super) interval: String,
    pub(super) timeout: String,
    pub(super) retries: u32,
    pub(super) start_period: String,
}

#[derive(Serialize)]
pub(super) struct Deploy {
    pub(super) replicas: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resources: Option<ComposeResources>,
}

#[derive(Serialize)]
pub(super) struct ComposeResources {
    pub(super) limits: ComposeLimits,
}

#[derive(Serialize)]
pub(super) struct ComposeLimits {
    /// In bytes, with their unit.
    pub(super) memory: String,
}

#[derive(Serialize)]
pub(super) struct ComposeSecret {
    pub(super) file: String,
}

impl ComposeService {
    /// Makes a service with no right that it does not need.
    pub(super) fn restricted(image: String) -> Self {
        Self {
            image,
            user: None,
            read_only: true,
            cap_drop: ["ALL"],
            security_opt: ["no-new-privileges:true"],
            environment: BTreeMap::new(),
            secrets: Vec::new(),
            ports: Vec::new(),
            tmpfs: Vec::new(),
            volumes: Vec::new(),
            healthcheck: None,
            restart: "unless-stopped",
            stop_grace_period: None,
            deploy: None,
        }
    }
}
