//! The routes of the service.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{ConnectInfo, Extension, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::prices::Prices;

/// The number of requests to the API.
#[derive(Debug, Default)]
pub(crate) struct Requests(AtomicUsize);

impl Requests {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Returns the routes for everybody.
pub(crate) fn api(prices: &Arc<Prices>, requests: &Arc<Requests>) -> Router {
    Router::new()
        .route("/prices", get(list))
        .route("/prices/{product}", get(price))
        .route_layer(from_fn(record))
        .layer(Extension(Arc::clone(requests)))
        .with_state(Arc::clone(prices))
}

/// Returns the routes for those who operate the service.
pub(crate) fn operations(prices: &Arc<Prices>, requests: &Arc<Requests>) -> Router {
    Router::new()
        .route("/stats", get(stats))
        .layer(Extension(Arc::clone(requests)))
        .with_state(Arc::clone(prices))
}

async fn list(State(prices): State<Arc<Prices>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/csv")], prices.list().csv.clone())
}

async fn price(
    State(prices): State<Arc<Prices>>,
    Path(product): Path<String>,
) -> Result<String, (StatusCode, String)> {
    match prices.list().prices.get(&product) {
        Some(price) => Ok(format!("{price}\n")),
        None => Err((StatusCode::NOT_FOUND, format!("no product {product:?}\n"))),
    }
}

async fn stats(
    State(prices): State<Arc<Prices>>,
    Extension(requests): Extension<Arc<Requests>>,
) -> String {
    format!("products: {}\nrequests: {}\n", prices.list().prices.len(), requests.count())
}

/// Counts and logs a request.
async fn record(
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    Extension(requests): Extension<Arc<Requests>>,
    request: Request,
    next: Next,
) -> Response {
    requests.0.fetch_add(1, Ordering::Relaxed);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let response = next.run(request).await;
    tracing::info!("{client} {method} {uri}: {}", response.status());
    response
}
