//! Connections over TCP and unix sockets, and their peers.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// An accepted connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stream {
    /// A TCP connection.
    Tcp(TcpStream),
    /// A connection over a unix socket.
    #[cfg(unix)]
    Unix(UnixStream),
}

/// The other end of a connection, as far as fairness and trust need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// An IP address; a mapped IPv4 address as the IPv4 one.
    Host(IpAddr),
    /// A process on this machine, through a unix socket.
    Local,
}

/// Makes the same call on a stream of either kind.
macro_rules! either {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream {
            Stream::Tcp($inner) => $call,
            #[cfg(unix)]
            Stream::Unix($inner) => $call,
        }
    };
}

/// Reads and writes through a shared reference, so that a connection can be closed after its reader
/// is gone.
impl Stream {
    /// Reads pending bytes. On Linux a read that does not fill the buffer has drained the socket
    /// (`epoll(7)`, questions and answers), which saves the next attempt.
    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        let read = either!(self, stream => stream.try_io(Interest::READABLE, || {
            count = stream.try_read(buffer)?;
            let drained = cfg!(target_os = "linux") && (1..buffer.len()).contains(&count);
            if drained { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        }));
        if count > 0 { Ok(count) } else { read.map(|()| 0) }
    }

    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        either!(self, stream => stream.try_write(bytes))
    }

    pub(crate) fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_read_ready(context))
    }

    pub(crate) fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_write_ready(context))
    }

    pub(crate) async fn readable(&self) -> io::Result<()> {
        either!(self, stream => stream.readable().await)
    }

    /// Waits for bytes, or for the end. Returns whether the peer has closed its write side, perhaps with
    /// bytes before that.
    pub(crate) async fn is_half_closed(&self) -> bool {
        let ready = either!(self, stream => stream.ready(Interest::READABLE).await);
        ready.is_ok_and(tokio::io::Ready::is_read_closed)
    }

    /// Tells whether the peer has closed its write side, and every byte before that is read.
    pub(crate) fn is_at_end(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        either!(self, stream => matches!(SockRef::from(stream).peek(&mut byte), Ok(0)))
    }

    /// Limits the bytes that wait in the system for the peer; some systems double the limit.
    pub(crate) fn limit_send_buffer(&self, bytes: usize) {
        // Where it cannot be set, that of the system holds.
        let _ = either!(self, stream => SockRef::from(stream).set_send_buffer_size(bytes));
    }

    /// Closes the write side, and leaves the read side open.
    pub(crate) fn shutdown_write(&self) -> io::Result<()> {
        let how = std::net::Shutdown::Write;
        either!(self, stream => SockRef::from(stream).shutdown(how))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(context))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        either!(self, stream => stream.is_write_vectored())
    }
}

impl From<Option<SocketAddr>> for Peer {
    fn from(address: Option<SocketAddr>) -> Self {
        address.map_or(Self::Local, |address| Self::Host(address.ip().to_canonical()))
    }
}

impl Peer {
    /// Returns the network of the peer: for IPv6 the first 64 bits, since one host can have each address
    /// in them.
    pub(crate) fn network(self) -> Self {
        match self {
            Self::Host(IpAddr::V6(ip)) => Self::Host(IpAddr::V6((ip.to_bits() >> 64 << 64).into())),
            peer => peer,
        }
    }

    pub(crate) fn is_loopback(self) -> bool {
        matches!(self, Self::Host(ip) if ip.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::Peer;

    fn peer(address: &str) -> Peer {
        Peer::from(address.parse::<std::net::SocketAddr>().ok())
    }

    #[test]
    fn an_ipv6_network_of_64_bits_is_one_peer() {
        let network = |address| peer(address).network();
        assert_eq!(peer("[::ffff:192.0.2.7]:1"), peer("192.0.2.7:2"));
        assert_ne!(peer("[2001:db8::1]:1"), peer("[2001:db8::ffff:1]:1"));
        assert_eq!(network("[2001:db8::1]:1"), network("[2001:db8::ffff:1]:1"));
        assert_ne!(network("[2001:db8::1]:1"), network("[2001:db8:0:1::1]:1"));
        assert_ne!(network("192.0.2.7:1"), network("192.0.2.8:1"));
    }

    #[test]
    fn recognises_loopback_in_each_form() {
        for address in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(peer(address).is_loopback(), "{address}");
        }
        for address in ["192.0.2.7:1", "[::]:1", "[::2]:1"] {
            assert!(!peer(address).is_loopback(), "{address}");
        }
    }
}
