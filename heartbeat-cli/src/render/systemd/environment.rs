//! The variables and credentials of an instance.

use std::collections::BTreeMap;

use heartbeat_definition::{RoleValue, variable_name};

use super::addresses::{Binding, INSTANCE, address, instances};
use super::quote::literal;
use super::{storages, unit_name};
use crate::render::names::label;
use crate::render::service::Service;
use crate::render::variables::{VariableValue, WorkerVariable};
use crate::render::worker::Worker;

/// A file that only root may read, which systemd hands to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credential {
    /// The name of the file that the instance sees.
    pub(super) name: String,
    /// The path of root's file.
    pub(super) path: String,
    /// The variable with the path of the file that the instance sees.
    variable: String,
}

/// Returns the variables of each instance, by name, with specifiers in their values.
pub(super) fn variables(service: &Service<'_>, worker: &Worker<'_>) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<_, _> = worker.budgets().collect();
    // Connections to a socket of systemd wait for the next process: nobody has to learn of the stop.
    if worker.keys.drain.is_none() {
        variables.remove("HEARTBEAT_DRAIN");
    }
    let id = format!("{}_IN_{INSTANCE}", literal(&worker.role.name));
    variables.insert("HEARTBEAT_INSTANCE_ID".into(), id.clone());
    variables.extend(peers(service));
    for endpoint in &worker.endpoints {
        if let Binding::Variable(address) = Binding::of(service, worker, endpoint) {
            variables.insert(endpoint.variable(), address);
        }
    }
    for variable in worker.variables.iter().filter(|variable| is_valid(&variable.name)) {
        let value = match &variable.value {
            VariableValue::InstanceId => id.clone(),
            VariableValue::Text(text) => {
                folder(service, worker, variable).unwrap_or_else(|| literal(text))
            }
        };
        variables.insert(variable.name.clone(), value);
    }
    for setting in worker.settings.iter().filter(|setting| !setting.is_secret) {
        let value = setting.value.as_deref().filter(|_| is_valid(&setting.variable));
        variables.extend(value.map(|value| (setting.variable.clone(), literal(value))));
    }
    for storage in &worker.storages {
        let folder = storages::folder(service, worker, storage);
        variables.insert(storage.variable.clone(), folder);
    }
    for credential in credentials(service, worker) {
        variables.insert(credential.variable, format!("%d/{}", credential.name));
    }
    variables
}

/// Returns the secret settings and the certificates of a worker.
pub(super) fn credentials(service: &Service<'_>, worker: &Worker<'_>) -> Vec<Credential> {
    let unit = unit_name(service, worker);
    let credential = |name: String, variable| Credential {
        path: format!("/etc/credstore/{unit}.{name}"),
        name,
        variable,
    };
    let secrets = worker.settings.iter().filter(|setting| setting.is_secret);
    let secrets = secrets.map(|s| credential(s.name.clone(), format!("{}_FILE", s.variable)));
    let certificates = worker.certificates().map(|certificate| {
        // A file with both the certificates and the key.
        let name = format!("{}.pem", label(certificate, "tls", 60));
        credential(name, variable_name("HEARTBEAT_CERTIFICATE_", certificate))
    });
    secrets.chain(certificates).filter(|credential| is_valid(&credential.variable)).collect()
}

/// Returns whether systemd takes a name as that of a variable.
pub(super) fn is_valid(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(is_part) && name.starts_with(|c: char| !c.is_ascii_digit())
}

/// Returns the variables that tell every instance where the internal endpoints of all are.
fn peers(service: &Service<'_>) -> BTreeMap<String, String> {
    let mut peers = BTreeMap::new();
    for worker in &service.workers {
        let role = &worker.role.name;
        for endpoint in worker.internal() {
            let prefix = variable_name("HEARTBEAT_INSTANCES_", role);
            let name = variable_name(&format!("{prefix}_"), &endpoint.declared.name);
            let all = instances(worker).map(|n| {
                let address = address(service, worker, n);
                format!("{}_IN_{n}={address}:{}", literal(role), endpoint.port)
            });
            peers.insert(name, all.collect::<Vec<_>>().join(","));
        }
    }
    peers.retain(|name, _| is_valid(name));
    peers
}

/// Returns the folder of the storage whose path the definition maps to a variable.
fn folder(service: &Service<'_>, worker: &Worker<'_>, variable: &WorkerVariable) -> Option<String> {
    let mut declared = worker.role.runtime.environment.iter();
    let declared = declared.find(|declared| declared.name == variable.name)?;
    let Some(RoleValue::LocalResourcePath(name)) = &declared.role_instance_value.as_ref()?.value
    else {
        return None;
    };
    let storage = worker.storages.iter().find(|storage| storage.declared.name == *name)?;
    Some(storages::folder(service, worker, storage))
}
