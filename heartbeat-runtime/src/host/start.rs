//! What happens before user code runs.

use std::sync::Arc;
use std::time::Duration;

use heartbeat_definition::{Role, ServiceDefinition};

use super::{Beating, Host};
use crate::Error;
use crate::endpoint::{Address, Bound};
use crate::environment::{Surroundings, Variables};
use crate::heart::{Deadlines, Unborn};
use crate::log::lifecycle;
use crate::server::Site;
use crate::vitals::Vitals;

/// What errors call the definition, which is embedded in the program.
const FILE: &str = "ServiceDefinition.csdef";

const DEADLINES: Deadlines =
    Deadlines { stall_after: Duration::from_secs(30), stop_within: Duration::from_secs(25) };

pub(super) fn start<S>(host: Host<S>) -> Result<Beating<S>, Error> {
    let Host { role: name, version, definition, heartbeat, phases } = host;
    let heart = Unborn::new()?;
    let definition =
        ServiceDefinition::read(definition).map_err(|error| format!("{FILE}:{error}"))?.model;
    let declared = definition.worker_role(name, FILE)?;
    declared.heartbeat(heartbeat, FILE)?;

    let surroundings = Surroundings::of(declared, &Variables::of_process())?;
    let endpoint = surroundings.endpoint(heartbeat).ok_or("the heartbeat endpoint is gone")?;
    let bound = Bound::to(endpoint)?;
    let address = bound.address().clone();

    let vitals = Arc::new(Vitals::new());
    let probe_path = probe_path(&definition, declared, heartbeat);
    let site = Site { version, probe_path, vitals: Arc::clone(&vitals) };
    let heart = heart.start(bound, site, DEADLINES)?;
    lifecycle!(info, "role `{name}` {version} is starting, its health is on {}", url(&address));
    let role = surroundings.bound((name, version), (heartbeat, &address), vitals);
    Ok(Beating { phases, role, heart })
}

/// The path of the load balancer probe that the heartbeat endpoint names.
fn probe_path(definition: &ServiceDefinition, role: &Role, heartbeat: &str) -> Option<String> {
    let probe = role.endpoint(heartbeat)?.load_balancer_probe.as_ref()?;
    definition.load_balancer_probes.iter().find(|declared| declared.name == *probe)?.path.clone()
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
