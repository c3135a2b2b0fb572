//! The examples with real jobs, beside the real servers on which they depend.
#![cfg(target_os = "linux")]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod command;
mod postgres;
mod postgres_command;
mod postgres_commit;
mod postgres_health;
mod postgres_minute;
mod postgres_server;
mod random;
mod redis_claims;
mod redis_command;
mod redis_failures;
mod redis_orders;
mod redis_outages;
mod redis_worker;
mod schedule;
