//! `heartbeat.toml`: the part of a deployment that definition and configuration cannot say.

mod values;

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use heartbeat_definition::{Position, suggest};
use serde::Deserialize;
use toml::Spanned;

use crate::failure::Failure;

/// The name of the file, beside the definition.
pub(crate) const FILE: &str = "heartbeat.toml";

/// A `heartbeat.toml` and its text, for the positions of errors.
#[derive(Debug)]
pub(crate) struct DeploymentFile {
    path: PathBuf,
    text: String,
    pub(crate) keys: Deployment,
}

/// The keys of `heartbeat.toml`. `docs/heartbeat-toml.md` documents each.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct Deployment {
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "values::registry")]
    pub(crate) registry: Option<String>,
    #[serde(deserialize_with = "values::word")]
    pub(crate) version: Option<String>,
    pub(crate) kubernetes: KubernetesKeys,
    pub(crate) container_apps: ContainerAppsKeys,
    pub(crate) compose: ComposeKeys,
    pub(crate) systemd: SystemdKeys,
    pub(crate) prometheus: PrometheusKeys,
    pub(crate) roles: BTreeMap<Spanned<String>, RoleKeys>,
}

/// The keys of `[roles.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct RoleKeys {
    #[serde(deserialize_with = "values::word")]
    pub(crate) image: Option<String>,
    #[serde(deserialize_with = "values::word")]
    pub(crate) program: Option<String>,
    pub(crate) heartbeat: Option<Spanned<String>>,
    pub(crate) management: Option<Spanned<String>>,
    pub(crate) probe: Option<ProbeBy>,
    pub(crate) tls: bool,
    #[serde(deserialize_with = "values::duration")]
    pub(crate) stall_after: Option<Duration>,
    #[serde(deserialize_with = "values::duration")]
    pub(crate) stop_within: Option<Duration>,
    #[serde(deserialize_with = "values::duration_or_zero")]
    pub(crate) drain: Option<Duration>,
    #[serde(deserialize_with = "values::duration")]
    pub(crate) start_within: Option<Duration>,
    #[serde(deserialize_with = "values::quantity_text")]
    pub(crate) cpu: Option<String>,
    #[serde(deserialize_with = "values::memory")]
    pub(crate) memory: Option<String>,
    pub(crate) secrets: Vec<Spanned<String>>,
}

/// The way in which an engine probes a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProbeBy {
    /// By a request of the engine's own.
    #[default]
    Http,
    /// By running the worker's program with `--heartbeat-probe`, in its container.
    Exec,
}

/// The keys of `[kubernetes]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct KubernetesKeys {
    #[serde(deserialize_with = "values::namespace")]
    pub(crate) namespace: Option<String>,
    pub(crate) service_type: ServiceType,
    pub(crate) spread: Spread,
    pub(crate) storage_class: Option<String>,
    #[serde(deserialize_with = "values::namespace")]
    pub(crate) monitoring_namespace: Option<String>,
}

/// The type of the Service of a role's input endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum ServiceType {
    /// Public, as an input endpoint is.
    #[default]
    LoadBalancer,
    /// On a port of each node.
    NodePort,
    /// Inside of the cluster, for an Ingress or a Gateway in front.
    ClusterIP,
}

/// The parts of a cluster over which the instances of a role are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Spread {
    #[default]
    Node,
    Zone,
    None,
}

/// The keys of `[container_apps]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct ContainerAppsKeys {
    pub(crate) environment: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) key_vault: Option<String>,
}

/// The keys of `[compose]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct ComposeKeys {
    pub(crate) balancer: Option<String>,
    #[serde(deserialize_with = "values::duration_or_zero")]
    pub(crate) recycle_after: Option<Duration>,
}

/// The keys of `[systemd]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct SystemdKeys {
    pub(crate) programs: String,
    pub(crate) network: u8,
    pub(crate) sockets: bool,
}

/// The keys of `[prometheus]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(crate) struct PrometheusKeys {
    pub(crate) engine: Engine,
}

/// The engine that runs the workers, where Prometheus looks for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    #[default]
    Kubernetes,
    Compose,
    Systemd,
}

/// The error of a `heartbeat.toml` that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeploymentError {
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("cannot read {}:{position}: {message}", path.display())]
    Parse { path: PathBuf, position: Position, message: String },
}

// === impl DeploymentFile ===

impl DeploymentFile {
    /// Reads a file; one that does not exist says nothing. Its roles and endpoints are not compared
    /// with a definition.
    pub(crate) fn open(path: &Path) -> Result<Self, DeploymentError> {
        let text = match std::fs::read_to_string(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|cause| DeploymentError::Read { path: path.to_owned(), cause })?,
        };
        Self::parse(path, text)
    }

    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> Result<Self, DeploymentError> {
        Self::parse(Path::new(FILE), text.to_owned())
    }

    fn parse(path: &Path, text: String) -> Result<Self, DeploymentError> {
        let mut file = Self { path: path.to_owned(), text, keys: Deployment::default() };
        match toml::from_str(&file.text) {
            Ok(keys) => file.keys = keys,
            Err(error) => {
                let message = message(&file.text, &error);
                return Err(file.error(error.span().unwrap_or_default(), message));
            }
        }
        Ok(file)
    }

    /// Makes the error of a place in the file.
    pub(crate) fn error(&self, at: Range<usize>, message: String) -> DeploymentError {
        let position = position(&self.text, at.start);
        DeploymentError::Parse { path: self.path.clone(), position, message }
    }
}

// === impl SystemdKeys ===

impl Default for SystemdKeys {
    fn default() -> Self {
        Self { programs: "/usr/local/bin".to_owned(), network: 1, sockets: true }
    }
}

// === impl DeploymentError ===

impl From<DeploymentError> for Failure {
    fn from(error: DeploymentError) -> Self {
        Self::configuration(error)
    }
}

/// Returns the message of an error, with the nearest key if one is unknown.
fn message(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().replace('\n', ": ");
    let written = error.span().and_then(|span| text.get(span)).unwrap_or_default();
    let is_unknown = message.starts_with("unknown ");
    match suggest(written.trim_matches('"'), expected(&message)).filter(|_| is_unknown) {
        Some(near) => format!("{message}: did you mean `{near}`?"),
        None => message,
    }
}

/// Returns the names between backticks behind the first, as serde lists what it expects.
fn expected(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(3).step_by(2)
}

fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
    Position { line: count(before.matches('\n').count()), column: count(line.chars().count()) }
}

#[cfg(test)]
mod tests;
