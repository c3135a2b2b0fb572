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
#[cfg(feature = "grpc")]
mod services;
mod snapshot;
mod source;

pub(crate) use self::format::Format;
pub(crate) use self::render::render;
#[cfg(feature = "grpc")]
pub(crate) use self::services::{service, services};
pub(crate) use self::source::{InstanceInfo, ReportSource};
