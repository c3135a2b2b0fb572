//! As many probes as a server takes: wrk on one core, the server on another.

use std::error::Error;
use std::process::Command;

use crate::peer::{BARE, Peer};
use crate::running::Running;
use crate::table::{Bound, Table, median};

const ROUNDS: usize = 11;

/// What wrk tells of one run.
#[derive(Clone, Copy)]
struct Load {
    per_second: f64,
    p50: f64,
    p99: f64,
}

pub(crate) fn measure(peers: &[Peer], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let why = if Command::new("wrk").arg("--version").output().is_err() {
        Some("not measured: wrk is not installed")
    } else if on_core("1", &Command::new("true")).status().is_ok_and(|status| status.success()) {
        None
    } else {
        Some("not measured: the load has no core of its own")
    };
    if let Some(why) = why {
        table.bound(throughput(why.to_owned(), false));
        return Ok(());
    }
    // Those of the bound follow each other, so that what else the machine does meets both.
    let all = || [&BARE].into_iter().chain(peers);
    let mut loads: Vec<Vec<Load>> = all().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (peer, loads) in all().zip(&mut loads) {
            loads.push(load(peer).map_err(|error| format!("{}: {error}", peer.name))?);
        }
    }
    let medians = |of: fn(&Load) -> f64| -> Vec<f64> {
        loads.iter().map(|all| median(all.iter().map(of)).unwrap_or_default()).collect()
    };
    let thousands = medians(|load| load.per_second / 1e3);
    table.numbers("health, one core, 16 connections", "thousand/s", &thousands[1..]);
    table.numbers("the same: p50", "µs", &medians(|load| load.p50)[1..]);
    table.numbers("the same: p99", "µs", &medians(|load| load.p99)[1..]);
    let pairs = loads[1].iter().zip(&loads[0]);
    let of_bare = median(pairs.map(|(ours, bare)| ours.per_second / bare.per_second));
    let of_bare = of_bare.unwrap_or_default();
    table.bound(throughput(format!("{of_bare:.2}"), of_bare >= 0.95));
    Ok(())
}

fn throughput(reached: String, met: bool) -> Bound {
    let what = "`/health` throughput against a bare axum route, one thread each";
    Bound { what, to_reach: "at least 0.95", reached, met }
}

fn load(peer: &Peer) -> Result<Load, Box<dyn Error>> {
    let mut server = Running::start_by(on_core("0", &peer.command()), "idle")?;
    server.up(peer.health)?;
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads=1", "--connections=16", "--duration=2s", "--latency"]);
    wrk.arg(format!("http://{}{}", server.address, peer.health));
    let output = on_core("1", &wrk).output()?;
    let told = String::from_utf8(output.stdout)?;
    if told.contains("Non-2xx") || told.contains("Socket errors") {
        return Err(told.into());
    }
    let after = |label: &str| {
        let line = told.lines().find_map(|line| line.trim().strip_prefix(label));
        line.map(str::trim).ok_or_else(|| format!("no `{label}` in: {told}"))
    };
    Ok(Load {
        per_second: after("Requests/sec:")?.parse()?,
        p50: microseconds(after("50%")?)?,
        p99: microseconds(after("99%")?)?,
    })
}

fn on_core(core: &str, command: &Command) -> Command {
    let mut pinned = Command::new("taskset");
    pinned.args(["--cpu-list", core]).arg(command.get_program()).args(command.get_args());
    pinned
}

fn microseconds(told: &str) -> Result<f64, Box<dyn Error>> {
    let unit = told.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let number: f64 = told[..told.len() - unit.len()].parse()?;
    match unit {
        "us" => Ok(number),
        "ms" => Ok(number * 1e3),
        "s" => Ok(number * 1e6),
        _ => Err(format!("a time that is not understood: {told}").into()),
    }
}
