//! Workers with a fault, as a prober sees them: a blocking task, blocked threads, a deadlock.

use std::error::Error;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::{Contender, HEARTBEAT, ROUTE, SERVE_ON_HEARTBEAT};
use crate::probe::{Outcome, Probe, probe, probes, request};
use crate::process::Process;
use crate::report::{Limit, Report};
use crate::stats::{median, quantile};
use crate::table::{Cell, Table, cells, last_texts};

const EVERY: Duration = Duration::from_millis(20);

/// From the start of a worker to its fault.
const DELAY: Duration = Duration::from_secs(1);

const ROUNDS: usize = 3;

/// In milliseconds.
const SLOWEST: f64 = 50.0;

const THREADS: Limit = Limit {
    name: "`/livez` p99.9 with every worker thread blocked for 60 s",
    required: "50 ms, correct verdict",
};
const HANDLERS: Limit = Limit {
    name: "`/livez` p99.9 with every worker thread blocked by user routes for 60 s",
    required: "50 ms, correct verdict",
};
pub(crate) const LIMITS: [Limit; 2] = [THREADS, HANDLERS];

/// Measures a worker with one task that blocks for 400 ms at a time.
pub(crate) fn blocking_task(
    contenders: &[Contender],
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let mut rounds: Vec<Vec<_>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        let all = in_parallel(contenders, |contender| probe_all(contender, "blocking_task", 1000))?;
        for (rounds, round) in rounds.iter_mut().zip(all) {
            rounds.push(round);
        }
    }
    add_latencies(
        &mut report.workers,
        "a task blocks for 400 ms at a time: live, p50",
        "the same: p99.9",
        &rounds,
    );
    Ok(())
}

/// Measures workers whose threads all block for longer than a minute, and workers of this project whose
/// routes on the heartbeat's endpoint do that: all rounds at once, as blocked workers need no core.
pub(crate) fn blocked(contenders: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let (rounds, by_handlers) = thread::scope(|scope| {
        let by_handlers: Vec<_> = (0..ROUNDS)
            .map(|_| scope.spawn(|| blocked_handlers().map_err(|it| it.to_string())))
            .collect();
        let rounds = rounds_in_parallel(contenders, |contender| {
            probe_all(contender, "blocked_threads", 3250)
        })?;
        let joined = by_handlers.into_iter().map(|it| it.join().map_err(|_| "panicked")?);
        Ok::<_, Box<dyn Error>>((rounds, joined.collect::<Result<Vec<_>, String>>()?))
    })?;
    let table = &mut report.workers;
    add_latencies(table, "every thread blocked for 65 s: live, p50", "the same: p99.9", &rounds);
    let last = last_texts(&rounds, |probes| {
        let last = probes.iter().max_by_key(|probe| probe.due);
        last.map(|last| last.outcome.to_string()).unwrap_or_default()
    });
    table.add("the same: response after a minute", "", last);
    add_bound(report, THREADS, &rounds[0]);
    add_bound(report, HANDLERS, &by_handlers);
    Ok(())
}

/// Probes a worker of this project whose routes, on the heartbeat's endpoint, block every thread.
fn blocked_handlers() -> Result<Vec<Probe>, Box<dyn Error>> {
    let mut process = Process::start(&SERVE_ON_HEARTBEAT, "idle")?;
    process.wait_until_ok(ROUTE)?;
    let block = || request(process.address, "/block");
    let threads = thread::available_parallelism()?.get();
    let _connections = (0..threads).map(|_| block()).collect::<io::Result<Vec<_>>>()?;
    thread::sleep(Duration::from_millis(200));
    if probe(process.address, ROUTE).0 != Outcome::NoResponse {
        return Err("a thread of the worker is not blocked".into());
    }
    Ok(probes(process.address, HEARTBEAT.live, EVERY, 3250))
}

