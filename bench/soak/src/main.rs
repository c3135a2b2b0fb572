//! The soak: workers under random loads and faults, and every answer about their health judged.
//!
//! Each worker has a broker and a prober of its own. What is injected and when decides which verdict is
//! right at each moment: a *false red* is red without a fault, a *false green* is green later than the
//! declared deadline and its grace after a fault. The time for which a thread of the worker waited for
//! a core, which the kernel measures, delays a deadline. Exits with 1 if any verdict was wrong.

mod broker;
mod cpu;
mod disturb;
mod inject;
mod injection;
mod instance;
mod judge;
mod plan;
mod probe;
mod process;
mod saturation;
mod tally;
mod timeline;
mod worker;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command, value_parser};
use fastrand::Rng;

use crate::instance::Instance;
use crate::plan::Plan;
use crate::tally::Tally;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = command().get_matches();
    let value = |name| arguments.get_one::<f64>(name).copied().unwrap_or_default();
    let start = Instant::now();
    let end = start + Duration::try_from_secs_f64(value("minutes") * 60.0)?;
    let seed = arguments.get_one("seed").copied().unwrap_or_else(|| fastrand::u64(..));
    let library = clock_library();
    if library.is_none() {
        println!("not injected: clock steps, as libfaketime is not installed");
    }
    let sabotage = arguments.get_one::<String>("sabotage").cloned().unwrap_or_default();
    let plan = Plan::new(start, end, seed, sabotage, library);
    println!("seed {seed}");
    let tally = Tally::default();
    soak(&plan, &tally, workers(&arguments))?;
    Ok(if tally.print() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn command() -> Command {
    let number = |name, default, help| {
        Arg::new(name).long(name).value_name("N").default_value(default).help(help)
    };
    let minutes = number("minutes", "60", "Time after which no injection runs any more");
    let workers = number("workers", "8", "Number of workers side by side");
    let seed = Arg::new("seed").long("seed").value_name("N").help("Seed of all that is random");
    let sabotage = Arg::new("sabotage").long("sabotage").default_value("none");
    Command::new("heartbeat-soak")
        .about("Runs workers under random loads and faults, and judges every answer about health")
        .arg(minutes.value_parser(value_parser!(f64)))
        .arg(workers.value_parser(value_parser!(u64).range(1..)))
        .arg(seed.value_parser(value_parser!(u64)))
        .arg(
            sabotage
                .value_parser(["none", "deaf", "hasty"])
                .help("Breaks the workers, to see that this is found: faults that do not happen, or late beats"),
        )
}

fn workers(arguments: &ArgMatches) -> u64 {
    arguments.get_one("workers").copied().unwrap_or(1)
}

/// Runs all instances beside hogs, until the end of the plan.
fn soak(plan: &Plan, tally: &Tally, workers: u64) -> Result<(), String> {
    let (goes_on, ended) = channel();
    let rng = Rng::with_seed(plan.seed);
    let hogs = thread::spawn(move || saturation::saturate(rng, &ended));
    let results = thread::scope(|scope| {
        let run = |number| Instance::new(number, plan)?.run(tally);
        // All begin before the first is waited for.
        let threads: Vec<_> = (0..workers).map(|it| scope.spawn(move || run(it))).collect();
        let results = threads.into_iter().map(|thread| match thread.join() {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(_) => Err("an instance panicked".to_owned()),
        });
        results.collect::<Vec<_>>()
    });
    drop(goes_on);
    if let Ok((count, time)) = hogs.join() {
        println!("all cores saturated {count} times, for {time:.1?}");
    }
    results.into_iter().collect()
}

fn clock_library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    let mut libraries = folders.map(|it| it.path().join("faketime/libfaketime.so.1"));
    libraries.find(|library| library.exists())
}
