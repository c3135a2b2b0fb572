//! The outside that may ask a worker to stop, and is told how it is.

mod signals;
#[cfg(unix)]
mod systemd;
#[cfg(not(unix))]
#[path = "no_systemd.rs"]
mod systemd;

pub(crate) use self::signals::Signals;
#[cfg(unix)]
pub(crate) use self::signals::unblock;
pub(crate) use self::systemd::Systemd;
