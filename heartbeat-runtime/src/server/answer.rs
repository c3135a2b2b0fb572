//! The response to a request: at once, after the first byte of its body, or after the collectors of
//! user code.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, StatusCode, Version};
use hyper::body::{Body, Incoming};
use tokio::sync::watch;
use tokio::time::sleep;

use super::limiter::ConnectionSlot;
use super::router::{self, Response};
use super::rules;
use super::shutdown::{LAST_REQUEST, shutdown_requested};
use super::state::HealthState;
use crate::metrics::Collected;

/// A response: at once, unless the request may have a body or user code collects metrics for it.
pub(super) enum Answer {
    Now(Option<Response>),
    Later(Pin<Box<dyn Future<Output = Response> + Send>>),
}

impl Answer {
    pub(super) fn new(
        mut request: Request<Incoming>,
        health: &Arc<HealthState>,
        slot: &Arc<ConnectionSlot>,
        closing: &watch::Receiver<()>,
    ) -> Self {
        let refusal = rules::refuse_head(&request);
        let is_scrape = refusal.is_none() && health.is_scrape(Some(slot.peer()), &request);
        if refusal.is_some() || request.body().is_end_stream() && !is_scrape {
            return Self::Now(Some(answer(refusal, &request, health, slot, &Collected::default())));
        }
        let (health, slot, closing) = (Arc::clone(health), Arc::clone(slot), closing.clone());
        Self::Later(Box::pin(async move {
            let refusal = await_body(&mut request, &slot, closing).await;
            let is_scrape = is_scrape && refusal.is_none();
            let collected =
                if is_scrape { health.source.collect().await } else { Collected::default() };
            answer(refusal, &request, &health, &slot, &collected)
        }))
    }
}

impl Future for Answer {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Now(response) => Poll::Ready(Ok(response.take().unwrap_or_default())),
            Self::Later(response) => response.as_mut().poll(context).map(Ok),
        }
    }
}

/// Refuses a body. Waits until it begins or turns out to be empty, which a shutdown bounds too.
async fn await_body(
    request: &mut Request<Incoming>,
    slot: &ConnectionSlot,
    mut closing: watch::Receiver<()>,
) -> Option<StatusCode> {
    if request.body().is_end_stream() {
        return None;
    }
    slot.expect_body();
    tokio::select! {
        biased;
        refusal = rules::refuse_body(request) => refusal,
        () = async { shutdown_requested(&mut closing).await; sleep(LAST_REQUEST).await } => {
            Some(StatusCode::REQUEST_TIMEOUT)
        }
    }
}

fn answer(
    refusal: Option<StatusCode>,
    request: &Request<Incoming>,
    health: &HealthState,
    slot: &ConnectionSlot,
    collected: &Collected,
) -> Response {
    let mut response =
        refusal.map_or_else(|| health.answer(Some(slot.peer()), request, collected), router::empty);
    slot.on_response();
    let length = response.body().len();
    if request.method() == Method::HEAD {
        response.body_mut().clear();
    }
    let headers = response.headers_mut();
    // hyper does not always set the length of a body that is not sent.
    headers.insert(CONTENT_LENGTH, length.into());
    // A path that is refused or missing now may exist later.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // HTTP/2 has no such header: it refuses one stream, and the others go on.
    if request.version() < Version::HTTP_2 && (refusal.is_some() || slot.near_limit()) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
