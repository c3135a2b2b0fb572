//! The targets, and what rendering gives.

use std::path::PathBuf;

use super::loss::Loss;
use super::service::Service;
use super::yaml::{Document, YamlError};
use super::{compose, container_apps, grafana, kubernetes, prometheus, systemd};

/// The beginning of the first line of each file that may have comments.
pub(crate) const MARK: &str = "# Rendered by `heartbeat render";

/// A kind of deploy files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Kubernetes,
    ContainerApps,
    Compose,
    Systemd,
    Prometheus,
    Grafana,
}

/// The error of a service that cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) enum RenderError {
    Yaml(#[from] YamlError),
    Json(serde_json::Error),
}

/// A rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RenderedFile {
    /// The path in the folder of the target.
    pub(crate) path: PathBuf,
    pub(crate) content: String,
    /// An example, for its reader to complete: no tool may apply it by mistake.
    pub(crate) is_example: bool,
}

impl Target {
    /// All targets, in the order of the help.
    pub(crate) const ALL: &[Self] = &[
        Self::Kubernetes,
        Self::ContainerApps,
        Self::Compose,
        Self::Systemd,
        Self::Prometheus,
        Self::Grafana,
    ];

    /// Returns the name in arguments.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::ContainerApps => "container-apps",
            Self::Compose => "compose",
            Self::Systemd => "systemd",
            Self::Prometheus => "prometheus",
            Self::Grafana => "grafana",
        }
    }

    /// Returns the first line of each file that may have comments: [`MARK`] begins it.
    pub(crate) fn mark(self) -> String {
        let name = self.as_str();
        format!("{MARK} {name}`: change the definition or heartbeat.toml, and render again.")
    }

    /// Returns the target of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|target| target.as_str() == name)
    }

    /// Renders a service, in an order that depends on the service alone.
    pub(crate) fn render(self, service: &Service<'_>) -> Result<Vec<RenderedFile>, RenderError> {
        match self {
            Self::Kubernetes => kubernetes::render(service),
            Self::ContainerApps => container_apps::render(service),
            Self::Compose => compose::render(service),
            Self::Systemd => Ok(systemd::render(service)),
            Self::Prometheus => prometheus::render(service),
            Self::Grafana => grafana::render(service),
        }
    }

    /// Returns what the definition says and the rendered files do not, in the order of the
    /// definition.
    pub(crate) fn lost(self, service: &Service<'_>) -> Vec<Loss> {
        let mut losses = super::loss::common(service);
        losses.extend(match self {
            Self::Kubernetes => kubernetes::lost(service),
            Self::ContainerApps => container_apps::lost(service),
            Self::Compose => compose::lost(service),
            Self::Systemd => systemd::lost(service),
            Self::Prometheus | Self::Grafana => return prometheus::lost(service),
        });
        losses.sort_by_key(|loss| (loss.in_configuration, loss.position));
        losses
    }
}

impl RenderedFile {
    /// Makes a file that a tool takes as it is.
    pub(crate) fn new(path: impl Into<PathBuf>, content: String) -> Self {
        Self { path: path.into(), content, is_example: false }
    }

    /// Makes a file of YAML.
    pub(crate) fn yaml(target: Target, path: &str, documents: &[Document]) -> Self {
        let documents: Vec<&str> = documents.iter().map(Document::as_str).collect();
        Self::new(path, format!("{}\n{}", target.mark(), documents.join("---\n")))
    }
}
