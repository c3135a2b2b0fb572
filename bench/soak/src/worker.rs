//! A worker process and its prober.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc::{Receiver, Sender, channel};

use rustix::process::Signal;

use crate::plan::Plan;
use crate::probe::Prober;
use crate::process::{Event, command, follow, signal};

/// A running worker. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    stdin: ChildStdin,
    pub(crate) events: Receiver<Event>,
    sender: Sender<Event>,
    prober: Option<Prober>,
}

impl Worker {
    /// Spawns the program beside the one that runs.
    pub(crate) fn spawn(plan: &Plan, broker: &Path, clock: Option<&Path>) -> io::Result<Self> {
        let program = std::env::current_exe()?.with_file_name("soak-worker");
        let mut command = command(program);
        command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
        command.env("HEARTBEAT_SETTING_SABOTAGE", &plan.sabotage);
        command.env("HEARTBEAT_SETTING_BROKER", broker);
        command.env("RUST_BACKTRACE", "0");
        if let (Some(file), Some(library)) = (clock, &plan.clock_library) {
            fs::write(file, "+0")?;
            command.env("LD_PRELOAD", library).env("DONT_FAKE_MONOTONIC", "1");
            command.env("FAKETIME_TIMESTAMP_FILE", file).env("FAKETIME_NO_CACHE", "1");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (sender, events) = channel();
        let no_pipe = || io::Error::other("the worker has no pipe");
        follow(child.stderr.take().ok_or_else(no_pipe)?, sender.clone());
        let stdin = child.stdin.take().ok_or_else(no_pipe)?;
        Ok(Self { child, stdin, events, sender, prober: None })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts to ask the health server that a line of the log names; other lines name none.
    pub(crate) fn probe(&mut self, line: &str, broker: Arc<AtomicU32>) -> bool {
        let url = line.split_once("health on http://").map(|(_, url)| url);
        let address = url.and_then(|url| url.split('/').next()?.parse::<SocketAddr>().ok());
        let Some(address) = address else { return false };
        let processes = [Arc::new(self.id().into()), broker];
        self.prober = Some(Prober::start(address, processes, self.sender.clone()));
        true
    }

    /// Writes an order. One whose process has ended gets none.
    pub(crate) fn order(&mut self, order: &str) {
        let _ = writeln!(self.stdin, "{order}");
    }

    pub(crate) fn signal(&self, what: Signal) {
        signal(self.id(), what);
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Waits until the process has ended.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
