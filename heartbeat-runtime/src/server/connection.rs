//! One connection: from its first byte to its end, which is a FIN and never a reset.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse;
use futures_util::{FutureExt, TryFutureExt};
use http::header::CONNECTION;
use http::{HeaderValue, Version};
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};
use tower::Service;

use super::client::Client;
use super::details::Certified;
use super::handshake::{Handshakes, Transport, transport};
use super::heads::Heads;
use super::limiter::ConnectionSlot;
use super::router::{Request, Response, to_body};
use super::rules;
use super::shutdown::{LAST_REQUEST, shutdown_requested};
use super::task::BoxFuture;
use crate::endpoint::Stream;

/// Maximum request head, in bytes.
const MAX_HEAD_BYTES: usize = 8 * 1024;
/// Bytes per read; larger senders yield to others.
const READ_CHUNK: usize = 1024;
/// Reads before a connection yields to the others.
const READS_PER_TURN: u8 = 2;
/// Time for the peer to close after the last response, and the bytes that it may still send.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 256 * 1024;
/// Time for the last event at a shutdown.
const LAST_EVENT: Duration = Duration::from_millis(100);
/// Time in which user code may answer a client that has closed its half.
const HALF_CLOSED: Duration = Duration::from_secs(1);

/// Serves a connection until either side closes or shutdown begins.
pub(super) async fn serve(client: Client, handshakes: Option<Handshakes>, router: Router) {
    let client = Arc::new(client);
    let Client { stream, slot, .. } = &*client;
    let mut closing = client.closing.clone();
    let Some(transport) = establish(&client, handshakes.as_ref()).await else {
        return close(stream, slot, closing, true).await;
    };
    let lingers = {
        let io = Io { transport, client: Arc::clone(&client), heads: Heads::default() };
        let service = service_fn(|request| answer(request.map(to_body), &client, &router));
        let has_tls = handshakes.is_some();
        let builder = builder();
        let mut connection = pin!(builder.serve_connection(TokioIo::new(io), service));
        tokio::select! {
            // A client that never stops sending would starve the branches below.
            biased;
            () = slot.evicted_or_expired() => false,
            () = client_left(stream, slot, has_tls) => false,
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
                    () = listener_is_slow(slot) => {}
                }
                false
            }
            // The peer knows how it failed.
            _ = connection.as_mut() => true,
        }
    };
    close(stream, slot, closing, lingers).await;
}

/// Returns the transport of a connection, unless it is evicted first, its handshake fails, or shutdown
/// leaves no more time for that.
async fn establish(
    client: &Arc<Client>,
    handshakes: Option<&Handshakes>,
) -> Option<Transport<Socket>> {
    let socket = Socket { client: Arc::clone(client), reads: 0 };
    let shutdown = async {
        shutdown_requested(&mut client.closing.clone()).await;
        sleep(LAST_REQUEST).await;
    };
    tokio::select! {
        biased;
        () = client.slot.evicted_or_expired() => None,
        transport = transport(socket, handshakes, client) => transport,
        () = shutdown => None,
    }
}

/// Waits until the client closes while it is answered for long. hyper does not look, so that health is told to
/// clients that close their half first; user code may answer long after the client has gone.
async fn client_left(stream: &Stream, slot: &ConnectionSlot, has_tls: bool) {
    loop {
        slot.serving().await;
        while slot.is_serving() {
            let failed = stream.readable().await.is_err();
            sleep(HALF_CLOSED).await;
            // Over TLS, the farewell of the client stays unread.
            let has_left = slot.is_serving()
                && (stream.is_at_end() || has_tls && stream.is_half_closed().await);
            if failed || has_left {
                return;
            }
        }
    }
}

/// Waits until a listener had the time to read its last event: a stop does not wait for one that does
/// not read.
async fn listener_is_slow(slot: &ConnectionSlot) {
    sleep(LAST_EVENT).await;
    if !slot.is_listening() {
        pending::<()>().await;
    }
}

