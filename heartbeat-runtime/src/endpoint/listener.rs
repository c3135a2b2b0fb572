//! Binds addresses, before user code runs, and never shares a port with another process.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdTcpListener};
use std::task::{Context, Poll, ready};

use socket2::{Domain, Protocol, Socket, Type};
use thiserror::Error;
use tokio::net::TcpListener;

use super::address::Address;
use super::declared::{AddressSource, Endpoint};
use super::socket_activation::SocketActivation;
use super::stream::Stream;
#[cfg(unix)]
use super::unix_socket::{self, SocketFile};
use crate::log::lifecycle;

/// Connections that may wait to be accepted: as many as are served within a tenth of a second, since
/// a prober waits behind them all. In a flood on a shorter queue, it would be dropped and would retry
/// only after a second.
const BACKLOG: i32 = 1024;

/// A bound listener that belongs to no runtime yet.
pub(crate) struct BoundListener {
    listener: StdListener,
    address: Address,
    /// The socket belongs to a supervisor and outlives this process.
    handed_over: bool,
}

enum StdListener {
    Tcp(StdTcpListener),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

/// A listener in a runtime.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: AsyncListener,
    handed_over: bool,
}

#[derive(Debug)]
enum AsyncListener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        /// Removed first: while the listener is open, the file cannot be that of another process.
        #[expect(dead_code, reason = "it is there to be dropped")]
        file: Option<SocketFile>,
        listener: tokio::net::UnixListener,
    },
}

impl Listener {
    /// Accepts a connection. Dropping the future loses none.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, Option<SocketAddr>)> {
        poll_fn(|context| self.poll_accept(context)).await
    }

    pub(super) fn poll_accept(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(Stream, Option<SocketAddr>)>> {
        match &self.socket {
            AsyncListener::Tcp(listener) => {
                let (stream, peer) = ready!(listener.poll_accept(context))?;
                // Responses are written whole, so there is nothing to wait for.
                let _ = stream.set_nodelay(true);
                Poll::Ready(Ok((Stream::Tcp(stream), Some(canonical(peer)))))
            }
            #[cfg(unix)]
            AsyncListener::Unix { listener, .. } => {
                let (stream, _) = ready!(listener.poll_accept(context))?;
                Poll::Ready(Ok((Stream::Unix(stream), None)))
            }
        }
    }

    /// Tells whether the socket outlives this process: the next one serves the clients in its queue.
    pub(crate) fn is_handed_over(&self) -> bool {
        self.handed_over
    }

    pub(super) fn into_tcp(self) -> Result<TcpListener, Self> {
        match self.socket {
            AsyncListener::Tcp(listener) => Ok(listener),
            #[cfg(unix)]
            AsyncListener::Unix { .. } => Err(self),
        }
    }
}

/// Returns the IPv4 address of a client that a socket for both IP versions shows as `::ffff:…`.
fn canonical(client: SocketAddr) -> SocketAddr {
    match client.ip().to_canonical() {
        IpAddr::V4(ip) => (ip, client.port()).into(),
        // With its scope, which an `IpAddr` lacks.
        IpAddr::V6(_) => client,
    }
}

/// The error of an endpoint that cannot be listened on.
#[derive(Debug, Error)]
pub(crate) enum ListenError {
    #[error(
        "cannot listen on {address} for endpoint `{endpoint}`: {cause}: {}set {variable} to another \
         address{hint}",
        if cause.kind() == io::ErrorKind::AddrInUse { "end the process that has it, or " } else { "" }
    )]
    Bind {
        endpoint: String,
        address: Address,
        #[source]
        cause: io::Error,
        variable: String,
        /// Names the sockets that were handed over: one of them may have the address.
        hint: String,
    },
    #[error(
        "cannot use the socket that was handed over as `{endpoint}`: {cause}: give the socket unit \
         `ListenStream=` and `Accept=no`"
    )]
    HandedOver {
        endpoint: String,
        #[source]
        cause: io::Error,
    },
}

impl BoundListener {
    /// Returns the listeners of an endpoint: the sockets that were handed over under its name if it
    /// has their address, else one that binds its address.
    ///
    /// # Errors
    ///
    /// The address cannot be bound, or a socket is not a listening stream socket.
    pub(crate) fn listen(
        endpoint: &Endpoint,
        sockets: &mut SocketActivation,
    ) -> Result<Vec<Self>, ListenError> {
        let name = endpoint.name();
        let listeners = if endpoint.address_source() == AddressSource::HandedOver {
            let refused = |cause| ListenError::HandedOver { endpoint: name.to_owned(), cause };
            let taken = sockets.take(name).into_iter().map(Self::handed_over);
            taken.collect::<io::Result<Vec<_>>>().map_err(refused)?
        } else {
            let bound = Self::bind(endpoint).map_err(|cause| ListenError::Bind {
                endpoint: name.to_owned(),
                address: endpoint.address().clone(),
                cause,
                variable: endpoint.address_variable().to_owned(),
                hint: sockets.hint(name),
            });
            vec![bound?]
        };
        if let Some(listener) = listeners.first() {
            endpoint.set_bound_address(&listener.address);
        }
        Ok(listeners)
    }

