//! The lifecycle lines of a worker.
//!
//! All threads write through one queue, so that lines come in the order of the events. A thread of its
//! own takes them out: a full pipe, or a subscriber that blocks or panics, stops neither health nor
//! deadlines.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::dispatcher::{self, Dispatch};
use tracing::subscriber::NoSubscriber;

/// Logs a lifecycle line through `tracing`, or to stderr if the program has no subscriber. It never
/// waits for the write.
macro_rules! lifecycle {
    (info, $($line:tt)+) => { $crate::log::write($crate::log::Level::Info, &format!($($line)+)) };
    (warn, $($line:tt)+) => { $crate::log::write($crate::log::Level::Warn, &format!($($line)+)) };
    (error, $($line:tt)+) => { $crate::log::write($crate::log::Level::Error, &format!($($line)+)) };
}
pub(crate) use lifecycle;

/// Maximum number of waiting lines. Further lines are lost and counted.
const QUEUE_LEN: usize = 1024;

/// Time that the end of the process, and the begin of each phase, waits for the lines before it.
pub(crate) const FLUSH_TIMEOUT: Duration = Duration::from_millis(50);

static QUEUE: Mutex<Queue> =
    Mutex::new(Queue { lines: VecDeque::new(), lost: 0, has_writer: false, is_writing: false });
/// Notified of new lines, and of written ones.
static CHANGED: Condvar = Condvar::new();

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

struct Queue {
    lines: VecDeque<Line>,
    /// Number of lines lost after the last waiting one.
    lost: usize,
    has_writer: bool,
    /// A line was taken out and is being written.
    is_writing: bool,
}

struct Line {
    level: Level,
    text: String,
    /// The subscriber of the logging thread, which may be its own.
    subscriber: Dispatch,
}

/// Starts the writer thread, once for the process. Before, each thread writes its lines itself.
pub(crate) fn start() -> io::Result<()> {
    let mut queue = lock();
    if !queue.has_writer {
        thread::Builder::new().name("heartbeat-log".to_owned()).spawn(write_lines)?;
        queue.has_writer = true;
    }
    Ok(())
}

/// Queues a line, with its control characters escaped. It never waits for the write.
pub(crate) fn write(level: Level, text: &str) {
    let line = Line::new(level, escape_controls(text));
    let mut queue = lock();
    if queue.has_writer {
        queue.push(line);
        CHANGED.notify_all();
    } else {
        drop(queue);
        line.write();
    }
}

/// Waits until all lines are written, for at most `within`.
pub(crate) fn flush(within: Duration) {
    let is_behind = |queue: &mut Queue| queue.is_writing || !queue.lines.is_empty();
    // Out of time, or poisoned: nothing more can be done.
    let _ = CHANGED.wait_timeout_while(lock(), within, is_behind);
}

fn lock() -> MutexGuard<'static, Queue> {
    // No code under the lock panics.
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_lines() {
    let mut is_subscriber_broken = false;
    loop {
        let mut queue = lock();
        queue.is_writing = false;
        CHANGED.notify_all();
        let Some(line) = wait_for_line(queue) else { continue };
        // A subscriber that panicked gets no further line: each would log one more panic.
        is_subscriber_broken =
            is_subscriber_broken || catch_unwind(AssertUnwindSafe(|| line.write())).is_err();
        if is_subscriber_broken {
            to_stderr(&line.text);
        }
    }
}

fn wait_for_line(queue: MutexGuard<'_, Queue>) -> Option<Line> {
    let queue = CHANGED.wait_while(queue, |queue| queue.lines.is_empty());
    let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
    queue.is_writing = true;
    queue.lines.pop_front()
}

impl Queue {
    fn push(&mut self, line: Line) {
        if self.lines.len() >= QUEUE_LEN {
            self.lost += 1;
            return;
        }
        if self.lost > 0 {
            let text = format!("{} lines are missing here: stderr was not read in time", self.lost);
            let subscriber = line.subscriber.clone();
            self.lines.push_back(Line { level: Level::Warn, text, subscriber });
            self.lost = 0;
        }
        self.lines.push_back(line);
    }
}

impl Line {
    fn new(level: Level, text: String) -> Self {
        Self { level, text, subscriber: dispatcher::get_default(Dispatch::clone) }
    }

    fn write(&self) {
        let Self { level, text, subscriber } = self;
        if subscriber.is::<NoSubscriber>() {
            return to_stderr(text);
        }
        dispatcher::with_default(subscriber, || match level {
            Level::Info => tracing::info!(target: "heartbeat", "{text}"),
            Level::Warn => tracing::warn!(target: "heartbeat", "{text}"),
            Level::Error => tracing::error!(target: "heartbeat", "{text}"),
        });
    }
}

fn to_stderr(line: &str) {
    // `eprintln!` would panic on a closed stderr. One write, as other processes may share the pipe.
    let _ = io::stderr().write_all(format!("heartbeat: {line}\n").as_bytes());
}

/// A duration in a log line, such as `3.2 ms`, `1.2 s` or `42 s`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elapsed(pub(crate) Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        let (value, unit) = if seconds < 1.0 { (seconds * 1000.0, "ms") } else { (seconds, "s") };
        let rounded = (value * 10.0).round() / 10.0;
        if value >= 10.0 || rounded.fract() == 0.0 {
            write!(f, "{value:.0} {unit}")
        } else {
            write!(f, "{rounded:.1} {unit}")
        }
    }
}

/// Escapes control characters, which would end a line or steer a terminal.
pub(crate) fn escape_controls(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { line.extend(letter.escape_default()) } else { line.push(letter) }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Duration, Elapsed, Level, Line, QUEUE_LEN, Queue, VecDeque, escape_controls};

    #[test]
    fn a_duration_has_two_digits_or_whole_units() {
        for (micros, text) in [
            (0, "0 ms"),
            (42, "0 ms"),
            (3_240, "3.2 ms"),
            (3_000, "3 ms"),
            (312_000, "312 ms"),
            (1_240_000, "1.2 s"),
            (20_000_000, "20 s"),
            (3_600_400_000, "3600 s"),
        ] {
            assert_eq!(Elapsed(Duration::from_micros(micros)).to_string(), text);
        }
    }

    #[test]
    fn escapes_control_characters() {
        assert_eq!(escape_controls("a\nb\u{1b}[31m ä"), "a\\nb\\u{1b}[31m ä");
    }

    #[test]
    fn counts_lost_lines_where_they_are_missing() {
        let mut queue =
            Queue { lines: VecDeque::new(), lost: 0, has_writer: true, is_writing: false };
        let mut push = |text: String| queue.push(Line::new(Level::Info, text));
        (0..QUEUE_LEN + 3).for_each(|index| push(index.to_string()));
        queue.lines.drain(..QUEUE_LEN - 1);
        queue.push(Line::new(Level::Info, "last".to_owned()));
        let texts: Vec<_> = queue.lines.iter().map(|line| line.text.as_str()).collect();
        let before = (QUEUE_LEN - 1).to_string();
        let lost = "3 lines are missing here: stderr was not read in time";
        assert_eq!(texts, [before.as_str(), lost, "last"]);
    }
}
