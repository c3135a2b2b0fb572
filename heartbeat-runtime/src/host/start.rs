//! The start, before user code runs: signals first, then the threads of the worker, then the
//! endpoints, then the monitor.

use std::sync::Arc;

use super::builder::{Bound, Host};
use super::prepare::Prepared;
use super::started::{Running, Started};
use super::threads::make;
use super::{arguments, probe};
use crate::config::{Configuration, EnvVars, address_variable};
use crate::endpoint::{Address, BindError, BoundListener};
#[cfg(unix)]
use crate::endpoint::{AddressSource, SocketActivation};
use crate::error::{Error, StartError};
use crate::exit::Exit;
use crate::log::{self, Fields, lifecycle};
use crate::monitor::MonitorBuilder;
use crate::server::HealthState;
use crate::supervisor::Systemd;
use crate::vitals::panics;

/// Variables that must be whole numbers, and their maximum.
const NUMBERS: [(&str, u64); 4] = [
    ("LISTEN_PID", u64::MAX),
    ("LISTEN_FDS", 65_535),
    ("WATCHDOG_PID", u64::MAX),
    ("WATCHDOG_USEC", u64::MAX),
];

impl<S: 'static> Host<S, Bound> {
    /// Registers signal handlers, resolves the configuration, makes the threads of the worker, binds
    /// the heartbeat endpoint and serves health on a thread of its own. Stop signals work even if
    /// the parent process has blocked them.
    ///
    /// If that fails, one line says why, no user code but [`init`](Self::init) runs, and the exit code
    /// is 78.
    ///
    /// With the argument `--heartbeat-probe=live` (or `ready`, or `startup`), the program starts
    /// nothing: it [probes](crate::probe) the running worker, prints one line, and exits with 0 or 1.
    /// It refuses any other argument that begins with `--heartbeat`, and a probe beside another
    /// argument, with one line and exit code 2, so that a mistyped probe cannot start a second
    /// worker. All other arguments are yours.
    pub fn start(mut self) -> Started<S> {
        let start = match arguments::probe_kind(std::env::args_os().skip(1)) {
            Err(line) => {
                lifecycle!(error, Fields::exit(Exit::Usage.code()), "{line}");
                Err(Exit::Usage)
            }
            Ok(Some(kind)) => Err(Exit::Probe { is_success: probe::run(&self, kind) }),
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
    check_numbers(&variables)?;
    #[cfg(unix)]
    let mut sockets = SocketActivation::from_env().map_err(Error::from)?;
    panics::install_hook();
    let monitor = register_signals()?;
    let configuration = Configuration::load(&variables)?;
    let mut prepared = host.prepare(&variables, &configuration)?;
    let flavor = host.flavor.with_env_overrides(&variables)?;
    let runtime = flavor.proven_runtime(prepared.vitals.wake_signal())?;
    let mut servers = Vec::new();
    for name in [Some(host.binding.heartbeat), host.management].into_iter().flatten() {
        #[cfg(unix)]
        servers.extend(bind(name, &mut prepared, &mut sockets)?);
        #[cfg(not(unix))]
        servers.extend(bind(name, &mut prepared)?);
    }
    let deadlines = prepared.config.deadlines;
    let systemd = Systemd::new(&variables, deadlines.stop_within);
    let (role, version) = (host.role, host.version);
    let url = |name| prepared.config.endpoint(name).map(|endpoint| url(endpoint.address()));
    let health = url(host.binding.heartbeat)?;
    let management = match host.management {
        Some(management) => format!("; management on {}", url(management)?),
        None => String::new(),
    };
    let fields = prepared.vitals.verdict().fields();
    let announce = || {
        lifecycle!(info, fields, "{role} {version} is starting; health on {health}{management}");
    };
    let monitor = monitor
        .start(servers, Arc::clone(&prepared.vitals), deadlines, systemd, announce)
        .map_err(|error| {
            let help = "raise the limits of threads and open files";
            Error::from(format!("cannot serve health: {error}: {help}"))
        })?;
    let role = prepared.into_environment();
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

/// Binds the addresses of an endpoint: the sockets that were handed over under its name, unless a
/// variable gives an address, else the one that the configuration resolved.
fn bind(
    name: &str,
    prepared: &mut Prepared,
    #[cfg(unix)] sockets: &mut SocketActivation,
) -> Result<Vec<(BoundListener, HealthState)>, Error> {
    let endpoint = prepared.config.endpoint(name)?.clone();
    let mut listeners = Vec::new();
    #[cfg(unix)]
    if endpoint.address_source() != AddressSource::Variable {
        listeners = sockets.take(name)?;
    }
    if listeners.is_empty() {
        let bound = BoundListener::bind(&endpoint).map_err(|error| with_help(name, &error));
        #[cfg(unix)]
        let bound = bound.map_err(|error| sockets.with_hint(name, error));
        listeners.push(bound?);
    }
    if let Some(bound) = listeners.first() {
        prepared.config.set_bound_address(name, bound.address());
    }
    let serve = |bound: BoundListener| {
        let health = prepared.health_state(&endpoint, bound.address());
        (bound, health)
    };
    Ok(listeners.into_iter().map(serve).collect())
}

fn with_help(endpoint: &str, error: &BindError) -> Error {
    let first = if error.is_in_use() { "end the process that has it, or " } else { "" };
    let variable = address_variable(endpoint);
    format!("{error}: {first}set {variable} to another address").into()
}

fn check_numbers(variables: &EnvVars) -> Result<(), Error> {
    for (name, most) in NUMBERS {
        let Some(written) = variables.get(name)? else { continue };
        if written.parse::<u64>().is_ok_and(|number| number <= most) {
            continue;
        }
        let bound = if most < u64::MAX { format!(" from 0 to {most}") } else { String::new() };
        return Err(format!("{name} is `{written}`: write a whole number{bound}").into());
    }
    Ok(())
}

/// Returns the URL at which a person on this machine finds the health of the worker.
fn url(address: &Address) -> String {
    match address {
        Address::Tcp(at) if at.ip().is_unspecified() => {
            format!("http://localhost:{}/health", at.port())
        }
        Address::Tcp(at) => format!("http://{at}/health"),
        Address::Unix(path) => format!("{} as /health", path.display()),
    }
}
