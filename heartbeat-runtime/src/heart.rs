//! The heart: a thread and a runtime of its own, on which the health server answers, signals are
//! heard, the vitals are watched and deadlines are kept, whatever the worker's threads do.

use std::future::pending;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::endpoint::{Bound, Listener};
use crate::log::{self, lifecycle};
use crate::server::{self, Site, Task};
use crate::supervisor::{Signals, Systemd};
use crate::vitals::{Canary, Event, Look, Reason, State, Verdict, Vitals};

/// How long the last answers may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// For how long after the first signal another one is the same: a wrapper passes on what its
/// process group is sent too, as `timeout` does.
const SAME_SIGNAL: Duration = Duration::from_millis(50);

/// The exit code of a process whose stop took longer than its budget.
const OUT_OF_BUDGET: u8 = 75;
/// The exit code of a process that is broken.
const BROKEN: u8 = 70;

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
}

impl Unborn {
    /// Registers the signals: from here on none ends the process unheard.
    pub(crate) fn new() -> io::Result<Self> {
        // A connection that floods is to hold up the next for a few turns, not for tokio's 61.
        let runtime = Builder::new_current_thread().event_interval(8).enable_all().build()?;
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
        systemd: Systemd,
    ) -> io::Result<Heart> {
        let Self { runtime, signals } = self;
        let sites = {
            let _in_runtime = runtime.enter();
            let listener = |(bound, site): (Bound, _)| Ok((bound.into_listener()?, site));
            sites.into_iter().map(listener).collect::<io::Result<Vec<_>>>()?
        };
        log::start()?;
        let (close, closing) = oneshot::channel();
        let canaries = Arc::clone(&vitals);
        let beats = Beats { sites, vitals, watch, systemd, signals };
        // Nobody is told that a worker is live which then lacks a thread.
        spawn("heart-canary", move || send_canaries(&canaries))?;
        let thread = spawn("heartbeat", move || {
            runtime.block_on(beats.until(closing));
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
        // The thread does not end by a panic.
        let _ = thread.join();
    }
}

/// A thread without which a worker must not go on: nobody would watch or stop it.
fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            lifecycle!(error, "the heart has panicked: ending at once");
            exit(BROKEN);
        }
    })
}

/// All that the heart thread does, until it is closed.
struct Beats {
    sites: Vec<(Listener, Site)>,
    vitals: Arc<Vitals>,
    watch: Watch,
    systemd: Systemd,
    signals: Signals,
}

impl Beats {
    async fn until(self, closing: oneshot::Receiver<()>) {
        let Self { sites, vitals, watch, mut systemd, signals } = self;
        let (close_servers, servers_closing) = tokio::sync::watch::channel(());
        let mut servers = JoinSet::new();
        for (listener, site) in sites {
            let server: Task = Box::pin(server::serve(listener, site, servers_closing.clone()));
            servers.spawn(server);
        }
        let mut obey = pin!(obey(signals, &vitals));
        tokio::select! {
            _ = closing => {}
            () = obey.as_mut() => {}
            () = look_after(&vitals) => {}
            () = systemd.follow(&vitals) => {}
            () = keep_budget(&vitals, watch.stop_within) => exit(spent(&vitals)),
        }
        systemd.tell(&vitals);
        drop(close_servers);
        // A second signal still ends the process at once, and the budget holds for this too.
        tokio::select! {
            _ = timeout(CLOSE_WITHIN, servers.join_all()) => {}
            () = obey => {}
            () = async { after(vitals.ending().await, watch.stop_within).await } => {}
        }
    }
}

/// The first signal asks for a stop, the second ends the process.
async fn obey(mut signals: Signals, vitals: &Vitals) {
    let first = signals.next().await;
    let same = sleep(SAME_SIGNAL);
    let is_first = vitals.apply_telling(Event::Stop, |past| {
        lifecycle!(info, "{first}: stopping, {past}");
    });
    if !is_first {
        lifecycle!(info, "{first}: stopping already");
    }
    let mut same = pin!(same);
    loop {
        tokio::select! {
            biased;
            // Those that have come while this thread could not run too.
            _ = signals.next() => {}
            () = same.as_mut() => break,
        }
    }
    let second = signals.next().await;
    lifecycle!(error, "{second} while stopping: ending at once");
    exit(second.exit_code());
}

