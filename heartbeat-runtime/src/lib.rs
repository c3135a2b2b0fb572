//! The runtime of [`#[worker_role]`](macro@worker_role): it turns a background worker into a process
//! with a bounded lifecycle and an honest health endpoint.
//!
//! Implement [`WorkerRole`]; its methods receive a [`RoleEnvironment`]. The attribute writes a
//! [`Host`] into `main`; without it, write that yourself.
//!
//! # Features
//!
//! All are off by default.
//!
//! - `grpc`: the gRPC health checking protocol on the endpoints of health.
//! - `metrics`: `/metrics` also serves what libraries report through the `metrics` crate. See
//!   [`Metrics`].
//! - `test-util`: a worker in its own tests, without a process, a port or a signal.
//! - `tls`: serves `https` endpoints over TLS, with the certificates that variables name.

mod config;
mod endpoint;
mod environment;
mod error;
mod exit;
mod facts;
pub mod host;
mod log;
mod metrics;
mod monitor;
pub mod page;
pub mod probe;
mod report;
mod server;
mod supervisor;
mod tasks;
#[cfg(feature = "test-util")]
pub mod test_util;
mod tls;
mod vitals;
mod worker_role;

pub use crate::config::{InstanceEndpoint, LocalResourceError, RoleInstance, SettingError};
pub use crate::endpoint::{
    Address, AddressError, Endpoint, EndpointListener, NotTcpError, Protocol,
    Stream as EndpointStream,
};
pub use crate::environment::RoleEnvironment;
pub use crate::error::Error;
pub use crate::facts::FactError;
pub use crate::host::Host;
pub use crate::metrics::{Metrics, MetricsError};
pub use crate::server::ServeError;
pub use crate::tasks::{Restart, Task, TaskBuilder, TaskError};
pub use crate::vitals::{
    Allowance, Check, CheckBuilder, CheckError, Heartbeat, HeartbeatBuilder, HeartbeatError, Idle,
};
pub use crate::worker_role::WorkerRole;
pub use axum;
pub use heartbeat_macros::worker_role;
/// The library of metrics, whose types [`Metrics`] takes and gives.
pub use prometheus_client;
