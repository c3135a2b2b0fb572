//! Microbenchmarks of this project alone: a beat, the verdict, a response, tasks, reading a definition
//! and expanding the attribute. Criterion measures them in the crates.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::{io, thread};

use serde_json::Value;

use crate::contender::{Contender, HEARTBEAT, bench_folder, run};
use crate::table::{Bound, Table};

/// Packages, their benchmarks, and the filter of measurements.
const BENCHES: [(&str, &str, &str); 3] = [
    ("heartbeat-runtime", "vitals", "beat/beat|empty|verdict|health|task/"),
    ("heartbeat-definition", "read", "200 lines"),
    ("heartbeat-macros", "expand", "expand"),
];

/// Maximum ratio of two measurements of about a nanosecond that count as equal.
const FLAT: f64 = 1.25;

/// Calls under the profiler, which counts instructions but slows the calls down.
const CALLS: u32 = 1_000_000;

pub(crate) fn measure(_: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let root = bench_folder().parent().ok_or("the bench is not inside the project")?;
    // Results of an earlier run must not pass for those of this one.
    match fs::remove_dir_all(root.join("target/criterion")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    for (package, bench, filter) in BENCHES {
        let mut command = Command::new("cargo");
        command.args(["bench", "--locked", "--package", package, "--bench", bench, "--", filter]);
        command.args(["--warm-up-time=1", "--measurement-time=3"]).current_dir(root);
        command.env_remove("CARGO_TARGET_DIR");
        run(command)?;
    }
    let nanoseconds = |name: &str| estimate(root, name);
    let cores = thread::available_parallelism()?.get().max(2);
    let beat = nanoseconds("beat/beat/1")?;
    let ratio = beat / nanoseconds("beat/an empty call/1")?;
    let ratio_by_all = nanoseconds(&format!("beat/beat/{cores}"))?
        / nanoseconds(&format!("beat/an empty call/{cores}"))?;
    let expansion = nanoseconds("expand, 203 lines")? / 1e6;
    table.add_own("`beat()`", "ns", beat);
    match instructions() {
        Ok((beat, empty)) => {
            table.add_own("`beat()` and its loop", "instructions", beat);
            table.add_own("an empty call and its loop", "instructions", empty);
        }
        Err(reason) => table.add_skipped("`beat()` in instructions", reason),
    }
    table.add_own("verdict", "ns", nanoseconds("verdict")?);
    table.add_own(
        "response, without network",
        "ns",
        nanoseconds("health/heartbeats and checks/0")?,
    );
    let thousand = nanoseconds("health/heartbeats and checks/1000")?;
    table.add_own("the same with 1,000 heartbeats and 1,000 checks", "ns", thousand);
    table.add_own("beat of a task", "ns", nanoseconds("beat/beat of a task/1")?);
    table.add_own("a task, from spawn to end", "µs", nanoseconds("task/spawn to end")? / 1e3);
    table.add_own("a restart, without its delay", "µs", nanoseconds("task/restart")? / 1e3);
    table.add_own("1,000 tasks, from spawn to end", "µs", nanoseconds("task/1000 tasks")? / 1e3);
    let beside = nanoseconds("task/1000 spawned futures with heartbeats")? / 1e3;
    table.add_own("1,000 spawned futures with a heartbeat each", "µs", beside);
    table.add_own("reading a 200-line definition", "µs", nanoseconds("read/200 lines")? / 1e3);
    table.add_own("expansion with a 203-line definition", "ms", expansion);

    table.add_bound(Bound {
        name: "`beat()` against an empty call",
        required: "at most 2 times, flat from 1 to N threads",
        measured: format!("{ratio:.2} times, {ratio_by_all:.2} times with {cores} threads at once"),
        met: ratio <= 2.0 && ratio_by_all <= 2.0 && ratio_by_all <= FLAT * ratio,
    });
    table.add_bound(Bound {
        name: "expansion with a 200-line definition",
        required: "5 ms",
        measured: format!("{expansion:.2} ms"),
        met: expansion < 5.0,
    });
    Ok(())
}

/// Criterion's median of a measurement, in nanoseconds.
fn estimate(root: &Path, name: &str) -> Result<f64, Box<dyn Error>> {
    let file = root.join("target/criterion").join(name).join("new/estimates.json");
    let text = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let estimates: Value = serde_json::from_slice(&text)?;
    let median = estimates["median"]["point_estimate"].as_f64();
    median.ok_or_else(|| format!("{}: no median", file.display()).into())
}

/// Counts the instructions of one beat and of one empty call, each with one turn of a loop.
fn instructions() -> Result<(f64, f64), &'static str> {
    let count = |function: &str| {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(format!("--toggle-collect=*{function}*"))
            .arg(HEARTBEAT.command().get_program())
            .env("BENCH_CALLS", CALLS.to_string())
            .env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
        let output = command.output().map_err(|_| "valgrind is not installed")?;
        let report = String::from_utf8_lossy(&output.stderr);
        let collected = report.lines().find_map(|line| line.split_once("Collected : "));
        let calls = collected.and_then(|(_, count)| count.trim().parse::<f64>().ok());
        calls.map(|count| count / f64::from(CALLS)).ok_or("valgrind counted nothing")
    };
    Ok((count("bench_beats")?, count("bench_empty_calls")?))
}
