//! The start, before user code runs: signals first, then the threads of the worker, then the
//! endpoints, then the monitor.

use std::sync::Arc;

use super::answer::answer;
use super::arguments::Question;
use super::builder::{Bound, Host};
use super::prepare::Prepared;
use super::started::{Running, Started};
use super::threads::make;
use crate::config::{ConfigErrors, Configuration, EnvVars, check_numbers};
use crate::endpoint::{BoundListener, Endpoint, SocketActivation};
use crate::error::{Error, StartError};
use crate::exit::Exit;
use crate::log::{self, Fields, lifecycle};
use crate::monitor::MonitorBuilder;
use crate::server::HealthState;
use crate::supervisor::Systemd;
use crate::vitals::panics;

impl<S: 'static> Host<S, Bound> {
    /// Registers signal handlers, resolves the configuration, makes the threads of the worker, binds
    /// the heartbeat endpoint and serves health on a thread of its own. Stop signals work even if
    /// the parent process has blocked them.
    ///
    /// If that fails, one line says why, no user code but [`init`](Self::init) runs, and the exit code
    /// is 78.
    ///
    /// # Arguments
    ///
    /// As its only argument, each of these is answered on stdout, without starting anything:
    ///
    /// | argument | answer |
    /// | --- | --- |
    /// | `--help` | these arguments, and the variables that the worker reads |
    /// | `--version` | the role and its version |
    /// | `--heartbeat-describe` | the configuration in this environment, as JSON: role, version, endpoints, settings, local resources, deadlines and variables, and where each value comes from. Of settings, no value is shown, since any may be a secret. What would keep the worker from starting is under `errors`, and then the exit code is 78 |
    /// | `--heartbeat-probe=live`, `=ready`, `=startup` | one line from the running worker, which it [probes](crate::probe); the exit code is 0 or 1 |
    ///
    /// Any other argument that begins with `--heartbeat`, in any case, and one of these beside another
    /// argument, is refused with one line and exit code 2, so that a mistyped probe cannot start a second
    /// worker. All other arguments are yours, as are `--help` and `--version` beside others.
    pub fn start(mut self) -> Started<S> {
        let start = match Question::parse(std::env::args_os().skip(1)) {
            Err(line) => {
                lifecycle!(error, Fields::exit(Exit::Usage.code()), "{line}");
                Err(Exit::Usage)
            }
            Ok(Some(question)) => Err(answer(&self, question)),
            Ok(None) => self.init.call().and_then(|()| {
                // A subscriber that `on_start` installs gets every line from here on.
                log::hold();
                start(self).map_err(|error| {
                    let exit = Exit::Configuration;
                    lifecycle!(error, Fields::exit(exit.code()), "{error}");
                    exit
                })
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
    let watching = prepared.tls.clone().start_watch(&prepared.source);
    watching.map_err(|error| {
        Error::from(format!("cannot watch the certificates: {error}: raise the limit of threads"))
    })?;
    let deadlines = prepared.config.deadlines;
    let systemd = Systemd::new(&variables, deadlines.stop_within);
    let (role, version) = (host.role, host.version);
    let url = |endpoint: &Endpoint| {
        let has_tls = prepared.tls.get(endpoint.name()).is_some();
        endpoint.address().url(if has_tls { "https" } else { "http" }, "/health")
    };
    let health = url(&prepared.heartbeat);
    let management = prepared.management.as_ref();
    let management = management.map(|management| format!("; management on {}", url(management)));
    let management = management.unwrap_or_default();
    let fields = prepared.vitals.verdict().fields();
    let announce = || {
        lifecycle!(
            info,
            fields.clone(),
            "{role} {version} is starting; health on {health}{management}"
        );
        for warning in &prepared.config.warnings {
            lifecycle!(warn, fields.clone(), "{warning}");
        }
    };
    let monitor = monitor
        .start(servers, Arc::clone(&prepared.vitals), deadlines, systemd, &announce)
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
