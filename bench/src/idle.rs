//! What a worker costs that has nothing to do.

use std::error::Error;
use std::thread;
use std::time::Duration;

use crate::peer::{HEARTBEAT, Peer};
use crate::probe::{Answer, probe};
use crate::running::{Running, Usage};
use crate::table::{Bound, Table, median};

const ROUNDS: usize = 3;
/// Longer than what a start leaves behind lives: a thread for blocking work has ten seconds.
const SETTLE: Duration = Duration::from_secs(12);
const WINDOW: Duration = Duration::from_secs(10);
const CROWD: usize = 1000;

/// What is used in one window.
struct Idle {
    cpu_percent: f64,
    wakeups: f64,
    threads: f64,
    resident_mib: f64,
}

/// All at once, as none of them does anything.
pub(crate) fn measure(peers: &[Peer], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let mut rounds: Vec<Vec<Idle>> = peers.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        let running = started(peers)?;
        for (window, rounds) in window(&running)?.into_iter().zip(&mut rounds) {
            rounds.push(window);
        }
    }
    let medians = |of: fn(&Idle) -> f64| -> Vec<f64> {
        rounds.iter().map(|all| median(all.iter().map(of)).unwrap_or_default()).collect()
    };
    let (resident, cpu) = (medians(|idle| idle.resident_mib), medians(|idle| idle.cpu_percent));
    table.numbers("resident memory", "MiB", &resident);
    table.numbers("threads", "", &medians(|idle| idle.threads));
    table.numbers("idle: wakeups", "/s", &medians(|idle| idle.wakeups));
    table.numbers("idle: share of a core", "%", &cpu);

    let above = resident[0] - resident[1];
    table.bound(Bound {
        what: "resident memory above tokio + axum",
        to_reach: "2 MiB",
        reached: format!("{above:.2} MiB"),
        met: above < 2.0,
    });
    table.bound(Bound {
        what: "an idle worker's CPU",
        to_reach: "0.1 % of a core",
        reached: format!("{:.3} %", cpu[0]),
        met: cpu[0] < 0.1,
    });
    Ok(())
}

/// A thousand of this project's workers at once.
pub(crate) fn crowd(_: &[Peer], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let running = started(std::iter::repeat_n(&HEARTBEAT, CROWD))?;
    let cpu: f64 = window(&running)?.iter().map(|idle| idle.cpu_percent).sum();
    let probes: Vec<_> = running.iter().map(|one| probe(one.address, HEARTBEAT.health)).collect();
    let healthy = probes.iter().filter(|(answer, _)| *answer == Answer::Status(200)).count();
    let slowest = probes.iter().map(|(_, took)| *took).max().unwrap_or_default();
    let cores = thread::available_parallelism()?;
    table.bound(Bound {
        what: "1,000 idle workers on one machine of 2 cores",
        to_reach: "all healthy",
        reached: format!(
            "{healthy} healthy, the slowest answer {:.1} ms, {cpu:.0} % of a core for all, {cores} \
             cores",
            slowest.as_secs_f64() * 1e3
        ),
        met: healthy == CROWD,
    });
    Ok(())
}

fn started<'a>(peers: impl IntoIterator<Item = &'a Peer>) -> Result<Vec<Running>, Box<dyn Error>> {
    let started = peers.into_iter().map(|peer| Ok((Running::start(peer, "idle")?, peer)));
    let started: Vec<_> = started.collect::<Result<_, Box<dyn Error>>>()?;
    let up = |(mut running, peer): (Running, &Peer)| running.up(peer.ready).map(|_| running);
    started.into_iter().map(up).collect()
}

/// What each of them uses when it has settled.
fn window(running: &[Running]) -> Result<Vec<Idle>, Box<dyn Error>> {
    let usages = || running.iter().map(Running::usage).collect::<Result<Vec<_>, _>>();
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
