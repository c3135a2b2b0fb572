//! Workers with a fault, as a prober sees them: a blocking task, blocked threads, a deadlock.

use std::error::Error;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::{Contender, HEARTBEAT, ROUTE, SERVE_ON_HEARTBEAT};
use crate::probe::{Outcome, Probe, probe, probes, request};
use crate::process::Process;
use crate::table::{Bound, Cell, Table, median, quantile};

const EVERY: Duration = Duration::from_millis(20);

/// From the start of a worker to its fault.
const DELAY: Duration = Duration::from_secs(1);

/// Measures a worker with one task that blocks for 400 ms at a time.
pub(crate) fn blocking_task(
    contenders: &[Contender],
    table: &mut Table,
) -> Result<(), Box<dyn Error>> {
    let mut rounds = Vec::new();
    for _ in 0..3 {
        rounds.push(in_parallel(contenders, |contender| {
            probe_all(contender, "blocking_task", 1000)
        })?);
    }
    let latency = |share: f64| -> Vec<Cell> {
        let all = (0..contenders.len())
            .map(|contender| rounds.iter().map(move |round| &round[contender]));
        all.map(|rounds| milliseconds(median(rounds.map(|probes| latency_at(probes, share)))))
            .collect()
    };
    table.add_cells("a task blocks for 400 ms at a time: live, p50", "ms", latency(0.5));
    table.add_cells("the same: p99.9", "ms", latency(0.999));
    Ok(())
}

/// Measures a worker whose threads all block for longer than a minute.
pub(crate) fn blocked_threads(
    contenders: &[Contender],
    table: &mut Table,
) -> Result<(), Box<dyn Error>> {
    let all = in_parallel(contenders, |contender| probe_all(contender, "blocked_threads", 3250))?;
    let latency =
        |share| all.iter().map(|probes| milliseconds(Some(latency_at(probes, share)))).collect();
    table.add_cells("every thread blocked for 65 s: live, p50", "ms", latency(0.5));
    table.add_cells("the same: p99.9", "ms", latency(0.999));
    table.add_row(
        "the same: response after a minute",
        all.iter()
            .filter_map(|probes| probes.iter().max_by_key(|probe| probe.due))
            .map(|last| Cell::text(last.outcome.to_string()))
            .collect(),
    );

    let name = "`/livez` p99.9 with every worker thread blocked for 60 s";
    table.add_bound(live_bound(name, &all[0]));
    Ok(())
}

/// Measures a worker of this project whose routes, on the heartbeat's endpoint, block every thread.
pub(crate) fn blocked_handlers(_: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let mut process = Process::start(&SERVE_ON_HEARTBEAT, "idle")?;
    process.wait_until_ok(ROUTE)?;
    let block = || request(process.address, "/block");
    let threads = thread::available_parallelism()?.get();
    let _connections = (0..threads).map(|_| block()).collect::<io::Result<Vec<_>>>()?;
    thread::sleep(Duration::from_millis(200));
    if probe(process.address, ROUTE).0 != Outcome::NoResponse {
        return Err("a thread of the worker is not blocked".into());
    }
    let probes = probes(process.address, HEARTBEAT.live, EVERY, 3250);
    let name = "`/livez` p99.9 with every worker thread blocked by user routes for 60 s";
    table.add_bound(live_bound(name, &probes));
    Ok(())
}

/// The bound of live while every thread is blocked, which fails after a minute.
fn live_bound(name: &'static str, probes: &[Probe]) -> Bound {
    let p999 = latency_at(probes, 0.999).min(Duration::from_secs(1)).as_secs_f64() * 1e3;
    let correct = probes.iter().all(|probe| match probe.due.as_secs() {
        ..58 => probe.outcome == Outcome::Status(200),
        62.. => probe.outcome == Outcome::Status(503),
        // The minute starts with the first task that did not run.
        _ => true,
    });
    let verdict = if correct { "correct" } else { "wrong" };
    Bound {
        name,
        required: "50 ms, correct verdict",
        measured: format!("{p999:.2} ms, {verdict} verdict"),
        met: p999 < 50.0 && correct,
    }
}

/// Measures a worker whose loop, after a second of work, waits for a lock that it holds itself.
pub(crate) fn deadlock(contenders: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let failed = in_parallel(contenders, |contender| {
        let mut process = Process::start(contender, "deadlock")?;
        let deadlocked = Instant::now() + DELAY;
        process.wait_until_ok(contender.live)?;
        while deadlocked.elapsed() < Duration::from_secs(45) {
            // A slow response does not report the deadlock.
            let (outcome, _) = probe(process.address, contender.live);
            if !matches!(outcome, Outcome::Status(200) | Outcome::NoResponse) {
                return Ok(Some(deadlocked.elapsed()));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(None)
    })?;
    let cells = failed.iter().map(|failed| match failed {
        Some(after) => format!("yes, after {:.1} s", after.as_secs_f64()),
        None => "no: 200 for 45 s".to_owned(),
    });
    table.add_row("live fails when the loop deadlocks", cells.map(Cell::text).collect());
    Ok(())
}

/// Measures all contenders in parallel: a blocked worker needs no core.
fn in_parallel<T: Send>(
    contenders: &[Contender],
    measure: impl Fn(&Contender) -> Result<T, Box<dyn Error>> + Sync,
) -> Result<Vec<T>, Box<dyn Error>> {
    thread::scope(|scope| {
        let measure = |contender| measure(contender).map_err(|error| error.to_string());
        let threads: Vec<_> =
            contenders.iter().map(|contender| scope.spawn(move || measure(contender))).collect();
        let mut all = Vec::new();
        for (thread, contender) in threads.into_iter().zip(contenders) {
            let result = thread.join().map_err(|_| format!("{}: panicked", contender.name))?;
            all.push(result.map_err(|error| format!("{}: {error}", contender.name))?);
        }
        Ok(all)
    })
}

/// Probes a worker at a fixed rate, from just after its fault.
fn probe_all(contender: &Contender, work: &str, times: u32) -> Result<Vec<Probe>, Box<dyn Error>> {
    let mut process = Process::start(contender, work)?;
    process.wait_until_ok(contender.ready)?;
    thread::sleep(DELAY + Duration::from_millis(200));
    Ok(probes(process.address, contender.live, EVERY, times))
}

/// The latency at a quantile; a probe without a response counts as the slowest.
fn latency_at(probes: &[Probe], share: f64) -> Duration {
    let took = |probe: &Probe| match probe.outcome {
        Outcome::Status(_) => probe.took,
        Outcome::Refused | Outcome::NoResponse => Duration::MAX,
    };
    quantile(probes.iter().map(took), share).unwrap_or(Duration::MAX)
}

fn milliseconds(took: Option<Duration>) -> Cell {
    match took {
        Some(took) if took < Duration::MAX => Cell::Number(took.as_secs_f64() * 1e3),
        _ => Cell::text("no response in 1 s"),
    }
}
