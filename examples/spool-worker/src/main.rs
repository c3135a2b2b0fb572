//! Compresses every file that appears in a folder, and loses none, whenever it is killed.
//!
//! To try it, in the folder of this package:
//!
//! ```text
//! cargo run
//! ```
//!
//! and in another terminal, in the same folder:
//!
//! ```text
//! cp Cargo.toml .coming && mv .coming inbox/Cargo.toml
//! sleep 2 && gunzip --stdout done/Cargo.toml.gz
//! curl http://localhost:3001/health
//! rm -r inbox done
//! ```
//!
//! The folders, created where they are missing, and the waiting time are in
//! `ServiceConfiguration.cscfg`, which is looked for in the working directory;
//! `HEARTBEAT_SETTING_INBOX`, `HEARTBEAT_SETTING_DONE` and `HEARTBEAT_SETTING_SETTLEMILLISECONDS`
//! overrule it.
//!
//! # What it promises
//!
//! Each file `NAME` of the inbox becomes one gzip file `NAME.gz` among the results, with the same
//! permissions, and only then leaves the inbox. Killed at any moment and started again, the
//! worker has lost no file, shows no half-written one under its final name, and does none twice.
//! It needs the same little memory for a file of any size.
//!
//! 1. The result is written to a hidden file among the results, and synced.
//! 2. It gets its final name, and the folder is synced.
//! 3. The original is removed, and the inbox synced.
//!
//! A worker killed before 2 leaves a hidden file, which the next one sweeps up. One killed before
//! 3 leaves an original whose result exists: the next one compares the two, and only removes the
//! original. If they differ, they were two files of the same name: the second one becomes
//! `NAME.1.gz`, the next `NAME.2.gz`. Nothing is ever overwritten. So a file that is delivered
//! again under the same name, with the same content, is the same file.
//!
//! # What it asks for
//!
//! - **Producers rename files in**: write to a name that begins with `.`, or to another folder of
//!   the same file system, then rename. A file that nobody has written to for
//!   `SettleMilliseconds` is taken for finished, and so is one whose time lies in the future. One
//!   that changes while it is compressed is left for later, but that cannot be told in the
//!   instant between the last look and the removal: give no file a name that is still in the
//!   inbox, and do not write on to one that has settled.
//! - **One worker per inbox, and per folder of results.** On Unix both are locked, and a second
//!   worker does not start; elsewhere it is up to you.
//! - The results are on a file system with hard links, since a rename would overwrite. Almost all
//!   have them; FAT and many SMB shares do not, and there every file is refused.
//!
//! Only regular files are taken. What cannot be (a folder, a symbolic link, a pipe, a file that
//! cannot be read, one whose name leaves no room for `.gz`) stays, with an error in the log, and
//! is tried again after 30 seconds. The others go on.
//!
//! # What to watch for
//!
//! `run` is driven on the main thread, so the job is plain blocking code: it beats at every 64
//! KiB, and looks there whether it should stop. Nothing can beat during a system call, so none may
//! take long: large results are synced bit by bit. While it waits for files it is idle. Tried
//! on Linux only.

mod compare;
mod compress;
mod error;
mod folder;
mod original;
mod partial;
mod progress;
mod refused;
mod spool;

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

use spool::Spool;

/// How often the inbox is looked at.
const PAUSE: Duration = Duration::from_millis(250);

struct SpoolWorker {
    spool: Spool,
}

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for SpoolWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        tracing_subscriber::fmt()
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .try_init()?;
        let inbox = Path::new(role.setting("Inbox")?);
        let done = Path::new(role.setting("Done")?);
        let settle = milliseconds("SettleMilliseconds", role.setting("SettleMilliseconds")?)?;
        Ok(Self { spool: Spool::open(inbox, done, settle)? })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let mut progress = || {
            role.beat();
            if role.is_stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        loop {
            self.spool.pass(&mut progress)?;
            let _idle = role.idle();
            let pause = tokio::time::sleep(PAUSE);
            if role.until_stopping(pause).await.is_none() {
                return Ok(());
            }
        }
    }
}

fn milliseconds(name: &str, value: &str) -> Result<Duration, Error> {
    match value.parse() {
        Ok(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        Err(error) => {
            Err(format!("setting `{name}` is not a number of milliseconds: {value:?}: {error}")
                .into())
        }
    }
}
