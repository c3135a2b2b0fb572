//! The command as a subcommand of cargo: `cargo heartbeat run`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().peekable();
    let program = arguments.next();
    // cargo repeats the subcommand's name.
    arguments.next_if(|argument| argument == "heartbeat");
    heartbeat_cli::run(program.into_iter().chain(arguments))
}
