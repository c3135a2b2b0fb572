//! The builder of a worker: its phases, what they are bound to, and its options.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::init::{Init, InitResult};
use super::phases::Phases;
use super::threads::RuntimeFlavor;
use crate::config::Deadlines;
use crate::environment::RoleEnvironment;
use crate::error::Error;

/// A worker that has not started. Give it a definition, then a heartbeat endpoint, then start it.
///
/// `S` is the state that `on_start` makes, `B` the binding so far.
#[must_use = "a host does nothing until it is started, run and stopped"]
pub struct Host<S, B = NoDefinition> {
    pub(super) role: &'static str,
    pub(super) version: &'static str,
    pub(super) init: Init,
    pub(crate) binding: B,
    pub(super) management: Option<&'static str>,
    pub(crate) deadlines: Deadlines,
    pub(super) flavor: RuntimeFlavor,
    pub(crate) phases: Phases<S>,
}

/// The binding of a host without a definition.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NoDefinition;

/// The binding of a host without a heartbeat endpoint.
#[derive(Clone, Copy, Debug)]
pub struct NoHeartbeat {
    definition: &'static [u8],
}

/// The binding of a host that can start.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    pub(super) definition: &'static [u8],
    pub(crate) heartbeat: &'static str,
}

// === impl Host ===

impl<S: 'static> Host<S> {
    /// Returns a worker for a role of the service definition, in a version: `start` makes its
    /// state, `run` works with it, and `stop` cleans up. The futures need not be `Send`: the thread
    /// that calls [`Started::run`](super::Started::run) drives them.
    pub fn new(
        role: &'static str,
        version: &'static str,
        start: impl AsyncFnOnce(&RoleEnvironment) -> Result<S, Error> + 'static,
        run: impl AsyncFnOnce(&mut S, &RoleEnvironment) -> Result<(), Error> + 'static,
        stop: impl AsyncFnOnce(S, &RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self {
            role,
            version,
            init: Init::default(),
            binding: NoDefinition,
            management: None,
            deadlines: Deadlines::default(),
            flavor: RuntimeFlavor::default(),
            phases: Phases::new(start, run, stop),
        }
    }

    /// Returns a worker that needs no cleaning up: it drops its state.
    pub fn without_stop(
        role: &'static str,
        version: &'static str,
        start: impl AsyncFnOnce(&RoleEnvironment) -> Result<S, Error> + 'static,
        run: impl AsyncFnOnce(&mut S, &RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self::new(role, version, start, run, async |_: S, _: &RoleEnvironment| Ok(()))
    }
}

impl Host<()> {
    /// Returns a worker without a state: it starts at once, and `stop` runs after `run`.
    pub fn without_start(
        role: &'static str,
        version: &'static str,
        run: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
        stop: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self::new(
            role,
            version,
            async |_: &RoleEnvironment| Ok(()),
            async move |(): &mut (), role: &RoleEnvironment| run(role).await,
            async move |(): (), role: &RoleEnvironment| stop(role).await,
        )
    }

    /// Returns a worker that only runs: it starts at once, and ends with `run`.
    pub fn from_run(
        role: &'static str,
        version: &'static str,
        run: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self::without_start(role, version, run, async |_: &RoleEnvironment| Ok(()))
    }

    /// Returns a worker that is one function: it starts at once, and ends with the function.
    pub fn from_main(
        role: &'static str,
        version: &'static str,
        main: impl AsyncFnOnce(RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self::from_run(role, version, async move |role: &RoleEnvironment| main(role.clone()).await)
    }
}

impl<S> Host<S> {
    /// Sets the content of the `ServiceDefinition.csdef` that declares the role.
    pub fn definition(self, definition: &'static [u8]) -> Host<S, NoHeartbeat> {
        self.bind(|NoDefinition| NoHeartbeat { definition })
    }
}

impl<S> Host<S, NoHeartbeat> {
    /// Sets the declared endpoint that serves health.
    pub fn heartbeat(self, heartbeat: &'static str) -> Host<S, Bound> {
        self.bind(|NoHeartbeat { definition }| Bound { definition, heartbeat })
    }
}

impl<S, B> Host<S, B> {
    fn bind<T>(self, bind: impl FnOnce(B) -> T) -> Host<S, T> {
        let Self { role, version, init, binding, management, deadlines, flavor, phases } = self;
        let binding = bind(binding);
        Host { role, version, init, binding, management, deadlines, flavor, phases }
    }

    /// Sets a function that [`start`](Host::start) calls first of all, on the main thread: before the
    /// first log line, before it reads a variable, and before there is a second thread. A subscriber of
    /// `tracing`, a panic hook or a `.env` file belongs there.
    ///
    /// After an error the worker does not start: one line says why, and the exit code is 78. After a
    /// panic it is 70. An argument that the worker answers without starting does not call the function,
    /// nor does a worker in a test.
    pub fn init<R: InitResult>(mut self, init: impl FnOnce() -> R + 'static) -> Self {
        self.init = Init::new(init);
        self
    }

    /// Sets the declared internal endpoint that serves the details.
    pub fn management(mut self, management: &'static str) -> Self {
        self.management = Some(management);
        self
    }

    /// Sets the time that `run` may take without a beat, from its start on. By default it is 30
    /// seconds, from the first beat on. `HEARTBEAT_STALL_AFTER` overrides the time.
    pub fn stall_after(mut self, stall_after: Duration) -> Self {
        self.deadlines.stall_after = stall_after;
        self.deadlines.armed = true;
        self
    }

    /// Sets the time that a stop may take in all, 25 seconds by default. After four fifths of it,
    /// `run` is dropped. `HEARTBEAT_STOP_WITHIN` overrides it.
    pub fn stop_within(mut self, stop_within: Duration) -> Self {
        self.deadlines.stop_within = stop_within;
        self
    }

    /// Sets the time that a stopping worker stays up, not ready, before `on_stop`, so that clients
    /// learn that it is going; none by default. It overlaps with the rest of `run`, and is at most
    /// four fifths of `stop_within`: more is warned of at the start. `HEARTBEAT_DRAIN` overrides it.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.deadlines.drain = drain;
        self
    }

    /// Makes a worker recycle itself when live has failed for that long without a break, even during
    /// `on_start`: it stops gracefully, or at the end of `stop_within`, with exit code 75. By default, or
    /// with no time, it never does; `HEARTBEAT_RECYCLE_AFTER` overrides that.
    ///
    /// Docker, Compose and plain process managers restart what exits, not what is unhealthy. Under
    /// Kubernetes the liveness probe does this already.
    pub fn recycle_after(mut self, recycle_after: Duration) -> Self {
        self.deadlines.recycle_after = recycle_after;
        self
    }

    /// Drives spawned tasks on the main thread too, as `#[tokio::main(flavor = "current_thread")]`
    /// does.
    pub fn current_thread(mut self) -> Self {
        self.flavor = RuntimeFlavor::CurrentThread;
        self
    }

    /// Sets the number of threads that drive spawned tasks, at least one. By default it is that in
    /// `TOKIO_WORKER_THREADS`, else one per core.
    pub fn worker_threads(mut self, count: usize) -> Self {
        let count = NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN);
        self.flavor = RuntimeFlavor::Workers(count);
        self
    }
}

impl<S, B: fmt::Debug> fmt::Debug for Host<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("role", &self.role)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
