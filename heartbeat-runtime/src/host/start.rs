//! What happens before user code runs: signals first, then the endpoints, then the heart.

use std::sync::Arc;

use super::{Beating, Host};
use crate::Error;
use crate::endpoint::{Address, Bound};
use crate::environment::Variables;
use crate::heart::Unborn;
use crate::log::lifecycle;
use crate::vitals::panics;

pub(super) fn start<S>(host: Host<S>) -> Result<Beating<S>, Error> {
    let heart = Unborn::new()?;
    panics::observe();
    let mut prepared = host.prepared(&Variables::of_process())?;
    let mut sites = Vec::new();
    for endpoint in [Some(host.heartbeat), host.management].into_iter().flatten() {
        let bound = Bound::to(prepared.surroundings.endpoint(endpoint)?)?;
        prepared.surroundings.is_bound(endpoint, bound.address());
        sites.push((bound, prepared.site(endpoint)));
    }
    let deadlines = prepared.deadlines;
    let heart = heart.start(sites, Arc::clone(&prepared.vitals), deadlines.watch())?;
    let (role, version) = (host.role, host.version);
    let url = url(prepared.surroundings.endpoint(host.heartbeat)?.address());
    lifecycle!(info, "role `{role}` {version} is starting, its health is on {url}");
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
