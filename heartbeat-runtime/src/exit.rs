//! The ends of a worker, and every exit code.

use std::fmt;
use std::process::ExitCode;

/// The end of a worker, as its supervisor learns of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The worker stopped or finished.
    #[default]
    Clean,
    /// A phase or a task returned an error.
    Error,
    /// A phase, a task, or the monitor panicked.
    Panic,
    /// The worker requested a recycle.
    Recycle,
    /// The stop took too long.
    Timeout,
    /// An argument that begins with `--heartbeat` is not known.
    Usage,
    /// The worker could not start.
    Configuration,
    /// The program has answered a question instead of starting.
    Answer { is_success: bool },
    /// A second signal of that number arrived during the stop.
    Signal(u8),
}

impl Exit {
    /// Returns the exit code, from `sysexits.h` where it has one.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Clean | Self::Answer { is_success: true } => 0,
            Self::Error | Self::Answer { is_success: false } => 1,
            Self::Usage => 2,
            Self::Panic => 70,
            Self::Recycle | Self::Timeout => 75,
            Self::Configuration => 78,
            Self::Signal(number) => number.saturating_add(128),
        }
    }

    /// Returns the end of a worker that ended in both ways: of a panic, a configuration that is wrong,
    /// unfinished work, and an error, the first in this order; else `self`, unless it was clean.
    ///
    /// A supervisor restarts the worker after unfinished work or an error, which no restart mends where
    /// the configuration is wrong.
    pub(crate) fn or(self, other: Self) -> Self {
        [Self::Panic, Self::Configuration, Self::Timeout, Self::Error]
            .into_iter()
            .find(|exit| [self, other].contains(exit))
            .unwrap_or(if self == Self::Clean { other } else { self })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Writes the end in words, without the code.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clean => "stopped cleanly",
            Self::Error => "stopped with an error",
            Self::Panic => "stopped with a panic",
            Self::Recycle => "stopped for a recycle",
            Self::Timeout => "stopped, with unfinished work aborted,",
            Self::Signal(_) => "stopped by a second signal",
            Self::Configuration => "stopped by a configuration error",
            Self::Usage | Self::Answer { .. } => "not started",
        })
    }
}
