//! Processes that end with the soak, and the events that come from a worker.

use std::io::{BufRead, BufReader};
use std::process::{ChildStderr, Command};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::cpu::Waits;
use crate::probe::Answer;

/// An event of a worker.
#[derive(Debug)]
pub(crate) enum Event {
    Answer(Answer),
    /// A line of its log.
    Line(Instant, String),
    /// How long its threads have waited for a core.
    Waits(Instant, Waits),
    /// Its stderr has ended.
    Ended(Instant),
}

/// Returns a command whose process the kernel kills when the calling thread ends, however it does.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Sends a signal to a process; one that has ended gets none.
pub(crate) fn signal(process: u32, signal: Signal) {
    if let Some(id) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = kill_process(id, signal);
    }
}

/// Sends each line of a worker's log, with its time.
pub(crate) fn follow(log: ChildStderr, events: Sender<Event>) {
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            let _ = events.send(Event::Line(Instant::now(), line));
        }
        let _ = events.send(Event::Ended(Instant::now()));
    });
}
