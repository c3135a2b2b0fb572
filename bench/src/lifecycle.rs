//! Time from start to first response, and from SIGTERM to exit.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::Contender;
use crate::probe::{Outcome, probe};
use crate::process::{Process, TIMEOUT};
use crate::report::{Limit, Report};
use crate::stats::{median, take_turns};
use crate::table::{cells, last_texts};

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

const UNREADY: Limit = Limit { name: "SIGTERM to `/readyz` 503", required: "10 ms" };
const EXIT: Limit = Limit { name: "SIGTERM to exit, idle worker", required: "50 ms" };
pub(crate) const LIMITS: [Limit; 2] = [UNREADY, EXIT];

pub(crate) fn measure(contenders: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let all: Vec<_> = contenders.iter().collect();
    let rounds = take_turns(&all, ROUNDS, measure_one)?;
    let times =
        |time: fn(&Lifecycle) -> Duration| cells(&rounds, |round| time(round).as_secs_f64() * 1e3);
    let table = &mut report.workers;
    table.add("start to first 200", "ms", times(|one| one.start));
    table.add("SIGTERM to not ready", "ms", times(|one| one.unready));
    table.add("response then", "", last_texts(&rounds, |one| one.outcome.to_string()));
    let live = last_texts(&rounds, |one| yes_or_no(one.live_while_stopping));
    table.add("live while stopping", "", live);
    table.add("SIGTERM to exit, idle", "ms", times(|one| one.exit));
    table.add("exit code 0", "", last_texts(&rounds, |one| yes_or_no(one.exit_code_0)));

    let own = &rounds[0];
    let milliseconds = |time: fn(&Lifecycle) -> Duration| {
        median(own.iter().map(time)).unwrap_or(TIMEOUT).as_secs_f64() * 1e3
    };
    let (unready, exit) = (milliseconds(|one| one.unready), milliseconds(|one| one.exit));
    let all_503 = own.iter().all(|one| one.outcome == Outcome::Status(503));
    report.add_bound(UNREADY, format!("{unready:.2} ms"), all_503 && unready <= 10.0);
    let all_0 = own.iter().all(|one| one.exit_code_0);
    report.add_bound(EXIT, format!("{exit:.2} ms"), exit <= 50.0 && all_0);
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

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}
