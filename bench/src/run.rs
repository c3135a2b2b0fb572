//! `heartbeat run` on a service of three roles that are built already: the time from the command to ready.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::{COMMAND, Contender, FLEET};
use crate::probe::{Outcome, probe};
use crate::process::{Process, TIMEOUT};
use crate::report::{Limit, Report};
use crate::stats::{median, quantile};
use crate::table::Cell;
use crate::tools::bench_folder;
use crate::tree::Tree;

const ROUNDS: usize = 11;
/// The ports in the definition.
const PORTS: [u16; 3] = [4391, 4392, 4393];

pub(crate) const READY: Limit = Limit {
    name: "`heartbeat run` of 3 roles, built already: command to all ready",
    required: "at most 0.3 s above the slowest worker alone",
};

pub(crate) fn measure(_: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let (mut together, mut slowest, mut above) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let all = run_all()?.as_secs_f64();
        let mut alone = Vec::new();
        for contender in &FLEET {
            let mut worker = Process::start(contender, "idle")?;
            alone.push(worker.wait_until_ok(contender.ready)?.as_secs_f64());
        }
        let alone = quantile(alone, 1.0).ok_or("no worker")?;
        together.push(all * 1e3);
        slowest.push(alone * 1e3);
        above.push(all - alone);
    }
    let at = |share| quantile(above.iter().copied(), share).unwrap_or(f64::INFINITY);
    let (low, high) = (at(0.25), at(0.75));
    let above = median(above.iter().copied()).ok_or("no rounds")?;
    let table = &mut report.command;
    let row = |rounds| vec![Cell::Rounds(rounds)];
    table.add(
        "`heartbeat run` of 3 roles, built already: command to all ready",
        "ms",
        row(together),
    );
    table.add("the slowest of the 3 workers alone", "ms", row(slowest));
    report.add_bound(READY, format!("{above:.3} s ({low:.3}–{high:.3})"), above <= 0.3);
    Ok(())
}

/// Runs the service, and returns the time until all its workers are ready.
fn run_all() -> Result<Duration, Box<dyn Error>> {
    let folder: PathBuf = bench_folder().join("contenders/fleet");
    let mut command: Command = COMMAND.command();
    command.args(["run", "--release", "--port", "0"]).current_dir(folder);
    // The binaries of the bench are in the default folder.
    command.env_remove("CARGO_TARGET_DIR");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let tree = Tree::start(command)?;
    for port in PORTS {
        let address = SocketAddr::from((Ipv4Addr::new(127, 255, 0, 1), port));
        while probe(address, "/readyz").0 != Outcome::Status(200) {
            if start.elapsed() > TIMEOUT {
                return Err(format!("no worker is ready at {address}").into());
            }
            thread::sleep(Duration::from_micros(500));
        }
    }
    let took = start.elapsed();
    tree.stop()?;
    Ok(took)
}
