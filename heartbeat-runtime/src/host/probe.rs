//! `--heartbeat-probe=live|ready|startup`: a worker's program as the prober of the running one.

use std::ffi::OsString;
use std::io::{self, Write};
use std::time::Duration;

use heartbeat_definition::ServiceDefinition;

use super::{FILE, Host};
use crate::Error;
use crate::endpoint::Address;
use crate::environment::{Variables, endpoints};
use crate::log::one_line;
use crate::probe::{Answer, Question, ask};

const ARGUMENT: &str = "--heartbeat-probe=";
/// Docker, podman and the kubelet are told to end the program earlier.
const WITHIN: Duration = Duration::from_secs(5);

/// What the only argument asks for, where it is that one.
pub(super) fn asked(mut arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let argument = arguments.nth(1)?.into_string().ok()?;
    let question = argument.strip_prefix(ARGUMENT)?.to_owned();
    arguments.next().is_none().then_some(question)
}

/// Asks the running worker, prints one line, and returns whether the answer is yes.
pub(super) fn run<S>(host: &Host<S>, question: &str) -> bool {
    let (is_yes, line) = match answer(host, question) {
        Ok(answer) => (answer.is_yes(), answer.to_string()),
        Err(error) => (false, one_line(&error.to_string())),
    };
    // The exit code tells it too.
    let _ = writeln!(io::stdout(), "{line}");
    is_yes
}

fn answer<S>(host: &Host<S>, question: &str) -> Result<Answer, Error> {
    let question = Question::named(question)
        .ok_or_else(|| format!("{ARGUMENT}{question}: ask for live, ready or startup"))?;
    let definition =
        ServiceDefinition::read(host.definition).map_err(|error| format!("{FILE}:{error}"))?.model;
    let role = definition.worker_role(host.role, FILE)?;
    let declared = role.heartbeat(host.heartbeat, FILE)?;
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

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn a_probe_is_the_only_argument() {
        let asked = |arguments: &[&str]| {
            asked(["worker"].iter().chain(arguments).map(std::convert::Into::into))
        };
        assert_eq!(asked(&["--heartbeat-probe=live"]).as_deref(), Some("live"));
        assert_eq!(asked(&["--heartbeat-probe="]).as_deref(), Some(""));
        assert_eq!(asked(&["--heartbeat-probe=live", "-v"]), None);
        assert_eq!(asked(&["-v", "--heartbeat-probe=live"]), None);
        assert_eq!(asked(&["--heartbeat-probe"]), None);
        assert_eq!(asked(&[]), None);
    }
}
