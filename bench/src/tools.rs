//! Programs that the bench runs besides the contenders.

use std::error::Error;
use std::path::Path;
use std::process::Command;

/// A program, or a part of the machine, that some measurements need.
#[derive(Clone, Copy)]
pub(crate) enum Tool {
    OpenSsl,
    /// A core for the load, besides that of the server.
    SecondCore,
    Valgrind,
    Wrk,
}

// === impl Tool ===

impl Tool {
    /// Returns the reason why it cannot be used.
    pub(crate) fn obstacle(self) -> Option<&'static str> {
        match self {
            Self::OpenSsl => is_missing("openssl", "version").then_some("openssl is not installed"),
            Self::Valgrind => {
                is_missing("valgrind", "--version").then_some("valgrind is not installed")
            }
            Self::Wrk => is_missing("wrk", "--version").then_some("wrk is not installed"),
            Self::SecondCore => {
                let pinned = on_core("1", &Command::new("true")).status();
                let works = pinned.is_ok_and(|status| status.success());
                (!works).then_some("wrk cannot have a core of its own")
            }
        }
    }
}

/// The exit code does not matter: wrk's is 1.
pub(crate) fn is_missing(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_err()
}

/// Creates a command that runs another on one core, where tokio has one thread.
pub(crate) fn on_core(core: &str, command: &Command) -> Command {
    let mut pinned = Command::new("taskset");
    pinned.args(["--cpu-list", core]).arg(command.get_program()).args(command.get_args());
    let variables = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    pinned.envs(variables);
    pinned
}

/// Returns the folder of this package.
pub(crate) fn bench_folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Creates a command that runs Cargo in the workspace of the bench.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(bench_folder());
    // Binaries are expected in the default folder, and a compiler cache would falsify build times.
    command.env_remove("CARGO_TARGET_DIR").env_remove("RUSTC_WRAPPER");
    command
}

/// Runs a command and returns its standard output; on failure, an error with its standard error.
pub(crate) fn run(mut command: Command) -> Result<String, Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}\n{errors}", output.status).into())
}
