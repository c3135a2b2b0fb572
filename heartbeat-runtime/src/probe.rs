//! The client that probes a running worker, without a runtime and in a few milliseconds.
//!
//! Every worker has it built in, for images without a shell and an HTTP client:
//!
//! ```text
//! HEALTHCHECK CMD ["/orders", "--heartbeat-probe=live"]
//! ```
//!
//! In a program of your own:
//!
//! ```
//! use std::time::Duration;
//!
//! use heartbeat_runtime::Address;
//! use heartbeat_runtime::probe::{ProbeKind, probe};
//!
//! let closed = Address::Tcp(([127, 0, 0, 1], 1).into());
//! let error = probe(&closed, ProbeKind::Live, Duration::from_secs(1)).unwrap_err();
//! assert!(error.to_string().starts_with("cannot probe 127.0.0.1:1 at /livez: "));
//! ```

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket, Type};
use thiserror::Error;

use crate::endpoint::Address;
#[cfg(feature = "tls")]
pub use crate::tls::connect_tls;
#[cfg(feature = "tls")]
use crate::tls::connect_unverified;
pub use crate::vitals::{ProbeKind, ProbeKindError};

/// Bytes of a response at which reading stops; of the body, 1,024 characters are kept.
const MAX_RESPONSE_BYTES: usize = 8192;

/// The response to a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProbeResponse {
    /// The status code; 200 is success.
    pub status: u16,
    /// The body, cut to its first 1,024 characters.
    pub body: String,
}

/// The error of a probe without a response.
#[derive(Debug, Error)]
#[error("cannot probe {address} at {path}: {cause}")]
pub struct ProbeError {
    address: Address,
    path: &'static str,
    #[source]
    cause: io::Error,
}

/// A connection whose reads and writes end with the time limit of the probe.
struct Connection {
    socket: Socket,
    time: Deadline,
}

/// The time limit of a whole probe.
#[derive(Clone, Copy)]
struct Deadline {
    begun: Instant,
    within: Duration,
}

impl ProbeResponse {
    /// Tells whether the probe passed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status == 200
    }
}

/// Probes the worker at an address. A worker on all interfaces is probed on the loopback one.
///
/// # Errors
///
/// No process listens at the address, the response takes longer than `within`, or it is not HTTP.
pub fn probe(
    address: &Address,
    kind: ProbeKind,
    within: Duration,
) -> Result<ProbeResponse, ProbeError> {
    probe_by(address, kind, within, request)
}

/// Probes the worker at an address over TLS, as [`probe`] does without. The certificate is not verified, as
/// the kubelet does not either: use it for workers of your own machine.
///
/// # Errors
///
/// As [`probe`], or the handshake fails.
#[cfg(feature = "tls")]
pub fn probe_tls(
    address: &Address,
    kind: ProbeKind,
    within: Duration,
) -> Result<ProbeResponse, ProbeError> {
    probe_by(address, kind, within, |connection, path| {
        request(connect_unverified(connection)?, path)
    })
}

fn probe_by(
    address: &Address,
    kind: ProbeKind,
    within: Duration,
    request: impl FnOnce(Connection, &str) -> io::Result<Vec<u8>>,
) -> Result<ProbeResponse, ProbeError> {
    let path = kind.path();
    let time = Deadline { begun: Instant::now(), within };
    let response = connect(address, time).and_then(|connection| request(connection, path));
    response.and_then(|bytes| read(&bytes)).map_err(|cause| {
        // Systems differ in the error of a timeout.
        let late = matches!(cause.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock);
        let in_time =
            || io::Error::new(io::ErrorKind::TimedOut, format!("no response within {within:?}"));
        ProbeError { address: address.clone(), path, cause: if late { in_time() } else { cause } }
    })
}

fn connect(address: &Address, time: Deadline) -> io::Result<Connection> {
    let socket = match address {
        Address::Tcp(address) => connect_tcp(*address, time)?,
        #[cfg(unix)]
        Address::Unix(path) => connect_to(&SockAddr::unix(path)?, time)?,
        #[cfg(not(unix))]
        Address::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
    };
    Ok(Connection { socket, time })
}

fn connect_tcp(address: SocketAddr, time: Deadline) -> io::Result<Socket> {
    let connect = |ip: IpAddr| connect_to(&SocketAddr::new(ip, address.port()).into(), time);
    if !address.ip().is_unspecified() {
        return connect(address.ip());
    }
    connect(Ipv4Addr::LOCALHOST.into()).or_else(|error| {
        // This finds a listener for IPv6 only; otherwise the first error tells more.
        let ipv6 = address.is_ipv6().then(|| connect(Ipv6Addr::LOCALHOST.into()));
        ipv6.and_then(Result::ok).ok_or(error)
    })
}

