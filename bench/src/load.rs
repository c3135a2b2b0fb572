//! Throughput and latency under load: wrk on one core, the server on another.

use std::error::Error;
use std::process::Command;

use crate::contender::{AXUM_SERVE, BARE, Contender, SERVE, SERVE_ON_HEARTBEAT};
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

/// Measures the health of all contenders.
pub(crate) fn health(contenders: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
    const NAME: &str = "`/health` throughput against a bare axum route, one thread each";
    if let Some(reason) = obstacle() {
        table.add_bound(at_least(NAME, Err(reason)));
        return Ok(());
    }
    // The two that the bound compares run in turn, so that other load on the machine meets both.
    let all: Vec<_> = [&BARE].into_iter().chain(contenders).collect();
    let loads = rounds(&all)?;
    let columns = &loads[1..];
    table.add_numbers(
        "health throughput, one core, 16 connections",
        "thousand/s",
        &medians(columns, |load| load.per_second / 1e3),
    );
    table.add_numbers("the same: p50", "µs", &medians(columns, |load| load.p50));
    table.add_numbers("the same: p99", "µs", &medians(columns, |load| load.p99));
    table.add_bound(at_least(NAME, Ok(ratio(&loads[1], &loads[0]))));
    Ok(())
}

/// Measures a user route of this project, on an endpoint of its own and on the heartbeat's, and the same
/// route under `axum::serve`.
pub(crate) fn routes(_: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
    const NAME: &str = "user route throughput against `axum::serve`, one thread each";
    if let Some(reason) = obstacle() {
        table.add_bound(at_least(NAME, Err(reason)));
        return Ok(());
    }
    let [axum, own, on_heartbeat] =
        <[_; 3]>::try_from(rounds(&[&AXUM_SERVE, &SERVE, &SERVE_ON_HEARTBEAT])?)
            .map_err(|_| "a contender has no rounds")?;
    table.add_bound(at_least(NAME, Ok(ratio(&own, &axum))));
    let columns = [own, axum, on_heartbeat];
    let thousands = medians(&columns, |load| load.per_second / 1e3);
    let (p50, p99) = (medians(&columns, |load| load.p50), medians(&columns, |load| load.p99));
    table.add_first(
        "user route throughput, one core, 16 connections",
        "thousand/s",
        &thousands[..2],
    );
    table.add_first("the same: p50", "µs", &p50[..2]);
    table.add_first("the same: p99", "µs", &p99[..2]);
    let second = |numbers: &[f64]| [numbers[2], numbers[1]];
    table.add_first("on the heartbeat's endpoint: throughput", "thousand/s", &second(&thousands));
    table.add_first("the same: p50", "µs", &second(&p50));
    table.add_first("the same: p99", "µs", &second(&p99));
    Ok(())
}

/// Returns the reason why nothing can be measured here.
fn obstacle() -> Option<&'static str> {
    if Command::new("wrk").arg("--version").output().is_err() {
        Some("not measured: wrk is not installed")
    } else if on_core("1", &Command::new("true")).status().is_ok_and(|status| status.success()) {
        None
    } else {
        Some("not measured: wrk cannot have a core of its own")
    }
}

/// Measures the contenders in turn.
fn rounds(contenders: &[&Contender]) -> Result<Vec<Vec<Load>>, Box<dyn Error>> {
    let mut loads: Vec<Vec<Load>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (contender, loads) in contenders.iter().zip(&mut loads) {
            loads.push(load(contender).map_err(|error| format!("{}: {error}", contender.name))?);
        }
    }
    Ok(loads)
}

fn medians(loads: &[Vec<Load>], value: fn(&Load) -> f64) -> Vec<f64> {
    loads.iter().map(|all| median(all.iter().map(value)).unwrap_or_default()).collect()
}

/// The median of the ratios of each round.
fn ratio(own: &[Load], other: &[Load]) -> f64 {
    let ratios = own.iter().zip(other).map(|(own, other)| own.per_second / other.per_second);
    median(ratios).unwrap_or_default()
}

fn at_least(name: &'static str, ratio: Result<f64, &str>) -> Bound {
    let measured = ratio.map_or_else(str::to_owned, |ratio| format!("{ratio:.2}"));
    Bound { name, required: "at least 0.95", measured, met: ratio.is_ok_and(|ratio| ratio >= 0.95) }
}

fn load(contender: &Contender) -> Result<Load, Box<dyn Error>> {
    let command = on_core("0", &contender.command());
    let mut server = Process::start_command(command, contender.variable, "idle")?;
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

/// Creates a command that runs another on one core, where tokio has one thread.
pub(crate) fn on_core(core: &str, command: &Command) -> Command {
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
