//! Throughput and latency under load: wrk on one core, the server on another.

use std::error::Error;
use std::process::Command;

use crate::contender::{BARE, Contender};
use crate::process::Process;
use crate::table::{Bound, Table, median};

const ROUNDS: usize = 11;

/// Results of one run of wrk; latencies in microseconds.
#[derive(Clone, Copy)]
struct Load {
    per_second: f64,
    p50: f64,
    p99: f64,
}

pub(crate) fn measure(contenders: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let reason = if Command::new("wrk").arg("--version").output().is_err() {
        Some("not measured: wrk is not installed")
    } else if on_core("1", &Command::new("true")).status().is_ok_and(|status| status.success()) {
        None
    } else {
        Some("not measured: wrk cannot have a core of its own")
    };
    if let Some(reason) = reason {
        table.add_bound(throughput(reason.to_owned(), false));
        return Ok(());
    }
    // The two that the bound compares run in turn, so that other load on the machine meets both.
    let all = || [&BARE].into_iter().chain(contenders);
    let mut loads: Vec<Vec<Load>> = all().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (contender, loads) in all().zip(&mut loads) {
            loads.push(load(contender).map_err(|error| format!("{}: {error}", contender.name))?);
        }
    }
    let medians = |value: fn(&Load) -> f64| -> Vec<f64> {
        loads.iter().map(|all| median(all.iter().map(value)).unwrap_or_default()).collect()
    };
    let thousands = medians(|load| load.per_second / 1e3);
    table.add_numbers("health throughput, one core, 16 connections", "thousand/s", &thousands[1..]);
    table.add_numbers("the same: p50", "µs", &medians(|load| load.p50)[1..]);
    table.add_numbers("the same: p99", "µs", &medians(|load| load.p99)[1..]);
    let pairs = loads[1].iter().zip(&loads[0]);
    let ratio = median(pairs.map(|(own, bare)| own.per_second / bare.per_second));
    let ratio = ratio.unwrap_or_default();
    table.add_bound(throughput(format!("{ratio:.2}"), ratio >= 0.95));
    Ok(())
}

fn throughput(measured: String, met: bool) -> Bound {
    let name = "`/health` throughput against a bare axum route, one thread each";
    Bound { name, required: "at least 0.95", measured, met }
}

fn load(contender: &Contender) -> Result<Load, Box<dyn Error>> {
    let mut server = Process::start_command(on_core("0", &contender.command()), "idle")?;
    server.wait_until_ok(contender.health)?;
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads=1", "--connections=16", "--duration=2s", "--latency"]);
    wrk.arg(format!("http://{}{}", server.address, contender.health));
    let output = on_core("1", &wrk).output()?;
    let report = String::from_utf8(output.stdout)?;
    if report.contains("Non-2xx") || report.contains("Socket errors") {
        return Err(report.into());
    }
    let after = |label: &str| {
        let line = report.lines().find_map(|line| line.trim().strip_prefix(label));
        line.map(str::trim).ok_or_else(|| format!("no `{label}` in the output of wrk: {report}"))
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

fn microseconds(time: &str) -> Result<f64, Box<dyn Error>> {
    let unit = time.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let number: f64 = time[..time.len() - unit.len()].parse()?;
    match unit {
        "us" => Ok(number),
        "ms" => Ok(number * 1e3),
        "s" => Ok(number * 1e6),
        _ => Err(format!("unknown time unit in the output of wrk: {time}").into()),
    }
}
