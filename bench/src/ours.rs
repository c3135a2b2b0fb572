//! What is this project's alone: a beat, the verdict, an answer, the reading of a definition and
//! the expansion of the attribute, as criterion measures them in the crates.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::{io, thread};

use serde_json::Value;

use crate::peer::{HEARTBEAT, Peer, here, run};
use crate::table::{Bound, Table};

/// A package, its benchmark, and which of its measures.
const BENCHES: [(&str, &str, &str); 3] = [
    ("heartbeat-runtime", "vitals", "beat/beat|empty|verdict|health"),
    ("heartbeat-definition", "read", "200 lines"),
    ("heartbeat-macros", "expand", "expand"),
];

/// By how much one measure of a nanosecond may differ from another.
const FLAT: f64 = 1.25;

/// Calls under the profiler, which counts all of them but slows them down.
const CALLS: u32 = 1_000_000;

pub(crate) fn measure(_: &[Peer], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let root = here().parent().ok_or("the bench has no project around it")?;
    // What an earlier run has measured is not to be taken for this one's.
    match fs::remove_dir_all(root.join("target/criterion")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    for (package, bench, which) in BENCHES {
        let mut command = Command::new("cargo");
        command.args(["bench", "--locked", "--package", package, "--bench", bench, "--", which]);
        command.args(["--warm-up-time=1", "--measurement-time=3"]).current_dir(root);
        command.env_remove("CARGO_TARGET_DIR");
        run(command)?;
    }
    let nanoseconds = |name: &str| estimate(root, name);
    let cores = thread::available_parallelism()?.get().max(2);
    let beat = nanoseconds("beat/beat/1")?;
    let times = beat / nanoseconds("beat/an empty call/1")?;
    let times_by_all = nanoseconds(&format!("beat/beat/{cores}"))?
        / nanoseconds(&format!("beat/an empty call/{cores}"))?;
    let expansion = nanoseconds("expand, 203 lines")? / 1e6;
    table.ours("`beat()`", "ns", beat);
    match instructions() {
        Ok((beat, empty)) => {
            table.ours("`beat()`, and the loop around it", "instructions", beat);
            table.ours("an empty call, and the loop around it", "instructions", empty);
        }
        Err(why) => table.skip("`beat()` in instructions", why),
    }
    table.ours("the verdict", "ns", nanoseconds("verdict")?);
    table.ours("an answer, no network", "ns", nanoseconds("health/heartbeats and checks/0")?);
    let crowded = nanoseconds("health/heartbeats and checks/1000")?;
    table.ours("the same with 1,000 heartbeats and 1,000 checks", "ns", crowded);
    table.ours("reading a definition of 200 lines", "µs", nanoseconds("read/200 lines")? / 1e3);
    table.ours("expansion with a definition of 203 lines", "ms", expansion);

    table.bound(Bound {
        what: "`beat()` against an empty call",
        to_reach: "at most 2 times, flat from 1 to N threads",
        reached: format!("{times:.2} times, with {cores} threads at once {times_by_all:.2} times"),
        met: times <= 2.0 && times_by_all <= 2.0 && times_by_all <= FLAT * times,
    });
    table.bound(Bound {
        what: "expansion time with a definition of 200 lines",
        to_reach: "5 ms",
        reached: format!("{expansion:.2} ms"),
        met: expansion < 5.0,
    });
    Ok(())
}

/// Criterion's median of a measure, in nanoseconds.
fn estimate(root: &Path, name: &str) -> Result<f64, Box<dyn Error>> {
    let file = root.join("target/criterion").join(name).join("new/estimates.json");
    let text = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let estimates: Value = serde_json::from_slice(&text)?;
    let median = estimates["median"]["point_estimate"].as_f64();
    median.ok_or_else(|| format!("{}: no median", file.display()).into())
}

/// The instructions of one beat and of one empty call, each with its turn of a loop.
fn instructions() -> Result<(f64, f64), &'static str> {
    let of = |function: &str| {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(format!("--toggle-collect=*{function}*"))
            .arg(HEARTBEAT.command().get_program())
            .env("BENCH_CALLS", CALLS.to_string())
            .env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
        let output = command.output().map_err(|_| "valgrind is not installed")?;
        let told = String::from_utf8_lossy(&output.stderr);
        let collected = told.lines().find_map(|line| line.split_once("Collected : "));
        let calls = collected.and_then(|(_, count)| count.trim().parse::<f64>().ok());
        calls.map(|count| count / f64::from(CALLS)).ok_or("valgrind counted nothing")
    };
    Ok((of("bench_beats")?, of("bench_empty_calls")?))
}
