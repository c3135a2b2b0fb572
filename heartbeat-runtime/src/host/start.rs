//! The start, before user code runs: signals first, then the threads of the worker, then the
//! endpoints, then the monitor.

use std::sync::Arc;

use super::builder::{Bound, Host};
use super::prepare::Prepared;
use super::started::{Running, Started};
use super::threads::make;
use super::{arguments, probe};
use crate::config::{ConfigErrors, Configuration, EnvVars, check_numbers};
use crate::endpoint::{BoundListener, Endpoint, SocketActivation};
use crate::error::{Error, StartError};
use crate::exit::Exit;
use crate::log::lifecycle;
use crate::monitor::{MonitorBuilder, MonitorConfig};
use crate::server::HealthState;
use crate::supervisor::Systemd;
use crate::vitals::panics;

impl<S: 'static> Host<S, Bound> {
    /// Registers signal handlers, resolves the configuration, makes the threads of the worker, binds
    /// the heartbeat endpoint and serves health on a thread of its own. Stop signals work even if
    /// the parent process has blocked them.
    ///
    /// If that fails, one line says why, no user code runs, and the exit code is 78.
    ///
    /// With the argument `--heartbeat-probe=live` (or `ready`, or `startup`), the program starts
    /// nothing: it [probes](crate::probe) the running worker, prints one line, and exits with 0 or 1.
    /// It refuses any other argument that begins with `--heartbeat`, and a probe beside another
    /// argument, with one line and exit code 2, so that a mistyped probe cannot start a second
    /// worker. All other arguments are yours.
    pub fn start(self) -> Started<S> {
        let start = match arguments::probe_kind(std::env::args_os().skip(1)) {
            Err(line) => {
                lifecycle!(error, "{line}");
                Err(Exit::Usage)
            }
            Ok(Some(kind)) => Err(Exit::Probe { is_success: probe::run(&self, kind) }),
            Ok(None) => start(self).map_err(|error| {
                lifecycle!(error, "{error}");
                Exit::Configuration
            }),
        };
        Started { start }
    }
}

fn start<S>(host: Host<S, Bound>) -> Result<Running<S>, StartError> {
    let variables = EnvVars::from_env();
    let mut errors = ConfigErrors::default();
    let numbers = check_numbers(&variables);
    let mut sockets = match &numbers {
        Ok(()) => SocketActivation::from_env().map_err(Error::from)?,
        Err(_) => SocketActivation::default(),
    };
    errors.keep(numbers);
    panics::install_hook();
    let monitor = register_signals()?;
    let prepared = host.prepare(&variables, Configuration::load(&variables), &sockets);
    let prepared = errors.keep(prepared);
    let flavor = errors.keep(host.flavor.with_env_overrides(&variables));
    let (prepared, flavor) = errors.into_result(prepared.zip(flavor)).map_err(Error::from)?;
    #[cfg(feature = "metrics")]
    crate::metrics::install_facade(&prepared.source.metrics);
    let runtime = flavor.proven_runtime(prepared.vitals.wake_signal())?;
    let mut servers = listen(&prepared, &prepared.heartbeat, &mut sockets)?;
    if let Some(management) = &prepared.management {
        servers.extend(listen(&prepared, management, &mut sockets)?);
    }
    let deadlines = prepared.config.deadlines;
    let systemd = Systemd::new(&variables, deadlines.stop_within);
    let monitor_config = MonitorConfig { stop_within: deadlines.stop_within };
    let (role, version) = (host.role, host.version);
    let url = |endpoint: &Endpoint| endpoint.address().url("/health");
    let health = url(&prepared.heartbeat);
    let management = prepared.management.as_ref();
    let management = management.map(|management| format!("; management on {}", url(management)));
    let management = management.unwrap_or_default();
    let announce = || {
        lifecycle!(info, "{role} {version} is starting; health on {health}{management}");
        for warning in &prepared.config.warnings {
            lifecycle!(warn, "{warning}");
        }
    };
    let monitor = monitor
        .start(servers, Arc::clone(&prepared.vitals), monitor_config, systemd, announce)
        .map_err(|error| {
            let help = "raise the limits of threads and open files";
            Error::from(format!("cannot serve health: {error}: {help}"))
        })?;
    let role = prepared.into_environment(Some(runtime.handle().clone()), sockets);
    Ok(Running { phases: host.phases, deadlines, runtime, role, monitor })
}

fn register_signals() -> Result<MonitorBuilder, Error> {
    let monitor = make("the signal handlers", MonitorBuilder::new)
        .map_err(|error| format!("{error}: raise the limits of open files and threads"))?;
    // Threads inherit the mask, so all that are made from here on receive signals too.
    #[cfg(unix)]
    crate::supervisor::unblock()?;
    Ok(monitor)
}

/// Listens on an endpoint that serves health, perhaps at several addresses.
fn listen(
    prepared: &Prepared,
    endpoint: &Endpoint,
    sockets: &mut SocketActivation,
) -> Result<Vec<(BoundListener, HealthState)>, Error> {
    let listeners = BoundListener::listen(endpoint, sockets)?;
    let serve = |bound: BoundListener| {
        let health = prepared.health_state(endpoint, bound.address());
        (bound, health)
    };
    Ok(listeners.into_iter().map(serve).collect())
}