/// Adds the bound of live while every thread is blocked, which fails after a minute.
fn add_bound(report: &mut Report, limit: Limit, rounds: &[Vec<Probe>]) {
    let correct = rounds.iter().flatten().all(|probe| match probe.due.as_secs() {
        ..58 => probe.outcome == Outcome::Status(200),
        62.. => probe.outcome == Outcome::Status(503),
        // The minute starts with the first task that did not run.
        _ => true,
    });
    let p999 = median(rounds.iter().map(|probes| latency_at(probes, 0.999)));
    let p999 = p999.unwrap_or(f64::INFINITY);
    let verdict = if correct { "correct" } else { "wrong" };
    report.add_bound(limit, format!("{p999:.2} ms, {verdict} verdict"), p999 < SLOWEST && correct);
}

/// Measures a worker whose loop, after a second of work, waits for a lock that it holds itself.
pub(crate) fn deadlock(
    contenders: &[Contender],
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let rounds = rounds_in_parallel(contenders, |contender| {
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
    let cells = rounds.iter().map(|rounds| {
        let failed: Option<Vec<_>> = rounds.iter().copied().collect();
        Cell::text(match (failed, rounds.iter().any(Option::is_some)) {
            (Some(failed), _) => {
                let after = median(failed).unwrap_or_default();
                format!("yes, after {:.1} s", after.as_secs_f64())
            }
            (None, true) => "not in all rounds".to_owned(),
            (None, false) => "no: 200 for 45 s".to_owned(),
        })
    });
    report.workers.add("live fails when the loop deadlocks", "", cells.collect());
    Ok(())
}

/// Measures all rounds of all contenders in parallel.
fn rounds_in_parallel<T: Send>(
    contenders: &[Contender],
    measure: impl Fn(&Contender) -> Result<T, Box<dyn Error>> + Sync,
) -> Result<Vec<Vec<T>>, Box<dyn Error>> {
    let repeated = contenders.iter().flat_map(|contender| std::iter::repeat_n(contender, ROUNDS));
    let mut all = in_parallel(repeated, measure)?.into_iter();
    Ok(contenders.iter().map(|_| all.by_ref().take(ROUNDS).collect()).collect())
}

/// Measures contenders in parallel: a blocked worker needs no core.
fn in_parallel<'a, T: Send>(
    contenders: impl IntoIterator<Item = &'a Contender>,
    measure: impl Fn(&Contender) -> Result<T, Box<dyn Error>> + Sync,
) -> Result<Vec<T>, Box<dyn Error>> {
    thread::scope(|scope| {
        let measure = &measure;
        let measure = move |contender: &Contender| {
            measure(contender).map_err(|error| format!("{}: {error}", contender.name))
        };
        let start = |contender| scope.spawn(move || measure(contender));
        let threads: Vec<_> = contenders.into_iter().map(start).collect();
        let results = threads.into_iter().map(|thread| thread.join().map_err(|_| "panicked")?);
        Ok(results.collect::<Result<Vec<_>, String>>()?)
    })
}

/// Probes a worker at a fixed rate, from just after its fault.
fn probe_all(contender: &Contender, work: &str, times: u32) -> Result<Vec<Probe>, Box<dyn Error>> {
    let mut process = Process::start(contender, work)?;
    process.wait_until_ok(contender.ready)?;
    thread::sleep(DELAY + Duration::from_millis(200));
    Ok(probes(process.address, contender.live, EVERY, times))
}

fn add_latencies(
    table: &mut Table,
    p50: &'static str,
    p999: &'static str,
    rounds: &[Vec<Vec<Probe>>],
) {
    for (name, share) in [(p50, 0.5), (p999, 0.999)] {
        table.add(name, "ms", cells(rounds, |probes| latency_at(probes, share)));
    }
}

/// The latency at a quantile, in milliseconds; a probe without a response counts as the slowest.
fn latency_at(probes: &[Probe], share: f64) -> f64 {
    let took = |probe: &Probe| match probe.outcome {
        Outcome::Status(_) => probe.took.as_secs_f64() * 1e3,
        Outcome::Refused | Outcome::NoResponse => f64::INFINITY,
    };
    quantile(probes.iter().map(took), share).unwrap_or(f64::INFINITY)
}
