//! A process namespace of the bench's own: when the bench is killed, even by SIGKILL, the system ends
//! everything that it has started.

use std::env;
use std::error::Error;
use std::process::{Command, ExitCode};

/// Set for the run inside.
const INSIDE: &str = "BENCH_INSIDE";

pub(crate) fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Runs this program again in a namespace, and returns its exit code; `None` where the system permits no
/// namespace.
pub(crate) fn run_inside() -> Result<Option<ExitCode>, Box<dyn Error>> {
    // Root needs no user namespace, and some systems permit none.
    let kinds: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
    let permitted = |kind: &&[&str]| {
        namespace(kind).arg("true").output().is_ok_and(|output| output.status.success())
    };
    let Some(kind) = kinds.into_iter().find(permitted) else { return Ok(None) };
    let mut command = namespace(kind);
    // The first process of a namespace inherits orphans: a shell reaps them.
    command.args(["sh", "-c", "\"$@\"; exit $?", "sh"]).arg(env::current_exe()?);
    let status = command.args(env::args_os().skip(1)).env(INSIDE, "1").status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(Some(code.map_or(ExitCode::FAILURE, ExitCode::from)))
}

/// Creates a command that runs another in a namespace, which ends when this process does.
fn namespace(kind: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "unshare"]).args(kind);
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
    command
}
