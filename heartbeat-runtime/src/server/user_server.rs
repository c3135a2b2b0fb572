//! The server of user code's routes, in the worker's runtime: for connections to an endpoint of its
//! own, and for requests that a health endpoint forwards.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::accept::is_connection_error;
use super::user_routes::{ForwardedRequest, respond};
use crate::endpoint::{EndpointListener, Stream};

/// Maximum connections per endpoint; further ones wait in the queue of the socket.
const LIMIT: usize = 1024;
/// Time for a request head, which begins with the last response.
const HEAD_WITHIN: Duration = Duration::from_secs(75);
/// Descriptors that are left to health, which has 64 connections on each of two endpoints.
const RESERVED: u64 = 128;
/// Pause after a failed accept, or after a connection that leaves too few descriptors.
const BACK_OFF: Duration = Duration::from_millis(100);

/// The server of an endpoint.
pub(super) struct UserServer {
    pub(super) listener: EndpointListener,
    pub(super) requests: mpsc::Receiver<ForwardedRequest>,
    pub(super) router: Router,
}

impl UserServer {
    /// Serves until `drained`, then completes the requests under way. Dropping the future aborts them.
    pub(super) async fn serve(self, drained: impl Future<Output = ()>) {
        let Self { listener, mut requests, router } = self;
        let (mut tasks, shutdown) = (JoinSet::new(), GracefulShutdown::new());
        let slots = Arc::new(Semaphore::new(LIMIT));
        let mut drained = pin!(drained);
        loop {
            tokio::select! {
                biased;
                () = drained.as_mut() => break,
                Some(_) = tasks.join_next() => {}
                Some(request) = requests.recv() => {
                    tasks.spawn(request.answer(router.clone()));
                }
                (connection, slot) = accept(&listener, &slots) => {
                    tasks.spawn(connection.serve(router.clone(), shutdown.watcher(), slot));
                }
            }
        }
        requests.close();
        while let Ok(request) = requests.try_recv() {
            tasks.spawn(request.answer(router.clone()));
        }
        // Clients in the queue of the socket are served too, unless it outlives this process.
        while !listener.is_handed_over()
            && let Ok((connection, slot)) = timeout(Duration::ZERO, accept(&listener, &slots)).await
        {
            tasks.spawn(connection.serve(router.clone(), shutdown.watcher(), slot));
        }
        drop(listener);
        tokio::join!(shutdown.shutdown(), async { while tasks.join_next().await.is_some() {} });
    }
}

/// An accepted connection.
struct Connection {
    stream: Stream,
    peer: Option<std::net::SocketAddr>,
}

/// Accepts the next connection, when there is a slot for it.
async fn accept(
    listener: &EndpointListener,
    slots: &Arc<Semaphore>,
) -> (Connection, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) if stream.leaves_descriptors(RESERVED) => {
                return (Connection { stream, peer }, slot);
            }
            Ok(connection) => {
                drop(connection);
                sleep(BACK_OFF).await;
            }
            Err(error) if is_connection_error(&error) => {}
            Err(_) => sleep(BACK_OFF).await,
        }
    }
}

impl Connection {
    /// Serves the connection until either side closes.
    async fn serve(self, router: Router, shutdown: Watcher, _slot: Option<OwnedSemaphorePermit>) {
        let Self { stream, peer } = self;
        let service = service_fn(move |request: http::Request<Incoming>| {
            let mut request = request.map(Body::new);
            if let Some(peer) = peer {
                request.extensions_mut().insert(ConnectInfo(peer));
            }
            let response = respond(router.clone(), request);
            async { Ok::<_, Infallible>(response.await) }
        });
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD_WITHIN);
        // WebSockets over HTTP/2 (RFC 8441).
        builder.http2().enable_connect_protocol();
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        // The peer knows how it failed.
        let _: Result<(), Box<dyn std::error::Error + Send + Sync>> =
            shutdown.watch(connection).await;
    }
}
