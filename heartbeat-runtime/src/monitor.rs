//! The monitor: a thread and a runtime of its own, which serves health, handles signals, scans the
//! vitals and keeps deadlines, whatever the threads of the worker do.

mod changes;
mod recycle;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use self::changes::log_changes;
use self::recycle::recycle_when_due;
use crate::config::Deadlines;
use crate::endpoint::{BoundListener, Listener};
use crate::exit::Exit;
use crate::log::{self, Elapsed, Fields, lifecycle};
use crate::server::{self, BoxFuture, HealthState};
use crate::supervisor::{Signals, Systemd};
use crate::tasks::log_panics;
use crate::vitals::{Canary, Event, Reason, ScanReport, State, Verdict, Vitals};

/// Time for the last responses.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// Time in which a further signal counts as the first: a wrapper such as `timeout` signals a process
/// and its group.
const SAME_SIGNAL: Duration = Duration::from_millis(50);

/// A monitor that is not running yet; its signal handlers are registered.
pub(crate) struct MonitorBuilder {
    runtime: Runtime,
    signals: Signals,
}

/// The handle of a running monitor thread.
pub(crate) struct MonitorHandle {
    thread: JoinHandle<()>,
    close: oneshot::Sender<()>,
}

/// The work of the monitor thread.
struct Monitor {
    servers: Vec<(Listener, HealthState)>,
    vitals: Arc<Vitals>,
    deadlines: Deadlines,
    systemd: Systemd,
    signals: Signals,
}

// === impl MonitorBuilder ===

impl MonitorBuilder {
    /// Registers the signal handlers: from here on no signal ends the process unseen.
    pub(crate) fn new() -> io::Result<Self> {
        // A flood on one connection holds up the next for a few turns, instead of tokio's 61.
        let runtime = Builder::new_current_thread().event_interval(8).enable_all().build()?;
        let signals = {
            let _in_runtime = runtime.enter();
            Signals::register()?
        };
        Ok(Self { runtime, signals })
    }

    /// Starts the monitor thread, which serves health on each listener. Calls `announce` when nothing
    /// can fail any more, before a signal is handled or a probe answered.
    ///
    /// Not generic: else each worker's crate would compile all that the thread runs, hyper's server too.
    pub(crate) fn start(
        self,
        servers: Vec<(BoundListener, HealthState)>,
        vitals: Arc<Vitals>,
        deadlines: Deadlines,
        systemd: Systemd,
        announce: &dyn Fn(),
    ) -> io::Result<MonitorHandle> {
        let Self { runtime, signals } = self;
        let servers = {
            let _in_runtime = runtime.enter();
            let listen = |(bound, health): (BoundListener, _)| Ok((bound.into_listener()?, health));
            servers.into_iter().map(listen).collect::<io::Result<Vec<_>>>()?
        };
        log::start()?;
        let (close, closing) = oneshot::channel();
        let (announced, announcement) = oneshot::channel::<()>();
        let canary_vitals = Arc::clone(&vitals);
        let monitor = Monitor { servers, vitals, deadlines, systemd, signals };
        // First, so that no probe passes before every thread of ours exists.
        spawn("canary", move || send_canaries(&canary_vitals))?;
        let thread = spawn("heartbeat", move || {
            runtime.block_on(async {
                // It ends by its sender, which is dropped.
                let _ = announcement.await;
                monitor.run(closing).await;
            });
            // This ends the connections that are still open.
            runtime.shutdown_background();
        })?;
        announce();
        drop(announced);
        Ok(MonitorHandle { thread, close })
    }
}

// === impl MonitorHandle ===

impl MonitorHandle {
    /// Closes the servers after complete responses, and ends the thread.
    pub(crate) fn close(self) {
        let Self { thread, close } = self;
        drop(close);
        // The thread does not end by a panic.
        let _ = thread.join();
    }
}

/// Spawns a thread without which a worker must not go on: nothing would watch or stop it.
fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            let code = Exit::Panic.code();
            lifecycle!(error, Fields::exit(code), "the monitor panicked: forcing exit {code}");
            force_exit(Exit::Panic);
        }
    })
}

// === impl Monitor ===

impl Monitor {
    async fn run(self, closing: oneshot::Receiver<()>) {
        let Self { servers, vitals, deadlines, mut systemd, signals } = self;
        let stop_within = deadlines.stop_within;
        let (close_servers, servers_closing) = tokio::sync::watch::channel(());
        let mut tasks = JoinSet::new();
        for (listener, health) in servers {
            let server: BoxFuture =
                Box::pin(server::serve(listener, health, servers_closing.clone()));
            tasks.spawn(server);
        }
        let mut signals = pin!(handle_signals(signals, &vitals, stop_within));
        tokio::select! {
            _ = closing => {}
            () = signals.as_mut() => {}
            () = watch_health(&vitals, &deadlines) => {}
            () = systemd.follow(&vitals) => {}
            exit = stop_deadline(&vitals, stop_within) => force_exit(exit),
        }
        systemd.notify(&vitals);
        drop(close_servers);
        // A second signal still ends the process at once, and the stop deadline still holds.
        tokio::select! {
            _ = timeout(CLOSE_WITHIN, tasks.join_all()) => {}
            () = signals => {}
            () = vitals.ending_for(stop_within) => {}
        }
    }
}

