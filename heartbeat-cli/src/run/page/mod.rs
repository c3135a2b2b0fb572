//! The page of a run: all instances, live, and buttons to stop, restart and make busy. It is the status
//! page of a worker with more than one worker on it: same style, same script.

mod document;
mod events;
mod guard;
mod requests;
mod snapshot;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;

use self::document::Document;
use self::guard::Guard;
use super::fleet::Fleet;

/// The default port.
const PORT: u16 = 4300;

/// A bound page. Browsers wait in the queue of its socket until it serves.
#[derive(Debug)]
pub(crate) struct Page {
    listener: TcpListener,
    address: SocketAddr,
    guard: Guard,
}

/// The error of a page that cannot be bound.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    #[error(
        "cannot bind the page to 127.0.0.1:{port}: {cause}: stop what listens there, or choose another port \
         with --port, where 0 is any free one"
    )]
    Bind { port: u16, cause: std::io::Error },
    #[error("cannot make the token of the page: {0}")]
    Token(#[from] getrandom::Error),
}

/// The state that the routes share.
#[derive(Debug)]
struct Site {
    fleet: Fleet,
    guard: Guard,
    document: Document,
}

/// Headers of every response: nothing is kept, guessed, framed or lent to other origins.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

// === impl Page ===

impl Page {
    /// Binds the page to a port of the loopback address; 0 is any free one. Without a port it is 4300, or
    /// any free one if another run has that.
    pub(crate) async fn bind(port: Option<u16>) -> Result<Self, PageError> {
        let bind = async |port| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let bound = match (port, bind(port.unwrap_or(PORT)).await) {
            (None, Err(_)) => bind(0).await,
            (_, bound) => bound,
        };
        let port = port.unwrap_or(PORT);
        let (listener, address) = bound.map_err(|cause| PageError::Bind { port, cause })?;
        Ok(Self { listener, address, guard: Guard::new(address.port())? })
    }

    /// Returns the URL of the page.
    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Serves the page of a fleet, until the future is dropped.
    pub(crate) async fn serve(self, fleet: Fleet) {
        let Self { listener, guard, .. } = self;
        // It goes on accepting after errors, and so never returns one.
        let _ = axum::serve(listener, router(fleet, guard)).await;
    }
}

fn router(fleet: Fleet, guard: Guard) -> Router {
    let document = Document::new(guard.token());
    let site = Arc::new(Site { fleet, guard, document });
    Router::new()
        .route("/", get(page))
        .route("/events", get(events::fleet))
        .route("/events/logs", get(events::logs_of_all))
        .route("/events/logs/{instance}", get(events::logs_of_one))
        .route("/status", get(status))
        .route("/logs/{instance}", get(logs))
        .route("/instances/{instance}/{action}", post(requests::act))
        .layer(from_fn_with_state(Arc::clone(&site), guard::check))
        .with_state(site)
}

async fn page(State(site): State<Arc<Site>>) -> Response {
    let (html, policy) = site.document.render(&site.fleet);
    let content = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (content, html).into_response()
}

/// Answers with the state of all instances, as JSON.
async fn status(State(site): State<Arc<Site>>) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], snapshot::Snapshot::take(&site.fleet).to_json())
        .into_response()
}

/// Answers with the last lines of an instance, as text.
async fn logs(State(site): State<Arc<Site>>, Path(instance): Path<String>) -> Response {
    if !site.fleet.snapshot().iter().any(|it| it.id == instance) {
        return unknown(&instance);
    }
    let (lines, _) = site.fleet.logs(Some(&instance));
    let text: String = lines.iter().flat_map(|line| [&*line.text, "\n"]).collect();
    text.into_response()
}

fn unknown(instance: &str) -> Response {
    (StatusCode::NOT_FOUND, format!("no instance `{instance}`\n")).into_response()
}

/// Adds the headers of every response.
fn with_headers(mut response: Response) -> Response {
    response.headers_mut().extend(HeaderMap::from_iter(HEADERS));
    response
}

#[cfg(test)]
mod tests;
