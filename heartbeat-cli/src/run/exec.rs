//! Hidden subcommands that see to it that no process survives `run`, however that ends.
//!
//! `__exec` becomes a worker, and has the system kill it when `run` dies. `__guard` outlives `run`, and
//! then kills what the workers have started themselves.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::BufRead;
use std::os::unix::process::CommandExt;
use std::process::{self, ExitCode, Stdio};

use clap::{Arg, ArgMatches, Command, value_parser};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use crate::failure::Failure;

const EXEC: &str = "__exec";
const GUARD: &str = "__guard";

/// The process that kills the groups of all workers when `run` has died.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    lines: mpsc::UnboundedSender<String>,
}

/// Returns the program of this process, even if its file has been replaced since.
fn this_program() -> std::io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

// === impl Guard ===

impl Guard {
    /// Starts the guard. It ends when its last handle is dropped.
    pub(super) fn start() -> std::io::Result<Self> {
        let mut command = tokio::process::Command::new(this_program()?);
        command.arg(GUARD).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C is not for it.
        let mut guard = command.arg0("heartbeat").process_group(0).spawn()?;
        let (lines, mut written) = mpsc::unbounded_channel::<String>();
        tokio::spawn(async move {
            let mut stdin = guard.stdin.take();
            while let Some(line) = written.recv().await {
                if let Some(stdin) = &mut stdin {
                    let _ = stdin.write_all(line.as_bytes()).await;
                }
            }
        });
        Ok(Self { lines })
    }

    /// Has a process group killed when `run` dies.
    pub(super) fn add(&self, group: Pid) {
        let _ = self.lines.send(format!("+{group}\n"));
    }

    /// Forgets a process group that has ended.
    pub(super) fn remove(&self, group: Pid) {
        let _ = self.lines.send(format!("-{group}\n"));
    }
}

/// Returns a command that runs a program in a process group of its own, until this process dies.
pub(super) fn bound_command(
    program: &std::path::Path,
    arguments: &[String],
) -> std::io::Result<process::Command> {
    let mut command = process::Command::new(this_program()?);
    command.arg(EXEC).arg(process::id().to_string()).arg(program).args(arguments);
    command.arg0("heartbeat").process_group(0);
    Ok(command)
}

/// Returns the arguments of `__exec`.
pub(crate) fn exec_command() -> Command {
    let program = Arg::new("program").num_args(1..).trailing_var_arg(true).required(true);
    Command::new(EXEC)
        .hide(true)
        .arg(Arg::new("parent").required(true).value_parser(value_parser!(i32)))
        .arg(program.allow_hyphen_values(true).value_parser(value_parser!(OsString)))
}

/// Becomes the program that the arguments name.
pub(crate) fn exec(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let parent = matches.get_one::<i32>("parent").copied().unwrap_or_default();
    let mut words = matches.get_many::<OsString>("program").into_iter().flatten();
    let program = words.next().cloned().unwrap_or_default();
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).map_err(Failure::failed)?;
    // It may have died before the request.
    if nix::unistd::getppid() != Pid::from_raw(parent) {
        return Err(Failure::failed("`heartbeat run` has ended"));
    }
    let error = process::Command::new(&program).args(words).exec();
    Err(Failure::configuration(format!("cannot run {}: {error}", program.display())))
}

/// Returns the arguments of `__guard`.
pub(crate) fn guard_command() -> Command {
    Command::new(GUARD).hide(true)
}

/// Keeps the process groups that stdin names, and kills them when it ends.
pub(crate) fn guard(_: &ArgMatches) -> Result<ExitCode, Failure> {
    let mut groups = HashSet::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(Failure::failed)?;
        let group = |text: &str| text.parse().map(Pid::from_raw).ok();
        if let Some(group) = line.strip_prefix('+').and_then(group) {
            groups.insert(group);
        } else if let Some(group) = line.strip_prefix('-').and_then(group) {
            groups.remove(&group);
        }
    }
    for group in groups {
        // It may have ended.
        let _ = killpg(group, Signal::SIGKILL);
    }
    Ok(ExitCode::SUCCESS)
}
