//! `--heartbeat-probe=live|ready|startup`: a worker's program as the prober of the running one.

use std::io::{self, Write};
use std::time::Duration;

use heartbeat_definition::{EndpointUse, SelectError, ServiceDefinition};

use super::{FILE, Host};
use crate::Error;
use crate::endpoint::Address;
use crate::environment::{Variables, endpoints};
use crate::log::one_line;
use crate::probe::{Answer, Question, ask};

/// Docker, podman and the kubelet are told to end the program earlier.
const WITHIN: Duration = Duration::from_secs(5);

/// Asks the running worker, prints one line, and returns whether the answer is yes.
pub(super) fn run<S>(host: &Host<S>, question: Question) -> bool {
    let (is_yes, line) = match answer(host, question) {
        Ok(answer) => (answer.is_yes(), answer.to_string()),
        Err(error) => (false, one_line(&error.to_string())),
    };
    // The exit code tells it too.
    let _ = writeln!(io::stdout(), "{line}");
    is_yes
}

fn answer<S>(host: &Host<S>, question: Question) -> Result<Answer, Error> {
    let definition =
        ServiceDefinition::read(host.definition).map_err(|error| format!("{FILE}:{error}"))?;
    let report = |error: SelectError| error.report(FILE).to_string();
    let role = definition.worker_role(host.role).map_err(report)?;
    let declared =
        definition.endpoint_for(EndpointUse::Heartbeat, role, host.heartbeat).map_err(report)?;
    let endpoints = endpoints(role, &Variables::of_process())?;
    let address = endpoints
        .iter()
        .find(|endpoint| endpoint.name() == declared.name)
        .map(crate::Endpoint::address)
        .ok_or_else(|| format!("the role declares no endpoint `{}`", host.heartbeat))?;
    if let Address::Socket(at) = address
        && at.port() == 0
    {
        let variable = crate::environment::address_variable(host.heartbeat);
        return Err(format!(
            "the worker took any free port: set {variable} for it and for its probes"
        )
        .into());
    }
    Ok(ask(address, question, WITHIN)?)
}
