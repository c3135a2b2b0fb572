//! The routes of both programs.

use std::thread;
use std::time::Duration;

use axum::{Router, routing::get};

/// Longer than any measurement.
const FOREVER: Duration = Duration::from_secs(3600);

/// Returns the routes: `/orders`, and `/block`, which blocks a thread.
pub fn router() -> Router {
    let block = async || thread::sleep(FOREVER);
    Router::new().route("/orders", get(async || "no orders\n")).route("/block", get(block))
}
