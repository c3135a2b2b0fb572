//! The examples with real jobs, beside the real servers on which they depend.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod postgres_server;
mod schedule;
