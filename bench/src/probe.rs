//! A prober that works as the kubelet does: a new connection and one second for each probe.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// The kubelet's default.
const TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Status(u16),
    Refused,
    /// None within the timeout, or an incomplete one.
    NoResponse,
}

/// One probe of a series.
#[derive(Clone, Copy)]
pub(crate) struct Probe {
    /// Scheduled time, from the start of the series.
    pub(crate) due: Duration,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "{status}"),
            Self::Refused => formatter.write_str("connection refused"),
            Self::NoResponse => formatter.write_str("no response"),
        }
    }
}

/// Probes once and returns the time it took.
pub(crate) fn probe(address: SocketAddr, path: &str) -> (Outcome, Duration) {
    let start = Instant::now();
    let outcome = match status(address, path) {
        Ok(status) => Outcome::Status(status),
        Err(error) if is_refusal(error.kind()) => Outcome::Refused,
        Err(_) => Outcome::NoResponse,
    };
    (outcome, start.elapsed())
}

/// Probes at a fixed rate without waiting for earlier responses, so that a slow server is probed as
/// often as a fast one.
pub(crate) fn probes(address: SocketAddr, path: &str, every: Duration, times: u32) -> Vec<Probe> {
    let start = Instant::now();
    let (sender, probes) = mpsc::channel();
    thread::scope(|scope| {
        for number in 0..times {
            let due = every * number;
            thread::sleep(due.saturating_sub(start.elapsed()));
            let sender = sender.clone();
            scope.spawn(move || {
                let (outcome, took) = probe(address, path);
                sender.send(Probe { due, outcome, took })
            });
        }
    });
    drop(sender);
    probes.iter().collect()
}

/// A connection still queued when the listener closes is reset.
fn is_refusal(error: io::ErrorKind) -> bool {
    matches!(error, io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
}

/// Connects, and sends a request.
pub(crate) fn request(address: SocketAddr, path: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    Ok(stream)
}

fn status(address: SocketAddr, path: &str) -> io::Result<u16> {
    let deadline = Instant::now() + TIMEOUT;
    let mut stream = request(address, path)?;
    let mut response = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut chunk)? {
            0 => break,
            read => response.extend_from_slice(&chunk[..read]),
        }
    }
    let status = response.get(9..12).and_then(|code| str::from_utf8(code).ok());
    status.and_then(|code| code.parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
