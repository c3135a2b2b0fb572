//! A single route with the body of a worker's health, on one thread.

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
    let health = async || Json(Health { version: "0.1.0", status: "pass", state: "running" });
    let router = Router::new().route("/health", get(health));
    Ok(axum::serve(TcpListener::bind(address()?).await?, router).await?)
}
