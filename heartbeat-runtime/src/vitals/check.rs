//! Checks of what a worker depends on: they run in the background on the worker's runtime, never
//! because somebody probes.

use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinError, JoinHandle};
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

use super::check_record::CheckRecord;
use super::signs::Vitals;
use crate::error::Error;

/// A check that is about to be registered.
#[must_use = "nothing is checked until `register` is called"]
pub struct CheckBuilder {
    name: String,
    every: Duration,
    timeout: Duration,
    critical: bool,
    vitals: Arc<Vitals>,
}

/// A check that goes on in the background until this is dropped.
#[must_use = "the check ends when this is dropped"]
pub struct Check {
    record: Arc<CheckRecord>,
    vitals: Arc<Vitals>,
    runner: AbortHandle,
}

/// Why a check cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot register check `{name}`: {kind}")]
pub struct CheckError {
    name: String,
    kind: CheckErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum CheckErrorKind {
    #[error("the name is taken: give it another name")]
    Taken,
    #[error("its period and its timeout must be greater than zero")]
    Zero,
    #[error("register it within on_start, run or a task of the worker")]
    NoRuntime,
}

// === impl CheckBuilder ===

impl CheckBuilder {
    pub(crate) fn new(name: &str, vitals: &Arc<Vitals>) -> Self {
        Self {
            name: name.to_owned(),
            every: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            critical: true,
            vitals: Arc::clone(vitals),
        }
    }

    /// How long to wait from the end of one check to the start of the next; 30 seconds without
    /// this.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// How long one check may take; 5 seconds without this.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// A failure is only a warning: the instance stays ready.
    pub fn warn_only(mut self) -> Self {
        self.critical = false;
        self
    }

    /// Starts the check on the worker's runtime, the first time within a tenth of its period and
    /// at most a second. Until its first result, and where the last one is older than three
    /// periods and the time-out, it counts as failed. Only one runs at a time.
    ///
    /// # Errors
    ///
    /// Where a check of that name is registered already, the period or the time-out is zero, or
    /// the caller is not within the worker's runtime.
    pub fn register<C, F>(self, check: C) -> Result<Check, CheckError>
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let Self { name, every, timeout, critical, vitals } = self;
        let refused = |kind| CheckError { name: name.clone(), kind };
        if every.is_zero() || timeout.is_zero() {
            return Err(refused(CheckErrorKind::Zero));
        }
        let runtime = Handle::try_current().map_err(|_| refused(CheckErrorKind::NoRuntime))?;
        let now = vitals.clock().now();
        let record = CheckRecord::new(name.clone(), critical, (every, timeout), now);
        let record = Arc::new(record);
        if !vitals.add_check(&record) {
            return Err(refused(CheckErrorKind::Taken));
        }
        let runner = run(Arc::clone(&record), Arc::clone(&vitals), Arc::new(check));
        let runner = runtime.spawn(runner).abort_handle();
        Ok(Check { record, vitals, runner })
    }
}

/// Checks again and again; one that does not end in time is aborted, and waited for.
async fn run<C, F>(record: Arc<CheckRecord>, vitals: Arc<Vitals>, check: Arc<C>)
where
    C: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let latest_start = (record.every / 10).min(Duration::from_secs(1));
    sleep(latest_start.mul_f64(jitter())).await;
    loop {
        let began = vitals.clock().now();
        let check = Arc::clone(&check);
        // A task of its own, so that a panic ends only that.
        let mut task = AbortOnDrop(tokio::spawn(async move { check().await }));
        let ended = in_time(&record, &vitals, began, &mut task.0).await;
        let timed_out = ended.is_err();
        let failure = match ended {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(error))) => Some(error.to_string()),
            Ok(Err(error)) => Some(lost(error)),
            Err(_) => Some(format!("no result within {:?}", record.timeout)),
        };
        record.set_result(vitals.clock().now(), began, failure);
        if timed_out {
            task.0.abort();
            // One that blocks its thread goes on, and no second one is started beside it.
            let _ = (&mut task.0).await;
        }
        sleep(record.every).await;
    }
}

/// What `task` gives within the time-out, in which a sleep of the whole process does not count.
async fn in_time<T>(
    record: &CheckRecord,
    vitals: &Vitals,
    began: Duration,
    task: &mut JoinHandle<T>,
) -> Result<Result<T, JoinError>, Elapsed> {
    let mut left = record.timeout;
    loop {
        let ended = timeout(left, &mut *task).await;
        left = record.timeout.saturating_sub(vitals.clock().now().saturating_sub(began));
        if ended.is_ok() || left.is_zero() {
            return ended;
        }
    }
}

/// The runner may itself be aborted while its check is under way.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn lost(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(payload) => {
            let text = payload.downcast_ref::<&str>().copied();
            let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            format!("panicked: {}", text.unwrap_or("(no text)"))
        }
        Err(_) => "the runtime has ended".to_owned(),
    }
}

/// From 0 to 1, another one each time, so that the checks of many instances do not go in step.
fn jitter() -> f64 {
    let random = RandomState::new().hash_one(()) >> 32;
    f64::from(u32::try_from(random).unwrap_or_default()) / f64::from(u32::MAX)
}

// === impl Check ===

impl Drop for Check {
    fn drop(&mut self) {
        self.runner.abort();
        self.vitals.remove_check(&self.record);
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.record.name).finish()
    }
}
