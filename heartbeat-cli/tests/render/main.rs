//! The files of `heartbeat render`, held against the tools that read them.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test, that is how to fail"
)]

mod command;
mod compose;
mod corpus;
mod docs;
mod fleet;
mod kubernetes;
#[cfg(target_os = "linux")]
mod podman;
mod prometheus;
mod semantics;
mod systemd;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// All targets.
const TARGETS: [&str; 6] =
    ["kubernetes", "container-apps", "compose", "systemd", "prometheus", "grafana"];

/// A service in a folder of its own.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new(definition: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ServiceDefinition.csdef"), definition).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn with(self, name: &str, content: &str) -> Self {
        fs::write(self.path().join(name), content).unwrap();
        self
    }

    /// Runs `heartbeat render` in the folder.
    fn render(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heartbeat"));
        command.arg("render").args(arguments).current_dir(self.path()).output().unwrap()
    }

    /// Renders a target, and returns the files by their names.
    #[track_caller]
    fn files(&self, target: &str) -> BTreeMap<String, String> {
        let output = self.render(&[target, "-o", "rendered"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let entries = fs::read_dir(self.path().join("rendered")).unwrap();
        let files = entries.map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read_to_string(entry.path()).unwrap())
        });
        files.collect()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Prints why a test is skipped; fails if `CI=true`.
#[expect(clippy::disallowed_methods, reason = "a test reads its own environment")]
fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{reason}");
    println!("skipped: {reason}");
}

/// Returns whether a program is installed; without it, the test is skipped.
fn has_program(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        skip(&format!("{program} is not installed"));
    }
    is_there
}

/// Returns the python that has the validators, which `.ci/run` installs beside what cargo builds.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../validators/bin/python");
    if python.is_file() {
        return Some(python);
    }
    skip("there is no validators/bin/python in the target folder: .ci/run installs it");
    None
}

/// A service with all that a definition may say.
fn everything() -> Project {
    Project::new(include_str!("everything/ServiceDefinition.csdef"))
        .with("ServiceConfiguration.cscfg", include_str!("everything/ServiceConfiguration.cscfg"))
        .with("heartbeat.toml", include_str!("everything/heartbeat.toml"))
}

/// The fleet of the examples.
fn fleet() -> Project {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/fleet");
    let read = |name: &str| fs::read_to_string(Path::new(folder).join(name)).unwrap();
    Project::new(&read("ServiceDefinition.csdef"))
        .with("ServiceConfiguration.cscfg", &read("ServiceConfiguration.cscfg"))
}
