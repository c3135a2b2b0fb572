//! CPU, wakeups, threads and memory of idle workers.

use std::error::Error;
use std::thread;
use std::time::Duration;

use crate::contender::{Contender, HEARTBEAT};
use crate::probe::{Outcome, probe};
use crate::process::{Process, Usage};
use crate::table::{Bound, Table, median};

const ROUNDS: usize = 3;
/// Outlasts the remains of a start: an idle thread for blocking work lives for ten seconds.
const SETTLE: Duration = Duration::from_secs(12);
const WINDOW: Duration = Duration::from_secs(10);
const WORKERS: usize = 1000;

/// Resources used in one window.
struct Idle {
    cpu_percent: f64,
    wakeups: f64,
    threads: f64,
    resident_mib: f64,
}

/// Measures all contenders at once, as none of them needs a core.
pub(crate) fn measure(contenders: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let mut rounds: Vec<Vec<Idle>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        let processes = start_all(contenders)?;
        for (window, rounds) in measure_window(&processes)?.into_iter().zip(&mut rounds) {
            rounds.push(window);
        }
    }
    let medians = |value: fn(&Idle) -> f64| -> Vec<f64> {
        rounds.iter().map(|all| median(all.iter().map(value)).unwrap_or_default()).collect()
    };
    let (resident, cpu) = (medians(|idle| idle.resident_mib), medians(|idle| idle.cpu_percent));
    table.add_numbers("resident memory", "MiB", &resident);
    table.add_numbers("threads", "", &medians(|idle| idle.threads));
    table.add_numbers("idle: wakeups", "/s", &medians(|idle| idle.wakeups));
    table.add_numbers("idle: CPU, share of a core", "%", &cpu);

    let above = resident[0] - resident[1];
    table.add_bound(Bound {
        name: "resident memory above tokio + axum",
        required: "2 MiB",
        measured: format!("{above:.2} MiB"),
        met: above < 2.0,
    });
    table.add_bound(Bound {
        name: "CPU of an idle worker",
        required: "0.1 % of a core",
        measured: format!("{:.3} %", cpu[0]),
        met: cpu[0] < 0.1,
    });
    Ok(())
}

/// Measures a thousand workers of this project at once.
pub(crate) fn thousand(_: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let processes = start_all(std::iter::repeat_n(&HEARTBEAT, WORKERS))?;
    let cpu: f64 = measure_window(&processes)?.iter().map(|idle| idle.cpu_percent).sum();
    let probes: Vec<_> =
        processes.iter().map(|process| probe(process.address, HEARTBEAT.health)).collect();
    let healthy = probes.iter().filter(|(outcome, _)| *outcome == Outcome::Status(200)).count();
    let slowest = probes.iter().map(|(_, took)| *took).max().unwrap_or_default();
    let cores = thread::available_parallelism()?;
    table.add_bound(Bound {
        name: "1,000 idle workers on a 2-core machine",
        required: "all healthy",
        measured: format!(
            "{healthy} healthy, slowest response {:.1} ms, {cpu:.0} % of one core in total, {cores} \
             cores",
            slowest.as_secs_f64() * 1e3
        ),
        met: healthy == WORKERS,
    });
    Ok(())
}

fn start_all<'a>(
    contenders: impl IntoIterator<Item = &'a Contender>,
) -> Result<Vec<Process>, Box<dyn Error>> {
    let started =
        contenders.into_iter().map(|contender| Ok((Process::start(contender, "idle")?, contender)));
    let started: Vec<_> = started.collect::<Result<_, Box<dyn Error>>>()?;
    let wait = |(mut process, contender): (Process, &Contender)| {
        process.wait_until_ok(contender.ready).map(|_| process)
    };
    started.into_iter().map(wait).collect()
}

/// Measures the resources that each process uses once it has settled.
fn measure_window(processes: &[Process]) -> Result<Vec<Idle>, Box<dyn Error>> {
    let usages = || processes.iter().map(Process::usage).collect::<Result<Vec<_>, _>>();
    thread::sleep(SETTLE);
    let before = usages()?;
    thread::sleep(WINDOW);
    let after = usages()?;
    Ok(before.iter().zip(&after).map(|(before, after)| Idle::between(before, after)).collect())
}

// === impl Idle ===

impl Idle {
    fn between(before: &Usage, after: &Usage) -> Self {
        let seconds = WINDOW.as_secs_f64();
        Self {
            cpu_percent: (after.cpu_seconds - before.cpu_seconds) / seconds * 100.0,
            wakeups: after.wakeups.saturating_sub(before.wakeups) as f64 / seconds,
            threads: after.threads as f64,
            resident_mib: after.resident_kib as f64 / 1024.0,
        }
    }
}
