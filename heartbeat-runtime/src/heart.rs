//! The heart: a thread and a runtime of its own, on which the health server answers, signals are
//! heard, the vitals are watched and deadlines are kept, whatever the worker's threads do.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::endpoint::Bound;
use crate::log::lifecycle;
use crate::server::{self, Site};
use crate::supervisor::Signals;
use crate::vitals::{LaneWatch, Lifecycle, Vitals};

/// How long the last answers may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// The exit code of a process whose stop took longer than its budget.
const OUT_OF_BUDGET: u8 = 75;

/// A heart that does not beat yet, but already hears signals.
pub(crate) struct Unborn {
    runtime: Runtime,
    signals: Signals,
}

/// A running heart thread.
pub(crate) struct Heart {
    thread: JoinHandle<()>,
    close: oneshot::Sender<()>,
}

/// The deadlines that the heart keeps.
#[derive(Clone, Copy)]
pub(crate) struct Deadlines {
    pub(crate) stall_after: Duration,
    pub(crate) stop_within: Duration,
}

impl Unborn {
    /// Registers the signals: from here on none ends the process unheard.
    pub(crate) fn new() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let signals = {
            let _in_runtime = runtime.enter();
            Signals::register()?
        };
        Ok(Self { runtime, signals })
    }

    /// Serves on the bound endpoint and watches, on a new thread.
    pub(crate) fn start(self, bound: Bound, site: Site, deadlines: Deadlines) -> io::Result<Heart> {
        let Self { runtime, signals } = self;
        let listener = {
            let _in_runtime = runtime.enter();
            bound.into_listener()?
        };
        let (close, closing) = oneshot::channel();
        let thread = thread::Builder::new().name("heartbeat".to_owned()).spawn(move || {
            let vitals = Arc::clone(&site.vitals);
            runtime.block_on(async {
                let (close_server, server_closing) = oneshot::channel();
                let server = tokio::spawn(server::serve(listener, site, server_closing));
                tokio::select! {
                    _ = closing => {}
                    () = obey(signals, &vitals) => {}
                    () = watch(&vitals, deadlines.stall_after) => {}
                    () = keep_budget(&vitals, deadlines.stop_within) => {}
                }
                drop(close_server);
                let _ = timeout(CLOSE_WITHIN, server).await;
            });
            // What is still open now ends with the runtime.
            runtime.shutdown_background();
        })?;
        Ok(Heart { thread, close })
    }
}

impl Heart {
    /// Closes the server after complete answers, and ends the thread.
    pub(crate) fn close(self) {
        let Self { thread, close } = self;
        drop(close);
        // A panic of the heart has been printed by then, and there is nobody left to tell.
        let _ = thread.join();
    }
}

/// The first signal asks for a stop, the second ends the process.
async fn obey(mut signals: Signals, vitals: &Vitals) {
    let first = signals.next().await;
    vitals.advance(Lifecycle::stop);
    lifecycle!(info, "{first}: stopping");
    let second = signals.next().await;
    lifecycle!(warn, "{second} while stopping: ending at once");
    exit(second.exit_code());
}

/// Looks at the vitals again and again, and tells of a change.
async fn watch(vitals: &Vitals, stall_after: Duration) {
    let mut watch = LaneWatch::new(stall_after, Instant::now());
    loop {
        sleep(watch.period()).await;
        match vitals.look(&mut watch, Instant::now()) {
            Some(true) => lifecycle!(warn, "stalled: run has not beaten for {stall_after:?}"),
            Some(false) => lifecycle!(info, "no longer stalled"),
            None => {}
        }
    }
}

/// Ends the process where a stop takes longer than it may, even if every other thread is blocked.
async fn keep_budget(vitals: &Vitals, stop_within: Duration) {
    vitals.reached(|lifecycle| lifecycle.is_ending()).await;
    sleep(stop_within).await;
    lifecycle!(error, "not stopped within {stop_within:?}: ending at once");
    exit(OUT_OF_BUDGET);
}

#[expect(clippy::disallowed_methods, reason = "the one place where the process ends itself")]
fn exit(code: u8) {
    std::process::exit(code.into());
}
