//! One connection to an endpoint of user code's routes.

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use futures_util::FutureExt;
use http::header::CONNECTION;
use http::{HeaderValue, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::timeout;

use super::exchanges::{Exchanges, HEAD_WITHIN, ResponseBody};
use super::handshake::{Transport, user_transport};
use super::router::to_body;
use super::shutdown::shutdown_requested;
use super::user_routes::RouterResponse;
use crate::endpoint::Stream;
use crate::tls::Acceptor;

/// Time for the peer to close after a failed handshake.
const LINGER: Duration = Duration::from_secs(1);

/// An accepted connection.
pub(super) struct UserConnection {
    pub(super) stream: Stream,
    /// `None` for a unix socket.
    pub(super) peer: Option<SocketAddr>,
    pub(super) tls: Option<Arc<Acceptor>>,
}

impl UserConnection {
    /// Serves the connection until either side closes. `ticks` has one every [`TICK`](super::exchanges::TICK),
    /// and shutdown begins when its sender is dropped.
    pub(super) async fn serve(self, router: Router, mut ticks: watch::Receiver<()>) {
        let Self { stream, peer, tls } = self;
        let Some(transport) = establish(stream, tls.as_deref(), &mut ticks).await else { return };
        let exchanges = Arc::new(Exchanges::new());
        let io = Io { transport, exchanges: Arc::clone(&exchanges) };
        let served = Arc::clone(&exchanges);
        let service = service_fn(move |request: http::Request<Incoming>| {
            let exchange = served.begin(request.version());
            let mut request = request.map(to_body);
            if let Some(peer) = peer {
                request.extensions_mut().insert(ConnectInfo(peer));
            }
            let exchanges = Arc::clone(&served);
            RouterResponse::new(router.clone(), request).map(move |mut response| {
                // The header of an upgrade says another thing.
                if exchanges.is_last() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response.map(|body| ResponseBody { body, exchange }))
            })
        });
        let builder = builder();
        let mut connection =
            pin!(builder.serve_connection_with_upgrades(TokioIo::new(io), service));
        loop {
            tokio::select! {
                biased;
                ticked = ticks.changed() => match ticked {
                    Ok(()) if exchanges.tick() => return,
                    Ok(()) => {}
                    Err(_) => break,
                },
                // The peer knows how it failed.
                _ = connection.as_mut() => return,
            }
        }
        // hyper closes at once if no request is under way, though one may be on its way.
        if timeout(exchanges.begin_close(), connection.as_mut()).await.is_ok() {
            return;
        }
        connection.as_mut().graceful_shutdown();
        let _: Result<(), Box<dyn Error + Send + Sync>> = connection.await;
    }
}

/// Returns the transport of a connection, unless its handshake fails, or shutdown begins first.
async fn establish(
    stream: Stream,
    tls: Option<&Acceptor>,
    ticks: &mut watch::Receiver<()>,
) -> Option<Transport<Stream>> {
    tokio::select! {
        biased;
        transport = user_transport(stream, tls) => match transport {
            Ok(transport) => Some(transport),
            Err(stream) => {
                close(stream?).await;
                None
            }
        },
        () = shutdown_requested(ticks) => None,
    }
}

