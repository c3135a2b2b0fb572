//! The plain part of a start: reads the definition and resolves the configuration.

use std::io::{IsTerminal, stderr, stdin};
use std::sync::Arc;
use std::time::SystemTime;

use heartbeat_definition::{EndpointUse, Role};
use tokio::runtime::Handle;

use super::builder::{Bound, Host};
use crate::config::{
    ConfigErrors, Configuration, DetailsPolicy, EnvVars, InstanceConfig, TlsFiles,
    plain_http_warning, read_definition, report, resolve_endpoints,
};
use crate::endpoint::{Address, Endpoint, SocketActivation};
use crate::environment::RoleEnvironment;
use crate::error::Error;
use crate::report::{InstanceInfo, ReportSource};
use crate::server::{DetailAccess, HealthState, UserEndpoints, UserRoutes};
use crate::tasks::TaskSet;
use crate::tls::TlsEndpoints;
use crate::vitals::Vitals;

/// An instance before its endpoints are bound.
pub(crate) struct Prepared {
    pub(crate) config: InstanceConfig,
    /// The endpoint that serves health.
    pub(crate) heartbeat: Endpoint,
    /// The endpoint that serves the details.
    pub(crate) management: Option<Endpoint>,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) source: Arc<ReportSource>,
    pub(crate) tls: TlsEndpoints,
    /// The routes of user code on both, by name.
    routes: Vec<(String, Arc<UserRoutes>)>,
}

impl<S> Host<S, Bound> {
    /// Reads the definition and resolves the configuration.
    ///
    /// # Errors
    ///
    /// The definition, variables or the configuration are invalid; one line says which, and the way
    /// out.
    pub(crate) fn prepare(
        &self,
        variables: &EnvVars,
        configuration: Result<Configuration, Error>,
        sockets: &SocketActivation,
    ) -> Result<Prepared, Error> {
        let Bound { definition, heartbeat } = self.binding;
        let definition = read_definition(definition)?;
        let role = definition.worker_role(self.role).map_err(|error| report(&error))?;
        let select = |usage, name| {
            let declared = definition.endpoint_for(usage, role, name);
            declared.map(|declared| &*declared.name).map_err(|error| report(&error))
        };
        let heartbeat = select(EndpointUse::Heartbeat, heartbeat)?;
        let management = self.management.map(|name| select(EndpointUse::Management, name));
        let management = management.transpose()?;

        let mut errors = ConfigErrors::default();
        let config = errors.keep(InstanceConfig::new(
            (self.binding.definition, &definition),
            (self.role, role),
            self.deadlines,
            variables,
            configuration,
            sockets,
        ));
        // Invalid addresses are errors of the configuration already.
        let endpoints = resolve_endpoints(&definition, role, variables, sockets);
        let health = [Some(heartbeat), management];
        let tls = endpoints.map_or_else(
            |_| Ok(TlsEndpoints::default()),
            |endpoints| load_tls(&endpoints, health, role, variables),
        );
        let tls = errors.keep(tls);
        let (mut config, tls) = errors.into_result(config.zip(tls))?;
        let resolved = |name: &str| {
            let endpoint = config.endpoint(name).cloned();
            endpoint.ok_or_else(|| Error::from(format!("the role declares no endpoint `{name}`")))
        };
        let info = InstanceInfo {
            role: self.role,
            version: self.version,
            instance: config.id.clone(),
            started_at: SystemTime::now(),
        };
        let vitals = Arc::new(Vitals::new(config.deadlines.stall_after, config.deadlines.armed));
        let source = ReportSource::new(info, config.endpoints.clone(), Arc::clone(&vitals));
        let heartbeat = resolved(heartbeat)?;
        let management = management.map(resolved).transpose()?;
        if tls.get(heartbeat.name()).is_none() {
            config.warnings.extend(plain_http_warning(&heartbeat));
        }
        config.warnings.extend(tls.tell(&source.facts, &vitals));
        let served = health.into_iter().flatten();
        Ok(Prepared {
            routes: served.map(|name| (name.to_owned(), Arc::default())).collect(),
            heartbeat,
            management,
            config,
            tls,
            vitals,
            source: Arc::new(source),
        })
    }
}

impl Prepared {
    /// Returns the health that an endpoint serves at one of its addresses.
    pub(crate) fn health_state(&self, endpoint: &Endpoint, address: &Address) -> HealthState {
        HealthState {
            source: Arc::clone(&self.source),
            probe_path: endpoint.probe_path().map(str::to_owned),
            access: self.access(endpoint, address),
            routes: self.routes(endpoint.name()),
            tls: self.tls.get(endpoint.name()),
        }
    }

    fn routes(&self, name: &str) -> Arc<UserRoutes> {
        let routes = self.routes.iter().find(|(endpoint, _)| endpoint == name);
        routes.map(|(_, routes)| Arc::clone(routes)).unwrap_or_default()
    }

    /// Returns the environment of a worker with that runtime and the sockets that are not taken yet.
    pub(crate) fn into_environment(
        self,
        runtime: Option<Handle>,
        sockets: SocketActivation,
    ) -> RoleEnvironment {
        let stop_within = self.config.deadlines.stop_within;
        let tasks = TaskSet::new(self.vitals, runtime.clone(), stop_within);
        let endpoints = UserEndpoints::new(self.routes, runtime, sockets, self.tls);
        RoleEnvironment::new(self.config, &self.source, endpoints, tasks)
    }

    /// Decides who may see the details at an address. With an authority of clients, those with a
    /// certificate may. Else only this machine reaches a unix socket, and only the own service an
    /// internal endpoint. A loopback peer is trusted only by a worker on a
    /// terminal: behind a proxy or a sidecar every client is one.
    fn access(&self, endpoint: &Endpoint, address: &Address) -> DetailAccess {
        let is_private = endpoint.is_internal() || matches!(address, Address::Unix(_));
        let trusts_clients = self.tls.trusts_clients(endpoint.name());
        match self.config.details {
            DetailsPolicy::Always => DetailAccess::Everyone,
            DetailsPolicy::Trusted if trusts_clients => DetailAccess::CertifiedOnly,
            DetailsPolicy::Trusted if is_private => DetailAccess::Everyone,
            DetailsPolicy::Trusted if stdin().is_terminal() && stderr().is_terminal() => {
                DetailAccess::LoopbackOnly
            }
            DetailsPolicy::Trusted | DetailsPolicy::Never => DetailAccess::Nobody,
        }
    }
}

/// Loads what serves endpoints over TLS. Those of health answer clients without a certificate too.
fn load_tls(
    endpoints: &[Endpoint],
    health: [Option<&str>; 2],
    role: &Role,
    variables: &EnvVars,
) -> Result<TlsEndpoints, ConfigErrors> {
    let (mut errors, mut all) = (ConfigErrors::default(), Vec::new());
    let [heartbeat, _] = health;
    let heartbeat = role.endpoints.iter().find(|endpoint| heartbeat == Some(&endpoint.name));
    for endpoint in endpoints {
        let files = TlsFiles::of_endpoint(endpoint, heartbeat, role, variables);
        let files = errors.keep(files).flatten();
        let requires_client = !health.contains(&Some(endpoint.name()));
        all.extend(files.map(|files| TlsFiles { requires_client, ..files }));
    }
    let loaded = errors.keep(TlsEndpoints::load(&all));
    errors.into_result(loaded)
}
