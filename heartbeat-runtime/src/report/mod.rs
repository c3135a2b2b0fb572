//! One snapshot of all that a worker tells, and its forms: JSON, health+json, text, Prometheus and the
//! status page. No HTTP, and no user code.

mod format;
mod health_json;
mod json;
pub(crate) mod metrics;
pub(crate) mod page;
mod process_stats;
mod render;
#[cfg(test)]
mod schema;
mod snapshot;
mod source;

pub(crate) use self::format::Format;
pub(crate) use self::render::render;
pub(crate) use self::source::{InstanceInfo, ReportSource};
