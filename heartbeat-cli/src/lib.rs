//! The command `heartbeat`: makes, checks, runs and deploys the workers of a service definition.
//!
//! Each subcommand is a module with a `command`, its arguments, and a `run`. [`run()`] is all that the
//! programs `heartbeat` and `cargo-heartbeat` do.
//!
//! # Exit codes
//!
//! | exit | means |
//! | --- | --- |
//! | 0 | done, and nothing is wrong |
//! | 1 | a finding, a red worker |
//! | 2 | wrong arguments |
//! | 70 | a panic |
//! | 78 | a file that cannot be read, or says what cannot be |

#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used))]

mod check;
#[cfg(unix)]
mod control;
mod failure;
mod new;
mod probe;
mod project;
mod render;
#[cfg(unix)]
mod run;
mod shell;
mod terminal;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{ArgMatches, Command};

#[cfg(unix)]
use control::commands;
use failure::Failure;
#[cfg(unix)]
use run::exec;

/// A subcommand: its arguments, and its behaviour.
type Subcommand = (fn() -> Command, fn(&ArgMatches) -> Result<ExitCode, Failure>);

/// The subcommands, in the order of the help.
const SUBCOMMANDS: &[Subcommand] = &[
    (new::command, new::run),
    (check::command, check::run),
    #[cfg(unix)]
    (run::command, run::run),
    #[cfg(unix)]
    (commands::status_command, commands::status),
    #[cfg(unix)]
    (commands::logs_command, commands::logs),
    #[cfg(unix)]
    (commands::restart_command, commands::restart),
    #[cfg(unix)]
    (commands::stop_command, commands::stop),
    #[cfg(unix)]
    (commands::scale_command, commands::scale),
    (probe::command, probe::run),
    (render::command, render::run),
    (shell::completions_command, shell::completions),
    (shell::man_command, shell::man),
    #[cfg(unix)]
    (exec::exec_command, exec::exec),
    #[cfg(unix)]
    (exec::guard_command, exec::guard),
];

/// Runs the command with its arguments, of which the first is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    or_panicked(|| run_subcommand(arguments))
}

/// Returns the exit code of a panic, which has told its message already, or of what did not panic.
fn or_panicked(run: impl FnOnce() -> ExitCode) -> ExitCode {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(ExitCode::from(70))
}

fn run_subcommand(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help is no error; a closed output is nobody's.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let Some((name, matches)) = matches.subcommand() else { return ExitCode::from(2) };
    let mut subcommands = SUBCOMMANDS.iter();
    let Some((_, run)) = subcommands.find(|(command, _)| command().get_name() == name) else {
        return ExitCode::from(2);
    };
    run(matches).unwrap_or_else(|failure| {
        eprintln!("error: {failure}");
        ExitCode::from(failure.exit_code())
    })
}

/// Returns the arguments of the whole command.
fn command() -> Command {
    command_with(|_| true)
}

/// Returns the arguments of the command with some of its subcommands.
fn command_with(includes: impl Fn(&Command) -> bool) -> Command {
    Command::new("heartbeat")
        .about("Makes, checks, runs and deploys the workers of a service definition")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(SUBCOMMANDS.iter().map(|(command, _)| command()).filter(includes))
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use super::{command, or_panicked};

    #[test]
    fn a_panic_is_exit_code_70() {
        let panicked = or_panicked(|| panic!("on purpose"));
        assert_eq!(format!("{panicked:?}"), format!("{:?}", ExitCode::from(70)));
    }

    #[test]
    fn arguments_are_well_defined() {
        command().debug_assert();
    }
}
