//! Time from start to first response, and from SIGTERM to exit.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::Contender;
use crate::probe::{Outcome, probe};
use crate::process::{Process, TIMEOUT};
use crate::table::{Bound, Cell, Table, median};

const ROUNDS: usize = 11;

/// Lets work finish that a start leaves behind after its first response.
const SETTLE: Duration = Duration::from_millis(300);

struct Lifecycle {
    start: Duration,
    /// From the signal to the first response other than 200, with work still to finish.
    unready: Duration,
    /// That first response.
    outcome: Outcome,
    live_while_stopping: bool,
    exit: Duration,
    exit_code_0: bool,
}

pub(crate) fn measure(contenders: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
    let mut rounds: Vec<Vec<Lifecycle>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (contender, rounds) in contenders.iter().zip(&mut rounds) {
            rounds.push(
                measure_one(contender).map_err(|error| format!("{}: {error}", contender.name))?,
            );
        }
    }
    let medians = |value: fn(&Lifecycle) -> Duration| -> Vec<f64> {
        let median = |all: &Vec<Lifecycle>| median(all.iter().map(value)).unwrap_or_default();
        rounds.iter().map(|all| median(all).as_secs_f64() * 1e3).collect()
    };
    let (unready, exit) = (medians(|one| one.unready), medians(|one| one.exit));
    table.add_numbers("start to first 200", "ms", &medians(|one| one.start));
    table.add_numbers("SIGTERM to not ready", "ms", &unready);
    table.add_row("response then", last_round(&rounds, |one| one.outcome.to_string()));
    table.add_row(
        "live while stopping",
        last_round(&rounds, |one| yes_or_no(one.live_while_stopping)),
    );
    table.add_numbers("SIGTERM to exit, idle", "ms", &exit);
    table.add_row("exit code 0", last_round(&rounds, |one| yes_or_no(one.exit_code_0)));

    let all_503 = rounds[0].iter().all(|one| one.outcome == Outcome::Status(503));
    table.add_bound(Bound {
        name: "SIGTERM to `/readyz` 503",
        required: "10 ms",
        measured: format!("{:.2} ms", unready[0]),
        met: all_503 && unready[0] <= 10.0,
    });
    table.add_bound(Bound {
        name: "SIGTERM to exit, idle worker",
        required: "50 ms",
        measured: format!("{:.2} ms", exit[0]),
        met: exit[0] <= 50.0 && rounds[0].iter().all(|one| one.exit_code_0),
    });
    Ok(())
}

fn measure_one(contender: &Contender) -> Result<Lifecycle, Box<dyn Error>> {
    let mut idle = Process::start(contender, "idle")?;
    let start = idle.wait_until_ok(contender.live)?;
    idle.wait_until_ok(contender.ready)?;
    thread::sleep(SETTLE);
    let signalled = Instant::now();
    idle.terminate()?;
    let exit_code_0 = idle.wait()?.success();
    let exit = signalled.elapsed();

    let mut slow = Process::start(contender, "slow_stop")?;
    slow.wait_until_ok(contender.ready)?;
    thread::sleep(SETTLE);
    let signalled = Instant::now();
    slow.terminate()?;
    let (unready, outcome) = loop {
        let (outcome, _) = probe(slow.address, contender.ready);
        if outcome != Outcome::Status(200) || signalled.elapsed() > TIMEOUT {
            break (signalled.elapsed(), outcome);
        }
    };
    let live_while_stopping = probe(slow.address, contender.live).0 == Outcome::Status(200);
    slow.wait()?;
    Ok(Lifecycle { start, unready, outcome, live_while_stopping, exit, exit_code_0 })
}

/// Returns one cell per contender, from its last round.
fn last_round(rounds: &[Vec<Lifecycle>], text: impl Fn(&Lifecycle) -> String) -> Vec<Cell> {
    rounds.iter().map(|all| Cell::text(all.last().map(&text).unwrap_or_default())).collect()
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}
