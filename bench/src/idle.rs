//! What a worker costs that has nothing to do.

use std::error::Error;
use std::thread;
use std::time::Duration;

use crate::peer::{HEARTBEAT, Peer};
use crate::probe::{Answer, probe};
use crate::running::{Running, Usage};
use crate::table::{Bound, Table, median};

const ROUNDS: usize = 3;
const WINDOW: Duration = Duration::from_secs(10);
const CROWD: usize = 1000;

/// What is used in one window.
struct Idle {
    cpu_percent: f64,
    wakeups: f64,
}

/// All at once, as none of them does anything.
pub(crate) fn measure(peers: &[Peer], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let mut running = Vec::new();
    for peer in peers {
        let mut one = Running::start(peer, "idle")?;
        one.up(peer.ready)?;
        running.push(one);
    }
    thread::sleep(Duration::from_secs(3));
    let mut windows: Vec<Vec<Idle>> = peers.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        let before = usages(&running)?;
        thread::sleep(WINDOW);
        let after = usages(&running)?;
        for ((before, after), windows) in before.iter().zip(&after).zip(&mut windows) {
            windows.push(Idle::between(before, after));
        }
    }
    let usages = usages(&running)?;
    let medians = |of: fn(&Idle) -> f64| -> Vec<f64> {
        windows.iter().map(|all| median(all.iter().map(of)).unwrap_or_default()).collect()
    };
    let resident: Vec<f64> =
        usages.iter().map(|usage| usage.resident_kib as f64 / 1024.0).collect();
    let threads: Vec<f64> = usages.iter().map(|usage| usage.threads as f64).collect();
    let cpu = medians(|idle| idle.cpu_percent);
    table.numbers("resident memory", "MiB", &resident);
    table.numbers("threads", "", &threads);
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
    let mut running = Vec::new();
    for _ in 0..CROWD {
        running.push(Running::start(&HEARTBEAT, "idle")?);
    }
    for one in &mut running {
        one.up(HEARTBEAT.ready)?;
    }
    thread::sleep(Duration::from_secs(3));
    let before = usages(&running)?;
    thread::sleep(WINDOW);
    let after = usages(&running)?;
    let pairs = before.iter().zip(&after);
    let cpu: f64 = pairs.map(|(before, after)| Idle::between(before, after).cpu_percent).sum();
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

fn usages(running: &[Running]) -> Result<Vec<Usage>, Box<dyn Error>> {
    running.iter().map(Running::usage).collect()
}

// === impl Idle ===

impl Idle {
    fn between(before: &Usage, after: &Usage) -> Self {
        Self {
            cpu_percent: (after.cpu_seconds - before.cpu_seconds) / WINDOW.as_secs_f64() * 100.0,
            wakeups: (after.wakeups - before.wakeups) as f64 / WINDOW.as_secs_f64(),
        }
    }
}
