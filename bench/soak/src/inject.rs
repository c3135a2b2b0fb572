//! The injections into an instance, step by step.

use std::io;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::injection::{
    Action, CHECK, Due, Effect, Injection, OVERLONG, STALL_AFTER, STOP_WITHIN, UNREADY,
};
use crate::instance::Instance;
use crate::process::Event;
use crate::timeline::{Colour, Expected};

/// Time in which a machine does what is due.
const GRACE: Duration = Duration::from_millis(500);
/// Time in which an order is obeyed. A task that is restarted may wait for half a minute before.
pub(crate) const OBEY_WITHIN: Duration = Duration::from_secs(90);
/// Time after a deadline in which a verdict that is late is waited for.
const LATEST: Duration = Duration::from_secs(15);
const SECOND: Duration = Duration::from_secs(1);
/// Time after which a fault heals that does so by itself.
const HEALS_AFTER: Duration = STALL_AFTER.saturating_add(Duration::from_secs(4));

impl Instance<'_> {
    pub(crate) fn inject(&mut self, injection: &Injection) -> io::Result<()> {
        match injection.effect {
            Effect::None => self.inject_nothing_wrong(injection.action),
            Effect::Dead(due) => self.inject_fault(injection.action, due),
            Effect::Heals(due) => {
                self.inject_healing_fault(injection.action, due);
                Ok(())
            }
            Effect::Unready => self.inject_unready(injection.action),
            Effect::Stops(code) => self.inject_stop(injection.action, code),
        }
    }

    /// Injects what must not turn anything red.
    fn inject_nothing_wrong(&mut self, action: Action) -> io::Result<()> {
        match action {
            Action::Orders(orders) => {
                let time = self.milliseconds(3_000, 9_000);
                let begun = self.order(orders, time);
                // It may have been suspended before the time began.
                let suspended = self.disturb()?;
                self.pump(begun + suspended + time + SECOND, |_| false);
            }
            Action::Suspend => {
                let time = self.milliseconds(500, 9_000);
                self.suspend(time);
                self.pump(Instant::now() + 3 * SECOND, |_| false);
            }
            Action::StepClock => {
                self.step_clock()?;
                self.pump(Instant::now() + 4 * SECOND, |_| false);
            }
            _ => {
                self.schedule("--idle");
                let time = self.milliseconds(3_000, 9_000);
                self.pump(Instant::now() + time, |_| false);
                self.schedule("--other");
                self.pump(Instant::now() + 2 * SECOND, |_| false);
            }
        }
        Ok(())
    }

    /// Injects a fault that turns live red, and then ends the worker, as its supervisor would.
    fn inject_fault(&mut self, action: Action, due: Due) -> io::Result<()> {
        let sent = Instant::now();
        let begun = self.begin_fault(action, due, OVERLONG, sent);
        let begun_anew = begun + self.disturb()?;
        let red_from = begun_anew + due.latest + GRACE;
        let dead = Expected::of(Colour::Red, Colour::Red).because(due.reason, begun);
        self.timeline.set(red_from, dead);
        if let Some(at) = self.wait_for_red("/livez", red_from + LATEST, begun_anew) {
            // It stays red.
            self.timeline.set(at.min(red_from), dead);
        }
        self.pump(Instant::now() + 3 * SECOND / 2, |_| false);
        self.supervise()
    }

    /// Injects a fault that turns live red, and waits until the worker is well again.
    fn inject_healing_fault(&mut self, action: Action, due: Due) {
        let sent = Instant::now();
        let begun = self.begin_fault(action, due, HEALS_AFTER, sent);
        let red_from = begun + due.latest + GRACE;
        let (red, either) = (Colour::Red, Colour::Either);
        self.timeline.set(red_from, Expected::of(red, red).because(due.reason, begun));
        // At the earliest, and at the latest.
        let (healing, healed) = (sent + HEALS_AFTER, begun + HEALS_AFTER);
        self.timeline.set(healing, Expected::of(either, either).because(due.reason, begun));
        self.timeline.set(healed + SECOND, Expected { since: healed, ..Expected::green() });
        self.wait_for_red("/livez", red_from + LATEST, begun);
        self.pump(healed + 3 * SECOND, |_| false);
    }

    /// Begins a fault that must not show before its earliest time. Returns when it has begun.
    fn begin_fault(&mut self, action: Action, due: Due, time: Duration, sent: Instant) -> Instant {
        let Action::Orders(orders) = action else { return sent };
        if due.unready_first {
            self.timeline.set(sent, Expected::of(Colour::Green, Colour::Either));
        }
        let reason = if due.unready_first { "" } else { due.reason };
        let either = Expected::of(Colour::Either, Colour::Either).because(reason, sent);
        self.timeline.set(sent + due.earliest, either);
        self.order(orders, time)
    }

    /// Makes a check fail, and undoes that.
    fn inject_unready(&mut self, action: Action) -> io::Result<()> {
        let sent = Instant::now();
        let either = Expected::of(Colour::Green, Colour::Either).because(UNREADY.reason, sent);
        self.timeline.set(sent, either);
        match action {
            Action::KillBroker => self.broker.signal(Signal::KILL),
            Action::SuspendBroker => self.broker.signal(Signal::STOP),
            Action::Orders(orders) => {
                self.order(orders, Duration::ZERO);
            }
            _ => {}
        }
        let begun = Instant::now();
        let red_from = begun + UNREADY.latest + GRACE;
        let unready = Expected::of(Colour::Green, Colour::Red).because(UNREADY.reason, begun);
        self.timeline.set(red_from, unready);
        if let Some(at) = self.wait_for_red("/readyz", red_from + LATEST, begun) {
            self.timeline.set(at.min(red_from), unready);
        }
        let hold = self.milliseconds(500, 4_000);
        self.pump(Instant::now() + hold, |_| false);
        self.timeline.set(Instant::now(), either);
        if let Action::Orders(_) = action {
            self.order(&["side pass"], Duration::ZERO);
        } else {
            self.broker.restore()?;
        }
        let undone = Instant::now();
        let green = Expected { since: undone, ..Expected::green() };
        self.timeline.set(undone + CHECK + GRACE, green);
        self.pump(undone + CHECK + GRACE + SECOND, |_| false);
        Ok(())
    }

    /// Makes the worker stop, and judges how it ends.
    fn inject_stop(&mut self, action: Action, code: i32) -> io::Result<()> {
        let either = Expected::of(Colour::Green, Colour::Either).or_silence();
        let sent = Instant::now();
        self.timeline.set(sent, either);
        let begun = if let Action::Orders(orders) = action {
            self.order(orders, Duration::ZERO)
        } else {
            self.signal(Signal::TERM);
            sent
        };
        let unready = Expected::of(Colour::Green, Colour::Red).or_silence();
        self.timeline.set(begun + GRACE, unready.because("stopping", begun));
        self.wait_for_end(begun, Some(code))
    }

    /// Ends a worker that is dead, as its supervisor would.
    fn supervise(&mut self) -> io::Result<()> {
        let either = Expected::of(Colour::Either, Colour::Either).or_silence();
        self.timeline.set(Instant::now(), either);
        if self.rng.bool() {
            self.signal(Signal::TERM);
            return self.wait_for_end(Instant::now(), None);
        }
        self.end();
        Ok(())
    }

    /// Waits until the worker has ended, within its budget, and judges its exit code.
    fn wait_for_end(&mut self, begun: Instant, code: Option<i32>) -> io::Result<()> {
        let mut deadline = begun + STOP_WITHIN + 2 * SECOND;
        let is_end = |event: &Event| matches!(event, Event::Ended(_));
        let mut end = self.pump(deadline, is_end);
        if end.is_none() {
            deadline += self.waits.longest(begun, Instant::now());
            end = self.pump(deadline, is_end);
        }
        match (end, self.worker()) {
            (Some(Event::Ended(at)), Some(worker)) => {
                let status = worker.wait()?;
                if code.is_some() {
                    self.outcome.red_after = Some(at.duration_since(begun));
                }
                if code.is_some_and(|code| status.code() != Some(code)) {
                    self.wrong_end(format!("{status} instead of {code:?}"));
                }
            }
            _ => self.wrong_end("it still runs".to_owned()),
        }
        self.end();
        Ok(())
    }

    /// Gives orders, and returns when the last of them is obeyed.
    fn order(&mut self, orders: &[&str], time: Duration) -> Instant {
        for order in orders {
            let line = format!("soak: began {order}");
            let order = format!("{order} {}", time.as_millis());
            if let Some(worker) = self.worker() {
                worker.order(&order);
            }
            self.note(Instant::now(), format!("-- ordered: {order}"));
            let is_begun =
                |event: &Event| matches!(event, Event::Line(_, text) if text.starts_with(&line));
            if self.pump(Instant::now() + OBEY_WITHIN, is_begun).is_none() {
                self.wrong_end(format!("it does not obey `{order}`"));
            }
        }
        Instant::now()
    }

    /// Waits until a path is red, and notes how long after the fault that is.
    fn wait_for_red(&mut self, path: &str, until: Instant, begun: Instant) -> Option<Instant> {
        let is_red = |event: &Event| matches!(event, Event::Answer(answer) if answer.path == path && answer.asked >= begun && answer.is_red());
        let Some(Event::Answer(answer)) = self.pump(until, is_red) else { return None };
        self.outcome.red_after = Some(answer.answered.duration_since(begun));
        Some(answer.answered)
    }
}
