//! The description of an instance: what it reads, and where each value comes from. No value of a setting:
//! any of them may be a secret, whatever its name.

use std::path::PathBuf;

use heartbeat_definition::{
    ConfiguredRole, Endpoint as Declared, EndpointKind, Role, ServiceDefinition,
};
use serde::Serialize;

use super::deadlines::Deadlines;
use super::definition::place;
use super::endpoints::{self, address_variable, mapped_variables};
use super::env_vars::{EnvVars, variable_name};
use super::instance::instance_id;
use super::known_variables::{KnownVariable, known_variables};
use super::local_resources::LocalResources;
use super::service_configuration::Configuration;
use super::setting_source::value_variable;
use super::settings;
use crate::endpoint::{AddressSource, SocketActivation};

/// The description of an instance.
#[derive(Serialize)]
pub(crate) struct Description {
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    endpoints: Vec<EndpointDescription>,
    settings: Vec<SettingDescription>,
    local_resources: Vec<LocalResourceDescription>,
    deadlines: DeadlineDescription,
    variables: Vec<VariableDescription>,
}

#[derive(Serialize)]
struct EndpointDescription {
    name: String,
    kind: &'static str,
    protocol: String,
    /// `None` if a variable is invalid.
    address: Option<String>,
    source: String,
    variable: String,
}

#[derive(Serialize)]
struct SettingDescription {
    name: String,
    /// `None` without a value.
    source: Option<String>,
    variable: String,
}

#[derive(Serialize)]
struct LocalResourceDescription {
    name: String,
    path: String,
    /// `None` for a folder among the temporary files.
    source: Option<String>,
    variable: String,
}

/// The deadlines in seconds.
#[derive(Serialize)]
struct DeadlineDescription {
    stall_after: f64,
    stop_within: f64,
    drain: f64,
    /// `None` for never.
    recycle_after: Option<f64>,
}

#[derive(Serialize)]
struct VariableDescription {
    name: String,
    is_set: bool,
    /// Absent for variables that may hold a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl Description {
    /// Describes an instance of the role, which may lack values, and have invalid ones.
    pub(crate) fn new(
        definition: &ServiceDefinition,
        role: &Role,
        deadlines: Deadlines,
        variables: &EnvVars,
        configuration: Option<&Configuration>,
    ) -> Self {
        let given = configuration.and_then(|given| given.role(&role.name));
        let configured = ConfiguredRole::new(role, given);
        let instance = instance_id(variables).ok();
        let deadlines = deadlines.with_env_overrides(variables).unwrap_or(deadlines);
        Self {
            endpoints: role.endpoints.iter().map(|it| endpoint(role, it, variables)).collect(),
            settings: settings(&configured, variables, configuration),
            local_resources: local_resources(role, instance.as_deref(), variables),
            deadlines: DeadlineDescription::new(&deadlines),
            variables: variables_of(definition, &configured, variables),
            instance,
        }
    }
}

fn endpoint(role: &Role, declared: &Declared, variables: &EnvVars) -> EndpointDescription {
    let variable = address_variable(&declared.name);
    // Sockets are handed over to the worker, not to a program that describes it.
    let resolved = endpoints::address(role, declared, variables, &SocketActivation::default());
    let is_set = |name: &str| variables.get(name).is_ok_and(|value| value.is_some());
    let mapped = mapped_variables(role, &declared.name).map(|(name, _)| name);
    let mapped: Vec<_> = mapped.filter(|name| is_set(name)).collect();
    let source = match &resolved {
        Ok((_, AddressSource::Variable)) | Err(_) if is_set(&variable) => variable.clone(),
        _ if !mapped.is_empty() => mapped.join(", "),
        _ => place(declared),
    };
    EndpointDescription {
        name: declared.name.clone(),
        kind: match declared.kind {
            EndpointKind::Input(_) => "input",
            EndpointKind::Internal(_) => "internal",
            EndpointKind::InstanceInput(_) => "instance_input",
        },
        protocol: declared.protocol.to_string(),
        address: resolved.ok().map(|(address, _)| address.to_string()),
        source,
        variable,
    }
}

fn settings(
    configured: &ConfiguredRole<'_>,
    variables: &EnvVars,
    configuration: Option<&Configuration>,
) -> Vec<SettingDescription> {
    let describe = |setting| {
        let value = settings::value(setting, configured, variables, configuration);
        SettingDescription {
            name: setting.name.to_owned(),
            source: value.ok().flatten().map(|(_, source)| source.to_string()),
            variable: value_variable(setting.name),
        }
    };
    configured.settings.iter().map(describe).collect()
}

fn local_resources(
    role: &Role,
    instance: Option<&str>,
    variables: &EnvVars,
) -> Vec<LocalResourceDescription> {
    let resources = LocalResources::new(role, instance.unwrap_or_default(), variables);
    let describe = |(name, path): (&str, PathBuf)| {
        let variable = variable_name("HEARTBEAT_RESOURCE_", name);
        LocalResourceDescription {
            name: name.to_owned(),
            path: path.display().to_string(),
            source: variables.path(&variable).map(|_| variable.clone()),
            variable,
        }
    };
    resources.paths().map(describe).collect()
}

fn variables_of(
    definition: &ServiceDefinition,
    configured: &ConfiguredRole<'_>,
    variables: &EnvVars,
) -> Vec<VariableDescription> {
    let describe = |known: KnownVariable| {
        let value = variables.path(&known.name);
        VariableDescription {
            is_set: value.is_some(),
            value: value.filter(|_| !known.is_private).map(|value| value.display().to_string()),
            name: known.name,
        }
    };
    known_variables(definition, configured).into_iter().map(describe).collect()
}

impl DeadlineDescription {
    fn new(deadlines: &Deadlines) -> Self {
        let recycle_after = deadlines.recycle_after;
        Self {
            stall_after: deadlines.stall_after.as_secs_f64(),
            stop_within: deadlines.stop_within.as_secs_f64(),
            drain: deadlines.drain.as_secs_f64(),
            recycle_after: (!recycle_after.is_zero()).then_some(recycle_after.as_secs_f64()),
        }
    }
}
