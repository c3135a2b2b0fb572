//! Checks of dependencies, which run in the background on the worker's runtime, never because of a
//! probe.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinError, JoinHandle};
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

use super::check_record::CheckRecord;
use super::jitter::jitter;
use super::panics::text_of;
use super::signs::Vitals;
use crate::error::Error;

/// A builder for a check.
#[must_use = "nothing is checked until `register` is called"]
pub struct CheckBuilder {
    name: String,
    every: Duration,
    timeout: Duration,
    critical: bool,
    vitals: Arc<Vitals>,
}

/// A registered check. Dropping it ends the check.
#[must_use = "the check ends when this is dropped: keep it, for example in the worker's state"]
pub struct Check {
    record: Arc<CheckRecord>,
    vitals: Arc<Vitals>,
    runner: AbortHandle,
}

/// The error of a check that cannot be registered.
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

    /// Sets the time from the end of one run to the start of the next; 30 seconds by default.
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// Sets the time limit of one run; 5 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes a failure a warning only: the instance stays ready.
    pub fn warn_only(mut self) -> Self {
        self.critical = false;
        self
    }

    /// Starts the check on the worker's runtime, within a tenth of its period and at most a second. It
    /// fails until its first result, and while its last result is older than three periods and the
    /// timeout. Runs never overlap.
    ///
    /// # Errors
    ///
    /// The name is taken, the period or the timeout is zero, or the caller is outside the worker's
    /// runtime.
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

impl fmt::Debug for CheckBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckBuilder")
            .field("name", &self.name)
            .field("every", &self.every)
            .field("timeout", &self.timeout)
            .field("critical", &self.critical)
            .finish_non_exhaustive()
    }
}

/// Runs the check again and again. A run that exceeds its timeout is aborted and awaited.
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
        // A panic ends only this task.
        let mut task = AbortOnDrop(tokio::spawn(async move { check().await }));
        let ended = in_time(&record, &vitals, began, &mut task.0).await;
        let timed_out = ended.is_err();
        let failure = match ended {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(error))) => Some(error.to_string()),
            Ok(Err(error)) => Some(lost(error)),
            Err(_) => Some(format!("no result within {:?}", record.timeout)),
        };
        vitals.set_check_result(&record, began, failure);
        if timed_out {
            task.0.abort();
            // A run that blocks its thread goes on; no second one starts beside it.
            let _ = (&mut task.0).await;
        }
        sleep(record.every).await;
    }
}

/// Awaits `task` up to the timeout, in which a suspension of the process does not count.
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

/// A task that is aborted with its runner.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn lost(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(payload) => format!("panicked: {}", text_of(payload)),
        Err(_) => "the runtime has ended".to_owned(),
    }
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
