//! The heart: a thread and a runtime of its own, on which the health server answers, signals are
//! heard, the vitals are watched and deadlines are kept, whatever the worker's threads do.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::endpoint::Bound;
use crate::log::lifecycle;
use crate::server::{self, Site};
use crate::supervisor::Signals;
use crate::vitals::{CANARY_EVERY, Canary, Event, Look, Reason, State, Verdict, Vitals, panics};

/// How long the last answers may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

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

/// What the heart keeps watch over.
#[derive(Clone, Copy)]
pub(crate) struct Watch {
    pub(crate) stop_within: Duration,
    /// How many panics of tasks are old news.
    pub(crate) panics: u64,
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

    /// Serves each site on its listener and keeps watch, on a new thread.
    pub(crate) fn start(
        self,
        sites: Vec<(Bound, Site)>,
        vitals: Arc<Vitals>,
        watch: Watch,
    ) -> io::Result<Heart> {
        let Self { runtime, signals } = self;
        let listeners = {
            let _in_runtime = runtime.enter();
            let listener = |(bound, site): (Bound, _)| Ok((bound.into_listener()?, site));
            sites.into_iter().map(listener).collect::<io::Result<Vec<_>>>()?
        };
        let (close, closing) = oneshot::channel();
        let thread = thread::Builder::new().name("heartbeat".to_owned()).spawn(move || {
            runtime.block_on(async {
                let (close_servers, servers_closing) = tokio::sync::watch::channel(());
                let mut servers = JoinSet::new();
                for (listener, site) in listeners {
                    servers.spawn(server::serve(listener, site, servers_closing.clone()));
                }
                tokio::select! {
                    _ = closing => {}
                    () = obey(signals, &vitals) => {}
                    () = look_after(&vitals, watch.panics) => {}
                    () = send_canaries(&vitals) => {}
                    () = keep_budget(&vitals, watch.stop_within) => exit(spent(&vitals)),
                }
                drop(close_servers);
                let _ = timeout(CLOSE_WITHIN, servers.join_all()).await;
            });
            // What is still open now ends with the runtime.
            runtime.shutdown_background();
        })?;
        Ok(Heart { thread, close })
    }
}

impl Heart {
    /// Closes the servers after complete answers, and ends the thread.
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
    match vitals.apply(Event::Stop) {
        Some(past) => lifecycle!(info, "{first}: stopping, {past}"),
        None => lifecycle!(info, "{first}: stopping already"),
    }
    let second = signals.next().await;
    lifecycle!(warn, "{second} while stopping: ending at once");
    exit(second.exit_code());
}

/// Looks at the vitals again and again, and tells of changes.
pub(crate) async fn look_after(vitals: &Vitals, mut told_panics: u64) {
    let mut look = vitals.look();
    loop {
        let slept_at = Instant::now();
        vitals.clock().waits(look.period);
        let _ = timeout(look.period, vitals.registered()).await;
        vitals.clock().ticked(look.period, slept_at.elapsed());
        let next = vitals.look();
        tell_of(&look, &next);
        look = next;
        let (panics, last) = panics::of_tasks();
        if panics > told_panics {
            let last = last.unwrap_or_default();
            lifecycle!(warn, "a task {last}: the worker goes on ({panics} such panics)");
            told_panics = panics;
        }
    }
}

/// One line for what has begun between two looks, and one for what is over.
fn tell_of(before: &Look, after: &Look) {
    let past = after.transition.as_ref().map(|past| format!(", {past}")).unwrap_or_default();
    // A change of the verdict is told once.
    let mut past = Some(past);
    let mut past = || past.take().unwrap_or_default();
    for name in after.stalled.iter().filter(|name| !before.stalled.contains(name)) {
        lifecycle!(warn, "stalled: no beat of `{name}` within its deadline{}", past());
    }
    for name in before.stalled.iter().filter(|name| !after.stalled.contains(name)) {
        lifecycle!(info, "no longer stalled: `{name}`{}", past());
    }
    for name in after.failing.iter().filter(|name| !before.failing.contains(name)) {
        lifecycle!(warn, "check `{name}` fails{}", past());
    }
    for name in before.failing.iter().filter(|name| !after.failing.contains(name)) {
        lifecycle!(info, "check `{name}` fails no more{}", past());
    }
}

/// Sends a canary into the worker's runtime again and again, and tells what its absence means.
pub(crate) async fn send_canaries(vitals: &Vitals) {
    let mut canary = Canary::default();
    loop {
        sleep(CANARY_EVERY).await;
        let Some(past) = vitals.send(&mut canary) else { continue };
        let starved = |verdict: &Verdict| verdict.reasons.contains(&Reason::Starved);
        match (starved(&past.from), starved(&past.to)) {
            (_, true) => lifecycle!(warn, "starved: the worker's runtime runs no tasks, {past}"),
            (true, false) => lifecycle!(info, "no longer starved, {past}"),
            (false, false) => {}
        }
    }
}

/// Ends, after having said so, when a stop has taken longer than it may.
pub(crate) async fn keep_budget(vitals: &Vitals, stop_within: Duration) {
    sleep_until(vitals.ending().await + stop_within).await;
    let phase = vitals.lifecycle().phase;
    lifecycle!(error, "not stopped within {stop_within:?}, {phase} took too long: ending at once");
}

/// The exit code of a process whose stop took longer than its budget: that of what began it, where
/// it was a fault.
fn spent(vitals: &Vitals) -> u8 {
    if vitals.lifecycle().state == State::Faulted { 70 } else { 75 }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the process ends itself")]
fn exit(code: u8) {
    std::process::exit(code.into());
}
