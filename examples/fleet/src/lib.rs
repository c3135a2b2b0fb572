//! The pool, as the front and the scheduler use it.

mod exchange;
mod pool;

pub use pool::{Pool, Report, ShipError};
