//! `--heartbeat-probe`: a worker's program as the prober of the running one.

use std::time::Duration;

use heartbeat_definition::EndpointUse;

use super::builder::{Bound, Host};
use crate::config::{EnvVars, TlsFiles, read_definition, report, resolve_endpoints};
use crate::endpoint::{Address, SocketActivation};
use crate::error::Error;
use crate::log::escape_controls;
#[cfg(feature = "tls")]
use crate::probe::probe_tls;
use crate::probe::{ProbeError, ProbeKind, ProbeResponse, probe};

/// Time limit of a probe. Docker, podman and the kubelet have shorter ones.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Probes the running worker. Returns one line, and whether the probe passed.
pub(super) fn run<S>(host: &Host<S, Bound>, kind: ProbeKind) -> (String, bool) {
    match probe_running(host, kind) {
        Ok(response) => (response.to_string(), response.is_success()),
        Err(error) => (escape_controls(&error.to_string()), false),
    }
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
    let variables = EnvVars::from_env();
    let endpoints = resolve_endpoints(&definition, role, &variables, &sockets)?;
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
    let files = TlsFiles::of_endpoint(endpoint, Some(declared), role, &variables)?;
    let response = ask(endpoint.address(), kind, files.is_some());
    response.map_err(|error| {
        format!("{error}; {} sets the address", endpoint.address_variable()).into()
    })
}

fn ask(address: &Address, kind: ProbeKind, has_tls: bool) -> Result<ProbeResponse, ProbeError> {
    #[cfg(feature = "tls")]
    if has_tls {
        return probe_tls(address, kind, TIMEOUT);
    }
    // Without the feature, the worker serves plain HTTP.
    let _ = has_tls;
    probe(address, kind, TIMEOUT)
}
