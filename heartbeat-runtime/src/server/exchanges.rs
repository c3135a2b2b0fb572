//! The requests of a connection that user code answers, and the silence between them. hyper would
//! make a timer for each request head, and poll for each twice.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http::Version;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

/// Time for a request head, which begins with the last response.
pub(super) const HEAD_WITHIN: Duration = Duration::from_secs(75);
/// Time between two ticks. The end of a silence is noticed at a tick.
pub(super) const TICK: Duration = Duration::from_secs(15);
/// Time after a use in which a client may well send the next request, at a shutdown too.
pub(super) const LAST_REQUEST_WITHIN: Duration = Duration::from_secs(1);
/// Ticks within [`HEAD_WITHIN`].
const TICKS: u64 = HEAD_WITHIN.as_secs() / TICK.as_secs();

/// The requests of a connection.
pub(super) struct Exchanges {
    state: Mutex<State>,
}

struct State {
    under_way: usize,
    /// The end of the last response, at first the beginning of the connection.
    used_at: Instant,
    /// The next response is the last one.
    is_closing: bool,
    /// A response may not be written yet.
    is_unwritten: bool,
    /// HTTP/2 has pings.
    is_http2: bool,
    /// Ticks since the last request.
    silent_ticks: u64,
}

/// A request under way, from its head to the end of its response.
pub(super) struct Exchange(Arc<Exchanges>);

/// The body of a response, whose end is that of the request.
pub(super) struct ResponseBody {
    pub(super) body: Body,
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub(super) exchange: Exchange,
}

impl Exchanges {
    pub(super) fn new() -> Self {
        let state = State {
            under_way: 0,
            used_at: Instant::now(),
            is_closing: false,
            is_unwritten: false,
            is_http2: false,
            silent_ticks: 0,
        };
        Self { state: Mutex::new(state) }
    }

    /// Begins a request.
    pub(super) fn begin(self: &Arc<Self>, version: Version) -> Exchange {
        let mut state = self.state();
        state.under_way = state.under_way.saturating_add(1);
        state.is_http2 = version >= Version::HTTP_2;
        state.silent_ticks = 0;
        Exchange(Arc::clone(self))
    }

    /// Records that everything is written.
    pub(super) fn on_flush(&self) {
        self.state().is_unwritten = false;
    }

    /// Makes the next response the last one. Returns the time in which to expect its request: none while
    /// another one is under way, and with HTTP/2, which tells a client whether its request was taken.
    pub(super) fn begin_close(&self) -> Duration {
        let mut state = self.state();
        state.is_closing = true;
        let unused_for = state.used_at.elapsed();
        let is_told = state.under_way > 0 || state.is_http2;
        if is_told { Duration::ZERO } else { LAST_REQUEST_WITHIN.saturating_sub(unused_for) }
    }

    /// Tells whether a response is the last one, which its client does not know yet.
    pub(super) fn is_last(&self) -> bool {
        let state = self.state();
        state.is_closing && !state.is_http2
    }

    /// Counts a tick. Returns true if a request head is overdue.
    pub(super) fn tick(&self) -> bool {
        let mut state = self.state();
        if state.under_way == 0 && !state.is_unwritten && !state.is_http2 {
            state.silent_ticks = state.silent_ticks.saturating_add(1);
        }
        state.silent_ticks > TICKS
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.under_way = state.under_way.saturating_sub(1);
        state.used_at = Instant::now();
        state.is_unwritten = true;
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
