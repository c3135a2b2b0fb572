//! Heartbeat beside its peers: one command, one table.
//!
//! ```text
//! cargo run --release --manifest-path bench/Cargo.toml
//! ```
//!
//! Names of parts after `--` measure those alone, as `-- idle life`. Every peer is a process of its
//! own, on the same machine, doing the same work; the rounds of the peers take turns, and medians
//! are told, as so many times what a worker written by hand with tokio and axum takes. The exit
//! code is 1 where a bound is missed. Needs Linux, and wrk, valgrind and Node for some rows, which
//! it tells of where they are missing. Takes about a quarter of an hour.

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
            eprintln!("the bench cannot be run: {error}");
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
    if let Some(part) = asked.iter().find(|part| PARTS.iter().all(|(name, _)| name != part)) {
        let all = PARTS.map(|(name, _)| name).join(", ");
        return Err(format!("there is no part `{part}`, but {all}").into());
    }
    eprintln!("release builds …");
    let mut table = Table::default();
    let peers = peer::built(|peer, why| table.skip(peer, why))?;
    table.set_columns(peers.iter().map(|peer| peer.name).collect());
    for (name, measure) in PARTS {
        if asked.is_empty() || asked.iter().any(|part| part == name) {
            eprintln!("{name} …");
            if let Err(error) = measure(&peers, &mut table) {
                // What was measured before is worth seeing.
                print!("{table}");
                return Err(format!("{name}: {error}").into());
            }
        }
    }
    Ok(table)
}
