//! `--heartbeat-probe`: a worker's program as the prober of the running one.

use std::io::{self, Write};
use std::time::Duration;

use heartbeat_definition::EndpointUse;

use super::builder::{Bound, Host};
use crate::config::{EnvVars, read_definition, report, resolve_endpoints};
use crate::endpoint::{Address, SocketActivation};
use crate::error::Error;
use crate::log::escape_controls;
use crate::probe::{ProbeKind, ProbeResponse, probe};

/// Time limit of a probe. Docker, podman and the kubelet have shorter ones.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Probes the running worker, prints one line, and tells whether the probe passed.
pub(super) fn run<S>(host: &Host<S, Bound>, kind: ProbeKind) -> bool {
    let (is_success, line) = match probe_running(host, kind) {
        Ok(response) => (response.is_success(), response.to_string()),
        Err(error) => (false, escape_controls(&error.to_string())),
    };
    // The exit code tells the result too.
    let _ = writeln!(io::stdout(), "{line}");
    is_success
}

fn probe_running<S>(host: &Host<S, Bound>, kind: ProbeKind) -> Result<ProbeResponse, Error> {
    let Bound { definition, heartbeat } = host.binding;
    let definition = read_definition(definition)?;
    let role = definition.worker_role(host.role).map_err(|error| report(&error))?;
    let declared = definition
        .endpoint_for(EndpointUse::Heartbeat, role, heartbeat)
        .map_err(|error| report(&error))?;
    // The sockets were handed over to the worker.
    let sockets = SocketActivation::default();
    let endpoints = resolve_endpoints(&definition, role, &EnvVars::from_env(), &sockets)?;
    let endpoint = endpoints.iter().find(|endpoint| endpoint.name() == declared.name);
    let endpoint =
        endpoint.ok_or_else(|| format!("the role declares no endpoint `{heartbeat}`"))?;
    if let Address::Tcp(at) = endpoint.address()
        && at.port() == 0
    {
        let variable = endpoint.address_variable();
        return Err(format!(
            "the worker listens on any free port: set {variable} for it and for its probes"
        )
        .into());
    }
    Ok(probe(endpoint.address(), kind, TIMEOUT)?)
}
