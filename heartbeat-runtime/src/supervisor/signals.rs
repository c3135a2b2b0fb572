//! Signals, registered once and for the life of the process: one that comes between two waits,
//! or before the first, is not lost, and none is swallowed by a listener that is gone.

use std::fmt;
use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown};

/// A signal that asks for a stop.
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

/// Lets the thread, and those that it makes, hear the signals that its parent may have blocked.
/// Call it when they are registered: one that waits already would end the process unheard.
#[cfg(unix)]
pub(crate) fn unblock() -> io::Result<()> {
    use nix::sys::signal::{SigSet, Signal};

    let heard = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP];
    Ok(SigSet::from_iter(heard).thread_unblock()?)
}

/// The streams of all that asks for a stop.
#[cfg(unix)]
pub(crate) struct Signals {
    terminate: Stream,
    interrupt: Stream,
    /// Only there so that the end of a terminal is not the end of the worker.
    _hangup: Stream,
}

#[cfg(unix)]
impl Signals {
    /// Has to be called within a runtime.
    pub(crate) fn register() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next signal; several of one kind may arrive as one.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.terminate.recv() => Signal::Terminate,
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            else => std::future::pending().await,
        }
    }
}

/// The streams of all that asks for a stop. Untested: no test runs on Windows yet.
#[cfg(windows)]
pub(crate) struct Signals {
    c: CtrlC,
    r#break: CtrlBreak,
    close: CtrlClose,
    shutdown: CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    /// Has to be called within a runtime.
    pub(crate) fn register() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self {
            c: ctrl_c()?,
            r#break: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// The next signal; several of one kind may arrive as one.
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
