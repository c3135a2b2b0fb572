//! cargo: the packages of a workspace, and the build of some of their binaries.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::unistd::Pid;
use serde::Deserialize;
use tokio::process::Command;

use super::exec::{Guard, bound_command};

/// A workspace, as `cargo metadata` describes it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Workspace {
    pub(super) packages: Vec<Package>,
    #[serde(rename = "workspace_root")]
    pub(super) root: PathBuf,
}

/// A package of the workspace.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Clone, Debug, Deserialize)]
struct Dependency {
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// A binary of a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Binary {
    pub(super) package: String,
    pub(super) name: String,
}

/// The options of a build.
#[derive(Clone, Debug, Default)]
pub(super) struct BuildOptions {
    pub(super) is_release: bool,
    pub(super) features: Vec<String>,
}

/// The error of a cargo that does not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum CargoError {
    #[error("cannot run cargo: {0}: install it from https://rustup.rs")]
    Start(io::Error),
    #[error("cannot read the packages beside the definition: {0}")]
    Metadata(String),
    #[error("the build failed: see the errors above")]
    Build,
}

/// A line that cargo prints for a program.
#[derive(Deserialize)]
struct Artifact {
    manifest_path: PathBuf,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

// === impl Workspace ===

impl Workspace {
    /// Returns the workspace of a folder, if it is in one.
    pub(super) async fn of_folder(folder: &Path) -> Result<Option<Self>, CargoError> {
        let mut manifests = folder.ancestors().map(|it| it.join("Cargo.toml"));
        let Some(manifest) = manifests.find(|it| it.is_file()) else { return Ok(None) };
        let mut command = Command::new("cargo");
        command.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]);
        command.arg(manifest).stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.map_err(CargoError::Start)?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(CargoError::Metadata(message));
        }
        let workspace = serde_json::from_slice(&output.stdout);
        workspace.map(Some).map_err(|error| CargoError::Metadata(error.to_string()))
    }

    /// Builds binaries with cargo's own progress on stderr, and returns the programs.
    pub(super) async fn build(
        &self,
        binaries: &[Binary],
        options: &BuildOptions,
        guard: &Guard,
    ) -> Result<HashMap<Binary, PathBuf>, CargoError> {
        let mut command = bound_command(Path::new("cargo"), &[]).map_err(CargoError::Start)?;
        command.args(["build", "--message-format", "json-render-diagnostics", "--manifest-path"]);
        command.arg(self.root.join("Cargo.toml"));
        for binary in binaries {
            command.args(["--package", &binary.package, "--bin", &binary.name]);
        }
        if options.is_release {
            command.arg("--release");
        }
        if !options.features.is_empty() {
            command.args(["--features", &options.features.join(",")]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let build = Command::from(command).kill_on_drop(true).spawn().map_err(CargoError::Start)?;
        let group = build.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        // With its compilers.
        if let Some(group) = group {
            guard.add(group);
        }
        let output = build.wait_with_output().await.map_err(CargoError::Start)?;
        if let Some(group) = group {
            guard.remove(group);
        }
        if !output.status.success() {
            return Err(CargoError::Build);
        }
        let lines = output.stdout.split(|&byte| byte == b'\n');
        let artifacts = lines.filter_map(|line| serde_json::from_slice::<Artifact>(line).ok());
        Ok(artifacts.filter_map(|artifact| self.program(artifact)).collect())
    }

    fn program(&self, artifact: Artifact) -> Option<(Binary, PathBuf)> {
        let (target, program) = (artifact.target?, artifact.executable?);
        let is_of = |package: &&Package| package.manifest_path == artifact.manifest_path;
        let package = self.packages.iter().find(is_of)?;
        Some((Binary { package: package.name.clone(), name: target.name }, program))
    }
}

// === impl Package ===

impl Package {
    /// Returns its binaries.
    pub(super) fn binaries(&self) -> impl Iterator<Item = Binary> {
        let targets = self.targets.iter().filter(|target| target.is_binary());
        targets.map(|it| Binary { package: self.name.clone(), name: it.name.clone() })
    }

    /// Tells whether its binaries may be workers.
    pub(super) fn may_have_workers(&self) -> bool {
        self.dependencies.iter().any(|it| it.name == "heartbeat-runtime")
    }
}

// === impl Target ===

impl Target {
    fn is_binary(&self) -> bool {
        self.kind.iter().any(|kind| kind == "bin")
    }
}
