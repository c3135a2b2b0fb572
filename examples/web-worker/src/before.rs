//! The service before it became a worker: the `main` of most axum services. It has the same routes.
//!
//! ```text
//! ADDRESS=127.0.0.1:8080 PRICES=prices.csv cargo run --example before
//! ```

#![expect(clippy::disallowed_methods, clippy::expect_used, reason = "a service without a host")]

mod log;
mod prices;
mod routes;

use std::env;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use tokio::net::TcpListener;
use tokio::signal;

use prices::{Prices, PricesError};
use routes::{Requests, api, operations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    log::init();
    let prices = Arc::new(Prices::load(&env::var("PRICES")?).await?);
    let requests = Arc::new(Requests::default());
    tokio::spawn(reload(Arc::clone(&prices)));

    let app = api(&prices, &requests)
        .merge(operations(&prices, &requests))
        .route("/healthz", get(async || "ok\n"));
    let listener = TcpListener::bind(env::var("ADDRESS")?).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop_signal())
        .await?;
    tracing::info!("requests served: {}", requests.count());
    Ok(())
}

/// Reloads the prices every second. Nobody hears of its end.
async fn reload(prices: Arc<Prices>) -> Result<(), PricesError> {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        prices.reload().await?;
    }
}

async fn stop_signal() {
    let interrupt = async { signal::ctrl_c().await.expect("cannot handle SIGINT") };
    #[cfg(unix)]
    let terminate = async {
        let mut signals = signal::unix::signal(signal::unix::SignalKind::terminate())
            .expect("cannot handle SIGTERM");
        signals.recv().await
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<Option<()>>();
    tokio::select! {
        () = interrupt => {}
        _ = terminate => {}
    }
}
