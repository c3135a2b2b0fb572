//! The supervisor of a task: runs it, and runs it again after a failure, as its policy says.

use std::future::Future;
use std::sync::Arc;

use tokio::time::sleep;

use super::panics::log_panics;
use super::restart::{Decision, RestartPolicy};
use super::run::{Failure, Run};
use super::task::Task;
use super::task_set::LiveTask;
use crate::exit::Exit;
use crate::log::{Elapsed, lifecycle};
use crate::vitals::{Event, jitter};

/// Supervises a task until it ends. Dropping the future aborts the task.
pub(super) async fn supervise<F>(
    live: Arc<LiveTask>,
    mut policy: RestartPolicy,
    start: impl Fn(Task) -> Result<Run<F>, Failure>,
) where
    F: Future<Output = Result<(), Failure>>,
{
    let vitals = &live.set.vitals;
    loop {
        let began = vitals.clock().now();
        let run = start(Task::new(live.record.heartbeat(), Arc::clone(vitals)));
        let result = match run {
            Ok(run) => run.await,
            Err(failure) => Err(failure),
        };
        let Err(failure) = result else { return };
        // One of them may be its cause.
        log_panics(vitals);
        let now = vitals.clock().now();
        let decision = policy.decide(now, now.saturating_sub(began), jitter());
        match decision {
            Decision::RestartAfter(_) if vitals.lifecycle().state.is_ending() => {
                return live.fail(&failure, "not restarted, as the worker is stopping");
            }
            Decision::Ignore => return live.fail(&failure, "ignored, the worker goes on"),
            Decision::StopWorker => return live.stop_worker(&failure, &policy),
            Decision::RestartAfter(delay) => {
                live.suspend(&failure, Elapsed(delay));
                tokio::select! {
                    biased;
                    _ = vitals.ending() => return,
                    () = sleep(delay) => {}
                }
                let name = &live.record.name;
                let took = Elapsed(vitals.clock().now().saturating_sub(now));
                vitals.restart_task(&live.record, |verdict| {
                    let fields = verdict.fields().task(name).elapsed(took);
                    lifecycle!(info, fields, "task `{name}` restarted, after {took}");
                });
            }
        }
    }
}

impl LiveTask {
    fn suspend(&self, failure: &Failure, delay: Elapsed) {
        let name = &self.record.name;
        self.set.vitals.suspend_task(&self.record, &failure.to_string(), |verdict| {
            let fields = verdict.fields().task(name);
            lifecycle!(
                warn,
                fields,
                "task `{name}` {failure}: restarting in {delay} (status warn)"
            );
        });
    }

    fn fail(&self, failure: &Failure, consequence: &str) {
        let name = &self.record.name;
        self.set.vitals.fail_task(&self.record, &failure.to_string(), |verdict| {
            let fields = verdict.fields().task(name);
            lifecycle!(warn, fields, "task `{name}` {failure}: {consequence}");
        });
    }

    /// Stops the worker because of a failure. A stop that is under way goes on, but its exit code tells.
    fn stop_worker(&self, failure: &Failure, policy: &RestartPolicy) {
        let vitals = &self.set.vitals;
        let exit = match failure {
            Failure::Error(_) => Exit::Error,
            Failure::Panic(_) => Exit::Panic,
        };
        vitals.tasks().add_exit(exit);
        vitals.fail_task(&self.record, &failure.to_string(), |_| ());
        let name = &self.record.name;
        let failure = format!("task `{name}` {failure}{}", policy.excess());
        vitals.fail(failure.clone());
        let within = Elapsed(self.set.stop_within);
        let changed = vitals.apply_and_log(Event::Stop, |change| {
            let fields = change.to.fields().task(name);
            lifecycle!(error, fields, "{failure}: stopping, within {within}");
        });
        if !changed {
            lifecycle!(error, vitals.verdict().fields().task(name), "{failure}");
        }
    }
}
