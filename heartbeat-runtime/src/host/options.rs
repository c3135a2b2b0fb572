//! What a worker is bound to, and what may be chosen.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::{Deadlines, Host, Phases};
use crate::vitals::Bell;

/// The threads of the worker's own runtime.
#[derive(Clone, Copy, Default)]
pub(super) enum Threads {
    /// As many as there are cores.
    #[default]
    Cores,
    Workers(NonZeroUsize),
    Current,
}

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

    /// How many threads drive the tasks that the worker spawns, at least one; one for each core
    /// without this.
    pub fn worker_threads(mut self, count: usize) -> Self {
        self.threads = Threads::Workers(NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN));
        self
    }
}

impl Threads {
    /// A runtime whose threads ring when they are woken.
    pub(super) fn runtime(self, bell: &Arc<Bell>) -> io::Result<Runtime> {
        let mut builder = match self {
            Self::Cores | Self::Workers(_) => Builder::new_multi_thread(),
            Self::Current => Builder::new_current_thread(),
        };
        if let Self::Workers(count) = self {
            builder.worker_threads(count.get());
        }
        let bell = Arc::clone(bell);
        builder.enable_all().on_thread_unpark(move || bell.ring()).build()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::sync::mpsc::unbounded_channel;

    use super::{Arc, Bell, Duration, NonZeroUsize, Threads};

    #[test]
    fn a_thread_that_is_woken_rings() {
        for threads in [Threads::Cores, Threads::Workers(NonZeroUsize::MIN), Threads::Current] {
            let bell = Arc::new(Bell::default());
            let runtime = threads.runtime(&bell).unwrap();
            let (wake, mut woken) = unbounded_channel::<()>();
            let task = runtime.spawn(async move { while woken.recv().await.is_some() {} });
            let metrics = runtime.metrics();
            let rests = || {
                let all = 0..metrics.num_workers();
                all.into_iter().all(|thread| metrics.worker_park_unpark_count(thread) % 2 == 1)
            };
            // With `Threads::Current` the tasks are driven by who waits for one.
            thread::scope(|scope| {
                scope.spawn(|| runtime.block_on(task).unwrap());
                for _ in 0..100 {
                    while !rests() {
                        thread::yield_now();
                    }
                    let woken = || wake.send(()).is_ok();
                    assert!(!bell.is_quiet_for(Duration::from_secs(60), woken));
                }
                drop(wake);
            });
        }
    }
}
