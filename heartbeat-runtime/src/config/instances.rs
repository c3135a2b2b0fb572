//! The instances of all roles, as the variables name them.

use std::collections::BTreeMap;

use heartbeat_definition::{Endpoint as Declared, Protocol, Role, ServiceDefinition};

use super::env_vars::{EnvVars, variable_name};
use super::errors::ConfigErrors;
use super::instance_entry::{FORMS, InstanceEntry, entries};
use super::role_instance::{InstanceEndpoint, RoleInstance};
use crate::endpoint::Endpoint;

/// The instances of all roles, as the variables name them.
pub(crate) struct Instances {
    roles: Vec<String>,
    endpoints: Vec<InternalEndpoint>,
}

/// An internal endpoint of a role, and the instances that have it.
struct InternalEndpoint {
    role: String,
    name: String,
    protocol: Protocol,
    instances: Vec<InstanceEntry>,
}

/// Returns the variable that names the instances of a role at an internal endpoint.
pub(crate) fn instances_variable(role: &str, endpoint: &str) -> String {
    variable_name(&variable_name("HEARTBEAT_INSTANCES_", &format!("{role}_")), endpoint)
}

/// Returns the internal endpoints of all roles, each with its role.
pub(super) fn internal_endpoints(
    definition: &ServiceDefinition,
) -> impl Iterator<Item = (&Role, &Declared)> {
    let all = definition
        .roles
        .iter()
        .flat_map(|role| role.endpoints.iter().map(move |endpoint| (role, endpoint)));
    all.filter(|(_, endpoint)| endpoint.is_internal())
}

// === impl Instances ===

impl Instances {
    /// Reads the variables of all internal endpoints.
    ///
    /// # Errors
    ///
    /// Variables are malformed, or stand for two endpoints; the error tells all of them.
    pub(super) fn new(
        definition: &ServiceDefinition,
        variables: &EnvVars,
    ) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let mut endpoints: Vec<InternalEndpoint> = Vec::new();
        for (role, declared) in internal_endpoints(definition) {
            let variable = instances_variable(&role.name, &declared.name);
            let list = errors.keep(variables.get(&variable)).flatten();
            let same = |it: &&InternalEndpoint| instances_variable(&it.role, &it.name) == variable;
            match endpoints.iter().find(same) {
                // Of two declarations of one name, the first counts.
                Some(other) if other.role == role.name && other.name == declared.name => continue,
                Some(other) if list.is_some() => errors.push(format!(
                    "{variable} stands for endpoint `{}` of role `{}` and for endpoint `{}` of role \
                     `{}`: rename one of them in the service definition",
                    other.name, other.role, declared.name, role.name
                )),
                Some(_) | None => {}
            }
            endpoints.push(InternalEndpoint {
                role: role.name.clone(),
                name: declared.name.clone(),
                protocol: declared.protocol,
                instances: errors
                    .keep(parse(&variable, &list.unwrap_or_default()))
                    .unwrap_or_default(),
            });
        }
        let roles = definition.roles.iter().map(|role| role.name.clone()).collect();
        errors.into_result(Some(Self { roles, endpoints }))
    }

    /// Returns the names of all roles.
    pub(crate) fn roles(&self) -> &[String] {
        &self.roles
    }

    /// Returns the instances of a role in the natural order of their ids. `own` is the instance that runs
    /// here, if it has that role: where the variables do not give its address, it has its own.
    pub(crate) fn of(&self, role: &str, own: Option<(&str, &[Endpoint])>) -> Vec<RoleInstance> {
        let mut instances = BTreeMap::new();
        if let Some((id, _)) = own {
            instances.insert(natural_key(id), RoleInstance::new(id));
        }
        for endpoint in self.endpoints.iter().filter(|endpoint| endpoint.role == role) {
            let named = endpoint.instances.iter().map(|entry| (&*entry.id, entry.address.clone()));
            let own = own.filter(|(id, _)| endpoint.instances.iter().all(|entry| entry.id != *id));
            let own = own.and_then(|(id, endpoints)| {
                let own = endpoints.iter().find(|own| own.name() == endpoint.name)?;
                Some((id, own.address().reachable()))
            });
            for (id, address) in named.chain(own) {
                let instance = instances.entry(natural_key(id));
                instance.or_insert_with(|| RoleInstance::new(id)).endpoints.push(
                    InstanceEndpoint {
                        name: endpoint.name.clone(),
                        protocol: endpoint.protocol,
                        address,
                    },
                );
            }
        }
        instances.into_values().collect()
    }
}

/// Returns the entries of a variable.
fn parse(variable: &str, list: &str) -> Result<Vec<InstanceEntry>, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let mut known: Vec<InstanceEntry> = Vec::new();
    for entry in entries(list) {
        match entry {
            Err(malformed) => errors.push(format!("{variable} has the entry `{malformed}`: {FORMS}")),
            Ok(entry) if known.iter().any(|it| it.id == entry.id) => errors.push(format!(
                "{variable} names `{}` twice: give each instance an id of its own, as in ID=host:port",
                entry.id
            )),
            Ok(entry) => known.push(entry),
        }
    }
    errors.into_result(Some(known))
}

/// Returns a key that sorts `Pool_IN_10` behind `Pool_IN_9`: numbers without leading zeros, the shorter
/// one first. The id itself tells `1` from `01`.
fn natural_key(id: &str) -> (Vec<(usize, &str)>, &str) {
    let is_digit = |c: char| c.is_ascii_digit();
    let (mut parts, mut rest) = (Vec::new(), id);
    while !rest.is_empty() {
        let is_number = rest.starts_with(is_digit);
        let end = rest.find(|c| is_digit(c) != is_number).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(end);
        let number = part.trim_start_matches('0');
        parts.push(if is_number { (number.len(), number) } else { (0, part) });
        rest = tail;
    }
    (parts, id)
}

#[cfg(test)]
mod tests;
