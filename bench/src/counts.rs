//! The instructions of a beat, an answer and a scrape, compared with those of a committed table, so that a
//! change that makes one dearer is noticed.
//!
//! They differ from those of a release: a quicker build makes them.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::contender::HEARTBEAT;
use crate::instructions::{METRICS, per_beat, per_response};
use crate::tools::{Tool, bench_folder, cargo, run};

/// The name of the command.
pub(crate) const COMMAND: &str = "counts";
const UPDATE: &str = "--update";

/// A number of instructions may grow to this multiple of the committed one.
const MAXIMUM: f64 = 1.1;

/// Fewer responses than for the report, as CI waits for them.
const RESPONSES: [u32; 2] = [200, 1200];

const HEAD: &str = "\
# Instructions of a worker of this project, as `.ci/run` counts them. After a change that is worth more:
#     cargo run --manifest-path bench/Cargo.toml -- counts --update
";

/// Measures, and compares with the committed table, or with `--update` writes it.
pub(crate) fn run_command(options: &[String]) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(reason) = Tool::Valgrind.obstacle() {
        return Err(reason.into());
    }
    let table = bench_folder().join("instructions.toml");
    let counts = measure()?;
    match options {
        [] => compare(&counts, &fs::read_to_string(table)?),
        [update] if update == UPDATE => {
            let lines = counts.map(|(name, count)| format!("{name} = {count:.0}\n"));
            fs::write(table, HEAD.to_owned() + &lines.concat())?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(format!("unknown option: the only one is {UPDATE}").into()),
    }
}

fn measure() -> Result<[(&'static str, f64); 3], Box<dyn Error>> {
    let arguments = ["build", "--profile=counted", "--locked", "--package=heartbeat-contender"];
    run(cargo(&arguments))?;
    let binary: PathBuf = bench_folder().join("target/counted/heartbeat-contender");
    let worker = Command::new(binary);
    let response = |path| per_response(&worker, HEARTBEAT.variable, path, RESPONSES);
    Ok([
        ("beat", per_beat(&worker)?.0),
        ("answer", response(HEARTBEAT.health)?),
        ("scrape", response(METRICS)?),
    ])
}

/// Prints each number beside the committed one, and fails if one has grown too much.
fn compare(counts: &[(&str, f64)], table: &str) -> Result<ExitCode, Box<dyn Error>> {
    let mut exit_code = ExitCode::SUCCESS;
    for (name, count) in counts {
        let value = table.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        let committed: f64 = value.ok_or_else(|| format!("the table has no {name}"))?.parse()?;
        let ratio = count / committed;
        let grown = ratio > MAXIMUM;
        let remark = if grown { ": more than 1.1 times" } else { "" };
        println!(
            "{name}: {count:.0} instructions, {ratio:.2} times the {committed:.0} of the table{remark}"
        );
        if grown {
            exit_code = ExitCode::FAILURE;
        }
    }
    Ok(exit_code)
}
