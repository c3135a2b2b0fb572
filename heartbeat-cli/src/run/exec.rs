//! Hidden subcommands that see to it that no process survives `run`, however that ends.
//!
//! `__exec` becomes a worker, and has the system kill it when `run` dies. `__guard` outlives `run`, and
//! then kills what the workers have started themselves.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::BufRead;
use std::os::unix::process::CommandExt;
use std::process::{self, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::{Arg, ArgMatches, Command, value_parser};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use crate::failure::Failure;

const EXEC: &str = "__exec";
const GUARD: &str = "__guard";
/// Not one of the variables that workers know.
const MARK: &str = "__HEARTBEAT_RUN";
/// Number of scans for what workers have left behind, and the time between two of them.
const MAX_SCANS: u32 = 100;
const SCAN_AGAIN: Duration = Duration::from_millis(10);

/// The process that kills the groups of all workers when `run` has died.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    lines: mpsc::UnboundedSender<String>,
    mark: Arc<str>,
}

/// Returns the program of this process, even if its file has been replaced since.
fn this_program() -> std::io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

// === impl Guard ===

impl Guard {
    /// Starts the guard. It ends when its last handle is dropped.
    pub(super) fn start() -> std::io::Result<Self> {
        let mark: Arc<str> = mark().into();
        let mut command = tokio::process::Command::new(this_program()?);
        command
            .args([GUARD, &mark])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
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
        Ok(Self { lines, mark })
    }

    /// Returns the variable by which what a worker leaves behind is known, even in a session of its own.
    pub(super) fn variable(&self) -> (&'static str, &str) {
        (MARK, &self.mark)
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
    Command::new(GUARD).hide(true).arg(Arg::new("mark").required(true))
}

/// Keeps the process groups that stdin names, and kills them when it ends.
pub(crate) fn guard(matches: &ArgMatches) -> Result<ExitCode, Failure> {
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
    if let Some(mark) = matches.get_one::<String>("mark") {
        kill_marked(&format!("{MARK}={mark}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns a mark that no other run has.
fn mark() -> String {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}", process::id(), since_epoch.as_nanos())
}

/// Kills the processes that started with a variable. Only Linux shows it.
#[expect(clippy::disallowed_methods, reason = "nothing tells when a child of others has gone")]
fn kill_marked(variable: &str) {
    let is_marked = |environment: Vec<u8>| {
        environment.split(|&byte| byte == 0).any(|it| it == variable.as_bytes())
    };
    // Each may have started another meanwhile.
    for _ in 0..MAX_SCANS {
        let mut killed = false;
        for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let id = process.file_name().to_str().and_then(|name| name.parse().ok());
            let environment = std::fs::read(process.path().join("environ"));
            if let (Some(id), true) = (id, environment.is_ok_and(is_marked)) {
                killed |= kill(Pid::from_raw(id), Signal::SIGKILL).is_ok();
            }
        }
        if !killed {
            return;
        }
        std::thread::sleep(SCAN_AGAIN);
    }
}
