//! What happens before user code runs: signals first, then the threads of the worker, then the
//! endpoints, then the heart.

use std::sync::Arc;

use super::threads::made;
use super::{Beating, Host};
use crate::Error;
#[cfg(unix)]
use crate::endpoint::HandedOver;
use crate::endpoint::{Address, Bound};
#[cfg(unix)]
use crate::environment::address_variable;
use crate::environment::{Configuration, Variables};
use crate::heart::Unborn;
use crate::log::lifecycle;
use crate::supervisor::Systemd;
use crate::vitals::panics;

/// Variables that have to be whole numbers, and the largest.
const NUMBERS: [(&str, u64); 4] = [
    ("LISTEN_PID", u64::MAX),
    ("LISTEN_FDS", 65_535),
    ("WATCHDOG_PID", u64::MAX),
    ("WATCHDOG_USEC", u64::MAX),
];

pub(super) fn start<S>(host: Host<S>) -> Result<Beating<S>, Error> {
    let variables = Variables::of_process();
    check_numbers(&variables)?;
    #[cfg(unix)]
    let mut handed_over = HandedOver::to_process()
        .map_err(|error| format!("{error}: LISTEN_PID and LISTEN_FDS have to be numbers"))?;
    panics::observe();
    let heart = hear_signals()?;
    let mut prepared = host.prepared(&variables, &Configuration::load(&variables)?)?;
    let threads = host.threads.overruled_by(&variables)?;
    let runtime = threads.proven_runtime(prepared.vitals.bell())?;
    let mut sites = Vec::new();
    for endpoint in [Some(host.heartbeat), host.management].into_iter().flatten() {
        let mut listeners = Vec::new();
        #[cfg(unix)]
        if variables.text(&address_variable(endpoint))?.is_none() {
            listeners = handed_over.take(endpoint)?;
        }
        if listeners.is_empty() {
            let bound = Bound::to(prepared.surroundings.endpoint(endpoint)?);
            #[cfg(unix)]
            let bound = bound.map_err(|error| handed_over.explained(endpoint, error));
            listeners.push(bound?);
        }
        if let Some(bound) = listeners.first() {
            prepared.surroundings.is_bound(endpoint, bound.address());
        }
        for bound in listeners {
            let site = prepared.site(endpoint, bound.address());
            sites.push((bound, site));
        }
    }
    let deadlines = prepared.deadlines;
    let systemd = Systemd::of(&variables, deadlines.stop_within);
    let heart = heart
        .start(sites, Arc::clone(&prepared.vitals), deadlines.watch(), systemd)
        .map_err(|error| {
            format!("cannot serve health: {error}: raise the limits of threads and open files")
        })?;
    let (role, version) = (host.role, host.version);
    let url = |endpoint| prepared.surroundings.endpoint(endpoint).map(|it| url(it.address()));
    let health = url(host.heartbeat)?;
    let management = match host.management {
        Some(management) => format!(", its management on {}", url(management)?),
        None => String::new(),
    };
    lifecycle!(info, "role `{role}` {version} is starting, its health is on {health}{management}");
    let role = prepared.into_environment();
    Ok(Beating { phases: host.phases, deadlines, runtime, role, heart })
}

fn hear_signals() -> Result<Unborn, Error> {
    let heart = made("what hears signals", Unborn::new)
        .map_err(|error| format!("{error}: raise the limits of open files and threads"))?;
    // Threads inherit what is blocked: those that are made from here on hear signals too.
    #[cfg(unix)]
    crate::supervisor::unblock()?;
    Ok(heart)
}

fn check_numbers(variables: &Variables) -> Result<(), Error> {
    for (name, most) in NUMBERS {
        let Some(written) = variables.get(name)? else { continue };
        if written.parse::<u64>().is_ok_and(|number| number <= most) {
            continue;
        }
        let bound = if most < u64::MAX { format!(" from 0 to {most}") } else { String::new() };
        return Err(format!("{name} is `{written}`: write a whole number{bound}").into());
    }
    Ok(())
}

/// Where a person on this machine finds the health of the worker.
fn url(address: &Address) -> String {
    match address {
        Address::Socket(at) if at.ip().is_unspecified() => {
            format!("http://localhost:{}/health (all interfaces)", at.port())
        }
        Address::Socket(at) => format!("http://{at}/health"),
        Address::Unix(path) => format!("{} as /health", path.display()),
    }
}
