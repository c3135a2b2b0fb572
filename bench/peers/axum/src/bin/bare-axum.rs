//! A route that answers what a worker's health does, on one thread, and nothing else.

use axum::{Json, Router, routing::get};
use bench_work::address;
use serde::Serialize;
use tokio::net::TcpListener;

#[derive(Serialize)]
struct Health {
    version: &'static str,
    status: &'static str,
    state: &'static str,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let health = async || Json(Health { version: "0.1.0", status: "pass", state: "ready" });
    let router = Router::new().route("/health", get(health));
    Ok(axum::serve(TcpListener::bind(address()?).await?, router).await?)
}
