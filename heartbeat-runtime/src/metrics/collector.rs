//! A collector of user code, which may be slow, block or panic.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use super::exposition::families;
use super::names::{MetricsError, Names, Owner};
use crate::log::lifecycle;
use crate::vitals::panics::catch_panic;

/// Time limit of one run of a collector.
pub(super) const TIME_LIMIT: Duration = Duration::from_millis(500);

/// A collector of user code.
pub(super) struct UserCollector {
    /// The type, or the metric, for log lines.
    what: String,
    registry: Registry,
    owner: Owner,
    /// Held during a run.
    running: Mutex<()>,
    /// The begin of the run under way.
    since: Mutex<Option<Instant>>,
    is_failing: AtomicBool,
}

/// The text of a run, or the reason why there is none.
pub(super) type Run = Result<String, String>;

impl UserCollector {
    /// Returns the one collector, or metric, of a registry.
    pub(super) fn new(what: &str, registry: Registry, owner: Owner) -> Self {
        let (running, since) = (Mutex::default(), Mutex::default());
        let is_failing = AtomicBool::new(false);
        Self { what: what.to_owned(), registry, owner, running, since, is_failing }
    }

    /// Runs the collector. Runs never overlap: one that takes too long fails those that come
    /// meanwhile, so that it holds up no further thread.
    pub(super) fn run(&self) -> Run {
        let since = *lock(&self.since);
        if since.is_some_and(|since| since.elapsed() >= TIME_LIMIT) {
            return Err(late());
        }
        let _running = lock(&self.running);
        *lock(&self.since) = Some(Instant::now());
        let written = catch_panic(|| {
            let mut written = String::new();
            text::encode_registry(&mut written, &self.registry).map(|()| written)
        });
        *lock(&self.since) = None;
        written?.map_err(|_| "it returned an error".to_owned())
    }

    /// Takes the names of the families in a text.
    pub(super) fn take_names(&self, written: &str, names: &Names) -> Result<(), MetricsError> {
        names.take(self.owner, &families(written)?)
    }

    /// Checks the result of a run, and logs a failure that begins or ends. Returns the text for the
    /// scrape.
    pub(super) fn check(&self, run: Run, names: &Names) -> Option<String> {
        let checked = run.and_then(|written| {
            self.take_names(&written, names).map_err(|error| error.to_string())?;
            Ok(written)
        });
        let was_failing = self.is_failing.swap(checked.is_err(), Ordering::Relaxed);
        match &checked {
            Err(reason) if !was_failing => {
                lifecycle!(warn, "/metrics lacks what `{}` collects: {reason}", self.what);
            }
            Ok(_) if was_failing => {
                lifecycle!(info, "/metrics has what `{}` collects again", self.what);
            }
            _ => {}
        }
        checked.ok()
    }
}

pub(super) fn late() -> String {
    format!("it takes longer than {TIME_LIMIT:?}")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of user code is caught under the lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
