//! Throughput and latency under load: wrk on one core, the server on another.

use std::error::Error;
use std::process::Command;

use crate::contender::{AXUM_SERVE, BARE, Contender, SERVE, SERVE_ON_HEARTBEAT};
use crate::process::{Process, Usage};
use crate::report::{Limit, Report};
use crate::stats::{Ratio, take_turns};
use crate::table::cells;
use crate::tools::on_core;

const ROUNDS: usize = 9;

pub(crate) const HEALTH: Limit = Limit {
    name: "`/health` throughput against a bare axum route, one thread each",
    required: "at least 0.95",
};
pub(crate) const ROUTES: Limit = Limit {
    name: "user route throughput against `axum::serve`, one thread each",
    required: "at least 0.95",
};

/// Results of one run of wrk; latencies in microseconds.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) per_second: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// CPU time of the server for each request, in microseconds.
    pub(crate) cpu: f64,
}

/// Measures the health of all contenders.
pub(crate) fn health(contenders: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let all: Vec<_> = [&BARE].into_iter().chain(contenders).collect();
    let loads = take_turns(&all, ROUNDS, load)?;
    let columns = &loads[1..];
    let table = &mut report.workers;
    let thousands = cells(columns, |load| load.per_second / 1e3);
    table.add("health throughput, one core, 16 connections", "thousand/s", thousands);
    table.add("the same: p50", "µs", cells(columns, |load| load.p50));
    table.add("the same: p99", "µs", cells(columns, |load| load.p99));
    add_bound(report, HEALTH, &loads[1], &loads[0]);
    Ok(())
}

/// Measures a user route of this project, on an endpoint of its own and on the heartbeat's, and the same
/// route under `axum::serve`.
pub(crate) fn routes(_: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let mut loads = take_turns(&[&SERVE, &AXUM_SERVE, &SERVE_ON_HEARTBEAT], ROUNDS, load)?;
    add_bound(report, ROUTES, &loads[0], &loads[1]);
    let names = [
        ["user route throughput, one core, 16 connections", "the same: p50", "the same: p99"],
        ["on the heartbeat's endpoint: throughput", "the same: p50", "the same: p99"],
    ];
    for [throughput, p50, p99] in names {
        let columns = &loads[..2];
        let thousands = cells(columns, |load| load.per_second / 1e3);
        report.workers.add(throughput, "thousand/s", thousands);
        report.workers.add(p50, "µs", cells(columns, |load| load.p50));
        report.workers.add(p99, "µs", cells(columns, |load| load.p99));
        loads.swap(0, 2);
    }
    Ok(())
}

fn add_bound(report: &mut Report, limit: Limit, own: &[Load], other: &[Load]) {
    let per_second = |loads: &[Load]| loads.iter().map(|load| load.per_second).collect::<Vec<_>>();
    if let Some(ratio) = Ratio::between(&per_second(own), &per_second(other)) {
        report.add_bound(limit, ratio.to_string(), ratio.median >= 0.95);
    }
}

fn load(contender: &Contender) -> Result<Load, Box<dyn Error>> {
    let command = on_core("0", &contender.command());
    let mut server = Process::start_command(command, contender.variable, "idle")?;
    server.wait_until_ok(contender.health)?;
    let url = format!("http://{}{}", server.address, contender.health);
    run_wrk(&server, &["--connections=16", &url])
}

/// Runs wrk against a server for two seconds.
pub(crate) fn run_wrk(server: &Process, arguments: &[&str]) -> Result<Load, Box<dyn Error>> {
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads=1", "--duration=2s", "--latency"]).args(arguments);
    let cpu_before = server.usage()?.cpu_seconds;
    let output = on_core("1", &wrk).output()?;
    let Usage { cpu_seconds, .. } = server.usage()?;
    let report = String::from_utf8(output.stdout)?;
    if report.contains("Non-2xx") || report.contains("Socket errors") {
        return Err(report.into());
    }
    let after = |label: &str| {
        let line = report.lines().find_map(|line| line.trim().strip_prefix(label));
        line.map(str::trim).ok_or_else(|| format!("no `{label}` in the output of wrk: {report}"))
    };
    let requests = report.lines().find_map(|line| line.trim().split_once(" requests in "));
    let (requests, _) = requests.ok_or("no number of requests in the output of wrk")?;
    Ok(Load {
        per_second: after("Requests/sec:")?.parse()?,
        p50: microseconds(after("50%")?)?,
        p99: microseconds(after("99%")?)?,
        cpu: (cpu_seconds - cpu_before) * 1e6 / requests.parse::<f64>()?,
    })
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
