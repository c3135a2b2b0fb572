//! The health of an instance, as its own endpoint tells it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use futures_util::StreamExt;
#[cfg(feature = "tls")]
use heartbeat_runtime::probe::connect_tls;
use http::header::HOST;
use http::{Request, StatusCode};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, error::Elapsed, sleep, timeout};

/// Time in which an instance answers or sends its next event, of which there is one a second.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Pause before the next attempt: doubled after each that fails, since a worker starts within milliseconds,
/// and others take their time.
const PAUSE: Duration = Duration::from_millis(25);
/// Longest pause, and the pause between two answers of an instance without events.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Maximum report, in bytes.
const LARGEST: usize = 8 << 20;

/// The health of an instance.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    /// Its last report: the details where it shows them.
    pub(crate) report: Option<Value>,
    /// It accepts work, and answers.
    pub(crate) ready: bool,
    /// Only its own word makes it red: an instance that does not answer is not.
    pub(crate) live: bool,
    /// It answers at present.
    pub(crate) answers: bool,
    /// The time of its last report.
    pub(crate) seen: Option<Instant>,
}

/// The error of a connection to an instance.
#[derive(Debug, thiserror::Error)]
enum HealthError {
    #[error("the instance does not answer within {ANSWER_WITHIN:?}")]
    Silence(#[from] Elapsed),
    #[error("cannot connect to the instance: {0}")]
    Connect(#[from] std::io::Error),
    #[cfg(feature = "tls")]
    #[error("cannot speak TLS with the instance: {0}")]
    Handshake(#[source] std::io::Error),
    #[error("cannot ask the instance: {0}")]
    Request(#[from] hyper::Error),
    #[error("cannot read the answer of the instance: {0}")]
    Body(#[from] axum::Error),
    #[error("cannot read the report of the instance: {0}")]
    Report(#[from] serde_json::Error),
    #[error("the report of the instance is larger than {LARGEST} bytes")]
    TooLarge,
    #[error("the instance has closed its health server")]
    Closed,
}

/// The data of server-sent events, as they arrive.
#[derive(Debug, Default)]
struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
}

/// Follows the health endpoint of an instance: by its events, else by a question each second. Connects
/// again for ever; ends when the receiver is dropped.
pub(crate) fn follow(address: SocketAddr) -> watch::Receiver<Health> {
    let (health, receiver) = watch::channel(Health::default());
    tokio::spawn(async move {
        tokio::select! {
            () = health.closed() => {}
            never = ask_for_ever(address, &health) => match never {},
        }
    });
    receiver
}

// === impl Health ===

impl Default for Health {
    fn default() -> Self {
        Self { report: None, ready: false, live: true, answers: false, seen: None }
    }
}

impl Health {
    fn answered(report: Value, ready: bool, live: bool) -> Self {
        Self { report: Some(report), ready, live, answers: true, seen: Some(Instant::now()) }
    }

    /// Reads the details, which say whether the instance is ready and live.
    fn from_details(json: &[u8]) -> Result<Self, serde_json::Error> {
        let report: Value = serde_json::from_slice(json)?;
        let says = |name| report.get(name).and_then(Value::as_bool);
        let (ready, live) = (says("ready").unwrap_or(false), says("live").unwrap_or(true));
        Ok(Self::answered(report, ready, live))
    }

    /// Records that no answer came.
    fn fall_silent(&mut self) {
        self.answers = false;
        self.ready = false;
    }
}

// === impl Events ===

impl Events {
    /// Takes in a piece of the stream, and returns the data of the events that end in it. Its other fields
    /// tell nothing here.
    fn push(&mut self, piece: &[u8]) -> Vec<Vec<u8>> {
        let mut events = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if !part.ends_with(b"\n") {
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.trim_ascii_end();
            if let Some(data) = line.strip_prefix(b"data:") {
                self.data.extend_from_slice(data);
                self.data.push(b'\n');
            } else if line.is_empty() && !self.data.is_empty() {
                events.push(std::mem::take(&mut self.data));
            }
        }
        events
    }

    fn is_too_large(&self) -> bool {
        self.line.len().saturating_add(self.data.len()) > LARGEST
    }
}

async fn ask_for_ever(address: SocketAddr, health: &watch::Sender<Health>) -> Infallible {
    let mut pause = PAUSE;
    let mut over_tls = false;
    loop {
        let begun = Instant::now();
        let asked = match over_tls {
            #[cfg(feature = "tls")]
            true => ask_over_tls(address, health).await,
            _ => ask(address, health).await,
        };
        over_tls = over_tls != asked.as_ref().is_err_and(is_other_protocol);
        if health.borrow().seen.is_some_and(|seen| seen >= begun) {
            pause = PAUSE;
        }
        if asked.is_ok() {
            sleep(LONGEST_PAUSE).await;
        } else {
            health.send_modify(Health::fall_silent);
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }
}

/// Tells whether an instance may speak TLS where it was asked in plain text, or the other way round: it
/// closes the connection.
fn is_other_protocol(error: &HealthError) -> bool {
    match error {
        HealthError::Request(_) => cfg!(feature = "tls"),
        #[cfg(feature = "tls")]
        HealthError::Handshake(_) => true,
        _ => false,
    }
}

/// Connects to an instance, and receives its events until they fail; or one report, if it has no events.
async fn ask(address: SocketAddr, health: &watch::Sender<Health>) -> Result<(), HealthError> {
    let stream = timeout(ANSWER_WITHIN, TcpStream::connect(address)).await??;
    receive_over(stream, address, health).await
}

#[cfg(feature = "tls")]
async fn ask_over_tls(
    address: SocketAddr,
    health: &watch::Sender<Health>,
) -> Result<(), HealthError> {
    let stream = timeout(ANSWER_WITHIN, TcpStream::connect(address)).await??;
    let stream = timeout(ANSWER_WITHIN, connect_tls(stream)).await?;
    receive_over(stream.map_err(HealthError::Handshake)?, address, health).await
}

async fn receive_over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    address: SocketAddr,
    health: &watch::Sender<Health>,
) -> Result<(), HealthError> {
    let (requests, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut reports = pin!(receive(address, requests, health));
    tokio::select! {
        biased;
        received = reports.as_mut() => received,
        // What has arrived is still to be read.
        _ = connection => reports.await,
    }
}

async fn receive(
    address: SocketAddr,
    mut requests: SendRequest<Body>,
    health: &watch::Sender<Health>,
) -> Result<(), HealthError> {
    let (status, events) = get(address, &mut requests, "/events").await?;
    if status != StatusCode::OK {
        // The body of an error is short; the next request on the connection comes after it.
        to_bytes(events, LARGEST).await?;
        let (ready, report) = get(address, &mut requests, "/health").await?;
        let report = timeout(ANSWER_WITHIN, to_bytes(report, LARGEST)).await??;
        let (live, _) = get(address, &mut requests, "/livez").await?;
        let report = serde_json::from_slice(&report)?;
        let answer = Health::answered(report, ready.is_success(), live.is_success());
        health.send_replace(answer);
        return Ok(());
    }
    let mut pieces = events.into_data_stream();
    let mut events = Events::default();
    while let Some(piece) = timeout(ANSWER_WITHIN, pieces.next()).await? {
        for data in events.push(&piece?) {
            health.send_replace(Health::from_details(&data)?);
        }
        if events.is_too_large() {
            return Err(HealthError::TooLarge);
        }
    }
    Err(HealthError::Closed)
}

/// Sends a request, and returns the status and the body of the answer.
async fn get(
    address: SocketAddr,
    requests: &mut SendRequest<Body>,
    path: &str,
) -> Result<(StatusCode, Body), HealthError> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = path.parse().unwrap_or_default();
    if let Ok(host) = address.to_string().parse() {
        request.headers_mut().insert(HOST, host);
    }
    let answer = async {
        requests.ready().await?;
        requests.send_request(request).await
    };
    let response = timeout(ANSWER_WITHIN, answer).await??;
    Ok((response.status(), Body::new(response.into_body())))
}

#[cfg(test)]
mod tests;
