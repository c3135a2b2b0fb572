//! One connection: from its first byte to its end, which is a FIN and never a reset.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Context, Poll};
use std::time::Duration;

use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Request, Version};
use hyper::body::{Body, Incoming};
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use super::heads::Heads;
use super::limiter::ConnectionSlot;
use super::router::{self, Response};
use super::{Site, Task, rules};
use crate::endpoint::Stream;

/// What a head may be long.
const MAX_HEAD_BYTES: usize = 8 * 1024;
/// What is read at once. Who sends more than a prober does has to wait for its turn with the rest.
const READ_CHUNK: usize = 1024;
/// How many reads are read before the others have their turn.
const READS_PER_TURN: u8 = 2;
/// How long a peer may take to close after the last answer, and how much it may still send.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 256 * 1024;
/// How long a client that has connected just before the server closes may take to ask.
const LAST_REQUEST: Duration = Duration::from_millis(100);

/// Answers the requests of a connection, until either side has enough or `closing` has no sender.
pub(super) async fn serve(
    stream: Stream,
    slot: ConnectionSlot,
    site: Arc<Site>,
    mut closing: watch::Receiver<()>,
) {
    let (stream, slot) = (Arc::new(stream), Arc::new(slot));
    let lingers = {
        let (heads, reads) = (Heads::default(), 0);
        let io = Io { stream: Arc::clone(&stream), slot: Arc::clone(&slot), heads, reads };
        let service = service_fn(|request| {
            let (site, slot) = (Arc::clone(&site), Arc::clone(&slot));
            async move { Ok::<_, Infallible>(answer(request, &site, &slot).await) }
        });
        let builder = builder();
        let mut connection = pin!(builder.serve_connection(TokioIo::new(io), service));
        tokio::select! {
            // Who never stops sending would leave no turn for what stands behind.
            biased;
            () = slot.evicted_or_expired() => false,
            () = shutdown_requested(&mut closing) => {
                tokio::select! {
                    _ = connection.as_mut() => {}
                    () = slot.evicted_or_expired() => {}
                    () = slot.first_response() => {}
                    () = sleep(LAST_REQUEST) => {}
                }
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    _ = connection.as_mut() => {}
                    () = slot.evicted_or_expired() => {}
                }
                false
            }
            // How it failed is the business of the peer.
            _ = connection.as_mut() => true,
        }
    };
    close(&stream, &slot, closing, lingers).await;
}

/// Ends when the other end of the channel is dropped.
pub(super) async fn shutdown_requested(closing: &mut watch::Receiver<()>) {
    while closing.changed().await.is_ok() {}
}

/// The limits: small, as a prober needs little.
fn builder() -> auto::Builder<BoxedExecutor> {
    let mut builder = auto::Builder::new(BoxedExecutor);
    // The time-outs are the slot's, which knows those of both versions.
    builder.http1().half_close(true).max_buf_size(MAX_HEAD_BYTES).header_read_timeout(None);
    builder
        .http2()
        .max_concurrent_streams(16)
        .max_header_list_size(8 * 1024)
        .initial_stream_window_size(16 * 1024)
        .initial_connection_window_size(64 * 1024)
        .max_frame_size(16 * 1024)
        .max_send_buf_size(16 * 1024)
        // Rapid resets: those that were not even looked at, and those that were errors.
        .max_pending_accept_reset_streams(16)
        .max_local_error_reset_streams(16);
    builder
}

/// Spawns the answers of an HTTP/2 connection, each as a [`Task`].
#[derive(Clone)]
struct BoxedExecutor;

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for BoxedExecutor {
    fn execute(&self, answer: F) {
        let answer: Task = Box::pin(answer);
        tokio::spawn(answer);
    }
}

async fn answer(mut request: Request<Incoming>, site: &Site, slot: &ConnectionSlot) -> Response {
    if !request.body().is_end_stream() {
        // A body that is announced and does not come has no more time than a head.
        slot.on_read(true);
    }
    let refusal = rules::refusal(&mut request).await;
    let mut response =
        refusal.map_or_else(|| site.answer(Some(slot.peer()), &request), router::empty);
    slot.on_response();
    let length = response.body().len();
    if request.method() == Method::HEAD {
        response.body_mut().clear();
    }
    let headers = response.headers_mut();
    // Of what is not sent the library does not always tell the length.
    headers.insert(CONTENT_LENGTH, length.into());
    // What is refused or not there now may be had later.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // HTTP/2 has no such header: one stream is refused there, and the others go on.
    if request.version() < Version::HTTP_2 && (refusal.is_some() || slot.near_limit()) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Closes with FIN. Unread input would make that a reset, which may overtake the answer: it is
/// read, until the peer closes where there is the time for that.
async fn close(
    stream: &Stream,
    slot: &ConnectionSlot,
    mut closing: watch::Receiver<()>,
    lingers: bool,
) {
    slot.begin_close();
    if stream.shutdown_write().is_err() {
        return;
    }
    let mut left = LINGER_BYTES;
    let drained = async {
        // Where others wait for the slot, who still sends has to live with a reset.
        while drain(stream, &mut left)
            && lingers
            && !slot.near_limit()
            && stream.readable().await.is_ok()
        {
            // A flood that is read off is to hold up nobody.
            yield_now().await;
        }
    };
    tokio::select! {
        _ = timeout(LINGER, drained) => {}
        () = slot.evicted_or_expired() => {}
        () = shutdown_requested(&mut closing), if lingers => {}
    }
    drain(stream, &mut left);
}

/// Reads a piece of what has come. Returns whether more may come.
fn drain(stream: &Stream, left: &mut usize) -> bool {
    match stream.try_read(&mut [0; 16 * 1024]) {
        Ok(count) => {
            *left = left.saturating_sub(count);
            count > 0 && *left > 0
        }
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}

/// What the HTTP library reads from and writes to.
struct Io {
    stream: Arc<Stream>,
    slot: Arc<ConnectionSlot>,
    heads: Heads,
    /// How many reads were read in this turn.
    reads: u8,
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.reads == READS_PER_TURN {
            self.reads = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            let Poll::Ready(readiness) = self.stream.poll_read_ready(context) else {
                self.reads = 0;
                return Poll::Pending;
            };
            readiness?;
            let piece = buffer.remaining().min(READ_CHUNK);
            match self.stream.try_read(buffer.initialize_unfilled_to(piece)) {
                Ok(count) => {
                    self.reads += 1;
                    let start = buffer.filled().len();
                    buffer.advance(count);
                    if let Some(come) = buffer.filled_mut().get_mut(start..) {
                        self.heads.follow(come);
                    }
                    self.slot.on_read(self.heads.is_mid_request());
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            task::ready!(self.stream.poll_write_ready(context))?;
            match self.stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.shutdown_write())
    }
}
