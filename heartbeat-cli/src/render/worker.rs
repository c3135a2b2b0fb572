//! One worker role of a service, as its instances run it anywhere.

use std::collections::BTreeSet;
use std::time::Duration;

use heartbeat_definition::{
    ConfiguredRole, EndpointKind, EndpointUse, Protocol, Role, RoleConfiguration,
    ServiceDefinition, suggest,
};
use toml::Spanned;

use super::deployment::{DeploymentError, DeploymentFile, ProbeBy, RoleKeys};
use super::endpoint::{WorkerEndpoint, assign};
use super::storage::Storage;
use super::variables::{WorkerSetting, WorkerVariable, settings, variables};

/// The drain by default: balancers have noticed by then.
const DRAIN: Duration = Duration::from_secs(5);

/// A worker role.
#[derive(Debug)]
pub(crate) struct Worker<'a> {
    pub(crate) role: &'a Role,
    pub(crate) configuration: Option<&'a RoleConfiguration>,
    pub(crate) keys: RoleKeys,
    /// The name as a DNS label, unique in the service.
    pub(crate) name: String,
    /// The configured number of instances, else 1.
    pub(crate) instances: u32,
    pub(crate) endpoints: Vec<WorkerEndpoint<'a>>,
    /// The name of the endpoint that serves health; `None` if nothing says which it is.
    heartbeat: Option<String>,
    /// The name of the endpoint that serves the details.
    management: Option<String>,
    /// The settings, and the variables of the definition that may be secrets.
    pub(crate) settings: Vec<WorkerSetting>,
    /// The variables of the definition itself, without those that may be secrets.
    pub(crate) variables: Vec<WorkerVariable>,
    pub(crate) storages: Vec<Storage<'a>>,
}

/// The budgets of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    /// How long `run` may go without a beat.
    pub(crate) stall_after: Duration,
    /// How long a stop may take in all.
    pub(crate) stop_within: Duration,
    /// How long a stopping worker accepts requests, until balancers have noticed.
    pub(crate) drain: Duration,
    /// How long a start may take.
    pub(crate) start_within: Duration,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        name: String,
        definition: &ServiceDefinition,
        configured: &ConfiguredRole<'a>,
        keys: RoleKeys,
        file: &DeploymentFile,
    ) -> Result<Self, DeploymentError> {
        let role = configured.role;
        let storages = Storage::of_role(role);
        for secret in &keys.secrets {
            check_setting(role, secret, file)?;
        }
        let endpoint = |usage, named: &Option<Spanned<String>>| {
            let Some(named) = named else { return Ok(default_endpoint(definition, role, usage)) };
            match definition.endpoint_for(usage, role, named.get_ref()) {
                Ok(endpoint) => Ok(Some(endpoint.name.clone())),
                Err(error) => {
                    let message = error.report("the service definition").to_string();
                    Err(file.error(named.span(), message))
                }
            }
        };
        Ok(Self {
            role,
            configuration: configured.configuration,
            name,
            instances: configured.instances.unwrap_or(1),
            endpoints: assign(&role.endpoints),
            heartbeat: endpoint(EndpointUse::Heartbeat, &keys.heartbeat)?,
            management: endpoint(EndpointUse::Management, &keys.management)?,
            settings: settings(configured, &keys),
            variables: variables(role, &configured.settings, &storages),
            storages,
            keys,
        })
    }

    /// Returns the endpoint that serves health.
    pub(crate) fn heartbeat(&self) -> Option<&WorkerEndpoint<'a>> {
        self.endpoint(self.heartbeat.as_deref()?)
    }

    /// Returns whether an endpoint is the one that serves health.
    pub(crate) fn is_heartbeat(&self, endpoint: &WorkerEndpoint<'_>) -> bool {
        self.heartbeat.as_ref() == Some(&endpoint.declared.name)
    }

    /// Returns an endpoint that serves the details, `/metrics` among them: the management endpoint,
    /// else an internal heartbeat.
    pub(crate) fn details(&self) -> Option<&WorkerEndpoint<'a>> {
        let management = self.management.as_deref().and_then(|name| self.endpoint(name));
        management.or_else(|| self.heartbeat().filter(|endpoint| endpoint.declared.is_internal()))
    }

    fn endpoint(&self, name: &str) -> Option<&WorkerEndpoint<'a>> {
        self.endpoints.iter().find(|endpoint| endpoint.declared.name == name)
    }

    /// Returns the endpoints that are public and balanced over the instances, with their public port.
    pub(crate) fn public(&self) -> impl Iterator<Item = (&WorkerEndpoint<'a>, u16)> {
        let endpoints = self.endpoints.iter();
        endpoints.filter_map(|endpoint| Some((endpoint, endpoint.declared.public_port()?)))
    }

    /// Returns the endpoints for other workers.
    pub(crate) fn internal(&self) -> impl Iterator<Item = &WorkerEndpoint<'a>> {
        let is_internal =
            |e: &&WorkerEndpoint<'a>| matches!(e.declared.kind, EndpointKind::Internal(_));
        self.endpoints.iter().filter(is_internal)
    }

    /// Returns whether a recycle must not empty one of the local storages.
    pub(crate) fn keeps_storage(&self) -> bool {
        self.storages.iter().any(|storage| !storage.declared.clean_on_role_recycle)
    }

    /// Returns whether the worker itself ends TLS at an endpoint.
    pub(crate) fn is_tls(&self, endpoint: &WorkerEndpoint<'_>) -> bool {
        self.keys.tls && endpoint.declared.protocol == Protocol::Https
    }

    /// Returns the certificates of the endpoints, by name, if the worker ends TLS itself.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = &'a str> {
        let endpoints = self.endpoints.iter().filter(|_| self.keys.tls);
        let names = endpoints.filter_map(|endpoint| endpoint.declared.certificate());
        names.collect::<BTreeSet<_>>().into_iter()
    }

    /// Returns the path of the program in an image, or on a machine.
    pub(crate) fn program(&self) -> String {
        self.keys.program.clone().unwrap_or_else(|| format!("/{}", self.name))
    }

    pub(crate) fn probe_by(&self) -> ProbeBy {
        self.keys.probe.unwrap_or_default()
    }

    /// Returns the budgets. Those that neither the definition nor `heartbeat.toml` says are the
    /// defaults of the runtime, and 5 s of drain.
    pub(crate) fn timing(&self) -> Timing {
        let or = |given: Option<Duration>, seconds| given.unwrap_or(Duration::from_secs(seconds));
        let stop_within = or(self.keys.stop_within, 25);
        // More than `run`'s share of a stop would be for nothing.
        let drain = self.keys.drain.unwrap_or(DRAIN.min(stop_within / 5 * 4));
        Timing {
            stall_after: or(self.keys.stall_after, 30),
            stop_within,
            drain,
            start_within: or(self.keys.start_within, 300),
        }
    }

    /// Returns the variables that are the same wherever it runs: ports and budgets that it would
    /// choose otherwise, and folders.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let moved = self.endpoints.iter().filter(|endpoint| endpoint.is_moved());
        let ports = moved.map(|endpoint| (endpoint.variable(), endpoint.port.to_string()));
        let folders = self.storages.iter().map(|s| (s.variable.clone(), s.folder.clone()));
        ports.chain(folders).chain(self.budgets()).collect()
    }

    /// Returns the variables of the budgets.
    pub(crate) fn budgets(&self) -> impl Iterator<Item = (String, String)> {
        let budgets = [
            ("HEARTBEAT_STALL_AFTER", self.keys.stall_after),
            ("HEARTBEAT_STOP_WITHIN", self.keys.stop_within),
            ("HEARTBEAT_DRAIN", Some(self.timing().drain)),
        ];
        let given = budgets.into_iter();
        given.filter_map(|(name, duration)| Some((name.to_owned(), format_duration(duration?))))
    }
}

