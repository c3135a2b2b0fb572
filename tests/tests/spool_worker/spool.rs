//! The folders of a spool worker, and the worker itself.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use heartbeat_tests::{Signal, Worker, example};
use tempfile::TempDir;

/// An inbox and a folder of results.
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

    /// Renames a complete file into the inbox.
    pub(crate) fn deliver(&self, name: &str, content: &[u8]) {
        let coming = self.root.path().join("coming");
        fs::write(&coming, content).unwrap();
        fs::rename(coming, self.inbox.join(name)).unwrap();
    }

    /// Delivers zeros that take no room on the disk.
    pub(crate) fn deliver_zeros(&self, name: &str, length: u64) {
        let coming = self.root.path().join("coming");
        File::create(&coming).unwrap().set_len(length).unwrap();
        fs::rename(coming, self.inbox.join(name)).unwrap();
    }

    /// Returns a worker without settings, in a working directory with `inbox` and `done` alone.
    pub(crate) fn worker_without_settings(&self) -> Command {
        let mut worker = example("spool-worker");
        worker.current_dir(self.root.path()).env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
        worker
    }

    /// Returns a worker that compresses files at once.
    pub(crate) fn worker(&self) -> Command {
        let mut worker = self.worker_without_settings();
        worker
            .env("HEARTBEAT_SETTING_INBOX", &self.inbox)
            .env("HEARTBEAT_SETTING_DONE", &self.done)
            .env("HEARTBEAT_SETTING_SETTLEMILLISECONDS", "0");
        worker
    }
}

/// Sends SIGTERM, waits and returns the exit code.
pub(crate) fn terminate(worker: &mut Worker) -> Option<i32> {
    worker.signal(Signal::TERM);
    worker.wait().code()
}
