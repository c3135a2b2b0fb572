//! Heartbeat compared with other ways to serve health: one command, one table.
//!
//! ```text
//! cargo run --release --manifest-path bench/Cargo.toml
//! ```
//!
//! Names of parts after `--` select those parts: `-- idle lifecycle`. Each contender runs in a process
//! of its own, on the same machine, and does the same work. Rounds of the contenders take turns. The
//! table has medians, and their ratios to a worker written by hand with tokio and axum. The exit code
//! is 1 if a bound is missed. Needs Linux; some rows need wrk, valgrind or Node, and are reported as
//! skipped without them. Takes about twenty minutes.

mod builds;
mod contender;
mod faults;
mod idle;
mod instructions;
mod lifecycle;
mod load;
mod micro;
mod probe;
mod process;
mod table;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use crate::contender::Contender;
use crate::table::Table;

fn main() -> ExitCode {
    match measure() {
        Ok(table) => {
            print!("{table}");
            if table.all_met() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(error) => {
            eprintln!("the bench failed: {error}");
            ExitCode::from(2)
        }
    }
}

/// A part of the measurements, selected by its name.
type Part = fn(&[Contender], &mut Table) -> Result<(), Box<dyn Error>>;

const PARTS: [(&str, Part); 12] = [
    ("micro", micro::measure),
    ("instructions", instructions::measure),
    ("load", load::health),
    ("routes", load::routes),
    ("blocking_task", faults::blocking_task),
    ("blocked_threads", faults::blocked_threads),
    ("blocked_handlers", faults::blocked_handlers),
    ("deadlock", faults::deadlock),
    ("idle", idle::measure),
    ("lifecycle", lifecycle::measure),
    ("thousand", idle::thousand),
    ("builds", builds::measure),
];

fn measure() -> Result<Table, Box<dyn Error>> {
    let selected: Vec<String> = env::args().skip(1).collect();
    if let Some(part) = selected.iter().find(|part| PARTS.iter().all(|(name, _)| name != part)) {
        let all = PARTS.map(|(name, _)| name).join(", ");
        return Err(format!("unknown part `{part}`; the parts are {all}").into());
    }
    eprintln!("building for release …");
    let mut table = Table::default();
    let contenders = contender::build_all(|name, reason| table.add_skipped(name, reason))?;
    table.set_columns(contenders.iter().map(|contender| contender.name).collect());
    for (name, measure) in PARTS {
        if selected.is_empty() || selected.iter().any(|part| part == name) {
            eprintln!("{name} …");
            if let Err(error) = measure(&contenders, &mut table) {
                // Earlier parts took minutes: print their results.
                print!("{table}");
                return Err(format!("{name}: {error}").into());
            }
        }
    }
    Ok(table)
}
