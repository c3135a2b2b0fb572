//! Checks of what a worker depends on: they run in the background on the worker's runtime, never
//! because somebody probes.

use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinError, JoinHandle};
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

use super::Vitals;
use super::clock::nanoseconds;
use crate::Error;

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
#[error("cannot register check `{name}`: {reason}")]
pub struct CheckError {
    name: String,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("the name is taken: give it another name")]
    Taken,
    #[error("its period and its timeout must be greater than zero")]
    Zero,
    #[error("register it within on_start, run or a task of the worker")]
    NoRuntime,
}

/// What is known of a check: written by its runner, read by the heart thread.
pub(crate) struct CheckRecord {
    pub(crate) name: String,
    pub(crate) critical: bool,
    every: Duration,
    timeout: Duration,
    state: AtomicU8,
    ended_at: AtomicU64,
    took: AtomicU64,
    message: Mutex<Option<String>>,
}

/// What a report says of a check.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CheckReport {
    pub(crate) name: String,
    pub(crate) critical: bool,
    pub(crate) passes: bool,
    /// Since its last result, or its registration.
    pub(crate) age: Duration,
    /// How long the last one took.
    pub(crate) took: Duration,
    pub(crate) message: Option<String>,
}

const UNKNOWN: u8 = 0;
const PASSED: u8 = 1;
const FAILED: u8 = 2;

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
        let refused = |reason| CheckError { name: name.clone(), reason };
        if every.is_zero() || timeout.is_zero() {
            return Err(refused(Reason::Zero));
        }
        let runtime = Handle::try_current().map_err(|_| refused(Reason::NoRuntime))?;
        let record = Arc::new(CheckRecord {
            name: name.clone(),
            critical,
            every,
            timeout,
            state: AtomicU8::new(UNKNOWN),
            ended_at: AtomicU64::new(nanoseconds(vitals.clock().now())),
            took: AtomicU64::new(0),
            message: Mutex::default(),
        });
        if !vitals.add_check(&record) {
            return Err(refused(Reason::Taken));
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
        record.ended(vitals.clock().now(), began, failure);
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

// === impl CheckRecord ===

impl CheckRecord {
    fn ended(&self, now: Duration, began: Duration, failure: Option<String>) {
        self.took.store(nanoseconds(now.saturating_sub(began)), Ordering::Relaxed);
        self.ended_at.store(nanoseconds(now), Ordering::Relaxed);
        let state = if failure.is_none() { PASSED } else { FAILED };
        if let Ok(mut message) = self.message.lock() {
            *message = failure;
        }
        self.state.store(state, Ordering::Release);
    }

    /// Whether its last result is good, and not too old to be believed.
    pub(crate) fn passes(&self, now: Duration) -> bool {
        self.state.load(Ordering::Acquire) == PASSED && !self.is_expired(now)
    }

    /// Whether its last result is bad, or too old; it need not have one yet.
    pub(crate) fn has_failed(&self, now: Duration) -> bool {
        self.state.load(Ordering::Acquire) == FAILED || self.is_expired(now)
    }

    fn is_expired(&self, now: Duration) -> bool {
        self.age(now) > self.every.saturating_mul(3).saturating_add(self.timeout)
    }

    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(Duration::from_nanos(self.ended_at.load(Ordering::Relaxed)))
    }

    pub(crate) fn report(&self, now: Duration) -> CheckReport {
        let message = match self.state.load(Ordering::Acquire) {
            UNKNOWN => Some("no result yet".to_owned()),
            _ if self.is_expired(now) => Some("the last result is too old".to_owned()),
            _ => self.message.lock().map(|message| message.clone()).unwrap_or_default(),
        };
        CheckReport {
            name: self.name.clone(),
            critical: self.critical,
            passes: self.passes(now),
            age: self.age(now),
            took: Duration::from_nanos(self.took.load(Ordering::Relaxed)),
            message,
        }
    }
}
