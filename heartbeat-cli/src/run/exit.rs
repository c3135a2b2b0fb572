//! The ends of processes, in words.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::sys::signal::Signal;

/// The end of a process. Displays as `70, a panic` or `killed by SIGKILL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Code(i32),
    Signal(i32),
}

// === impl Exit ===

impl Exit {
    /// Returns what the process did, as the end of a sentence about it.
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Code(_) => format!("exited with {self}"),
            Self::Signal(_) => format!("was {self}"),
        }
    }
}

impl Exit {
    /// Tells whether a process that was asked to stop has ended as it should.
    pub(super) fn is_stop(self) -> bool {
        matches!(self, Self::Code(0 | 143) | Self::Signal(15))
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

/// The exit codes of a worker, as heartbeat-runtime documents them.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signal = |number| Signal::try_from(number).map(Signal::as_str);
        match *self {
            Self::Code(0) => f.write_str("0"),
            Self::Code(1) => f.write_str("1, an error"),
            Self::Code(2) => f.write_str("2, wrong arguments"),
            Self::Code(70) => f.write_str("70, a panic"),
            Self::Code(75) => f.write_str("75, a recycle or an overdue stop"),
            Self::Code(78) => f.write_str("78, a configuration error"),
            Self::Code(code) => match signal(code - 128) {
                Ok(name) => write!(f, "{code}, ended by {name}"),
                Err(_) => write!(f, "{code}"),
            },
            Self::Signal(number) => match signal(number) {
                Ok(name) => write!(f, "killed by {name}"),
                Err(_) => write!(f, "killed by signal {number}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn ends_in_words() {
        for (exit, words) in [
            (Exit::Code(0), "exited with 0"),
            (Exit::Code(3), "exited with 3"),
            (Exit::Code(70), "exited with 70, a panic"),
            (Exit::Code(143), "exited with 143, ended by SIGTERM"),
            (Exit::Code(255), "exited with 255"),
            (Exit::Signal(9), "was killed by SIGKILL"),
            (Exit::Signal(64), "was killed by signal 64"),
        ] {
            assert_eq!(exit.sentence(), words);
        }
    }
}
