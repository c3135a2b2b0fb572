//! What a worker is bound to, and what may be chosen.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::{Deadlines, Host, Phases, Threads};

impl<S: 'static> Host<S> {
    pub(super) fn of(role: &'static str, version: &'static str, phases: Phases<S>) -> Self {
        Self {
            role,
            version,
            definition: &[],
            heartbeat: "",
            management: None,
            deadlines: Deadlines::default(),
            threads: Threads::default(),
            phases,
        }
    }

    /// The content of the `ServiceDefinition.csdef` that declares the role.
    pub fn definition(self, definition: &'static [u8]) -> Self {
        Self { definition, ..self }
    }

    /// The name of the declared endpoint on which health is served.
    pub fn heartbeat(self, heartbeat: &'static str) -> Self {
        Self { heartbeat, ..self }
    }

    /// The name of the declared internal endpoint on which the trusted view is served.
    pub fn management(mut self, management: &'static str) -> Self {
        self.management = Some(management);
        self
    }

    /// How long `run` may go without a beat, and that it is to beat from the start. Without this,
    /// 30 seconds, from its first beat on. `HEARTBEAT_STALL_AFTER` overrules the length.
    pub fn stall_after(mut self, stall_after: Duration) -> Self {
        self.deadlines.stall_after = stall_after;
        self.deadlines.armed = true;
        self
    }

    /// How long a stop may take in all; 25 seconds without this. `run` may use four fifths of it,
    /// then it is dropped. `HEARTBEAT_STOP_WITHIN` overrules it.
    pub fn stop_within(mut self, stop_within: Duration) -> Self {
        self.deadlines.stop_within = stop_within;
        self
    }

    /// How long a stopping worker stays, not ready, before `on_stop` is called, so that whoever
    /// sends it work learns that it is to end; no time without this. It overlaps with what `run`
    /// has left to do, and is cut to four fifths of `stop_within`. `HEARTBEAT_DRAIN` overrules it.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.deadlines.drain = drain;
        self
    }

    /// Drives the tasks that the worker spawns on the main thread too, as
    /// `#[tokio::main(flavor = "current_thread")]` does.
    pub fn current_thread(mut self) -> Self {
        self.threads = Threads::Current;
        self
    }

    /// How many threads drive the tasks that the worker spawns, at least one. Without this,
    /// `TOKIO_WORKER_THREADS` says it, else there is one for each core.
    pub fn worker_threads(mut self, count: usize) -> Self {
        self.threads = Threads::Workers(NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN));
        self
    }
}
