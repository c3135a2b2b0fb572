//! Microbenchmarks of this project alone: the verdict, a response, tasks, reading a definition and
//! expanding the attribute. Criterion measures them in the crates.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use serde_json::Value;

use crate::contender::Contender;
use crate::report::{Limit, Report};
use crate::tools::{bench_folder, run};

/// Packages, their benchmarks, and the filter of measurements.
const BENCHES: [(&str, &str, &str); 3] = [
    ("heartbeat-runtime", "vitals", "beat of a task|verdict|health|task/"),
    ("heartbeat-definition", "read", "200 lines"),
    ("heartbeat-macros", "expand", "expand"),
];

/// Names of rows, with their unit in nanoseconds, and criterion's names.
const ROWS: [(&str, &str, f64, &str); 10] = [
    ("verdict", "ns", 1.0, "verdict"),
    ("response, without network", "ns", 1.0, "health/heartbeats and checks/0"),
    (
        "the same with 1,000 heartbeats and 1,000 checks",
        "ns",
        1.0,
        "health/heartbeats and checks/1000",
    ),
    ("beat of a task", "ns", 1.0, "beat/beat of a task/1"),
    ("a task, from spawn to end", "µs", 1e3, "task/spawn to end"),
    ("a restart, without its delay", "µs", 1e3, "task/restart"),
    ("1,000 tasks, from spawn to end", "µs", 1e3, "task/1000 tasks"),
    (
        "1,000 spawned futures with a heartbeat each",
        "µs",
        1e3,
        "task/1000 spawned futures with heartbeats",
    ),
    ("reading a 200-line definition", "µs", 1e3, "read/200 lines"),
    ("expansion with a 203-line definition", "ms", 1e6, EXPANSION),
];
const EXPANSION: &str = "expand, 203 lines";

pub(crate) const EXPAND: Limit =
    Limit { name: "expansion with a 200-line definition", required: "5 ms" };

pub(crate) fn measure(_: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
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
    for (name, unit, nanoseconds, criterion) in ROWS {
        report.workers.add_own(name, unit, estimate(root, criterion)? / nanoseconds);
    }
    let expansion = estimate(root, EXPANSION)? / 1e6;
    report.add_bound(EXPAND, format!("{expansion:.2} ms"), expansion < 5.0);
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
