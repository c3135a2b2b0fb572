//! An address becomes a bound listener: before user code runs, and without taking a port that
//! another process has.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdTcpListener};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

#[cfg(unix)]
use super::unix_socket;
use super::{Address, Endpoint, Peer, Stream};
use crate::environment::address_variable;
use crate::log::lifecycle;

/// What may wait to be accepted: as many as are served within a tenth of a second, for a prober
/// waits behind them all; with fewer it would find no place in a flood, and try again only after
/// a second.
const BACKLOG: i32 = 1024;

/// A listener that is bound, not yet in the care of a runtime.
pub(crate) struct Bound {
    listener: StdListener,
    address: Address,
    /// It is a supervisor's, and outlives this process.
    handed_over: bool,
}

enum StdListener {
    Tcp(StdTcpListener),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

/// A listener of the runtime in which it was made.
pub(crate) struct Listener {
    socket: AsyncListener,
    handed_over: bool,
}

enum AsyncListener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

impl Listener {
    /// The next connection. Dropping the future loses none.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match &self.socket {
            AsyncListener::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Answers are written whole; waiting for more of them helps nobody.
                let _ = stream.set_nodelay(true);
                Ok((Stream::Tcp(stream), peer.into()))
            }
            #[cfg(unix)]
            AsyncListener::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), Peer::Local))
            }
        }
    }

    /// Whether it stays when this process closes it, and who waits there is the next one's.
    pub(crate) fn is_handed_over(&self) -> bool {
        self.handed_over
    }

    /// Closes the listener, and takes the file of a unix socket away: while the listener is there
    /// still, it is not another process's.
    pub(crate) fn close(self) {
        #[cfg(unix)]
        if let AsyncListener::Unix(listener) = &self.socket
            && !self.handed_over
            && let Ok(address) = listener.local_addr()
            && let Some(path) = address.as_pathname()
        {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Why an endpoint cannot be bound.
#[derive(Debug)]
pub(crate) struct BindError {
    endpoint: String,
    address: Address,
    cause: io::Error,
}

impl Bound {
    /// Binds the address of an endpoint and listens.
    pub(crate) fn to(endpoint: &Endpoint) -> Result<Self, BindError> {
        Self::at(endpoint).map_err(|cause| BindError {
            endpoint: endpoint.name().to_owned(),
            address: endpoint.address().clone(),
            cause,
        })
    }

    fn at(endpoint: &Endpoint) -> io::Result<Self> {
        match endpoint.address() {
            Address::Socket(address) => {
                let listener = bind_tcp(*address, endpoint.name())?;
                let address = Address::Socket(listener.local_addr()?);
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

    /// A socket that listens already.
    #[cfg(unix)]
    pub(super) fn handed_over(socket: Socket) -> io::Result<Self> {
        if socket.r#type()? != Type::STREAM || !socket.is_listener()? {
            return Err(io::Error::other("it is no stream socket that listens"));
        }
        socket.set_nonblocking(true)?;
        socket.set_cloexec(true)?;
        let address = socket.local_addr()?;
        let (address, listener) = if let Some(address) = address.as_socket() {
            (Address::Socket(address), StdListener::Tcp(socket.into()))
        } else if address.is_unix() {
            let path = address.as_pathname().unwrap_or(std::path::Path::new(""));
            (Address::Unix(path.to_owned()), StdListener::Unix(socket.into()))
        } else {
            return Err(io::Error::other("it is neither of TCP nor a unix socket"));
        };
        Ok(Self { listener, address, handed_over: true })
    }

    /// What was bound: with the port that the system chose where any free one was asked for.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Hands the listener to the runtime of the caller; fails outside of one.
    pub(crate) fn into_listener(self) -> io::Result<Listener> {
        let socket = match self.listener {
            StdListener::Tcp(listener) => AsyncListener::Tcp(TcpListener::from_std(listener)?),
            #[cfg(unix)]
            StdListener::Unix(listener) => {
                AsyncListener::Unix(tokio::net::UnixListener::from_std(listener)?)
            }
        };
        Ok(Listener { socket, handed_over: self.handed_over })
    }
}

/// Binds an address; `[::]` takes both IP versions, or IPv4 alone where IPv6 cannot be had.
fn bind_tcp(address: SocketAddr, endpoint: &str) -> io::Result<StdTcpListener> {
    // The call tells why it failed, not the error: a sandbox refuses a socket of IPv6 with the same
    // EACCES as the kernel a privileged port.
    let ipv6_error = match new_socket(address) {
        Err(error) => error,
        Ok(socket) => match listen(socket, address) {
            Err(error) if !is_of_the_port(&error) => error,
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
    // As std does on Unix, so that a restart need not wait for old connections to fade. On
    // Windows the option would let another process take the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Whether IPv4 alone would fail in the same way. (That IPv6 is missing has no kind of its own.)
fn is_of_the_port(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, address, cause } = self;
        let variable = address_variable(endpoint);
        write!(f, "cannot listen on {address} for endpoint `{endpoint}`: {cause}: ")?;
        if cause.kind() == io::ErrorKind::AddrInUse {
            f.write_str("end the process that has it, or ")?;
        }
        write!(f, "set {variable} to another address")
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}
