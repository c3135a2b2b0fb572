//! The health server. It reads the verdict and decides nothing.

mod accept;
mod answer;
mod connection;
mod details;
mod format;
mod frames;
mod heads;
mod limiter;
mod router;
mod rules;
mod shutdown;
mod state;
mod task;

pub(crate) use self::accept::serve;
pub(crate) use self::details::DetailAccess;
pub(crate) use self::state::HealthState;
pub(crate) use self::task::BoxFuture;
