//! Signals. Handlers are registered once for the life of the process: no signal between two waits is
//! lost, and no dropped listener swallows one.

use std::fmt;
use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown};

/// A signal that requests a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Terminate,
    Interrupt,
}

impl Signal {
    /// Returns the number of the signal.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Terminate => 15,
            Self::Interrupt => 2,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
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
    /// Registered so that the end of a terminal does not end the worker.
    _hangup: Stream,
}

#[cfg(unix)]
impl Signals {
    /// Registers the handlers. Call it inside a runtime.
    pub(crate) fn register() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal. Several of one kind may arrive as one.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.terminate.recv() => Signal::Terminate,
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            else => std::future::pending().await,
        }
    }
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
            else => std::future::pending().await,
        }
    }
}
