//! The signals that end `run`.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// Time in which a second signal is the same request: `timeout` signals a process and its group.
const SAME_WITHIN: Duration = Duration::from_millis(50);

/// The streams of stop signals.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` if it was ignored when this process started, as by `nohup`: then it stays so.
    hangup: Option<Signal>,
    last: Option<Instant>,
}

// === impl Signals ===

impl Signals {
    /// Registers the handlers, for the life of the process.
    pub(super) fn register() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) },
            last: None,
        })
    }

    /// Waits for the next signal, and returns its name.
    pub(super) async fn next(&mut self) -> &'static str {
        loop {
            let hangup = async {
                match &mut self.hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            let name = tokio::select! {
                _ = self.interrupt.recv() => "SIGINT",
                _ = self.terminate.recv() => "SIGTERM",
                _ = hangup => "SIGHUP",
            };
            let now = Instant::now();
            let last = self.last.replace(now);
            if last.is_none_or(|last| now - last > SAME_WITHIN) {
                return name;
            }
        }
    }
}

/// Tells whether this process was started with SIGHUP ignored. Only Linux shows it.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    // A hexadecimal mask, whose lowest bit is the first signal, SIGHUP.
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let lowest = mask.and_then(|mask| mask.trim_end().chars().next_back()?.to_digit(16));
    lowest.is_some_and(|digit| digit & 1 == 1)
}