/// Looks at the vitals again and again, and tells of changes.
pub(crate) async fn look_after(vitals: &Vitals) {
    let mut look = Look::default();
    loop {
        look = vitals.look(|next| tell_of(&look, next));
        tell_of_panics(vitals);
        let slept_at = Instant::now();
        vitals.clock().waits(look.period);
        let _ = timeout(look.period, vitals.registered()).await;
        vitals.clock().ticked(look.period, slept_at.elapsed());
    }
}

/// Tells of the panics of tasks that nobody has told of yet: on a look, and before what the worker
/// makes of one.
pub(crate) fn tell_of_panics(vitals: &Vitals) {
    vitals.tell_of_panics(|count, last| {
        lifecycle!(warn, "a task {last}: the worker goes on ({count} such panics)");
    });
}

/// One line for what has begun between two looks, and one for what is over; the change of the
/// verdict is told once, in a line of its own where none of these is its reason. During a stop
/// nothing is over: it is only not due any more, or gone.
fn tell_of(before: &Look, after: &Look) {
    let mut change = after.transition.as_ref().filter(|change| change.is_worth_a_line());
    let mut past = || change.take().map(|past| format!(", {past}")).unwrap_or_default();
    for name in after.stalled.iter().filter(|name| !before.stalled.contains(name)) {
        lifecycle!(warn, "stalled: no beat of `{name}` within its deadline{}", past());
    }
    for name in after.failing.iter().filter(|name| !before.failing.contains(name)) {
        lifecycle!(warn, "check `{name}` fails{}", past());
    }
    if after.ending {
        return;
    }
    for name in before.stalled.iter().filter(|name| !after.stalled.contains(name)) {
        lifecycle!(info, "no longer stalled: `{name}`{}", past());
    }
    for name in before.failing.iter().filter(|name| !after.failing.contains(name)) {
        lifecycle!(info, "check `{name}` fails no more{}", past());
    }
    // One of the state is told by who has made it.
    if let Some(change) = change.filter(|change| change.from.state == change.to.state) {
        lifecycle!(info, "{}, {change}", change.to);
    }
}

/// Sends a canary into the worker's runtime again and again until that is to end, and tells what
/// the absence of one means.
///
/// On a thread of its own, as there is nothing else that an idle worker does so often: a timer of
/// the heart's runtime would wake its thread twice each time, at twice the cost.
fn send_canaries(vitals: &Vitals) {
    let starved = |verdict: &Verdict| verdict.reasons.contains(&Reason::Starved);
    let mut canary = Canary::default();
    let mut ends = false;
    while !ends {
        vitals.wait_for_next(&canary);
        // One look more, which takes back what was said of a runtime that is now ending.
        ends = vitals.lifecycle().state.is_ending();
        vitals.send(&mut canary, |past| {
            if starved(&past.to) {
                lifecycle!(warn, "starved: the worker's runtime runs no tasks, {past}");
            } else if starved(&past.from) {
                lifecycle!(info, "no longer starved, {past}");
            }
        });
    }
}

/// Ends, and says what was waited for, when a stop has taken longer than it may.
pub(crate) async fn keep_budget(vitals: &Vitals, stop_within: Duration) {
    after(vitals.ending().await, stop_within).await;
    let mut unfinished = vitals.unfinished();
    let phase = vitals.lifecycle().phase;
    unfinished.push(format!("{phase} did not finish within {stop_within:?}"));
    let (unfinished, code) = (unfinished.join("; "), spent(vitals));
    lifecycle!(error, "stop overdue: {unfinished}: forcing exit {code}");
}

/// Ends that long after a moment; never, where that is beyond all time.
pub(crate) async fn after(moment: Instant, time: Duration) {
    match moment.checked_add(time) {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

/// The exit code of a process whose stop took longer than its budget: that of what began it, where
/// it was a fault.
fn spent(vitals: &Vitals) -> u8 {
    if vitals.lifecycle().state == State::Faulted { BROKEN } else { OUT_OF_BUDGET }
}

/// Ends the process, when what was said last is written, if that can be.
#[expect(clippy::disallowed_methods, reason = "the one place where the process ends itself")]
fn exit(code: u8) {
    log::flush(log::LAST_LINE_WITHIN);
    std::process::exit(code.into());
}
