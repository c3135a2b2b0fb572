//! Hogs on every core, from time to time.

use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use fastrand::Rng;

use crate::process::command;

/// A process that uses a core until it is dropped.
#[derive(Debug)]
struct Hog(Child);

/// Saturates all cores again and again until the sender is dropped. Returns how often and for how long.
pub(crate) fn saturate(mut rng: Rng, ended: &Receiver<()>) -> (u32, Duration) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (mut count, mut time) = (0, Duration::ZERO);
    let mut wait = |from: u64, to: u64| {
        let span = Duration::from_millis(rng.u64(from * 1_000..to * 1_000));
        (span, ended.recv_timeout(span) == Err(RecvTimeoutError::Timeout), rng.bool())
    };
    loop {
        let (_, goes_on, is_privileged) = wait(15, 50);
        if !goes_on {
            return (count, time);
        }
        // Negative for those whose turn is before that of the workers.
        let nice = if is_privileged { "-5" } else { "0" };
        let hogs: Vec<_> = (0..3 * cores).filter_map(|_| Hog::start(nice)).collect();
        let (span, _, _) = wait(3, 10);
        drop(hogs);
        count += 1;
        time += span;
    }
}

impl Hog {
    fn start(nice: &str) -> Option<Self> {
        let mut shell = command("nice");
        shell.args(["-n", nice, "sh", "-c", "while :; do :; done"]);
        let shell = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.spawn().ok().map(Self)
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
