//! A worker written by hand: a route for health on the worker's own runtime, over HTTP/1 and HTTP/2 on
//! one port.

use axum::{Json, Router, routing::get};
use bench_work::{address, stopped, terminated, work};
use serde::Serialize;
use tokio::net::TcpListener;

#[derive(Serialize)]
struct Health {
    version: &'static str,
    status: &'static str,
    state: &'static str,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let terminated = terminated()?;
    let health = async || Json(Health { version: "0.1.0", status: "pass", state: "running" });
    let router = Router::new().route("/health", get(health));
    let listener = TcpListener::bind(address()?).await?;
    let server = axum::serve(listener, router).with_graceful_shutdown(stopped(terminated.clone()));
    let server = tokio::spawn(server.into_future());
    work(stopped(terminated), || ()).await;
    Ok(server.await??)
}
