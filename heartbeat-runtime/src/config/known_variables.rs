//! The variables that a worker reads, and what each gives.

use heartbeat_definition::{ConfiguredRole, Endpoint, Protocol, ServiceDefinition};

use super::endpoints::address_variable;
use super::env_vars::variable_name;
use super::instances::{instances_variable, internal_endpoints};
use super::setting_source::{file_variable, value_variable};
use super::tls_files::{certificate_names, certificate_variable, client_ca_variable};

/// All variables whose names do not depend on the definition. Add a new one here.
const FIXED: [(&str, &str); 8] = [
    ("HEARTBEAT_CONFIGURATION", "path of the service configuration"),
    ("HEARTBEAT_DETAILS", "clients that see the details: always or never"),
    ("HEARTBEAT_DRAIN", "time that a stopping worker stays up, not ready"),
    ("HEARTBEAT_INSTANCE_ID", "id of the instance"),
    ("HEARTBEAT_RECYCLE_AFTER", "time of failing live after which the worker recycles itself"),
    ("HEARTBEAT_STALL_AFTER", "time that `run` may go without a beat"),
    ("HEARTBEAT_STOP_WITHIN", "time that a stop may take in all"),
    ("TOKIO_WORKER_THREADS", "number of threads that run spawned tasks"),
];

/// A variable that a worker reads.
pub(crate) struct KnownVariable {
    pub(crate) name: String,
    /// A noun phrase.
    pub(crate) gives: String,
    /// It may hold a secret.
    pub(crate) is_private: bool,
}

impl KnownVariable {
    fn new(name: String, gives: impl Into<String>) -> Self {
        Self { name, gives: gives.into(), is_private: false }
    }

    fn private(name: String, gives: String) -> Self {
        Self { name, gives, is_private: true }
    }
}

/// Returns the variables that an instance of the role reads.
pub(crate) fn known_variables(
    definition: &ServiceDefinition,
    configured: &ConfiguredRole<'_>,
) -> Vec<KnownVariable> {
    let role = configured.role;
    let fixed = FIXED.map(|(name, gives)| KnownVariable::new(name.to_owned(), gives));
    let endpoints = role.endpoints.iter().map(|endpoint| {
        let name = &endpoint.name;
        KnownVariable::new(address_variable(name), format!("address of endpoint `{name}`"))
    });
    let settings = configured.settings.iter().flat_map(|setting| {
        let (name, variable) = (setting.name, value_variable(setting.name));
        let file = file_variable(&variable);
        [
            KnownVariable::private(variable, format!("value of setting `{name}`")),
            KnownVariable::private(file, format!("file with the value of setting `{name}`")),
        ]
    });
    let resources = role.local_resources.iter().map(|storage| {
        let variable = variable_name("HEARTBEAT_RESOURCE_", &storage.name);
        KnownVariable::new(variable, format!("folder of local storage `{}`", storage.name))
    });
    let instances = internal_endpoints(definition).map(|(role, endpoint)| {
        let (role, name) = (&role.name, &endpoint.name);
        let gives = format!("instances of role `{role}`, at endpoint `{name}`");
        KnownVariable::new(instances_variable(role, name), gives)
    });
    let certificates = certificate_names(role).into_iter().map(|name| {
        let gives = format!("folder or file with certificate `{name}` and its key");
        KnownVariable::new(certificate_variable(name), gives)
    });
    let has_certificate = !certificate_names(role).is_empty();
    let carries_tls = |endpoint: &&Endpoint| has_certificate && endpoint.protocol != Protocol::Udp;
    let authorities = role.endpoints.iter().filter(carries_tls);
    let authorities = authorities.map(|endpoint| {
        let name = &endpoint.name;
        let gives = format!("file with the authority of the clients of endpoint `{name}`");
        KnownVariable::new(client_ca_variable(name), gives)
    });
    // User code reads them too, and may keep a secret in them.
    let mapped = role.runtime.environment.iter().map(|variable| {
        let name = variable.name.clone();
        KnownVariable::private(name, "value that the definition maps".to_owned())
    });
    let tls = certificates.chain(authorities);
    let declared =
        endpoints.chain(tls).chain(settings).chain(resources).chain(instances).chain(mapped);
    fixed.into_iter().chain(declared).collect()
}
