//! The routes that user code adds to a health endpoint. Their requests are forwarded to the worker's
//! runtime, since user code never runs on the monitor thread.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use futures_util::FutureExt;
use http::StatusCode;
use hyper::upgrade::OnUpgrade;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tower::ServiceExt;

use super::client::{Client, Serving};
use super::router::{Request, Response};
use super::user_body::{ForwardedBody, forward};

/// Time in which the worker's runtime must begin a request: the client hears within five seconds
/// that it is starved.
const BEGINS_WITHIN: Duration = Duration::from_millis(4500);

/// Maximum requests that wait for a starved runtime. A client may have left each, and sent the next.
const WAITING: usize = 1024;

const STARVED: &str = "the worker's runtime runs no tasks\n";
const CLOSED: &str = "this endpoint is closed\n";

/// The routes of user code on an endpoint, once it serves them.
#[derive(Default)]
pub(crate) struct UserRoutes {
    requests: OnceLock<mpsc::Sender<ForwardedRequest>>,
}

/// A request for the worker's runtime.
pub(super) struct ForwardedRequest {
    request: Request,
    begun: oneshot::Sender<oneshot::Receiver<http::Response<ForwardedBody>>>,
}

impl UserRoutes {
    /// Opens the routes, whose requests then arrive at the receiver.
    pub(super) fn open(&self) -> mpsc::Receiver<ForwardedRequest> {
        let (sender, requests) = mpsc::channel(WAITING);
        // An endpoint is served once.
        let _ = self.requests.set(sender);
        requests
    }

    /// Tells whether the endpoint has routes of user code.
    pub(super) fn is_open(&self) -> bool {
        self.requests.get().is_some()
    }

    /// Answers a request by user code: 503 if the worker's runtime does not begin it in time or serves
    /// no more, 500 after a panic.
    pub(crate) async fn answer(&self, mut request: Request) -> Response {
        let client = request.extensions_mut().remove::<Arc<Client>>();
        // A connection of this server stays one, so that a `WebSocket` is refused and not cut.
        request.extensions_mut().remove::<OnUpgrade>();
        if let Some(address) = client.as_ref().and_then(|client| client.address) {
            request.extensions_mut().insert(ConnectInfo(address));
        }
        let serving = client.map(Serving::begin);
        let (begun, has_begun) = oneshot::channel();
        let forwarded = ForwardedRequest { request, begun };
        let Some(requests) = self.requests.get() else { return unavailable(CLOSED) };
        match requests.try_send(forwarded) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return unavailable(STARVED),
            Err(TrySendError::Closed(_)) => return unavailable(CLOSED),
        }
        let Ok(Ok(response)) = timeout(BEGINS_WITHIN, has_begun).await else {
            return unavailable(STARVED);
        };
        // A stop aborts it.
        let Ok(mut response) = response.await else { return unavailable(CLOSED) };
        response.body_mut().serving = serving;
        response.map(Into::into)
    }
}

fn unavailable(reason: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
}

impl ForwardedRequest {
    /// Answers the request in the runtime of the caller, unless nobody waits for it any more.
    pub(super) async fn answer(self, router: Router) {
        let (mut sender, receiver) = oneshot::channel();
        if self.begun.send(receiver).is_err() {
            return;
        }
        let response = tokio::select! {
            biased;
            () = sender.closed() => return,
            response = respond(router, self.request) => response,
        };
        forward(response, sender).await;
    }
}

/// Calls a router, and makes a panic a response: the hook has counted it.
pub(super) async fn respond(router: Router, request: Request) -> Response {
    match AssertUnwindSafe(router.oneshot(request)).catch_unwind().await {
        Ok(Ok(response)) => response,
        Err(panic) => {
            // The payload may panic when it is dropped.
            std::mem::forget(panic);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
