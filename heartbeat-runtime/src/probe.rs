//! A prober: asks a worker how it is, without a runtime and in a few milliseconds.
//!
//! Every worker has it built in, for images without a shell and a client:
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
//! use heartbeat_runtime::probe::{Question, ask};
//!
//! let nobody = Address::Socket(([127, 0, 0, 1], 1).into());
//! let error = ask(&nobody, Question::Live, Duration::from_secs(1)).unwrap_err();
//! assert!(error.to_string().starts_with("cannot ask 127.0.0.1:1 for /livez: "));
//! ```

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::endpoint::Address;

/// What is read of an answer, and so printed of it: Docker keeps no more.
const ANSWER: u64 = 4096;

/// What a worker can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// Should it be left running?
    Live,
    /// Should it be given work?
    Ready,
    /// Has `on_start` ended well?
    Startup,
}

/// What a worker has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code; 200 is yes.
    pub status: u16,
    /// The body, of which no more than 4 KiB are kept.
    pub body: String,
}

/// Why there is no answer.
#[derive(Debug)]
pub struct ProbeError {
    address: Address,
    path: &'static str,
    cause: io::Error,
}

impl Question {
    /// The question of that name: `live`, `ready` or `startup`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "live" => Some(Self::Live),
            "ready" => Some(Self::Ready),
            "startup" => Some(Self::Startup),
            _ => None,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Live => "/livez",
            Self::Ready => "/readyz",
            Self::Startup => "/startupz",
        }
    }
}

impl Answer {
    /// Whether the answer is yes.
    #[must_use]
    pub fn is_yes(&self) -> bool {
        self.status == 200
    }
}

/// Asks the worker that listens at an address. Where that is on all interfaces, it is asked on the
/// loopback one.
///
/// # Errors
///
/// Where nobody listens there, or what listens there has not answered within that time, or not in
/// HTTP.
pub fn ask(address: &Address, question: Question, within: Duration) -> Result<Answer, ProbeError> {
    let path = question.path();
    let deadline = Instant::now() + within;
    exchange(address, path, deadline).and_then(|answer| read(&answer)).map_err(|cause| ProbeError {
        address: address.clone(),
        path,
        cause,
    })
}

fn exchange(address: &Address, path: &str, deadline: Instant) -> io::Result<Vec<u8>> {
    match address {
        Address::Socket(address) => {
            let mut stream = connect(*address, deadline)?;
            stream.set_read_timeout(Some(left(deadline)?))?;
            request(&mut stream, path, deadline)
        }
        #[cfg(unix)]
        Address::Unix(socket) => {
            let mut stream = std::os::unix::net::UnixStream::connect(socket)?;
            stream.set_read_timeout(Some(left(deadline)?))?;
            request(&mut stream, path, deadline)
        }
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

fn connect(address: SocketAddr, deadline: Instant) -> io::Result<TcpStream> {
    let connect = |ip: IpAddr| {
        TcpStream::connect_timeout(&SocketAddr::new(ip, address.port()), left(deadline)?)
    };
    if !address.ip().is_unspecified() {
        return connect(address.ip());
    }
    connect(Ipv4Addr::LOCALHOST.into()).or_else(|error| {
        // What listens for IPv6 alone is found so; else the first error tells more.
        connect(Ipv6Addr::LOCALHOST.into()).map_err(|_| error)
    })
}

/// HTTP/1.0 needs no `Host`, and ends the answer with the connection.
fn request(stream: &mut (impl Read + Write), path: &str, deadline: Instant) -> io::Result<Vec<u8>> {
    let request = format!("GET {path} HTTP/1.0\r\nUser-Agent: heartbeat-probe\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut stream = stream.take(2 * ANSWER);
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(answer),
            count => answer.extend(buffer.iter().take(count)),
        }
        left(deadline)?;
    }
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn read(answer: &[u8]) -> io::Result<Answer> {
    let text = String::from_utf8_lossy(answer);
    let parsed = text.split_once("\r\n\r\n").and_then(|(head, body)| {
        let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, body: body.chars().take(1024).collect() })
    });
    parsed.ok_or_else(|| io::Error::other("what listens there does not speak HTTP"))
}

impl fmt::Display for Answer {
    /// One line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.body.replace(|c: char| c.is_control(), " ").trim_end())
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot ask {} for {}: {}", self.address, self.path, self.cause)
    }
}

impl std::error::Error for ProbeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{Answer, Question, ask};
    use crate::endpoint::Address;

    /// Asks a server that answers those bytes, and then holds the connection or closes it.
    fn asked(bytes: &'static [u8], holds: bool) -> Result<Answer, String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::Socket(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let count = stream.read(&mut request).unwrap();
            assert!(request[..count].starts_with(b"GET /readyz HTTP/1.0\r\n"));
            // The client may have read enough.
            let _ = stream.write_all(bytes);
            if holds {
                let _ = stream.read(&mut request);
            }
        });
        let answer = ask(&address, Question::Ready, Duration::from_millis(300));
        server.join().unwrap();
        answer.map_err(|error| error.to_string())
    }

    #[test]
    fn an_answer_is_a_status_and_one_line() {
        let answer = asked(b"HTTP/1.0 503 No\r\nA: b\r\n\r\n{\"a\":\n1}\n", false).unwrap();
        assert!(!answer.is_yes());
        assert_eq!(answer.to_string(), "503 {\"a\": 1}");
        assert!(asked(b"HTTP/1.1 200 OK\r\n\r\n", false).unwrap().is_yes());
    }

    #[test]
    fn what_is_no_answer_is_an_error_in_time() {
        let begun = Instant::now();
        for (bytes, holds) in
            [(b"".as_slice(), false), (b"SSH-2.0-x\r\n", false), (b"HTTP/1.0 200 OK\r\n", true)]
        {
            assert!(asked(bytes, holds).is_err());
        }
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_long_answer_is_cut() {
        let long = [b"HTTP/1.0 200 OK\r\n\r\n".as_slice(), &vec![b'x'; 100_000]].concat();
        let answer = asked(long.leak(), false).map(|answer| answer.to_string().len());
        assert!(answer.is_ok_and(|length| length < 4096));
    }
}
