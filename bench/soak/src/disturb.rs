//! Disturbances of a process from outside, which must not change its verdict.

use std::fs;
use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::Signal;

use crate::inject::OBEY_WITHIN;
use crate::instance::Instance;
use crate::process::{Event, command};

const SECOND: Duration = Duration::from_secs(1);

impl Instance<'_> {
    /// Suspends the process or steps its clock, by chance. Returns for how long it was suspended.
    pub(crate) fn disturb(&mut self) -> io::Result<Duration> {
        match self.rng.u8(0..4) {
            0 => {
                let time = self.milliseconds(500, 5_000);
                return Ok(self.suspend(time));
            }
            1 => {
                self.write_clock()?;
            }
            _ => {}
        }
        Ok(Duration::ZERO)
    }

    /// Suspends the process, in which time it is right to be silent. Returns for how long.
    pub(crate) fn suspend(&mut self, time: Duration) -> Duration {
        let stopped = Instant::now();
        let entries: Vec<_> = self.timeline.during(stopped, stopped + 3600 * SECOND).collect();
        for (at, expected) in &entries {
            self.timeline.set((*at).max(stopped), expected.or_silence());
        }
        self.signal(Signal::STOP);
        self.pump(stopped + time, |_| false);
        self.signal(Signal::CONT);
        let now = Instant::now();
        // Its answers come again; what was to come goes on.
        for (at, expected) in &entries {
            self.timeline.set((*at).max(now + SECOND), *expected);
        }
        now.duration_since(stopped)
    }

    /// Steps the clock of the process, and makes sure that it has seen that.
    pub(crate) fn step_clock(&mut self) -> io::Result<()> {
        let offset = self.write_clock()?;
        let line = "soak: began run clock ";
        if let Some(worker) = self.worker() {
            worker.order("run clock");
        }
        let is_told =
            |event: &Event| matches!(event, Event::Line(_, text) if text.starts_with(line));
        let told = self.pump(Instant::now() + OBEY_WITHIN, is_told);
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let clock = clock.map_or(0, |time| time.as_secs()).saturating_add_signed(offset);
        let seen = match &told {
            Some(Event::Line(_, text)) => text.strip_prefix(line).and_then(|it| it.parse().ok()),
            _ => None,
        };
        if seen.is_none_or(|seen: u64| seen.abs_diff(clock) > 120) {
            self.wrong_end(format!("its clock is at {seen:?} instead of {clock}"));
        }
        Ok(())
    }

    /// Steps the clock of the process, forward or back, by up to three days.
    fn write_clock(&mut self) -> io::Result<i64> {
        let offset = self.rng.i64(-250_000..250_000);
        if let Some(file) = self.clock_file() {
            // Never half written.
            let next = file.with_extension("next");
            fs::write(&next, format!("{offset:+}"))?;
            fs::rename(next, file)?;
            self.note(Instant::now(), format!("-- clock at {offset:+} s"));
        }
        Ok(offset)
    }

    /// Sets the policy by which the process gets a core.
    pub(crate) fn schedule(&mut self, policy: &str) {
        self.note(Instant::now(), format!("-- chrt {policy}"));
        let Some(worker) = self.worker() else { return };
        let mut chrt = command("chrt");
        chrt.args(["--all-tasks", policy, "--pid", "0"]).arg(worker.id().to_string());
        chrt.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Back to the ordinary one only where that is allowed; else it keeps the lowest.
        if !chrt.status().is_ok_and(|status| status.success()) && policy == "--idle" {
            self.wrong_end("its priority cannot be lowered".to_owned());
        }
    }

    pub(crate) fn signal(&mut self, what: Signal) {
        if let Some(worker) = self.worker() {
            worker.signal(what);
        }
        self.note(Instant::now(), format!("-- signal {}", what.as_raw()));
    }
}
