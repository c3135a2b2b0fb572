//! From the start to the first answer, and from SIGTERM to the end.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::probe::{Answer, probe};
use crate::running::{PATIENCE, Running};
use crate::table::{Bound, Cell, Table, median};

const ROUNDS: usize = 11;

/// For what a start leaves to be done after its first answer.
const SETTLE: Duration = Duration::from_millis(300);

struct Life {
    up: Duration,
    /// From the signal to the first answer that is not 200, while work is left to be done.
    unready: Duration,
    instead: Answer,
    /// Live while it stops.
    live: bool,
    exit: Duration,
    /// Its exit code was 0.
    well: bool,
}

pub(crate) fn measure(peers: &[Peer], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let mut lives: Vec<Vec<Life>> = peers.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (peer, lives) in peers.iter().zip(&mut lives) {
            lives.push(life(peer).map_err(|error| format!("{}: {error}", peer.name))?);
        }
    }
    let medians = |of: fn(&Life) -> Duration| -> Vec<f64> {
        let median = |lives: &Vec<Life>| median(lives.iter().map(of)).unwrap_or_default();
        lives.iter().map(|lives| median(lives).as_secs_f64() * 1e3).collect()
    };
    let (unready, exit) = (medians(|life| life.unready), medians(|life| life.exit));
    table.numbers("start to the first 200", "ms", &medians(|life| life.up));
    table.numbers("SIGTERM to not ready", "ms", &unready);
    table.row("what it says then", said(&lives, |life| life.instead.to_string()));
    table.row(
        "live while it stops",
        said(&lives, |life| if life.live { "yes" } else { "no" }.to_owned()),
    );
    table.numbers("SIGTERM to exit, idle", "ms", &exit);
    table.row(
        "exit code 0 then",
        said(&lives, |life| if life.well { "yes" } else { "no" }.to_owned()),
    );

    let all_503 = lives[0].iter().all(|life| life.instead == Answer::Status(503));
    table.bound(Bound {
        what: "SIGTERM to ready 503",
        to_reach: "10 ms",
        reached: format!("{:.2} ms", unready[0]),
        met: all_503 && unready[0] <= 10.0,
    });
    table.bound(Bound {
        what: "idle worker: SIGTERM to exit",
        to_reach: "50 ms",
        reached: format!("{:.2} ms", exit[0]),
        met: exit[0] <= 50.0 && lives[0].iter().all(|life| life.well),
    });
    Ok(())
}

fn life(peer: &Peer) -> Result<Life, Box<dyn Error>> {
    let mut idle = Running::start(peer, "idle")?;
    let up = idle.up(peer.live)?;
    idle.up(peer.ready)?;
    thread::sleep(SETTLE);
    let signalled = Instant::now();
    idle.terminate()?;
    let well = idle.exited()?.success();
    let exit = signalled.elapsed();

    let mut late = Running::start(peer, "late")?;
    late.up(peer.ready)?;
    thread::sleep(SETTLE);
    let signalled = Instant::now();
    late.terminate()?;
    let (unready, instead) = loop {
        let (answer, _) = probe(late.address, peer.ready);
        if answer != Answer::Status(200) || signalled.elapsed() > PATIENCE {
            break (signalled.elapsed(), answer);
        }
    };
    let live = probe(late.address, peer.live).0 == Answer::Status(200);
    late.exited()?;
    Ok(Life { up, unready, instead, live, exit, well })
}

/// What each peer said in the last round.
fn said(lives: &[Vec<Life>], say: impl Fn(&Life) -> String) -> Vec<Cell> {
    lives.iter().map(|lives| Cell::words(lives.last().map(&say).unwrap_or_default())).collect()
}
