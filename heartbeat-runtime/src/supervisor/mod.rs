//! The outside: signals that request a stop, and systemd.

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