    fn bind(endpoint: &Endpoint) -> io::Result<Self> {
        match endpoint.address() {
            Address::Tcp(address) => {
                let listener = bind_tcp(*address, endpoint.name())?;
                let address = Address::Tcp(listener.local_addr()?);
                let listener = StdListener::Tcp(listener);
                Ok(Self { listener, address, handed_over: false })
            }
            #[cfg(unix)]
            address @ Address::Unix(path) => {
                let listener = StdListener::Unix(unix_socket::bind(path)?);
                Ok(Self { listener, address: address.clone(), handed_over: false })
            }
            #[cfg(not(unix))]
            Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Takes a socket that listens already.
    #[cfg(unix)]
    fn handed_over(socket: Socket) -> io::Result<Self> {
        if socket.r#type()? != Type::STREAM || !socket.is_listener()? {
            return Err(io::Error::other("it is not a listening stream socket"));
        }
        socket.set_nonblocking(true)?;
        socket.set_cloexec(true)?;
        let address = socket.local_addr()?;
        let (address, listener) = if let Some(address) = address.as_socket() {
            (Address::Tcp(address), StdListener::Tcp(socket.into()))
        } else if address.is_unix() {
            let path = address.as_pathname().unwrap_or(std::path::Path::new(""));
            (Address::Unix(path.to_owned()), StdListener::Unix(socket.into()))
        } else {
            return Err(io::Error::other("it is neither a TCP nor a unix socket"));
        };
        Ok(Self { listener, address, handed_over: true })
    }

    #[cfg(not(unix))]
    fn handed_over(_: Socket) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Returns the bound address, with the port that the system chose for port 0.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Moves the listener into the runtime of the caller; fails outside of one.
    pub(crate) fn into_listener(self) -> io::Result<Listener> {
        let socket = match self.listener {
            StdListener::Tcp(listener) => AsyncListener::Tcp(TcpListener::from_std(listener)?),
            #[cfg(unix)]
            StdListener::Unix(listener) => {
                let file = match self.address {
                    Address::Unix(path) if !self.handed_over => Some(SocketFile(path)),
                    _ => None,
                };
                let listener = tokio::net::UnixListener::from_std(listener)?;
                AsyncListener::Unix { file, listener }
            }
        };
        Ok(Listener { socket, handed_over: self.handed_over })
    }
}

/// Binds an address. `[::]` accepts both IP versions, or IPv4 only if IPv6 is not available.
fn bind_tcp(address: SocketAddr, endpoint: &str) -> io::Result<StdTcpListener> {
    // The failed call decides, not the error: a sandbox refuses an IPv6 socket with the same EACCES
    // as the kernel a privileged port.
    let ipv6_error = match new_socket(address) {
        Err(error) => error,
        Ok(socket) => match listen(socket, address) {
            Err(error) if !is_port_error(&error) => error,
            result => return result,
        },
    };
    if address != SocketAddr::from((Ipv6Addr::UNSPECIFIED, address.port())) {
        return Err(ipv6_error);
    }
    let ipv4 = (Ipv4Addr::UNSPECIFIED, address.port()).into();
    let listener = listen(new_socket(ipv4)?, ipv4)?;
    lifecycle!(
        warn,
        "IPv6 is not available for endpoint `{endpoint}` ({ipv6_error}): listening on IPv4 only"
    );
    Ok(listener)
}

fn new_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    Ok(socket)
}

fn listen(socket: Socket, address: SocketAddr) -> io::Result<StdTcpListener> {
    // As std does on Unix, so that a restart does not wait for connections in TIME_WAIT. On Windows
    // the option would let another process take the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Tells whether IPv4 would fail in the same way. (A missing IPv6 has no error kind of its own.)
fn is_port_error(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn a_mapped_client_has_its_ipv4_address() {
        for (client, expected) in [
            ("[::ffff:192.0.2.7]:5000", "192.0.2.7:5000"),
            ("192.0.2.7:5000", "192.0.2.7:5000"),
            ("[2001:db8::7]:5000", "[2001:db8::7]:5000"),
            ("[fe80::7%3]:5000", "[fe80::7%3]:5000"),
        ] {
            assert_eq!(canonical(client.parse().unwrap()).to_string(), expected);
        }
    }
}
