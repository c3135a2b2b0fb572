//! The outside that may ask a worker to stop.

mod signals;

pub(crate) use self::signals::Signals;