/// Answers a request within the rules of the connection.
fn answer(
    mut request: Request,
    client: &Arc<Client>,
    router: &Router,
) -> impl Future<Output = Result<Response, Infallible>> + use<> {
    let client = Arc::clone(client);
    let version = request.version();
    let response = match rules::check_head(&request) {
        Ok(()) => {
            if client.is_certified() {
                request.extensions_mut().insert(Certified);
            }
            request.extensions_mut().insert(Arc::clone(&client));
            router.clone().call(request).left_future()
        }
        Err(refusal) => ready(Ok(refusal.into_response())).right_future(),
    };
    response.map_ok(move |mut response| {
        let is_lost = client.slot.on_response();
        // HTTP/2 has no such header.
        if version < Version::HTTP_2 && (is_lost || client.slot.near_limit()) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    })
}

/// Sets limits that are small, as a prober needs little.
fn builder() -> auto::Builder<BoxedExecutor> {
    let mut builder = auto::Builder::new(BoxedExecutor);
    // The slot has the timeouts, the same for both versions.
    builder.http1().half_close(true).max_buf_size(MAX_HEAD_BYTES).header_read_timeout(None);
    builder
        .http2()
        .max_concurrent_streams(16)
        .max_header_list_size(8 * 1024)
        .initial_stream_window_size(16 * 1024)
        .initial_connection_window_size(64 * 1024)
        .max_frame_size(16 * 1024)
        .max_send_buf_size(16 * 1024)
        // Rapid resets: of streams not yet accepted, and of streams in error.
        .max_pending_accept_reset_streams(16)
        .max_local_error_reset_streams(16);
    builder
}

/// Spawns the responses of an HTTP/2 connection, each as a [`BoxFuture`].
#[derive(Clone)]
struct BoxedExecutor;

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for BoxedExecutor {
    fn execute(&self, answer: F) {
        let answer: BoxFuture = Box::pin(answer);
        tokio::spawn(answer);
    }
}

/// Closes with FIN. Unread input would turn that into a reset, which can overtake the response; it
/// is read first, until the peer closes or its time is over.
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
        // If others wait for the slot, a peer that still sends gets the reset.
        while drain(stream, &mut left)
            && lingers
            && !slot.near_limit()
            && stream.readable().await.is_ok()
        {
            // Draining a flood must not hold up the others.
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

/// Reads and drops pending input. Returns false at the end, or when `left` is used up.
fn drain(stream: &Stream, left: &mut usize) -> bool {
    match stream.try_read(&mut [0; 16 * 1024]) {
        Ok(count) => {
            *left = left.saturating_sub(count);
            count > 0 && *left > 0
        }
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}

/// The socket of a connection.
struct Socket {
    client: Arc<Client>,
    /// Reads since the connection last yielded.
    reads: u8,
}

/// The stream that hyper reads and writes.
struct Io {
    transport: Transport<Socket>,
    client: Arc<Client>,
    heads: Heads,
}

impl AsyncRead for Socket {
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
            let Poll::Ready(readiness) = self.client.stream.poll_read_ready(context) else {
                self.reads = 0;
                return Poll::Pending;
            };
            readiness?;
            let piece = buffer.remaining().min(READ_CHUNK);
            match self.client.stream.try_read(buffer.initialize_unfilled_to(piece)) {
                Ok(count) => {
                    self.reads += 1;
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            task::ready!(self.client.stream.poll_write_ready(context))?;
            match self.client.stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.client.stream.shutdown_write())
    }
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let start = buffer.filled().len();
        task::ready!(Pin::new(&mut self.transport).poll_read(context, buffer))?;
        if let Some(come) = buffer.filled_mut().get_mut(start..) {
            self.heads.follow(come);
        }
        let slot = &self.client.slot;
        slot.on_read(self.heads.is_mid_request(), self.heads.is_lost());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.transport).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        task::ready!(Pin::new(&mut self.transport).poll_flush(context))?;
        self.client.on_flush();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(context)
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        self.client.on_close();
    }
}
