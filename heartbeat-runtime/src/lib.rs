//! The runtime of [`#[worker_role]`](macro@worker_role): a background worker as a process with a
//! bounded lifecycle and an honest health endpoint.
//!
//! A user implements [`WorkerRole`], is handed a [`RoleEnvironment`], and needs nothing else.
//! [`Host`] is what the attribute writes into `main`, for those who write `main` by hand.

mod endpoint;
mod environment;
mod heart;
pub mod host;
mod log;
pub mod probe;
mod server;
mod supervisor;
#[cfg(feature = "test-util")]
pub mod test_util;
mod vitals;
mod worker_role;

pub use crate::endpoint::{Address, Endpoint};
pub use crate::environment::{LocalResourceError, RoleEnvironment, SettingError};
pub use crate::host::Host;
pub use crate::vitals::{
    Allowance, Check, CheckBuilder, CheckError, Heartbeat, HeartbeatBuilder, HeartbeatError, Idle,
};
pub use crate::worker_role::WorkerRole;
pub use heartbeat_macros::worker_role;

/// Whatever user code fails with.
pub type Error = Box<dyn std::error::Error + Send + Sync + 'static>;
