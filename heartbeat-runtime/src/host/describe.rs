//! `--heartbeat-describe`: what the program would be as a worker in this environment, as JSON.

use serde::Serialize;

use super::builder::{Bound, Host};
use crate::config::{
    ConfigErrors, Configuration, Description, EnvVars, check_numbers, read_definition,
};
use crate::endpoint::SocketActivation;
use crate::exit::Exit;

#[derive(Serialize)]
struct Answer<'a> {
    role: &'a str,
    version: &'a str,
    heartbeat: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    management: Option<&'a str>,
    /// Absent if the role cannot be found.
    #[serde(flatten)]
    description: Option<Description>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// The reasons for which the worker could not start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
}

/// Describes the worker in JSON. The exit code is 78 if it could not start.
pub(super) fn describe<S>(host: &Host<S, Bound>) -> (String, Exit) {
    let variables = EnvVars::from_env();
    let (warnings, errors) = match check(host, &variables) {
        Ok(warnings) => (warnings, Vec::new()),
        Err(errors) => (Vec::new(), errors.texts()),
    };
    let configuration = Configuration::load(&variables).ok();
    let exit =
        if errors.is_empty() { Exit::Answer { is_success: true } } else { Exit::Configuration };
    let definition = read_definition(host.binding.definition).ok();
    let description = definition.as_ref().and_then(|definition| {
        let role = definition.worker_role(host.role).ok()?;
        let configuration = configuration.as_ref();
        Some(Description::new(definition, role, host.deadlines, &variables, configuration))
    });
    let answer = Answer {
        role: host.role,
        version: host.version,
        heartbeat: host.binding.heartbeat,
        management: host.management,
        description,
        warnings,
        errors,
    };
    (serde_json::to_string_pretty(&answer).unwrap_or_default(), exit)
}

/// Does what a start does with the variables, and returns its warnings.
fn check<S>(host: &Host<S, Bound>, variables: &EnvVars) -> Result<Vec<String>, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    errors.keep(check_numbers(variables));
    // Sockets are handed over to the worker, not to a program that describes it.
    let sockets = SocketActivation::default();
    let prepared = host.prepare(variables, Configuration::load(variables), &sockets);
    let prepared = errors.keep(prepared);
    errors.keep(host.flavor.with_env_overrides(variables));
    errors.into_result(prepared.map(|prepared| prepared.config.warnings))
}
