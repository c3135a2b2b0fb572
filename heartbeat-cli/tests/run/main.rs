//! `heartbeat run` and the commands that control it: real processes, real signals.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test, that is how to fail")]

mod balancing;
mod control;
mod ends;
mod health;
mod lifecycle;
mod output;
mod page;
mod ports;
mod programs;
mod project;
mod terminal;
mod watch;
