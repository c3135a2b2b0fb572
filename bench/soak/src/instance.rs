//! An instance: its worker, its broker, and what is right at each moment.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fastrand::Rng;
use tempfile::TempDir;

use crate::broker::Broker;
use crate::cpu::WaitHistory;
use crate::plan::Plan;
use crate::process::Event;
use crate::tally::{Outcome, Tally};
use crate::timeline::{Colour, Expected, Timeline};
use crate::worker::Worker;

/// Far longer than a start takes.
const START_WITHIN: Duration = Duration::from_secs(60);
/// Lines of the log that are kept.
const LINES: usize = 400;

/// A worker, again and again, with a broker of its own.
pub(crate) struct Instance<'a> {
    pub(crate) number: u64,
    pub(crate) plan: &'a Plan,
    pub(crate) rng: Rng,
    pub(crate) broker: Broker,
    pub(crate) timeline: Timeline,
    pub(crate) waits: WaitHistory,
    pub(crate) outcome: Outcome,
    folder: TempDir,
    worker: Option<Worker>,
    pub(crate) log: VecDeque<(Instant, String)>,
    pub(crate) late: Vec<Late>,
}

/// A loop or a check of the worker that took too long.
pub(crate) struct Late {
    pub(crate) at: Instant,
    pub(crate) lasted: Duration,
}

impl<'a> Instance<'a> {
    pub(crate) fn new(number: u64, plan: &'a Plan) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self {
            number,
            plan,
            rng: Rng::with_seed(plan.seed.wrapping_add(number)),
            broker: Broker::start(folder.path())?,
            timeline: Timeline::default(),
            waits: WaitHistory::default(),
            outcome: Outcome::default(),
            folder,
            worker: None,
            log: VecDeque::new(),
            late: Vec::new(),
        })
    }

    /// Injects one thing after the other, until the time has come.
    pub(crate) fn run(&mut self, tally: &Tally) -> io::Result<()> {
        while let Some(injection) = self.plan.next(self.clock_file().is_some()) {
            let began = Instant::now();
            if self.worker.as_mut().is_none_or(Worker::has_ended) {
                self.start()?;
            }
            let pause = self.milliseconds(0, 2_000);
            self.pump(Instant::now() + pause, |_| false);
            self.note(Instant::now(), format!("-- {}", injection.name));
            self.inject(injection)?;
            self.settle(injection);
            self.outcome.time = began.elapsed();
            tally.add(injection.name, &std::mem::take(&mut self.outcome));
            self.timeline.forget(Duration::from_secs(60));
        }
        Ok(())
    }

    /// Returns the file that steps the worker's clock. Every other worker has a clock of its own.
    pub(crate) fn clock_file(&self) -> Option<PathBuf> {
        let has_one = self.plan.clock_library.is_some() && self.number.is_multiple_of(2);
        has_one.then(|| self.folder.path().join("clock"))
    }

    pub(crate) fn milliseconds(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.rng.u64(from..=to))
    }

    /// Starts a worker, and waits until it is ready.
    fn start(&mut self) -> io::Result<()> {
        let unknown = Expected::of(Colour::Either, Colour::Either).or_silence();
        self.timeline.set(Instant::now(), unknown);
        let clock = self.clock_file();
        self.worker = Some(Worker::spawn(self.plan, self.broker.socket(), clock.as_deref())?);
        let within = Instant::now() + START_WITHIN;
        let is_served = |event: &Event| matches!(event, Event::Line(_, line) if line.contains("health on http"));
        let line = self.pump(within, is_served);
        if let (Some(Event::Line(_, line)), Some(worker)) = (&line, &mut self.worker)
            && worker.probe(line, self.broker.id())
        {
            self.timeline.set(Instant::now(), Expected::of(Colour::Green, Colour::Either));
            let is_ready = |event: &Event| matches!(event, Event::Answer(answer) if answer.path == "/readyz" && answer.is_green());
            if let Some(Event::Answer(answer)) = self.pump(within, is_ready) {
                self.timeline.set(answer.answered, Expected::green());
                return Ok(());
            }
        }
        Err(io::Error::other(format!("a worker did not start:\n{}", self.log_since(None))))
    }

    pub(crate) fn worker(&mut self) -> Option<&mut Worker> {
        self.worker.as_mut()
    }

    /// Kills the worker, if it has not ended.
    pub(crate) fn end(&mut self) {
        self.worker = None;
    }

    /// Handles events until one is what is waited for, or the time has come.
    pub(crate) fn pump(
        &mut self,
        until: Instant,
        mut is_it: impl FnMut(&Event) -> bool,
    ) -> Option<Event> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let event = self.worker.as_ref()?.events.recv_timeout(left).ok()?;
            self.handle(&event);
            if is_it(&event) {
                return Some(event);
            }
        }
    }

    /// Adds a line to the log: one of the worker, or what is done to it.
    pub(crate) fn note(&mut self, at: Instant, line: String) {
        self.log.push_back((at, line));
        if self.log.len() > LINES {
            self.log.pop_front();
        }
    }

    fn handle(&mut self, event: &Event) {
        match event {
            Event::Answer(answer) => self.judge(answer),
            Event::Waits(at, waits) => self.waits.record(*at, waits.clone()),
            Event::Line(at, line) => {
                if let Some(lasted) = line.strip_prefix("soak: late ") {
                    let lasted = lasted.rsplit(' ').next().and_then(|word| word.parse().ok());
                    let lasted = Duration::from_millis(lasted.unwrap_or_default());
                    self.late.push(Late { at: *at, lasted });
                }
                self.note(*at, line.clone());
            }
            Event::Ended(at) => {
                if !self.timeline.at(*at).silence {
                    self.wrong_end("the process has ended".to_owned());
                }
            }
        }
    }
}
