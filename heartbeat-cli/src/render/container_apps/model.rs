//! The parts of an app's YAML that are rendered.

use serde::Serialize;

use super::ingress::Ingress;
use super::resources::Resources;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct App {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identity: Option<Identity>,
    pub(super) properties: Properties,
}

#[derive(Serialize)]
pub(super) struct Identity {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Properties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) environment_id: Option<String>,
    pub(super) configuration: Configuration,
    pub(super) template: Template,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Configuration {
    pub(super) active_revisions_mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ingress: Option<Ingress>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) secrets: Vec<Secret>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) key_vault_url: String,
    pub(super) identity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Template {
    pub(super) containers: [Container; 1],
    pub(super) scale: Scale,
    pub(super) termination_grace_period_seconds: u128,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) volumes: Vec<Volume>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    pub(super) name: String,
    pub(super) image: String,
    pub(super) env: Vec<Variable>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) probes: Vec<Probe>,
    pub(super) resources: Resources,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) volume_mounts: Vec<Mount>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Variable {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_ref: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scale {
    pub(super) min_replicas: u32,
    pub(super) max_replicas: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Probe {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) http_get: HttpGet,
    pub(super) period_seconds: u64,
    pub(super) timeout_seconds: u64,
    pub(super) failure_threshold: u64,
}

#[derive(Serialize)]
pub(super) struct HttpGet {
    pub(super) path: &'static str,
    pub(super) port: u16,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Volume {
    pub(super) name: String,
    pub(super) storage_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) storage_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mount {
    pub(super) volume_name: String,
    pub(super) mount_path: String,
}
