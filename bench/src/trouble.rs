//! What a prober sees of a worker that blocks, and of one whose loop is dead.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::probe::{Answer, Probe, probe, probes};
use crate::running::Running;
use crate::table::{Bound, Cell, Table, median, quantile};

const EVERY: Duration = Duration::from_millis(20);

/// From the start of a worker to the trouble that it makes.
const AHEAD: Duration = Duration::from_secs(1);

/// One task blocks for 400 ms at a time.
pub(crate) fn rude(peers: &[Peer], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let mut rounds = Vec::new();
    for _ in 0..3 {
        rounds.push(at_once(peers, |peer| seen(peer, "rude", 1000))?);
    }
    let of = |share: f64| -> Vec<Cell> {
        let all = (0..peers.len()).map(|peer| rounds.iter().map(move |round| &round[peer]));
        all.map(|rounds| milliseconds(median(rounds.map(|probes| took(probes, share))))).collect()
    };
    table.cells("one task blocks 400 ms at a time: live, p50", "ms", of(0.5));
    table.cells("the same: p99.9", "ms", of(0.999));
    Ok(())
}

/// Every thread of the worker blocks, for longer than a minute.
pub(crate) fn blocked(peers: &[Peer], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let all = at_once(peers, |peer| seen(peer, "blocked", 3250))?;
    let of = |share| all.iter().map(|probes| milliseconds(Some(took(probes, share)))).collect();
    table.cells("every thread blocked for 65 s: live, p50", "ms", of(0.5));
    table.cells("the same: p99.9", "ms", of(0.999));
    table.row(
        "the same: what it says after a minute",
        all.iter()
            .filter_map(|probes| probes.iter().max_by_key(|probe| probe.due))
            .map(|last| Cell::words(last.answer.to_string()))
            .collect(),
    );

    let p999 = took(&all[0], 0.999).min(Duration::from_secs(1)).as_secs_f64() * 1e3;
    let right = all[0].iter().all(|probe| match probe.due.as_secs() {
        ..58 => probe.answer == Answer::Status(200),
        62.. => probe.answer == Answer::Status(503),
        // The minute is counted from the first task that was not run.
        _ => true,
    });
    let verdict = if right { "right" } else { "wrong" };
    table.bound(Bound {
        what: "`/livez` p99.9 with every worker thread blocked for 60 s",
        to_reach: "50 ms, verdict right",
        reached: format!("{p999:.2} ms, verdict {verdict}"),
        met: p999 < 50.0 && right,
    });
    Ok(())
}

/// The loop waits for a lock that it holds itself, after a second of work.
pub(crate) fn dead(peers: &[Peer], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let red = at_once(peers, |peer| {
        let mut running = Running::start(peer, "dead")?;
        let died = Instant::now() + AHEAD;
        running.up(peer.live)?;
        while died.elapsed() < Duration::from_secs(45) {
            // One that takes long is not one that says so.
            if !matches!(probe(running.address, peer.live).0, Answer::Status(200) | Answer::None) {
                return Ok(Some(died.elapsed()));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(None)
    })?;
    let told = red.iter().map(|red| match red {
        Some(after) => format!("yes, after {:.1} s", after.as_secs_f64()),
        None => "no: 200 for 45 s".to_owned(),
    });
    table.row("red when the loop is dead", told.map(Cell::words).collect());
    Ok(())
}

/// The same for every peer, all at once: whoever is blocked needs no core.
fn at_once<T: Send>(
    peers: &[Peer],
    see: impl Fn(&Peer) -> Result<T, Box<dyn Error>> + Sync,
) -> Result<Vec<T>, Box<dyn Error>> {
    thread::scope(|scope| {
        let see = |peer| see(peer).map_err(|error| error.to_string());
        let running: Vec<_> = peers.iter().map(|peer| scope.spawn(move || see(peer))).collect();
        let mut all = Vec::new();
        for (one, peer) in running.into_iter().zip(peers) {
            let seen = one.join().map_err(|_| format!("{}: a panic", peer.name))?;
            all.push(seen.map_err(|error| format!("{}: {error}", peer.name))?);
        }
        Ok(all)
    })
}

fn seen(peer: &Peer, work: &str, times: u32) -> Result<Vec<Probe>, Box<dyn Error>> {
    let mut running = Running::start(peer, work)?;
    running.up(peer.ready)?;
    thread::sleep(AHEAD + Duration::from_millis(200));
    Ok(probes(running.address, peer.live, EVERY, times))
}

/// What the slowest of this share took; what was not answered took longest.
fn took(probes: &[Probe], share: f64) -> Duration {
    let took = |probe: &Probe| match probe.answer {
        Answer::Status(_) => probe.took,
        Answer::Refused | Answer::None => Duration::MAX,
    };
    quantile(probes.iter().map(took), share).unwrap_or(Duration::MAX)
}

fn milliseconds(took: Option<Duration>) -> Cell {
    match took {
        Some(took) if took < Duration::MAX => Cell::Number(took.as_secs_f64() * 1e3),
        _ => Cell::words("no answer in 1 s"),
    }
}
