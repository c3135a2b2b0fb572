//! A prober as the kubelet is: a new connection for each probe, and a second for all of it.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// The kubelet's.
const TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Status(u16),
    Refused,
    /// Not within the second, or not whole.
    None,
}

/// One probe of many.
#[derive(Clone, Copy)]
pub(crate) struct Probe {
    /// Since the first was due.
    pub(crate) due: Duration,
    pub(crate) answer: Answer,
    pub(crate) took: Duration,
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "{status}"),
            Self::Refused => formatter.write_str("refuses connections"),
            Self::None => formatter.write_str("nothing"),
        }
    }
}

/// Asks once, and tells how long it took.
pub(crate) fn probe(address: SocketAddr, path: &str) -> (Answer, Duration) {
    let start = Instant::now();
    let answer = match ask(address, path) {
        Ok(status) => Answer::Status(status),
        Err(error) if is_refusal(error.kind()) => Answer::Refused,
        Err(_) => Answer::None,
    };
    (answer, start.elapsed())
}

/// Asks again and again, whether or not the last answer has come, so that a server that does not
/// answer is not asked less often.
pub(crate) fn probes(address: SocketAddr, path: &str, every: Duration, times: u32) -> Vec<Probe> {
    let start = Instant::now();
    let (sender, answers) = mpsc::channel();
    thread::scope(|scope| {
        for number in 0..times {
            let due = every * number;
            thread::sleep(due.saturating_sub(start.elapsed()));
            let sender = sender.clone();
            scope.spawn(move || {
                let (answer, took) = probe(address, path);
                sender.send(Probe { due, answer, took })
            });
        }
    });
    drop(sender);
    answers.iter().collect()
}

/// One that was queued when the listener closed is reset.
fn is_refusal(error: io::ErrorKind) -> bool {
    matches!(error, io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
}

fn ask(address: SocketAddr, path: &str) -> io::Result<u16> {
    let deadline = Instant::now() + TIMEOUT;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
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
