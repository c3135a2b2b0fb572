//! Heartbeat beside its peers: one command, one table.
//!
//! ```text
//! cargo run --release --manifest-path bench/Cargo.toml
//! ```
//!
//! Names of parts after `--` measure those alone, as `-- idle life`. Every peer is a process of its own, on the same machine, doing the same work; the rounds of the
//! peers take turns, and medians are told, as so many times what a worker written by hand with
//! tokio and axum takes. The exit code is 1 where a bound is missed. Needs Linux; wrk, valgrind and
//! Node for the rows that say so where they are missing. Takes about a quarter of an hour.

mod builds;
mod idle;
mod life;
mod load;
mod ours;
mod peer;
mod probe;
mod running;
mod table;
mod trouble;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use crate::peer::Peer;
use crate::table::Table;

fn main() -> ExitCode {
    match table() {
        Ok(table) => {
            print!("{table}");
            if table.all_met() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(error) => {
            eprintln!("the bench could not be run: {error}");
            ExitCode::from(2)
        }
    }
}

/// One part of the measures, which can be asked for by its name.
type Part = fn(&[Peer], &mut Table) -> Result<(), Box<dyn Error>>;

const PARTS: [(&str, Part); 9] = [
    ("ours", ours::measure),
    ("load", load::measure),
    ("rude", trouble::rude),
    ("blocked", trouble::blocked),
    ("dead", trouble::dead),
    ("idle", idle::measure),
    ("life", life::measure),
    ("crowd", idle::crowd),
    ("builds", builds::measure),
];

fn table() -> Result<Table, Box<dyn Error>> {
    let asked: Vec<String> = env::args().skip(1).collect();
    eprintln!("release builds …");
    let peers = peer::built()?;
    let mut table = Table::of(peers.iter().map(|peer| peer.name).collect());
    for (name, measure) in PARTS {
        if asked.is_empty() || asked.iter().any(|part| part == name) {
            eprintln!("{name} …");
            measure(&peers, &mut table)?;
        }
    }
    Ok(table)
}
