//! How a worker ends, and the exit code that tells a supervisor.

use std::fmt;
use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Stopped, or finished.
    Clean,
    /// One of the phases returned an error.
    Error,
    /// One of the phases panicked.
    Panic,
    /// The worker asked to be started anew.
    Recycle,
    /// The stop took longer than it may.
    OutOfBudget,
    /// An argument begins as those of a worker do, and is none.
    Usage,
    /// It could not start.
    Configuration,
    /// It was not to start, but to ask the one that runs.
    Probe { is_yes: bool },
}

impl Exit {
    /// The code, after `sysexits.h` where that has one.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Clean | Self::Probe { is_yes: true } => 0,
            Self::Error | Self::Probe { is_yes: false } => 1,
            Self::Usage => 2,
            Self::Panic => 70,
            Self::Recycle | Self::OutOfBudget => 75,
            Self::Configuration => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self {
            Self::Clean => "stopped cleanly",
            Self::Error => "stopped after an error",
            Self::Panic => "stopped after a panic",
            Self::Recycle => "stopped to be started anew",
            Self::OutOfBudget => "stopped with work cut off",
            Self::Usage | Self::Configuration | Self::Probe { .. } => "not started",
        };
        write!(f, "{how}, exit code {}", self.code())
    }
}
