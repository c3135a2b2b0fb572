//! Supervised tasks: futures, blocking calls and local futures with a heartbeat each, restarted after a
//! failure as they say, and waited for at a stop.

mod builder;
mod local;
mod panics;
mod restart;
mod run;
mod supervise;
mod task;
mod task_set;

pub use self::builder::{TaskBuilder, TaskError};
pub(crate) use self::local::drive_with_local_tasks;
pub(crate) use self::panics::log_panics;
pub use self::restart::Restart;
pub use self::task::Task;
pub(crate) use self::task_set::TaskSet;
