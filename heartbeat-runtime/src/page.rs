//! The style and the script of the status page, for pages that show several workers.
//!
//! A worker serves its own status page at `/`. A page of another program can show workers as it does: it
//! takes in [`STYLE`] and [`WORKER_SCRIPT`], receives the details of each worker from `/health` or
//! `/events`, and hands them to `renderWorker`. They need no other file, and no build step, and a
//! `Content-Security-Policy` can allow them by their hashes.

pub use crate::report::page::{STYLE, WORKER_SCRIPT};
