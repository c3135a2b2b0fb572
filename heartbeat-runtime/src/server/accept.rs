//! The accept loop.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use super::client::Client;
use super::connection;
use super::handshake::Handshakes;
use super::limiter::{ConnectionLimiter, LIMIT};
use super::router::router;
use super::shutdown::shutdown_requested;
use super::state::HealthState;
use super::task::BoxFuture;
use crate::endpoint::Listener;

/// Serves until the sender of `closing` is dropped, then completes the responses under way; the
/// caller bounds that.
pub(crate) async fn serve(
    listener: Listener,
    mut health: HealthState,
    closing: watch::Receiver<()>,
) {
    let handshakes = health.tls.take().map(Handshakes::new);
    let router = router(Arc::new(health));
    let serve_one = |stream, slot, address| -> BoxFuture {
        let client = Client::new(stream, slot, address, closing.clone());
        Box::pin(connection::serve(client, handshakes.clone(), router.clone()))
    };
    let connections = Arc::new(ConnectionLimiter::new(LIMIT));
    let mut tasks = JoinSet::new();
    let mut ends = closing.clone();
    let mut is_closing = pin!(shutdown_requested(&mut ends));
    loop {
        let accepted = tokio::select! {
            biased;
            () = is_closing.as_mut() => break,
            Some(_) = tasks.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let slot = connections.admit(address.into()).await;
                tasks.spawn(serve_one(stream, slot, address));
                // A request that is there already gets its response before the next eviction.
                yield_now().await;
            }
            Err(error) if is_connection_error(&error) => {}
            Err(_) => connections.recover().await,
        }
    }
    // Clients in the queue of the socket are served too, unless it outlives this process.
    while !listener.is_handed_over()
        && let Ok(Ok((stream, address))) = timeout(Duration::ZERO, listener.accept()).await
    {
        let slot = connections.admit(address.into()).await;
        tasks.spawn(serve_one(stream, slot, address));
    }
    drop(listener);
    while tasks.join_next().await.is_some() {}
}

/// Tells whether an accept failed because its connection has gone.
pub(super) fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