fn connect_to(address: &SockAddr, time: Deadline) -> io::Result<Socket> {
    let socket = Socket::new(address.domain(), Type::STREAM, None)?;
    if address.is_unix() {
        // Linux applies it to a connect that waits for room in the queue of the server.
        socket.set_write_timeout(Some(time.left()?))?;
        socket.connect(address)?;
    } else {
        socket.connect_timeout(address, time.left()?)?;
    }
    Ok(socket)
}

/// Sends the request. HTTP/1.0 needs no `Host`, and ends the response with the connection.
fn request(mut stream: impl Read + Write, path: &str) -> io::Result<Vec<u8>> {
    let request = format!("GET {path} HTTP/1.0\r\nUser-Agent: heartbeat-probe\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut response = Vec::new();
    let mut buffer = [0; 1024];
    while response.len() < MAX_RESPONSE_BYTES {
        match stream.read(&mut buffer)? {
            0 => break,
            count => response.extend(buffer.iter().take(count)),
        }
    }
    Ok(response)
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.time.left()?))?;
        self.socket.read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.time.left()?))?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

impl Deadline {
    fn left(self) -> io::Result<Duration> {
        let left = self.within.saturating_sub(self.begun.elapsed());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

fn read(response: &[u8]) -> io::Result<ProbeResponse> {
    let text = String::from_utf8_lossy(response);
    let parsed = text.split_once("\r\n\r\n").and_then(|(head, body)| {
        let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        Some(ProbeResponse { status, body: body.chars().take(1024).collect() })
    });
    parsed.ok_or_else(|| io::Error::other("the response is not HTTP"))
}

impl fmt::Display for ProbeResponse {
    /// Writes one line: the status code and the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.body.replace(|c: char| c.is_control(), " ").trim_end())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{ProbeKind, ProbeResponse, probe};
    use crate::endpoint::Address;

    /// Probes a server that responds with `bytes`, and then holds the connection or closes it.
    fn asked(bytes: &'static [u8], holds: bool) -> Result<ProbeResponse, String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::Tcp(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let count = stream.read(&mut request).unwrap();
            assert!(request[..count].starts_with(b"GET /readyz HTTP/1.0\r\n"));
            // The client may have closed already.
            let _ = stream.write_all(bytes);
            if holds {
                let _ = stream.read(&mut request);
            }
        });
        let response = probe(&address, ProbeKind::Ready, Duration::from_millis(300));
        server.join().unwrap();
        response.map_err(|error| error.to_string())
    }

    #[test]
    fn a_response_is_a_status_and_one_line() {
        let response = asked(b"HTTP/1.0 503 No\r\nA: b\r\n\r\n{\"a\":\n1}\n", false).unwrap();
        assert!(!response.is_success());
        assert_eq!(response.to_string(), "503 {\"a\": 1}");
        assert!(asked(b"HTTP/1.1 200 OK\r\n\r\n", false).unwrap().is_success());
    }

    #[test]
    fn a_missing_or_broken_response_is_an_error_in_time() {
        let begun = Instant::now();
        for (bytes, holds) in
            [(b"".as_slice(), false), (b"SSH-2.0-x\r\n", false), (b"HTTP/1.0 200 OK\r\n", true)]
        {
            assert!(asked(bytes, holds).is_err());
        }
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_slow_response_does_not_extend_the_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::Tcp(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(1500))).unwrap();
            // Reads the request, then waits for 1.5 seconds.
            while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
            stream.write_all(b"H").unwrap();
            stream.set_read_timeout(None).unwrap();
            let _ = stream.read(&mut [0; 1024]);
        });
        let begun = Instant::now();
        let error = probe(&address, ProbeKind::Live, Duration::from_secs(2)).unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert!(error.to_string().ends_with(": no response within 2s"), "{error}");
        server.join().unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn a_server_that_never_accepts_is_an_error_in_time() {
        use socket2::{Domain, SockAddr, Socket, Type};

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("health");
        let address = SockAddr::unix(&path).unwrap();
        let socket = || Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        let server = socket();
        server.bind(&address).unwrap();
        server.listen(0).unwrap();
        let mut waiting = Vec::new();
        loop {
            let client = socket();
            client.set_nonblocking(true).unwrap();
            if client.connect(&address).is_err() {
                break;
            }
            waiting.push(client);
        }
        let within = Duration::from_millis(300);
        assert!(probe(&Address::Unix(path), ProbeKind::Live, within).is_err());
    }

    #[test]
    fn the_time_may_be_unlimited() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::Tcp(listener.local_addr().unwrap());
        drop(listener);
        assert!(probe(&address, ProbeKind::Live, Duration::MAX).is_err());
    }

    #[test]
    fn a_long_response_is_cut() {
        let long = [b"HTTP/1.0 200 OK\r\n\r\n".as_slice(), &vec![b'x'; 100_000]].concat();
        let response = asked(long.leak(), false).map(|response| response.to_string().len());
        assert!(response.is_ok_and(|length| length < 4096));
    }
}
