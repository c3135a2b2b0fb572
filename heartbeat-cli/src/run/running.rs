//! One process of an instance, from its start to its end.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::elapsed::Elapsed;
use super::exit::Exit;
use super::fleet::Phase;
use super::health::{Health, follow};
use super::instance::{Desired, End, Instance, Stop};
use super::process::Process;
use super::vigil::Vigil;

/// Time between two looks at the health of an instance.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Time for which the last lines of a process are awaited, so that its end is told behind them.
const OUTPUT_WITHIN: Duration = Duration::from_secs(2);

/// A process that runs.
#[derive(Debug)]
struct Running<'a> {
    instance: &'a mut Instance,
    /// The wanted state that it was started for.
    desired: Desired,
    process: Process,
    output: JoinHandle<()>,
    /// Tells the reader of the output that the process has ended.
    ended: oneshot::Sender<()>,
    health: Option<watch::Receiver<Health>>,
    vigil: Vigil,
    /// The reason for which it is stopped.
    cause: Option<Stop>,
    /// The time at which it is killed, unless it was killed already.
    kill_at: Option<Instant>,
}

// === impl Instance ===

impl Instance {
    /// Runs a process to its end.
    pub(super) async fn run_process(&mut self, desired: Desired) -> End {
        self.update(|view| {
            view.phase = Phase::Starting;
            view.starts += 1;
            view.health = Health::default();
        });
        let (process, output) = match Process::spawn(&desired.spec, &self.guard) {
            Ok(spawned) => spawned,
            Err(error) => {
                self.logs.say(format!("cannot start {}: {error}", self.id));
                return End { exit: Exit::Code(1), cause: None, well: Duration::ZERO };
            }
        };
        let (ended, is_ended) = oneshot::channel();
        let follow_output = self.logs.clone().follow(Arc::clone(&self.id), output, is_ended);
        let earlier = self.output.take();
        let output = tokio::spawn(async move {
            // Where the terminal is slow, the last lines of the earlier process may still wait.
            if let Some(earlier) = earlier {
                let _ = earlier.await;
            }
            follow_output.await;
        });
        let health = desired.spec.health.map(follow);
        self.update(|view| {
            view.pid = process.id();
            view.started = Some(SystemTime::now());
            if health.is_none() {
                view.phase = Phase::Running;
            }
        });
        let vigil = Vigil::default();
        Running {
            instance: self,
            desired,
            process,
            output,
            ended,
            health,
            vigil,
            cause: None,
            kill_at: None,
        }
        .run()
        .await
    }
}

// === impl Running ===

impl Running<'_> {
    async fn run(mut self) -> End {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let exit = loop {
            tokio::select! {
                exit = self.process.wait() => break exit.unwrap_or(Exit::Code(1)),
                // The supervisor keeps its end while a process runs.
                Ok(()) = self.instance.desired.changed() => self.follow_wanted(),
                () = health_changed(&mut self.health) => self.note_health(),
                _ = looks.tick() => self.look(),
                () = at(self.kill_at) => self.kill(),
            }
        };
        self.finish(exit).await
    }

    /// Stops or kills the process where that is wanted.
    fn follow_wanted(&mut self) {
        let wanted = self.instance.desired.borrow_and_update().clone();
        if wanted.is_forced {
            self.process.kill();
        } else if wanted.replaces(&self.desired) {
            self.stop(Stop::Requested);
        }
    }

    /// Asks the process to stop. What was requested counts more than what was found.
    fn stop(&mut self, cause: Stop) {
        let earlier = self.cause;
        if earlier != Some(Stop::Requested) {
            self.cause = Some(cause);
        }
        if earlier.is_some() {
            return;
        }
        self.kill_at = Some(Instant::now() + self.desired.spec.stop_within);
        // Out of the rotation first.
        self.instance.update(|view| {
            view.phase = Phase::Stopping;
            view.was_red = cause == Stop::Red;
        });
        self.process.terminate();
    }

    /// Kills a process that did not stop in time.
    fn kill(&mut self) {
        let within = Elapsed(self.desired.spec.stop_within);
        let line = format!("{} has not stopped within {within}: killing it", self.instance.id);
        self.instance.logs.say(line);
        self.process.kill();
        self.kill_at = None;
    }

    /// Takes over what the worker tells.
    fn note_health(&mut self) {
        let Some(health) = &mut self.health else { return };
        let health = health.borrow_and_update().clone();
        self.vigil.note(health.live && health.ready, Instant::now());
        self.instance.update(|view| {
            let version = health.report.as_ref().and_then(|it| it.get("version")?.as_str());
            if let Some(version) = version {
                view.version = Some(version.to_owned());
            }
            if view.phase == Phase::Starting && health.ready {
                view.phase = Phase::Running;
                view.was_red = false;
            }
            view.health = health;
        });
    }

    /// Looks whether the worker must be restarted.
    fn look(&mut self) {
        let Some(health) = &self.health else {
            self.vigil.note(true, Instant::now());
            return;
        };
        let is_red = self.vigil.is_red(&health.borrow());
        if is_red && self.cause.is_none() {
            let id = &self.instance.id;
            let line =
                format!("{id} has not been live at three looks: stopping it, to start it again");
            self.instance.logs.say(line);
            self.stop(Stop::Red);
        }
    }

    /// Ends what the process has left behind.
    async fn finish(mut self, exit: Exit) -> End {
        if let Some(kill_at) = self.kill_at
            && self.process.has_left_others()
        {
            // They are stopping, too; their output ends with them.
            let forced = self.instance.desired.wait_for(|it| it.is_forced);
            tokio::select! {
                _ = &mut self.output => {}
                () = sleep_until(kill_at) => {}
                _ = forced => {}
            }
        }
        self.process.kill();
        let _ = self.ended.send(());
        if !self.output.is_finished() && timeout(OUTPUT_WITHIN, &mut self.output).await.is_err() {
            self.instance.output = Some(self.output);
        }
        let well = self.vigil.longest_well(Instant::now());
        self.instance.update(|view| {
            view.pid = None;
            view.started = None;
            view.last_exit = Some(exit.to_string());
            view.ended_well = exit == Exit::Code(0);
            view.health = Health::default();
        });
        End { exit, cause: self.cause, well }
    }
}

/// Waits for news from a worker that tells its health.
async fn health_changed(health: &mut Option<watch::Receiver<Health>>) {
    if let Some(health) = health
        && health.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
