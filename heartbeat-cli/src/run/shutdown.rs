//! The end of a run: all instances stop at once, each within its own time.

use std::process::ExitCode;
use std::time::Duration;

use tokio::time::{Instant, interval_at};

use super::elapsed::Elapsed;
use super::signals::Signals;
use super::supervisor::{Supervisor, counted};

/// Time between two lines about a stop that takes long.
const STOPPING_EVERY: Duration = Duration::from_secs(3);

// === impl Supervisor ===

impl Supervisor {
    /// Stops all instances at once, each within its own time; at a second signal they are killed.
    pub(super) async fn stop(mut self, mut signals: Signals) -> ExitCode {
        let began = Instant::now();
        let running = self.fleet.snapshot().iter().filter(|it| !it.is_at_rest()).count();
        if running > 0 {
            let within = self.members.iter().map(|it| it.desired.borrow().spec.stop_within).max();
            let within = Elapsed(within.unwrap_or_default());
            let line =
                format!("stopping {}, within {within}; again stops at once", counted(running));
            self.logs.say(line);
        }
        // A restart one by one must start nothing any more.
        self.work.abort_all();
        for member in &self.members {
            member.desired.send_modify(|desired| desired.runs = false);
        }
        let fleet = self.fleet.clone();
        let at_rest = fleet.wait_until(|all| all.iter().all(|it| it.is_at_rest()));
        tokio::pin!(at_rest);
        let mut ticks = interval_at(began + STOPPING_EVERY, STOPPING_EVERY);
        loop {
            tokio::select! {
                () = &mut at_rest => break,
                _ = ticks.tick() => self.tell_who_stops(began),
                signal = signals.next() => {
                    self.logs.say(format!("{signal} again: killing what is left"));
                    for member in &self.members {
                        member.desired.send_modify(|desired| desired.is_forced = true);
                    }
                }
            }
        }
        let is_well = self.fleet.snapshot().iter().all(|it| it.ended_well || it.starts == 0);
        let after = Elapsed(began.elapsed());
        if running > 0 {
            self.logs.say(format!("all instances have stopped after {after}"));
        }
        self.members.clear();
        let written = async {
            while self.tasks.join_next().await.is_some() {}
            self.logs.flush().await;
        };
        tokio::select! {
            () = written => {}
            () = self.logs.stands_still() => {}
            _ = signals.next() => {}
        }
        ExitCode::from(u8::from(!is_well))
    }

    fn tell_who_stops(&self, began: Instant) {
        let all = self.fleet.snapshot();
        let left: Vec<_> = all.iter().filter(|it| !it.is_at_rest()).map(|it| &*it.id).collect();
        let after = Elapsed(began.elapsed());
        self.logs.say(format!("still stopping after {after}: {}", left.join(", ")));
    }
}
