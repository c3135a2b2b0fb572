//! The prober: asks a worker all the time, and hands on each answer with its times.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::cpu::waits;
use crate::process::Event;

/// The paths that are asked in turn.
pub(crate) const PATHS: [&str; 3] = ["/livez", "/readyz", "/health"];

/// Time between two rounds.
const PAUSE: Duration = Duration::from_millis(100);
/// Far longer than a prober waits.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An answer, or its absence.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) path: &'static str,
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
    /// The status code and the body, or why there is no answer.
    pub(crate) result: Result<(u16, String), String>,
}

/// A running prober. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Prober {
    _alive: Sender<()>,
}

// === impl Answer ===

impl Answer {
    pub(crate) fn is_green(&self) -> bool {
        matches!(self.result, Ok((200, _)))
    }

    pub(crate) fn is_red(&self) -> bool {
        matches!(self.result, Ok((503, _)))
    }
}

// === impl Prober ===

impl Prober {
    /// Starts to ask the worker at an address, and to measure how long some processes wait for a core.
    pub(crate) fn start(
        address: SocketAddr,
        processes: [Arc<AtomicU32>; 2],
        events: Sender<Event>,
    ) -> Self {
        let (alive, ended) = channel();
        thread::spawn(move || ask(address, &processes, &events, &ended));
        Self { _alive: alive }
    }
}

fn ask(
    address: SocketAddr,
    processes: &[Arc<AtomicU32>; 2],
    events: &Sender<Event>,
    ended: &Receiver<()>,
) {
    while ended.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
        for path in PATHS {
            let asked = Instant::now();
            let result = get(address, path).map_err(|error| error.to_string());
            let answer = Answer { path, asked, answered: Instant::now(), result };
            if events.send(Event::Answer(answer)).is_err() {
                return;
            }
        }
        let ids = processes.each_ref().map(|id| id.load(Ordering::Relaxed));
        let _ = events.send(Event::Waits(Instant::now(), waits(&ids)));
    }
}

fn get(address: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let status = response.split(' ').nth(1).and_then(|code| code.parse().ok());
    let body = response.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    status.zip(body).ok_or_else(|| io::Error::other(format!("not an answer: {response:?}")))
}
