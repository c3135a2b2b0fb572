//! The parts of the measurements.

use std::error::Error;
use std::process::ExitCode;

use crate::contender::{self, Contender, SERVE, TLS};
use crate::report::{Limit, Report};
use crate::tools::Tool;
use crate::{
    beat, builds, check, faults, idle, instructions, lifecycle, load, micro, peers, run,
    supervisors, tls,
};

/// Measures, and adds what it has measured to the report.
type Measure = fn(&[Contender], &mut Report) -> Result<(), Box<dyn Error>>;

/// A part of the measurements, selected by its name.
pub(crate) struct Part {
    name: &'static str,
    needs: &'static [Tool],
    /// Contenders besides the workers of the columns.
    builds: &'static [Contender],
    /// Prepares more than contenders.
    prepare: fn(&mut Report),
    /// Bounds that it measures.
    limits: &'static [Limit],
    measure: Measure,
}

/// A part that needs no tools.
const PLAIN: Part = Part {
    name: "",
    needs: &[],
    builds: &[],
    prepare: |_| (),
    limits: &[],
    measure: |_, _| Ok(()),
};

const LOAD: &[Tool] = &[Tool::Wrk, Tool::SecondCore];
const VALGRIND: &[Tool] = &[Tool::Valgrind];
const TLS_LOAD: &[Tool] = &[Tool::Wrk, Tool::SecondCore, Tool::OpenSsl];

#[rustfmt::skip]
const PARTS: [Part; 16] = [
    Part { name: "beat", limits: &[beat::BEAT], measure: beat::measure, ..PLAIN },
    Part { name: "micro", limits: &[micro::EXPAND], measure: micro::measure, ..PLAIN },
    Part { name: "instructions", needs: VALGRIND, builds: &[SERVE], measure: instructions::measure, ..PLAIN },
    Part { name: "load", needs: LOAD, limits: &[load::HEALTH], measure: load::health, ..PLAIN },
    Part { name: "routes", needs: LOAD, builds: &[SERVE], limits: &[load::ROUTES], measure: load::routes, ..PLAIN },
    Part { name: "tls", needs: TLS_LOAD, builds: &[TLS], measure: tls::measure, ..PLAIN },
    Part { name: "blocking_task", measure: faults::blocking_task, ..PLAIN },
    Part { name: "blocked", builds: &[SERVE], limits: &faults::LIMITS, measure: faults::blocked, ..PLAIN },
    Part { name: "deadlock", measure: faults::deadlock, ..PLAIN },
    Part { name: "idle", needs: &[Tool::OpenSsl], builds: &[TLS], limits: &idle::LIMITS, measure: idle::measure, ..PLAIN },
    Part { name: "lifecycle", limits: &lifecycle::LIMITS, measure: lifecycle::measure, ..PLAIN },
    Part { name: "thousand", limits: &[idle::THOUSAND], measure: idle::thousand, ..PLAIN },
    Part { name: "run", builds: &[contender::COMMAND, contender::FLEET[0]], limits: &[run::READY], measure: run::measure, ..PLAIN },
    Part { name: "supervisors", builds: &[contender::COMMAND, contender::LINES], prepare: peers::install_all, measure: supervisors::measure, ..PLAIN },
    Part { name: "check", builds: &[contender::COMMAND], measure: check::measure, ..PLAIN },
    Part { name: "builds", limits: &builds::LIMITS, measure: builds::measure, ..PLAIN },
];

/// Returns the parts of some names; all without a name.
pub(crate) fn select(names: &[String]) -> Result<Vec<&'static Part>, String> {
    if names.first().is_some_and(|name| name == crate::counts::COMMAND) {
        return Ok(Vec::new());
    }
    let is_known = |name: &&String| PARTS.iter().any(|part| part.name == **name);
    if let Some(name) = names.iter().find(|name| !is_known(name)) {
        let all = PARTS.iter().map(|part| part.name).collect::<Vec<_>>().join(", ");
        return Err(format!("unknown part `{name}`; the parts are {all}"));
    }
    let is_selected = |part: &&Part| names.is_empty() || names.iter().any(|it| it == part.name);
    Ok(PARTS.iter().filter(is_selected).collect())
}

/// Builds the contenders, measures parts, and prints the report.
pub(crate) fn measure(selected: &[&'static Part]) -> Result<ExitCode, Box<dyn Error>> {
    let mut report = Report::default();
    let mut possible = Vec::new();
    for part in selected {
        match part.needs.iter().find_map(|tool| tool.obstacle()) {
            Some(reason) => report.add_missing(part.name, reason, part.limits),
            None => possible.push(part),
        }
    }
    eprintln!("building for release …");
    let contenders = contender::build_all(|name, reason| report.add_missing(name, reason, &[]))?;
    for part in &possible {
        for extra in part.builds {
            extra.build()?;
        }
        (part.prepare)(&mut report);
    }
    report.workers.set_columns(contenders.iter().map(|contender| contender.name).collect());
    report.command.set_columns(vec!["Heartbeat"]);
    for part in possible {
        eprintln!("{} …", part.name);
        // The other parts take minutes: their results are not lost.
        if let Err(error) = (part.measure)(&contenders, &mut report) {
            report.add_missing(part.name, &error.to_string(), part.limits);
        }
    }
    print!("{report}");
    Ok(if report.all_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
