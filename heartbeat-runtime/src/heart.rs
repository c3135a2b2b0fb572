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
use tokio::time::{Instant, sleep_until, timeout};

use crate::endpoint::{Bound, Listener};
use crate::log::{Level, Pen};
use crate::server::{self, Site, Task};
use crate::supervisor::{Signals, Systemd};
use crate::vitals::{Canary, Event, Look, Reason, State, Verdict, Vitals, panics};

/// How long the last answers may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// How long the end of the process waits for its last line to be written.
const LAST_LINE_WITHIN: Duration = Duration::from_millis(50);

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
    pen: Pen,
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
        let pen = Pen::new()?;
        let (close, closing) = oneshot::channel();
        let canaries = Arc::clone(&vitals);
        let beats = Beats { sites, vitals, watch, systemd, signals, pen: pen.clone() };
        // Nobody is told that a worker is live which then lacks a thread.
        let canaries_pen = pen.clone();
        spawn("heart-canary", &pen, move || send_canaries(&canaries, &canaries_pen))?;
        let thread = spawn("heartbeat", &pen, move || {
            runtime.block_on(beats.until(closing));
            // What is still open now ends with the runtime.
            runtime.shutdown_background();
        })?;
        Ok(Heart { thread, close, pen })
    }
}

impl Heart {
    /// Closes the servers after complete answers, ends the thread, and writes the last line.
    pub(crate) fn close(self, last_line: String) {
        let Self { thread, close, pen } = self;
        drop(close);
        // The thread does not end by a panic.
        let _ = thread.join();
        pen.write(Level::Info, last_line);
        pen.finish(LAST_LINE_WITHIN);
    }
}

/// A thread without which a worker must not go on: nobody would watch or stop it.
fn spawn(
    name: &str,
    pen: &Pen,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let pen = pen.clone();
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            exit(&pen, "the heart has panicked: ending at once".to_owned(), BROKEN);
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
    pen: Pen,
}

impl Beats {
    async fn until(self, closing: oneshot::Receiver<()>) {
        let Self { sites, vitals, watch, mut systemd, signals, pen } = self;
        let (close_servers, servers_closing) = tokio::sync::watch::channel(());
        let mut servers = JoinSet::new();
        for (listener, site) in sites {
            let server: Task = Box::pin(server::serve(listener, site, servers_closing.clone()));
            servers.spawn(server);
        }
        let mut obey = pin!(obey(signals, &vitals, &pen));
        tokio::select! {
            _ = closing => {}
            () = obey.as_mut() => {}
            () = look_after(&vitals, watch.panics, &pen) => {}
            () = systemd.follow(&vitals) => {}
            line = keep_budget(&vitals, watch.stop_within) => exit(&pen, line, spent(&vitals)),
        }
        systemd.tell(&vitals);
        drop(close_servers);
        // A second signal still ends the process at once, and the budget holds for this too.
        tokio::select! {
            _ = timeout(CLOSE_WITHIN, servers.join_all()) => {}
            () = obey => {}
            _ = keep_budget(&vitals, watch.stop_within) => {}
        }
    }
}

/// The first signal asks for a stop, the second ends the process.
async fn obey(mut signals: Signals, vitals: &Vitals, pen: &Pen) {
    let first = signals.next().await;
    let line = match vitals.apply(Event::Stop) {
        Some(past) => format!("{first}: stopping, {past}"),
        None => format!("{first}: stopping already"),
    };
    pen.write(Level::Info, line);
    let second = signals.next().await;
    exit(pen, format!("{second} while stopping: ending at once"), second.exit_code());
}

/// Looks at the vitals again and again, and tells of changes.
pub(crate) async fn look_after(vitals: &Vitals, mut told_panics: u64, pen: &Pen) {
    let mut look = Look::default();
    loop {
        let next = vitals.look();
        tell_of(&look, &next, pen);
        look = next;
        let (panics, last) = panics::of_tasks();
        if panics > told_panics {
            let last = last.unwrap_or_default();
            let line = format!("a task {last}: the worker goes on ({panics} such panics)");
            pen.write(Level::Warn, line);
            told_panics = panics;
        }
        let slept_at = Instant::now();
        vitals.clock().waits(look.period);
        let _ = timeout(look.period, vitals.registered()).await;
        vitals.clock().ticked(look.period, slept_at.elapsed());
    }
}

/// One line for what has begun between two looks, and one for what is over; the change of the
/// verdict is told once, in a line of its own where none of these is its reason.
fn tell_of(before: &Look, after: &Look, pen: &Pen) {
    let mut change = after.transition.as_ref().filter(|change| change.is_worth_a_line());
    let mut tell = |level, what: String| {
        let past = change.take().map(|past| format!(", {past}")).unwrap_or_default();
        pen.write(level, format!("{what}{past}"));
    };
    for name in after.stalled.iter().filter(|name| !before.stalled.contains(name)) {
        tell(Level::Warn, format!("stalled: no beat of `{name}` within its deadline"));
    }
    for name in before.stalled.iter().filter(|name| !after.stalled.contains(name)) {
        tell(Level::Info, format!("no longer stalled: `{name}`"));
    }
    for name in after.failing.iter().filter(|name| !before.failing.contains(name)) {
        tell(Level::Warn, format!("check `{name}` fails"));
    }
    for name in before.failing.iter().filter(|name| !after.failing.contains(name)) {
        tell(Level::Info, format!("check `{name}` fails no more"));
    }
    // One of the state is told by who has made it.
    if let Some(change) = change.filter(|change| change.from.state == change.to.state) {
        pen.write(Level::Info, format!("{}, {change}", change.to));
    }
}

/// Sends a canary into the worker's runtime again and again until that is to end, and tells what
/// the absence of one means.
///
/// On a thread of its own, as there is nothing else that an idle worker does so often: a timer of
/// the heart's runtime would wake its thread twice each time, at twice the cost.
fn send_canaries(vitals: &Vitals, pen: &Pen) {
    let mut canary = Canary::default();
    let mut ends = false;
    while !ends {
        vitals.wait_for_next(&canary);
        // One look more, which takes back what was said of a runtime that is now ending.
        ends = vitals.lifecycle().state.is_ending();
        let Some(past) = vitals.send(&mut canary) else { continue };
        let starved = |verdict: &Verdict| verdict.reasons.contains(&Reason::Starved);
        if starved(&past.to) {
            let line = format!("starved: the worker's runtime runs no tasks, {past}");
            pen.write(Level::Warn, line);
        } else if starved(&past.from) {
            pen.write(Level::Info, format!("no longer starved, {past}"));
        }
    }
}

/// Ends, with what there is to say, when a stop has taken longer than it may.
pub(crate) async fn keep_budget(vitals: &Vitals, stop_within: Duration) -> String {
    after(vitals.ending().await, stop_within).await;
    let phase = vitals.lifecycle().phase;
    format!("not stopped within {stop_within:?}, {phase} took too long: ending at once")
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

/// Ends the process, with a last line if that can be written.
#[expect(clippy::disallowed_methods, reason = "the one place where the process ends itself")]
fn exit(pen: &Pen, line: String, code: u8) {
    pen.write(Level::Error, line);
    pen.finish(LAST_LINE_WITHIN);
    std::process::exit(code.into());
}
