//! Runs of collectors for a scrape: off the monitor thread, and within a time limit.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;

use super::collector::{Run, TIME_LIMIT, UserCollector, late};
use super::names::Names;

/// Time limit of all collectors together. A scrape may wait for another one, and the server closes a
/// connection whose response takes longer than 5 seconds.
const TOTAL_LIMIT: Duration = Duration::from_secs(2);

/// The metrics that collectors gave for one scrape.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// In the text format of OpenMetrics, without its end.
    pub(crate) text: String,
    /// The number of collectors that gave nothing.
    pub(crate) failed: usize,
}

/// Runs collectors, one after the other on one thread. One that takes too long keeps that thread to
/// itself, and the rest gets another.
pub(super) async fn collect(
    collectors: Vec<Arc<UserCollector>>,
    names: &Names,
    runtime: Option<Handle>,
) -> Collected {
    let mut collected = Collected::default();
    let begun = Instant::now();
    let mut left = VecDeque::from(collectors);
    while !left.is_empty() {
        let (send, mut runs) = unbounded_channel();
        let batch = left.iter().cloned().collect();
        let spawned = spawn(batch, runtime.clone(), move |run| send.send(run).is_ok());
        while let Some(collector) = left.pop_front() {
            let within = TOTAL_LIMIT.saturating_sub(begun.elapsed());
            let run = match &spawned {
                Ok(()) if within.is_zero() => {
                    Some(Err(format!("all collectors together take longer than {TOTAL_LIMIT:?}")))
                }
                Ok(()) => timeout(within.min(TIME_LIMIT), runs.recv()).await.ok().flatten(),
                Err(error) => Some(Err(format!("cannot make a thread: {error}"))),
            };
            let is_late = run.is_none();
            match collector.check(run.unwrap_or_else(|| Err(late())), names) {
                Some(text) => collected.text.push_str(&text),
                None => collected.failed += 1,
            }
            if is_late {
                break;
            }
        }
    }
    collected
}

/// Runs a collector and waits for it; `None` if it takes too long.
pub(super) fn try_run(collector: &Arc<UserCollector>) -> Option<Run> {
    let (send, run) = sync_channel(1);
    let batch = vec![Arc::clone(collector)];
    spawn(batch, Handle::try_current().ok(), move |run| send.try_send(run).is_ok()).ok()?;
    run.recv_timeout(TIME_LIMIT).ok()
}

/// Runs collectors on a thread of their own within the worker's runtime. They are not tasks of it: a
/// stop would wait for one that blocks. Stops when `send` returns false.
fn spawn(
    collectors: Vec<Arc<UserCollector>>,
    runtime: Option<Handle>,
    send: impl Fn(Run) -> bool + Send + 'static,
) -> io::Result<()> {
    let thread = thread::Builder::new().name("collectors".to_owned());
    let thread = thread.spawn(move || {
        let _in_runtime = runtime.as_ref().map(Handle::enter);
        let _ = collectors.iter().all(|collector| send(collector.run()));
    });
    thread.map(drop)
}
