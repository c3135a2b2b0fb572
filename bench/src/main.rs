//! Heartbeat compared with other ways to serve health and to supervise processes: one command, one report.
//!
//! ```text
//! cargo run --release --manifest-path bench/Cargo.toml
//! ```
//!
//! Names of parts after `--` select those parts: `-- idle lifecycle`. Each contender runs in a process
//! of its own, on the same machine, and does the same work. Rounds of the contenders take turns. The
//! tables have medians, and the medians of the ratios of each round to the second column, with their
//! middle half. The exit code is 1 if a bound is missed or was not measured. Needs Linux; some parts
//! need wrk, valgrind, openssl or Node, and say so before anything is measured. Takes half an hour.
//!
//! `-- counts` is another command: it compares instructions with `bench/instructions.toml`.

mod beat;
mod builds;
mod check;
mod contain;
mod contender;
mod counts;
mod faults;
mod idle;
mod instructions;
mod lifecycle;
mod lines;
mod load;
mod micro;
mod parts;
mod peers;
mod probe;
mod process;
mod report;
mod run;
mod stats;
mod supervisors;
mod table;
mod tls;
mod tools;
mod tree;

use std::env;
use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    run(&arguments).unwrap_or_else(|error| {
        eprintln!("the bench failed: {error}");
        ExitCode::from(2)
    })
}

fn run(arguments: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    let selected = parts::select(arguments)?;
    if !contain::is_inside() {
        if let Some(exit_code) = contain::run_inside()? {
            return Ok(exit_code);
        }
        eprintln!("no process namespace here: a bench that is killed leaves processes behind");
    }
    match arguments.split_first() {
        Some((command, options)) if command == counts::COMMAND => counts::run_command(options),
        _ => parts::measure(&selected),
    }
}
