//! The host takes a worker through its life, `start` → `run` → `stop`. Only the step before makes
//! the next one.
//!
//! ```mermaid
//! stateDiagram-v2
//!     [*] --> starting : signals registered, endpoint bound
//!     starting --> running : on_start succeeded
//!     starting --> busy : on_start succeeded, after set_busy(true)
//!     starting --> stopping : a stop was requested, or on_start or a task failed
//!     running --> busy : set_busy(true)
//!     busy --> running : set_busy(false)
//!     running --> stopping : a signal, a request, a failed task, or run returned
//!     busy --> stopping : a signal, a request, a failed task, or run returned
//!     stopping --> stopped : on_stop and all spawned tasks ended
//!     starting --> faulted : on_start panicked
//!     running --> faulted : run panicked
//!     busy --> faulted : run panicked
//!     stopping --> faulted : a phase panicked
//!     stopped --> [*] : the health server closed
//!     faulted --> [*] : the health server closed
//! ```
//!
//! The attribute writes this chain. Without it, write the chain yourself:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use heartbeat_runtime::{Host, RoleEnvironment};
//!
//! fn main() -> ExitCode {
//!     Host::new(
//!         "Orders",
//!         env!("CARGO_PKG_VERSION"),
//!         async |_role: &RoleEnvironment| Ok(0),
//!         async |orders: &mut u64, role: &RoleEnvironment| {
//!             while !role.is_stopping() {
//!                 role.beat();
//!                 *orders += 1;
//!             }
//!             Ok(())
//!         },
//!         async |_orders: u64, _role: &RoleEnvironment| Ok(()),
//!     )
//!     .definition(br#"
//!         <ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
//!           <WorkerRole name="Orders">
//!             <Endpoints>
//!               <InputEndpoint name="Heartbeat" protocol="http" port="3000" />
//!             </Endpoints>
//!           </WorkerRole>
//!         </ServiceDefinition>"#)
//!     .heartbeat("Heartbeat")
//!     .start()
//!     .run()
//!     .stop()
//! }
//! ```

mod answer;
mod arguments;
mod builder;
mod describe;
mod help;
mod init;
mod phases;
mod prepare;
mod probe;
mod start;
mod started;
mod threads;

pub use self::builder::{Bound, Host, NoDefinition, NoHeartbeat};
pub use self::init::InitResult;
#[cfg(feature = "test-util")]
pub(crate) use self::prepare::Prepared;
pub use self::started::{Ended, Started};
