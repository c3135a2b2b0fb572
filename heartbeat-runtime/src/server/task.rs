//! Spawned futures.

use std::pin::Pin;

/// The one type of spawned future: each further type compiles another copy of tokio's task code.
pub(crate) type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send>>;
