//! The metrics that user code registers: plain ones, which cost atomics; collectors, which are user
//! code; and with the feature `metrics` those of libraries.

mod collector;
mod collectors;
mod exposition;
#[cfg(feature = "metrics")]
mod facade;
mod names;
mod registry;

pub(crate) use self::collectors::Collected;
#[cfg(feature = "metrics")]
pub(crate) use self::facade::install as install_facade;
pub use self::names::MetricsError;
pub use self::registry::Metrics;
