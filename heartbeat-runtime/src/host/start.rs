//! What happens before user code runs: signals first, then the endpoints, then the heart.

use std::io;
use std::sync::Arc;

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

pub(super) fn start<S>(host: Host<S>) -> Result<Beating<S>, Error> {
    #[cfg(unix)]
    let mut handed_over = HandedOver::to_process()
        .map_err(|error| format!("{error}: LISTEN_PID and LISTEN_FDS have to be numbers"))?;
    panics::observe();
    // Where there is no descriptor left, tokio panics.
    let heart = panics::caught_around(Unborn::new)
        .unwrap_or_else(|panic| Err(io::Error::other(panic)))
        .map_err(|error| {
            format!("cannot hear signals: {error}: raise the limits of the process")
        })?;
    let variables = Variables::of_process();
    let mut prepared = host.prepared(&variables, &Configuration::load(&variables)?)?;
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
    let heart = heart.start(sites, Arc::clone(&prepared.vitals), deadlines.watch(), systemd)?;
    let (role, version) = (host.role, host.version);
    let url = |endpoint| prepared.surroundings.endpoint(endpoint).map(|it| url(it.address()));
    let health = url(host.heartbeat)?;
    let management = match host.management {
        Some(management) => format!(", its management on {}", url(management)?),
        None => String::new(),
    };
    lifecycle!(info, "role `{role}` {version} is starting, its health is on {health}{management}");
    let role = prepared.into_environment();
    Ok(Beating { phases: host.phases, deadlines, threads: host.threads, role, heart })
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
