//! The threads of the worker's runtime. They are made before health is served: a worker without them
//! must not look live.

use std::io;
use std::num::{NonZeroU16, NonZeroUsize};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::config::EnvVars;
use crate::error::Error;
use crate::vitals::{WakeSignal, panics};

/// tokio's variable for the number of threads.
const COUNT: &str = "TOKIO_WORKER_THREADS";
/// Time limit on the busiest machine: as long as a runtime may starve.
const MADE_WITHIN: Duration = Duration::from_secs(60);

/// The threads of the worker's own runtime.
#[derive(Clone, Copy, Default)]
pub(super) enum RuntimeFlavor {
    /// One per core.
    #[default]
    Cores,
    Workers(NonZeroUsize),
    CurrentThread,
}

impl RuntimeFlavor {
    /// Builds a runtime whose threads notify `wake_signal` when they wake.
    pub(super) fn runtime(self, wake_signal: &Arc<WakeSignal>) -> io::Result<Runtime> {
        let mut builder = match self {
            Self::Cores | Self::Workers(_) => Builder::new_multi_thread(),
            Self::CurrentThread => Builder::new_current_thread(),
        };
        if let Self::Workers(count) = self {
            builder.worker_threads(count.get());
        }
        let wake_signal = Arc::clone(wake_signal);
        builder.enable_all().on_thread_unpark(move || wake_signal.notify()).build()
    }

    /// Applies the variable, unless the program sets a number. tokio cannot count more than 65,535
    /// threads.
    pub(super) fn with_env_overrides(self, variables: &EnvVars) -> Result<Self, Error> {
        let (Self::Cores, Some(written)) = (self, variables.text(COUNT)?) else { return Ok(self) };
        let count: NonZeroU16 = written.parse().map_err(|_| {
            format!("{COUNT} is `{written}`: write a whole number from 1 to {}", u16::MAX)
        })?;
        Ok(Self::Workers(count.into()))
    }

    /// Builds a runtime, and proves that it runs a task.
    pub(super) fn proven_runtime(self, wake_signal: &Arc<WakeSignal>) -> Result<Runtime, Error> {
        let wake_signal = Arc::clone(wake_signal);
        let build = move || {
            let runtime = self.runtime(&wake_signal)?;
            runtime.block_on(async { tokio::spawn(async {}).await })?;
            Ok(runtime)
        };
        make("the threads of the worker", build).map_err(|error| {
            format!(
                "{error}: raise the limits of threads, memory and open files, or have fewer threads \
                 by {COUNT} or worker_threads"
            )
            .into()
        })
    }
}

/// Runs `work` on a thread of its own. tokio panics if the system refuses it a thread or a descriptor,
/// and may never return from that.
pub(super) fn make<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let (send, received) = sync_channel(1);
    let thread = thread::Builder::new().name("heartbeat-start".to_owned()).spawn(move || {
        let panicked = send.clone();
        panics::hand_over(move |text| drop(panicked.try_send(Err(text))));
        drop(send.try_send(work().map_err(|error| error.to_string())));
    });
    let thread = thread.map_err(|error| format!("cannot make {what}: {error}"))?;
    let cause = match received.recv_timeout(MADE_WITHIN) {
        Ok(Ok(made)) => {
            // This frees its slot in the limit of threads.
            let _ = thread.join();
            return Ok(made);
        }
        Ok(Err(cause)) => cause,
        Err(RecvTimeoutError::Timeout) => format!("not made within {MADE_WITHIN:?}"),
        Err(RecvTimeoutError::Disconnected) => "its thread has ended".to_owned(),
    };
    Err(format!("cannot make {what}: {cause}").into())
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::{Arc, Duration, NonZeroUsize, RuntimeFlavor, WakeSignal, make, thread};

    #[test]
    fn a_thread_notifies_when_it_wakes() {
        for threads in [
            RuntimeFlavor::Cores,
            RuntimeFlavor::Workers(NonZeroUsize::MIN),
            RuntimeFlavor::CurrentThread,
        ] {
            let wake_signal = Arc::new(WakeSignal::default());
            let runtime = threads.runtime(&wake_signal).unwrap();
            let (wake, mut woken) = unbounded_channel::<()>();
            let task = runtime.spawn(async move { while woken.recv().await.is_some() {} });
            let metrics = runtime.metrics();
            let rests = || {
                let all = 0..metrics.num_workers();
                all.into_iter().all(|thread| metrics.worker_park_unpark_count(thread) % 2 == 1)
            };
            // With `RuntimeFlavor::CurrentThread`, `block_on` drives the tasks.
            thread::scope(|scope| {
                scope.spawn(|| runtime.block_on(task).unwrap());
                for _ in 0..100 {
                    while !rests() {
                        thread::yield_now();
                    }
                    let woken = || wake.send(()).is_ok();
                    assert!(!wake_signal.wait_timeout(Duration::from_secs(60), woken));
                }
                drop(wake);
            });
        }
    }

    #[test]
    fn a_failure_returns_at_once_even_if_its_thread_never_ends() {
        struct Unending;
        impl Drop for Unending {
            fn drop(&mut self) {
                loop {
                    thread::park();
                }
            }
        }
        crate::vitals::panics::install_hook();
        let refused = make("it", || {
            let _unwinds_for_ever = Unending;
            panic!("no threads");
            #[expect(unreachable_code, reason = "the type of what is not made")]
            Ok(())
        });
        assert_eq!(refused.unwrap_err().to_string(), "cannot make it: no threads");
    }
}
