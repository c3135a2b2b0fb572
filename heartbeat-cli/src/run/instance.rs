//! One instance: the task that keeps its process as it is wanted.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::elapsed::Elapsed;
use super::exec::Guard;
use super::exit::Exit;
use super::fleet::{Fleet, InstanceView, Phase};
use super::logs::Logs;
use super::process::Spec;
use super::restart::{Decision, Restarts};

/// The wanted state of an instance.
#[derive(Clone, Debug)]
pub(super) struct Desired {
    /// It has a process, unless it has ended.
    pub(super) runs: bool,
    /// Number of restarts that were requested.
    pub(super) restarts: u64,
    /// Its process is killed rather than stopped.
    pub(super) is_forced: bool,
    /// Its next process.
    pub(super) spec: Arc<Spec>,
}

/// The task of an instance.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) id: Arc<str>,
    pub(super) desired: watch::Receiver<Desired>,
    pub(super) fleet: Fleet,
    pub(super) logs: Logs,
    pub(super) guard: Guard,
    /// The reader of the last process's output, where lines still wait to be written.
    pub(super) output: Option<JoinHandle<()>>,
}

/// The end of a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) exit: Exit,
    pub(super) cause: Option<Stop>,
    /// The longest time for which it was healthy.
    pub(super) well: Duration,
}

/// The reason for which a process is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Requested,
    /// It has not been live for too long.
    Red,
}

// === impl Desired ===

impl Desired {
    /// Tells whether a process that was started for `other` must stop.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        !self.runs || self.restarts != other.restarts
    }
}

// === impl Instance ===

impl Instance {
    /// Keeps the process as it is wanted, until nobody can want anything any more.
    pub(super) async fn run(mut self) {
        let mut restarts = Restarts::default();
        // The number of requested restarts at which the process ended for good.
        let mut ended_at = None;
        loop {
            let is_wanted = |it: &Desired| it.runs && ended_at != Some(it.restarts);
            let Ok(desired) = self.desired.wait_for(is_wanted).await.map(|it| it.clone()) else {
                break;
            };
            let end = self.run_process(desired.clone()).await;
            if end.cause == Some(Stop::Requested) {
                restarts = Restarts::default();
                self.stopped(end.exit);
                continue;
            }
            // It ends with 0 where it is stopped for being red.
            let exit = if end.cause == Some(Stop::Red) { Exit::Code(75) } else { end.exit };
            match restarts.decide(exit, end.well, jitter()) {
                Decision::End => {
                    ended_at = Some(desired.restarts);
                    self.ended(end.exit);
                }
                Decision::RestartAfter(delay) => self.wait_to_restart(&desired, end, delay).await,
            }
        }
        if let Some(output) = self.output {
            let _ = output.await;
        }
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut InstanceView)) {
        self.fleet.update(&self.id, change);
    }

    fn stopped(&self, exit: Exit) {
        self.update(|view| {
            view.phase = Phase::Stopped;
            view.ended_well = exit.is_stop();
        });
    }

    fn ended(&self, exit: Exit) {
        let more = match exit {
            Exit::Code(0) => "",
            _ => ": a restart would not mend that; its last lines tell why",
        };
        self.logs.say(format!("{} {}{more}", self.id, exit.sentence()));
        self.update(|view| view.phase = Phase::Ended);
    }

    /// Waits for the time of a restart, unless something else is wanted earlier.
    async fn wait_to_restart(&mut self, desired: &Desired, end: End, delay: Duration) {
        let what = match end.cause {
            Some(_) => "was stopped, as it was not live".to_owned(),
            None => end.exit.sentence(),
        };
        self.logs.say(format!("{} {what}: again in {}", self.id, Elapsed(delay)));
        let at = Instant::now() + delay;
        self.update(|view| {
            view.phase = Phase::Restarting { at };
            view.restarts += 1;
        });
        let is_replaced = |it: &Desired| it.replaces(desired);
        let replaced = timeout(delay, self.desired.wait_for(is_replaced)).await;
        if replaced.is_ok_and(|wanted| wanted.is_ok_and(|it| !it.runs)) {
            self.stopped(end.exit);
        } else {
            // A stop may be requested before the start.
            self.update(|view| view.phase = Phase::Waiting);
        }
    }
}

/// Returns a random number from 0 to 1.
fn jitter() -> f64 {
    use std::hash::{BuildHasher, RandomState};

    let random = RandomState::new().hash_one(()) >> 32;
    f64::from(u32::try_from(random).unwrap_or_default()) / f64::from(u32::MAX)
}
