//! The listener of a declared endpoint, for user code.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use tokio::net::TcpListener;

use super::listener::{BoundListener, Listener};
use super::stream::Stream;

/// The listener of a declared endpoint, made by
/// [`RoleEnvironment::bind`](crate::RoleEnvironment::bind): one socket, or several that a supervisor
/// has handed over. Its connections are raw, without TLS.
#[derive(Debug)]
pub struct EndpointListener {
    listeners: Vec<Listener>,
}

/// The error of an endpoint that is not one TCP socket, but a unix socket or several sockets.
#[derive(Debug, thiserror::Error)]
#[error("the endpoint is not one TCP socket: call `accept` on its listener")]
#[non_exhaustive]
pub struct NotTcpError {
    /// The listener.
    pub listener: EndpointListener,
}

impl EndpointListener {
    /// Moves listeners into the runtime of the caller; fails outside of one.
    pub(crate) fn new(listeners: Vec<BoundListener>) -> io::Result<Self> {
        let listeners = listeners.into_iter().map(BoundListener::into_listener);
        Ok(Self { listeners: listeners.collect::<io::Result<_>>()? })
    }

    /// Accepts a connection. Returns it with the address of the peer: of an IPv4 client the IPv4 one,
    /// `None` for a unix socket. Dropping the future loses no connection.
    ///
    /// # Errors
    ///
    /// The system refuses one. Some errors concern that connection alone, as `accept(2)` lists them;
    /// after others, such as too many open files, pause before the next call.
    pub async fn accept(&self) -> io::Result<(Stream, Option<SocketAddr>)> {
        poll_fn(|context| self.poll_accept(context)).await
    }

    fn poll_accept(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(Stream, Option<SocketAddr>)>> {
        let mut accepted = self.listeners.iter().map(|listener| listener.poll_accept(context));
        accepted.find(Poll::is_ready).unwrap_or(Poll::Pending)
    }

    /// Tells whether the sockets outlive this process: the next one serves the clients in their queue.
    pub(crate) fn is_handed_over(&self) -> bool {
        self.listeners.iter().any(Listener::is_handed_over)
    }
}

impl TryFrom<EndpointListener> for TcpListener {
    type Error = NotTcpError;

    fn try_from(mut listener: EndpointListener) -> Result<Self, NotTcpError> {
        match listener.listeners.pop() {
            Some(only) if listener.listeners.is_empty() => only.into_tcp().map_err(|only| {
                listener.listeners.push(only);
                NotTcpError { listener }
            }),
            last => {
                listener.listeners.extend(last);
                Err(NotTcpError { listener })
            }
        }
    }
}