// === impl Timing ===

impl Timing {
    /// Returns how long a supervisor must wait for a stop before it kills: more than the worker
    /// takes at most.
    pub(crate) fn grace(&self) -> Duration {
        self.stop_within + self.drain + Duration::from_secs(5)
    }
}

/// Returns the endpoint that has a use where nothing says which: the one that has its usual name,
/// else, for health, the only possible one.
fn default_endpoint(
    definition: &ServiceDefinition,
    role: &Role,
    usage: EndpointUse,
) -> Option<String> {
    let is_usable = |name: &str| definition.endpoint_for(usage, role, name).is_ok();
    let names = role.endpoints.iter().map(|endpoint| endpoint.name.as_str());
    let usable: Vec<&str> = names.filter(|name| is_usable(name)).collect();
    let usual = if usage == EndpointUse::Management { "Management" } else { "Heartbeat" };
    let found = usable.iter().find(|name| name.eq_ignore_ascii_case(usual));
    let only = match &*usable {
        [only] if usage == EndpointUse::Heartbeat => Some(only),
        _ => None,
    };
    found.or(only).map(|&name| name.to_owned())
}

fn check_setting(
    role: &Role,
    setting: &Spanned<String>,
    file: &DeploymentFile,
) -> Result<(), DeploymentError> {
    let name = setting.get_ref();
    if role.setting(name).is_some() {
        return Ok(());
    }
    let near = suggest(name, role.settings.iter().map(|setting| setting.name.as_str()));
    let help = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
    let message = format!("role `{}` declares no setting `{name}`{help}", role.name);
    Err(file.error(setting.span(), message))
}

/// Writes a duration as the worker reads it.
pub(crate) fn format_duration(duration: Duration) -> String {
    match duration.subsec_millis() {
        0 => format!("{}s", duration.as_secs()),
        _ => format!("{}ms", duration.as_millis()),
    }
}
