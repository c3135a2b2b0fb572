//! Compresses every file that appears in a folder, and loses none even if killed at any moment.
//!
//! Try it in the folder of this package:
//!
//! ```text
//! cargo run
//! ```
//!
//! In another terminal, in the same folder:
//!
//! ```text
//! cp Cargo.toml .coming && mv .coming inbox/Cargo.toml
//! sleep 2 && gunzip --stdout done/Cargo.toml.gz
//! curl http://localhost:3001/health
//! rm -r inbox done
//! ```
//!
//! The folders and the settling time are settings in `ServiceConfiguration.cscfg`, which the worker
//! reads from the working directory. `HEARTBEAT_SETTING_INBOX`, `HEARTBEAT_SETTING_DONE` and
//! `HEARTBEAT_SETTING_SETTLEMILLISECONDS` override them. Missing folders are created.
//!
//! # Guarantees
//!
//! Each file `NAME` in the inbox becomes one gzip file `NAME.gz` in `done`, with the same
//! permissions, and only then leaves the inbox. If the worker is killed at any moment and started
//! again, no file is lost, none is compressed twice, and no incomplete file has a final name. Memory
//! use does not depend on the size of a file.
//!
//! 1. The worker writes the result to a hidden file in `done` and syncs it.
//! 2. It gives the result its final name and syncs `done`.
//! 3. It removes the original and syncs the inbox.
//!
//! A worker killed before step 2 leaves a hidden file, which the next one removes. A worker killed
//! before step 3 leaves an original and its result: the next one compares the two and only removes
//! the original. If they differ, they were two files of the same name: the second becomes
//! `NAME.1.gz`, the third `NAME.2.gz`. Nothing is ever overwritten. A file delivered again with the
//! same name and content therefore counts as the same file.
//!
//! # Requirements
//!
//! - **Producers rename files into the inbox.** They write to a name that starts with `.`, or to
//!   another folder of the same file system, then rename. A file not written to for
//!   `SettleMilliseconds` counts as complete, and so does one modified in the future. A file that
//!   changes during compression is retried later, but a change between the last check and the
//!   removal goes unnoticed: do not reuse a name that is still in the inbox, and do not write to a
//!   file that has settled.
//! - **One worker per inbox and per `done` folder.** On Unix both are locked and a second worker
//!   does not start; elsewhere this is up to you.
//! - **Hard links.** A rename would overwrite. Almost all file systems have hard links; FAT and many
//!   SMB shares do not, and there every file is refused.
//!
//! Only regular files are compressed. The worker refuses a folder, a symbolic link, a pipe, a file
//! that it cannot read, and a file whose name leaves no room for `.gz`: it logs an error, continues
//! with the others and retries after 30 seconds.
//!
//! # Points of interest
//!
//! `run` is driven on the main thread, so the job is plain blocking code: every 64 KiB it beats and
//! checks whether to stop. Nothing can beat during a system call, so none may take long: large
//! results are synced in steps. While it waits for files, the worker is idle. Tested on Linux only.

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

/// Time between two scans of the inbox.
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
        let settle = Duration::from_millis(role.setting_as("SettleMilliseconds")?);
        Ok(Self { spool: Spool::open(inbox, done, settle)? })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let mut progress = || {
            role.beat();
            if role.is_stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        loop {
            self.spool.process_inbox(&mut progress)?;
            let _idle = role.idle();
            let pause = tokio::time::sleep(PAUSE);
            if role.until_stopping(pause).await.is_none() {
                return Ok(());
            }
        }
    }
}
