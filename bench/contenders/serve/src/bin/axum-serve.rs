//! The routes as axum serves them.

use bench_work::{address, stopped, terminated};
use serve_contender::router;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let terminated = terminated()?;
    let listener = TcpListener::bind(address()?).await?;
    let server = axum::serve(listener, router()).with_graceful_shutdown(stopped(terminated));
    // On a thread of the runtime, as connections are.
    Ok(tokio::spawn(server.into_future()).await??)
}
