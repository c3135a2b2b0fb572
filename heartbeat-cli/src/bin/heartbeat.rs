//! The command `heartbeat`.

use std::process::ExitCode;

fn main() -> ExitCode {
    heartbeat_cli::run(std::env::args_os())
}