/// Closes with FIN. Unread input would turn that into a reset, which can overtake the alert.
async fn close(stream: Stream) {
    let drained = async {
        let mut buffer = [0; 1024];
        while stream.readable().await.is_ok() {
            match stream.try_read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
    };
    if stream.shutdown_write().is_ok() {
        let _ = timeout(LINGER, drained).await;
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD_WITHIN);
    // WebSockets over HTTP/2 (RFC 8441).
    builder.http2().enable_connect_protocol();
    builder
}

/// The stream that hyper reads and writes.
struct Io {
    transport: Transport<Stream>,
    exchanges: Arc<Exchanges>,
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_read(context, buffer)
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
        ready!(Pin::new(&mut self.transport).poll_flush(context))?;
        self.exchanges.on_flush();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.transport).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;
    use tokio::sync::watch;
    use tokio::time::{Instant, interval, sleep, sleep_until};

    use super::UserConnection;
    use crate::endpoint::Stream;
    use crate::server::exchanges::TICK;

    /// Bytes that no socket buffers.
    const LARGE: usize = 8 << 20;

    fn request(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
    }

    /// Serves a connection, and returns the client's end.
    fn connect() -> UnixStream {
        connect_until(pending())
    }

    /// Serves a connection until a shutdown, and returns the client's end.
    fn connect_until(shutdown: impl Future<Output = ()> + Send + 'static) -> UnixStream {
        let slow = async || {
            sleep(Duration::from_secs(300)).await;
            "slow"
        };
        let router = Router::new()
            .route("/quick", get(async || "quick"))
            .route("/slow", get(slow))
            .route("/large", get(async || vec![b'x'; LARGE]));
        let (client, stream) = UnixStream::pair().unwrap();
        let ticks = watch::Sender::new(());
        let connection = UserConnection { stream: Stream::Unix(stream), peer: None, tls: None };
        tokio::spawn(connection.serve(router, ticks.subscribe()));
        tokio::spawn(async move {
            let tick = async {
                let mut tick = interval(TICK);
                loop {
                    tick.tick().await;
                    ticks.send_replace(());
                }
            };
            tokio::select! {
                () = tick => {}
                () = shutdown => {}
            }
        });
        client
    }

    /// Sends a request and reads the response, whose body is `quick`.
    async fn ask_quick(client: &mut UnixStream) -> String {
        client.write_all(request("/quick").as_bytes()).await.unwrap();
        let mut received = Vec::new();
        while !received.ends_with(b"quick") {
            assert!(client.read_buf(&mut received).await.unwrap() > 0, "closed");
        }
        String::from_utf8(received).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn answers_a_request_that_is_on_its_way_at_a_shutdown() {
        let begun = Instant::now();
        let second = |at| begun + Duration::from_secs_f64(at);
        let mut fresh = connect_until(sleep_until(second(0.5)));
        let mut used = connect_until(sleep_until(second(10.5)));
        let mut unused = connect_until(sleep_until(second(12.0)));
        sleep_until(second(0.9)).await;
        assert!(ask_quick(&mut fresh).await.contains("connection: close"));
        assert_eq!(fresh.read(&mut [0]).await.unwrap(), 0);

        sleep_until(second(10.0)).await;
        assert!(!ask_quick(&mut used).await.contains("connection: close"));
        assert!(!ask_quick(&mut unused).await.contains("connection: close"));
        sleep_until(second(10.9)).await;
        assert!(ask_quick(&mut used).await.contains("connection: close"));
        assert_eq!(used.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(unused.read(&mut [0]).await.unwrap(), 0);
        assert!(begun.elapsed() < Duration::from_secs_f64(12.1), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn closes_when_a_request_head_is_overdue() {
        let half = "GET / HT".to_owned();
        let (quick, slow) = (request("/quick"), request("/slow"));
        for (sent, after) in [(String::new(), 75), (half, 75), (quick, 75), (slow, 375)] {
            let (mut client, begun) = (connect(), Instant::now());
            client.write_all(sent.as_bytes()).await.unwrap();
            let mut received = String::new();
            client.read_to_string(&mut received).await.unwrap();
            let (elapsed, latest) = (begun.elapsed().as_secs(), after + TICK.as_secs());
            assert!((after..=latest).contains(&elapsed), "after {elapsed} s: {sent:?}");
            let is_request = sent.ends_with("\r\n\r\n");
            assert_eq!(received.starts_with("HTTP/1.1 200 OK\r\n"), is_request, "{received:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_for_a_client_that_reads_slowly() {
        let mut client = connect();
        client.write_all(request("/large").as_bytes()).await.unwrap();
        sleep(Duration::from_secs(200)).await;
        let mut received = Vec::new();
        client.read_to_end(&mut received).await.unwrap();
        assert!(received.len() > LARGE, "only {} bytes", received.len());
    }
}
