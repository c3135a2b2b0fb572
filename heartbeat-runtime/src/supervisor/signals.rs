//! Signals. Handlers are registered once for the life of the process: no signal between two waits is
//! lost, and no dropped listener swallows one.

use std::fmt;
use std::future::pending;
use std::io;
#[cfg(unix)]
use std::io::IsTerminal;

#[cfg(unix)]
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown};

#[cfg(unix)]
use crate::log::lifecycle;

/// A signal that requests a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Terminate,
    Interrupt,
    /// The terminal has gone.
    #[cfg(unix)]
    Hangup,
}

impl Signal {
    /// Returns the number of the signal.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Terminate => 15,
            Self::Interrupt => 2,
            #[cfg(unix)]
            Self::Hangup => 1,
        }
    }

    /// Tells whether it ends a worker at once that is stopping because of another signal. A hangup may
    /// come twice: from the shell, and from the system when the shell has ended.
    pub(crate) fn is_forcing(self) -> bool {
        matches!(self, Self::Terminate | Self::Interrupt)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
            #[cfg(unix)]
            Self::Hangup => "SIGHUP",
        })
    }
}

/// Unblocks the signals for this thread and its children, as the parent process may have blocked
/// them. Call it after the registration: a pending one would end the process.
#[cfg(unix)]
pub(crate) fn unblock() -> io::Result<()> {
    use nix::sys::signal::{SigSet, Signal};

    let heard = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP];
    Ok(SigSet::from_iter(heard).thread_unblock()?)
}

/// The streams of stop signals.
#[cfg(unix)]
pub(crate) struct Signals {
    terminate: Stream,
    interrupt: Stream,
    /// `None` if it stays ignored.
    hangup: Option<Stream>,
    /// Stdin was a terminal at the start: one that has gone cannot be told from a file.
    is_on_terminal: bool,
}

#[cfg(unix)]
impl Signals {
    /// Registers the handlers. Call it inside a runtime.
    pub(crate) fn register() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) },
            is_on_terminal: io::stdin().is_terminal(),
        })
    }

    /// Waits for the next signal that requests a stop. Several of one kind may arrive as one.
    pub(crate) async fn next(&mut self) -> Signal {
        loop {
            let hangup = async {
                match &mut self.hangup {
                    Some(hangup) => hangup.recv().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                Some(()) = self.terminate.recv() => return Signal::Terminate,
                Some(()) = self.interrupt.recv() => return Signal::Interrupt,
                Some(()) = hangup => {
                    if self.is_on_terminal {
                        return Signal::Hangup;
                    }
                    lifecycle!(info, "SIGHUP: ignored, as stdin is not a terminal");
                }
                else => pending().await,
            }
        }
    }
}

/// Tells whether this process was started with SIGHUP ignored, as `nohup` does. Only Linux shows it.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    // A hexadecimal mask, whose lowest bit is the first signal, SIGHUP.
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let lowest = mask.and_then(|mask| mask.trim_end().chars().next_back()?.to_digit(16));
    lowest.is_some_and(|digit| digit & 1 == 1)
}

/// The streams of stop signals. Untested: no test runs on Windows yet.
#[cfg(windows)]
pub(crate) struct Signals {
    c: CtrlC,
    r#break: CtrlBreak,
    close: CtrlClose,
    shutdown: CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    /// Registers the handlers. Call it inside a runtime.
    pub(crate) fn register() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self {
            c: ctrl_c()?,
            r#break: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// Waits for the next signal. Several of one kind may arrive as one.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.c.recv() => Signal::Interrupt,
            Some(()) = self.r#break.recv() => Signal::Interrupt,
            Some(()) = self.close.recv() => Signal::Terminate,
            Some(()) = self.shutdown.recv() => Signal::Terminate,
            else => pending().await,
        }
    }
}
