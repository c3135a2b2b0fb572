//! The routes that user code adds to a health endpoint. Their requests are forwarded to the worker's
//! runtime, since user code never runs on the monitor thread.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use axum::routing::future::RouteFuture;
use http::header::CONNECTION;
use http::{HeaderValue, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tower::Service;

use super::client::{Client, Serving};
use super::router::{Request, Response};
use super::user_body::{ForwardedBody, forward};
use crate::vitals::panics;

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
    /// Answers the request in the runtime of the caller, unless nobody waits for it any more. The last
    /// response closes its connection.
    pub(super) async fn answer(self, router: Router, is_last: bool) {
        let (mut sender, receiver) = oneshot::channel();
        if self.begun.send(receiver).is_err() {
            return;
        }
        let closes = is_last && self.request.version() < Version::HTTP_2;
        let mut response = tokio::select! {
            biased;
            () = sender.closed() => return,
            response = RouterResponse::new(router, self.request) => response,
        };
        if closes {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        forward(response, sender).await;
    }
}

/// The response of a router to a request. A panic makes it 500: the hook has counted it.
pub(super) struct RouterResponse {
    /// `None` after a panic.
    future: Option<RouteFuture<Infallible>>,
}

impl RouterResponse {
    pub(super) fn new(mut router: Router, request: Request) -> Self {
        let mut response = Self { future: None };
        catch(|| response.future = Some(router.call(request)));
        response
    }
}

impl Future for RouterResponse {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        let future = self.future.as_mut();
        let polled = future.and_then(|future| catch(|| Pin::new(future).poll(context)));
        let failed = || StatusCode::INTERNAL_SERVER_ERROR.into_response();
        polled.map_or_else(|| Poll::Ready(failed()), |polled| polled.map(|Ok(response)| response))
    }
}

/// Calls user code; `None` after a panic.
fn catch<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call)).map_err(panics::discard).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use axum::Router;
    use axum::body::Body;
    use axum::extract::State;
    use axum::routing::get;
    use futures_util::FutureExt;
    use http::StatusCode;

    use super::{Request, RouterResponse, UserRoutes, WAITING};

    /// A state that panics when it is cloned, once it is told to.
    #[derive(Default)]
    struct Fragile(Arc<AtomicBool>);

    impl Clone for Fragile {
        fn clone(&self) -> Self {
            assert!(!self.0.load(Ordering::Relaxed), "cloned");
            Self(Arc::clone(&self.0))
        }
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_or_before_it_is_500() {
        let fragile = Fragile::default();
        let breaks = Arc::clone(&fragile.0);
        let router = Router::new()
            .route("/panic", get(async || -> () { std::panic::panic_any("handled") }))
            .route("/", get(async |_: State<Fragile>| ()))
            .with_state(fragile);
        let status = async |path| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            RouterResponse::new(router.clone(), request).await.status().as_u16()
        };
        assert_eq!((status("/").await, status("/panic").await), (200, 500));
        breaks.store(true, Ordering::Relaxed);
        assert_eq!(status("/").await, 500);
    }

    #[tokio::test]
    async fn requests_whose_clients_have_left_do_not_pile_up() {
        let routes = UserRoutes::default();
        let requests = routes.open();
        let request = || Request::new(Body::empty());
        for _ in 0..WAITING {
            assert!(routes.answer(request()).now_or_never().is_none());
        }
        let refused = routes.answer(request()).now_or_never().unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(requests.len(), WAITING);
    }
}
