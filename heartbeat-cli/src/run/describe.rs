//! Questions to a worker's program about itself, without a start as a worker.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::cargo::Binary;

/// Time for the answer. A program that is not a worker may run on.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The answer to `--heartbeat-describe`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Description {
    pub(super) role: String,
    /// The endpoint that tells its health.
    pub(super) heartbeat: String,
    deadlines: Option<Deadlines>,
}

#[derive(Clone, Debug, Deserialize)]
struct Deadlines {
    /// In seconds.
    stop_within: f64,
}

// === impl Description ===

impl Description {
    /// Returns the time that it may take to stop.
    pub(super) fn stop_within(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.deadlines.as_ref()?.stop_within).ok()
    }
}

/// Asks programs of packages that depend on heartbeat-runtime, all at once.
pub(super) async fn describe_all(
    programs: &HashMap<Binary, PathBuf>,
) -> HashMap<Binary, Description> {
    let mut asked = JoinSet::new();
    for (binary, program) in programs {
        let (binary, program) = (binary.clone(), program.clone());
        asked.spawn(async move { Some((binary, describe(&program).await?)) });
    }
    asked.join_all().await.into_iter().flatten().collect()
}

/// Asks a program; `None` if it does not answer.
async fn describe(program: &Path) -> Option<Description> {
    let mut command = Command::new(program);
    command.arg("--heartbeat-describe").stdin(Stdio::null()).stderr(Stdio::null());
    let output = timeout(ANSWER_WITHIN, command.kill_on_drop(true).output()).await.ok()?.ok()?;
    serde_json::from_slice(&output.stdout).ok()
}
