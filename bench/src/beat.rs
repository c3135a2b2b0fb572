//! The cost of `beat()`, beside an empty call, on one thread and on several at once.

use std::error::Error;

use crate::contender::{Contender, HEARTBEAT};
use crate::report::{Limit, Report};
use crate::stats::Ratio;
use crate::table::Cell;
use crate::tools::run;

const ROUNDS: &str = "31";
/// Maximum ratio of a beat on several threads at once to one on a single thread.
const FLAT: f64 = 1.25;
/// Minimum ratio of a counter that the threads share: below, they did not run at once.
const CONTENDED: f64 = 1.5;

pub(crate) const BEAT: Limit = Limit {
    name: "`beat()` against an empty call",
    required: "at most 2 times, flat from 1 to N threads",
};

/// Nanoseconds of a call, one for each round.
struct Calls {
    beat: Vec<f64>,
    empty: Vec<f64>,
    /// Adds to a counter that all threads share.
    shared: Vec<f64>,
}

/// Measures all calls in one process, in turn. A beat on one thread and on several is compared round by
/// round, which other load meets alike; a shared counter shows that contention would be seen.
pub(crate) fn measure(_: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let mut command = HEARTBEAT.command();
    command.env(HEARTBEAT.variable, "127.0.0.1:0").env("BENCH_ROUNDS", ROUNDS);
    let output = run(command)?;
    let rounds = output.lines().map(|line| line.split_whitespace().map(str::parse).collect());
    let rounds = rounds.collect::<Result<Vec<Vec<f64>>, _>>()?;
    let column = |at: usize| rounds.iter().filter_map(|round| round.get(at).copied()).collect();
    let calls = |at| Calls { beat: column(at), empty: column(at + 1), shared: column(at + 2) };
    let (one, several) = (calls(0), calls(3));
    let ratio = |own: &[f64], other: &[f64]| Ratio::between(own, other).ok_or("no rounds");
    let cost = ratio(&one.beat, &one.empty)?;
    let flat = ratio(&several.beat, &one.beat)?;
    let contended = ratio(&several.shared, &one.shared)?;

    let table = &mut report.workers;
    table.add("`beat()`", "ns", vec![Cell::Rounds(one.beat)]);
    table.add("an empty call", "ns", vec![Cell::Rounds(one.empty)]);
    if contended.median < CONTENDED {
        return Err("the threads did not run at once: the machine is too busy".into());
    }
    let measured = format!(
        "{cost}; on all threads at once {flat} of one thread, where a shared counter takes {contended}"
    );
    report.add_bound(BEAT, measured, cost.median <= 2.0 && flat.median <= FLAT);
    Ok(())
}
