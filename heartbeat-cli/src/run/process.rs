//! One process of an instance, with all that it has started itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Command as StdCommand, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

use super::exec::{Guard, bound_command};
use super::exit::Exit;

/// Variables by which a supervisor speaks to `run`, not to its workers.
const NOT_FOR_WORKERS: [&str; 6] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
];

/// A program with the arguments and variables that make it an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) folder: PathBuf,
    pub(super) variables: BTreeMap<String, OsString>,
    /// Address of its health endpoint, if it has one.
    pub(super) health: Option<SocketAddr>,
    /// Time that it may take to stop before it is killed.
    pub(super) stop_within: Duration,
}

/// A running process, the leader of a process group.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    group: Pid,
    guard: Guard,
}

// === impl Spec ===

impl Spec {
    /// Sets what every process of the instance has, on a command that is its program.
    pub(super) fn apply(&self, command: &mut StdCommand) {
        for name in NOT_FOR_WORKERS {
            command.env_remove(name);
        }
        command.envs(&self.variables).current_dir(&self.folder).stdin(Stdio::null());
    }
}

// === impl Process ===

impl Process {
    /// Starts a process, and returns it with its output. stdout and stderr are one pipe, so that their
    /// lines stay in order.
    pub(super) fn spawn(spec: &Spec, guard: &Guard) -> io::Result<(Self, pipe::Receiver)> {
        let (output, stdout) = io::pipe()?;
        let output = pipe::Receiver::from_owned_fd(OwnedFd::from(output))?;
        let mut command = bound_command(&spec.program, &spec.arguments)?;
        spec.apply(&mut command);
        let (mark, value) = guard.variable();
        command.env(mark, value);
        command.stderr(stdout.try_clone()?).stdout(stdout);
        let child = Command::from(command).spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = Pid::from_raw(id.ok_or(io::ErrorKind::NotFound)?);
        guard.add(group);
        Ok((Self { child, group, guard: guard.clone() }, output))
    }

    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the end of the process. What it has started may live on.
    pub(super) async fn wait(&mut self) -> io::Result<Exit> {
        Ok(self.child.wait().await?.into())
    }

    /// Tells whether something that it has started lives on.
    pub(super) fn has_left_others(&self) -> bool {
        killpg(self.group, None).is_ok()
    }

    /// Asks the process and all that it has started to stop.
    pub(super) fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Kills the process and all that it has started.
    pub(super) fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    fn signal(&self, signal: Signal) {
        // All may have ended.
        let _ = killpg(self.group, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        self.guard.remove(self.group);
    }
}
