//! `--watch`: builds again when a file changes that a program is made of.
//!
//! cargo lists these files beside each program, so that nothing else is looked at. They are asked for
//! their times twice a second: that needs no library, and works on every system and file system.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::cargo::{Binary, BuildOptions, Workspace};
use super::exec::Guard;
use super::logs::Logs;

/// Time between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Roles whose instances must be restarted.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) roles: Vec<String>,
}

/// The files of a run.
#[derive(Debug)]
pub(super) struct Watch {
    /// The workspace, if cargo builds any of the programs.
    pub(super) workspace: Option<Workspace>,
    pub(super) options: BuildOptions,
    /// The roles with their programs, and the binary if cargo builds it.
    pub(super) programs: Vec<(String, PathBuf, Option<Binary>)>,
    /// Read by all instances as they start.
    pub(super) configuration: Option<PathBuf>,
    /// Not read again.
    pub(super) definition: PathBuf,
    /// Present before it runs.
    pub(super) logs: Option<Logs>,
    pub(super) guard: Guard,
}

/// The version of a file: its time and length; `None` if there is none.
type Stamp = Option<(SystemTime, u64)>;

// === impl Watch ===

impl Watch {
    pub(super) fn with_logs(self, logs: Logs) -> Self {
        Self { logs: Some(logs), ..self }
    }

    /// Sends changes until nobody receives them.
    pub(super) async fn run(self, changes: mpsc::UnboundedSender<Change>) {
        let mut sources = self.sources();
        let mut programs = self.stamp_programs();
        let mut configuration = self.configuration.as_deref().map(stamp);
        let mut definition = stamp(&self.definition);
        while !changes.is_closed() {
            sleep(LOOK_EVERY).await;
            let is_changed = |(path, last): (&PathBuf, &Stamp)| stamp(path) != *last;
            if sources.iter().any(is_changed) {
                // Before the build, so that no later change is missed.
                for (path, last) in &mut sources {
                    *last = stamp(path);
                }
                self.build().await;
                for (path, stamp) in self.sources() {
                    sources.entry(path).or_insert(stamp);
                }
            }
            if stamp(&self.definition) != definition {
                definition = stamp(&self.definition);
                self.say("the definition has changed: run again for its roles and endpoints");
            }
            let now = self.stamp_programs();
            // One that is gone, as after `cargo clean`, is no reason to stop what runs.
            let is_new = |role: &&String| {
                let stamp = now.get(*role).copied().flatten();
                stamp.is_some() && now.get(*role) != programs.get(*role)
            };
            let mut roles: Vec<_> = now.keys().filter(is_new).cloned().collect();
            if configuration != self.configuration.as_deref().map(stamp) {
                configuration = self.configuration.as_deref().map(stamp);
                roles = now.keys().cloned().collect();
            }
            if !roles.is_empty() {
                self.say(format!("changed: restarting {}", roles.join(", ")));
                let _ = changes.send(Change { roles });
            }
            programs = now;
        }
    }

    async fn build(&self) {
        let Some(workspace) = &self.workspace else { return };
        let mut binaries: Vec<_> =
            self.programs.iter().filter_map(|(_, _, binary)| binary.clone()).collect();
        binaries.dedup();
        self.say("a source file has changed: building");
        if let Err(error) = workspace.build(&binaries, &self.options, &self.guard).await {
            self.say(format!("{error}: the instances go on as they were"));
        }
    }

    fn say(&self, line: impl Into<String>) {
        if let Some(logs) = &self.logs {
            logs.say(line);
        }
    }

    fn stamp_programs(&self) -> BTreeMap<String, Stamp> {
        self.programs.iter().map(|(role, path, _)| (role.clone(), stamp(path))).collect()
    }

    /// Returns the source files of all programs, the folders that they are in, where a file may be
    /// missing, and the manifests.
    fn sources(&self) -> HashMap<PathBuf, Stamp> {
        let built = self.programs.iter().filter(|(_, _, binary)| binary.is_some());
        let files: BTreeSet<_> = built.flat_map(|(_, program, _)| dependencies(program)).collect();
        let folders = files.iter().filter(|it| it.extension().is_some_and(|it| it == "rs"));
        let folders: BTreeSet<_> =
            folders.filter_map(|it| it.parent().map(Path::to_owned)).collect();
        let workspace = self.workspace.iter();
        let manifests = workspace.flat_map(|it| {
            let root = ["Cargo.toml", "Cargo.lock"].map(|name| it.root.join(name));
            it.packages.iter().map(|package| package.manifest_path.clone()).chain(root)
        });
        files
            .into_iter()
            .chain(folders)
            .chain(manifests)
            .map(|path| (path.clone(), stamp(&path)))
            .collect()
    }
}

/// Returns the files that cargo lists beside a program: `program: file file`, where a blank in a name
/// follows a backslash.
fn dependencies(program: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(program.with_extension("d")).unwrap_or_default();
    let Some((_, files)) = text.lines().next().and_then(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    let files = files.replace("\\ ", "\0");
    files.split(' ').map(|file| PathBuf::from(file.replace('\0', " "))).collect()
}

fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