/// Requests a stop at the first signal, and ends the process at the second.
async fn handle_signals(mut signals: Signals, vitals: &Vitals, stop_within: Duration) {
    let first = signals.next().await;
    let mut same = pin!(sleep(SAME_SIGNAL));
    let within = Elapsed(stop_within);
    let is_first = vitals.apply_and_log(Event::Stop, |change| {
        lifecycle!(info, change.to.fields(), "{first}: stopping, within {within}");
    });
    if !is_first {
        lifecycle!(info, vitals.verdict().fields(), "{first}: already stopping");
    }
    loop {
        tokio::select! {
            biased;
            // First, to take the signals that arrived while this thread could not run.
            _ = signals.next() => {}
            () = same.as_mut() => break,
        }
    }
    let second = loop {
        let signal = signals.next().await;
        if signal.is_forcing() {
            break signal;
        }
    };
    let exit = Exit::Signal(second.number());
    let fields = vitals.verdict().fields().exit_code(exit.code());
    lifecycle!(error, fields, "{second} during the stop: forcing exit {}", exit.code());
    force_exit(exit);
}

/// Scans the vitals again and again, logs changes, and recycles the worker when it is due.
pub(crate) async fn watch_health(vitals: &Vitals, deadlines: &Deadlines) {
    let mut report = ScanReport::default();
    loop {
        report = vitals.scan(&report, |next| log_changes(vitals, &report, next));
        log_panics(vitals);
        let left = recycle_when_due(vitals, &report, deadlines);
        let period = left.map_or(report.period, |left| left.min(report.period));
        let slept_at = Instant::now();
        vitals.clock().arm(period);
        let _ = timeout(period, vitals.scan_due()).await;
        vitals.clock().tick(period, slept_at.elapsed());
    }
}

/// Sends canaries into the worker's runtime until the instance ends, and logs when one is missing.
///
/// On a thread of its own, since an idle worker does nothing else so often: a timer of the monitor's
/// runtime would wake its thread twice each time, at twice the cost.
fn send_canaries(vitals: &Vitals) {
    let is_starved = |verdict: &Verdict| verdict.reasons.contains(&Reason::Starved);
    let mut canary = Canary::default();
    let mut starved_at = Duration::ZERO;
    let mut is_ending = false;
    while !is_ending {
        vitals.wait_for_next(&canary);
        // One more round at the end withdraws the starvation of a runtime that is shutting down.
        is_ending = vitals.lifecycle().state.is_ending();
        vitals.poll_canary(&mut canary, |change| {
            if is_starved(&change.to) {
                if !is_starved(&change.from) {
                    starved_at = change.at;
                }
                let effect = if change.to.live { "status warn" } else { "live and ready fail" };
                let fields = change.to.fields();
                lifecycle!(warn, fields, "starved: the worker's runtime runs no tasks ({effect})");
            } else if is_starved(&change.from) {
                let starved = Elapsed(change.at.saturating_sub(starved_at));
                lifecycle!(
                    info,
                    change.to.fields().elapsed(starved),
                    "recovered: the worker's runtime runs tasks again, after {starved}"
                );
            }
        });
    }
}

/// Waits until a stop has taken longer than `stop_within`, logs what is unfinished, and returns how
/// the process ends.
pub(crate) async fn stop_deadline(vitals: &Vitals, stop_within: Duration) -> Exit {
    vitals.ending_for(stop_within).await;
    let lifecycle = vitals.lifecycle();
    let exit = match lifecycle.state {
        State::Faulted => Exit::Panic,
        _ => Exit::Timeout.or(vitals.tasks().exit()),
    };
    let mut unfinished = vitals.unfinished();
    let within = Elapsed(stop_within);
    unfinished.push(format!("{} did not finish within {within}", lifecycle.phase));
    let (fields, unfinished) = (vitals.verdict().fields(), unfinished.join("; "));
    let fields = fields.exit_code(exit.code()).elapsed(within);
    lifecycle!(error, fields, "stop overdue: {unfinished}: forcing exit {}", exit.code());
    exit
}

/// Ends the process, after the last lines are written if they can be.
#[expect(clippy::disallowed_methods, reason = "the one place where the process ends itself")]
fn force_exit(exit: Exit) {
    log::finish(log::FLUSH_TIMEOUT);
    std::process::exit(exit.code().into());
}
