//! The handshakes of a health endpoint: few at once, and bounded in time.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::client::Client;
use super::limiter::ConnectionLimiter;
pub(super) use super::transport::Transport;
use crate::tls::{Acceptor, TlsStream, is_certified};

/// Maximum handshakes at once; of further ones, the oldest of the busiest peer gives way. Each takes as
/// much time of the monitor thread as many responses.
const LIMIT: usize = 16;

/// Time for a handshake with user code's endpoint. Health gives as much, in its limiter.
const WITHIN: Duration = Duration::from_secs(5);

/// The handshakes of an endpoint.
#[derive(Clone)]
pub(super) struct Handshakes {
    acceptor: Arc<Acceptor>,
    limiter: Arc<ConnectionLimiter>,
}

impl Handshakes {
    pub(super) fn new(acceptor: Arc<Acceptor>) -> Self {
        Self { acceptor, limiter: Arc::new(ConnectionLimiter::new(LIMIT)) }
    }

    /// Completes a handshake. Returns `None` if it fails or is evicted, or if the client has left: a flood
    /// leaves in the queue of the socket what would hold up a prober.
    async fn complete<S>(&self, io: S, client: &Client) -> Option<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if client.stream.is_half_closed().await {
            return None;
        }
        // A client that sends nothing takes no slot: it has the time of a request head.
        let handshake = self.acceptor.begin(io).await.ok()?;
        let slot = self.limiter.admit(client.peer()).await;
        if client.stream.is_at_end() {
            return None;
        }
        let stream = tokio::select! {
            biased;
            () = slot.evicted_or_expired() => None,
            stream = handshake.complete() => stream.ok(),
        };
        client.slot.expect_head();
        stream
    }
}

/// Returns the transport of a connection, after its handshake if it has one. `None` if that fails.
pub(super) async fn transport<S>(
    io: S,
    handshakes: Option<&Handshakes>,
    client: &Client,
) -> Option<Transport<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(handshakes) = handshakes else { return Some(Transport::Plain(io)) };
    let stream = handshakes.complete(io, client).await?;
    if is_certified(&stream) {
        client.certify();
    }
    Some(Transport::Tls(Box::new(stream)))
}

/// Returns the transport of a connection to an endpoint of user code. If its handshake fails, returns the
/// connection instead, unless it took too long.
pub(super) async fn user_transport<S>(
    io: S,
    acceptor: Option<&Acceptor>,
) -> Result<Transport<S>, Option<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(acceptor) = acceptor else { return Ok(Transport::Plain(io)) };
    let handshake = async { acceptor.begin(io).await?.complete().await };
    let stream = timeout(WITHIN, handshake).await.map_err(|_| None)??;
    Ok(Transport::Tls(Box::new(stream)))
}
