//! The endpoints that user code serves or binds, each once.

use std::fmt::Write;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use heartbeat_definition::EndpointUse;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::reserved::reserved_path;
use super::user_routes::UserRoutes;
use super::user_server::{UserServer, shared_descriptors};
use crate::config::{self, InstanceConfig, plain_http_warning};
use crate::endpoint::{BoundListener, Endpoint, EndpointListener, SocketActivation};
use crate::error::Error;
use crate::log::lifecycle;
use crate::tls::TlsEndpoints;
use crate::vitals::Vitals;

/// The error of an endpoint that cannot be served or bound. Out of `on_start`, it ends the process
/// with exit code 78.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} endpoint `{endpoint}`: {cause}")]
pub struct ServeError {
    operation: &'static str,
    endpoint: String,
    #[source]
    cause: Error,
}

/// The endpoints of an instance, as user code serves or binds them.
pub(crate) struct UserEndpoints {
    /// Those that serve health, by name.
    health: Vec<(String, Arc<UserRoutes>)>,
    /// The runtime of the worker; in a test, that of the caller.
    runtime: Option<Handle>,
    descriptors: Arc<Semaphore>,
    tls: TlsEndpoints,
    state: Mutex<State>,
}

struct State {
    sockets: SocketActivation,
    used: Vec<Used>,
    servers: JoinSet<()>,
}

/// An endpoint in use.
struct Used {
    endpoint: String,
    /// Its routes, unless it is bound.
    #[cfg_attr(not(feature = "test-util"), expect(dead_code, reason = "tests send requests"))]
    routes: Option<Arc<UserRoutes>>,
}

/// An endpoint that may be served or bound.
struct Selected<'a> {
    endpoint: &'a Endpoint,
    /// Its declaration, for errors.
    declaration: String,
}

impl UserEndpoints {
    pub(crate) fn new(
        health: Vec<(String, Arc<UserRoutes>)>,
        runtime: Option<Handle>,
        sockets: SocketActivation,
        tls: TlsEndpoints,
    ) -> Self {
        let state = State { sockets, used: Vec::new(), servers: JoinSet::new() };
        let descriptors = shared_descriptors();
        Self { health, runtime, descriptors, tls, state: Mutex::new(state) }
    }

    /// Serves a router on an endpoint, in the runtime of the worker, until the end of the drain.
    pub(crate) fn serve(
        &self,
        name: &str,
        router: Router,
        config: &InstanceConfig,
        vitals: &Arc<Vitals>,
    ) -> Result<(), ServeError> {
        self.take("serve", name, config, vitals, |state, endpoint, runtime| {
            let health = self.health.iter().find(|(health, _)| health == name);
            let (own, bound) = if let Some((_, routes)) = health {
                if let Some(path) = reserved_path(&router, endpoint.probe_path()) {
                    return Err(format!(
                        "`{path}` is a path of health there: give your route another path, or serve \
                         the router on another endpoint"
                    )
                    .into());
                }
                (Arc::clone(routes), Vec::new())
            } else if endpoint.is_portless() {
                (Arc::default(), Vec::new())
            } else {
                (Arc::default(), BoundListener::listen(endpoint, &mut state.sockets)?)
            };
            let listener = EndpointListener::new(bound)?;
            let descriptors = Arc::clone(&self.descriptors);
            let requests = own.open();
            let tls = self.tls.get(name).filter(|_| health.is_none());
            let scheme = if tls.is_some() { "https" } else { "http" };
            let server = UserServer { listener, requests, router, descriptors, tls };
            let (drain, vitals) = (config.deadlines.drain_within(), Arc::clone(vitals));
            let drained = async move { vitals.ending_for(drain).await };
            state.servers.spawn_on(server.serve(drained), runtime);
            if health.is_none() && !endpoint.is_portless() {
                let url = endpoint.address().url(scheme, "/");
                lifecycle!(info, "endpoint `{name}` is served on {url}");
                if scheme == "http"
                    && let Some(warning) = plain_http_warning(endpoint)
                {
                    lifecycle!(warn, "{warning}");
                }
            }
            Ok((Some(own), ()))
        })
    }

    /// Binds an endpoint, and hands over its listener.
    pub(crate) fn bind(
        &self,
        name: &str,
        config: &InstanceConfig,
        vitals: &Vitals,
    ) -> Result<EndpointListener, ServeError> {
        self.take("bind", name, config, vitals, |state, endpoint, _| {
            if self.health.iter().any(|(health, _)| health == name) {
                return Err("it serves health: bind another one".into());
            }
            let listeners = BoundListener::listen(endpoint, &mut state.sockets)?;
            Ok((None, EndpointListener::new(listeners)?))
        })
    }

    /// Takes an endpoint for a use, in the runtime of the worker.
    fn take<T>(
        &self,
        operation: &'static str,
        name: &str,
        config: &InstanceConfig,
        vitals: &Vitals,
        take: impl FnOnce(&mut State, &Endpoint, &Handle) -> Result<(Option<Arc<UserRoutes>>, T), Error>,
    ) -> Result<T, ServeError> {
        let error = |cause| ServeError { operation, endpoint: name.to_owned(), cause };
        let Selected { endpoint, declaration } = select(name, config).map_err(error)?;
        let mut state = self.state();
        let taken = (|| {
            if vitals.lifecycle().state.is_ending() {
                return Err("the worker is stopping".into());
            }
            if state.used.iter().any(|used| used.endpoint == name) {
                return Err("it is in use already: merge the routers, and serve one".into());
            }
            let runtime = self.runtime.as_ref();
            let runtime = runtime.ok_or_else(|| io::Error::other("no runtime of a worker runs"))?;
            let _in_runtime = runtime.enter();
            take(&mut state, endpoint, runtime)
        })();
        let (routes, value) =
            taken.map_err(|cause: Error| error(format!("{cause}; {declaration}").into()))?;
        state.used.push(Used { endpoint: name.to_owned(), routes });
        Ok(value)
    }

    /// Returns the routes of an endpoint, if user code serves it.
    #[cfg(feature = "test-util")]
    pub(crate) fn routes(&self, name: &str) -> Option<Arc<UserRoutes>> {
        let state = self.state();
        state.used.iter().find(|used| used.endpoint == name)?.routes.clone()
    }

    /// Waits until the requests under way are answered. Dropping the future aborts them.
    pub(crate) async fn finish(&self) {
        let mut servers = std::mem::take(&mut self.state().servers);
        while servers.join_next().await.is_some() {}
    }

    /// Tells whether user code serves an endpoint.
    pub(crate) fn is_serving(&self) -> bool {
        !self.state().servers.is_empty()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Selects a declared endpoint that carries TCP.
fn select<'a>(name: &str, config: &'a InstanceConfig) -> Result<Selected<'a>, Error> {
    let definition = config::read_definition(config.definition)?;
    let report = |error| config::report(&error);
    let role = definition.worker_role(config.role).map_err(report)?;
    let declared = definition.endpoint_for(EndpointUse::Worker, role, name).map_err(report)?;
    let endpoint = config.endpoint(name);
    let endpoint = endpoint.ok_or_else(|| format!("role `{}` has no `{name}`", config.role))?;
    let mut declaration = format!("it is declared at {}; declared:", config::place(declared));
    for (index, other) in config.endpoints.iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        let _ = write!(declaration, "{separator} `{}` ({})", other.name(), other.protocol());
    }
    let _ = write!(declaration, "; {} sets its address", endpoint.address_variable());
    Ok(Selected { endpoint, declaration })
}
