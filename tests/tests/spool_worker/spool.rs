//! Folders for a worker, and workers on them.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use heartbeat_tests::{Signal, Worker, example};
use tempfile::TempDir;

pub(crate) struct Spool {
    root: TempDir,
    pub(crate) inbox: PathBuf,
    pub(crate) done: PathBuf,
}

impl Spool {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let [inbox, done] = ["inbox", "done"].map(|name| root.path().join(name));
        fs::create_dir(&inbox).unwrap();
        fs::create_dir(&done).unwrap();
        Self { root, inbox, done }
    }

    /// As a good producer does: what is in the inbox is whole.
    pub(crate) fn deliver(&self, name: &str, content: &[u8]) {
        let coming = self.root.path().join("coming");
        fs::write(&coming, content).unwrap();
        fs::rename(coming, self.inbox.join(name)).unwrap();
    }

    /// Zeros that take no room on the disk.
    pub(crate) fn deliver_zeros(&self, name: &str, length: u64) {
        let coming = self.root.path().join("coming");
        File::create(&coming).unwrap().set_len(length).unwrap();
        fs::rename(coming, self.inbox.join(name)).unwrap();
    }

    /// In a working directory with `inbox`, `done` and nothing else, and with no settings.
    pub(crate) fn worker_without_settings(&self) -> Command {
        let mut worker = example("spool-worker");
        worker.current_dir(self.root.path()).env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
        worker
    }

    /// Takes files at once.
    pub(crate) fn worker(&self) -> Command {
        let mut worker = self.worker_without_settings();
        worker
            .env("HEARTBEAT_SETTING_INBOX", &self.inbox)
            .env("HEARTBEAT_SETTING_DONE", &self.done)
            .env("HEARTBEAT_SETTING_SETTLEMILLISECONDS", "0");
        worker
    }
}

/// Ends it as a supervisor does, and returns its exit code.
pub(crate) fn terminate(worker: &mut Worker) -> Option<i32> {
    worker.signal(Signal::TERM);
    worker.wait().code()
}
