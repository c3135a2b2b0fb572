//! The HTTP client of a probe.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, to_bytes};
#[cfg(feature = "tls")]
use heartbeat_runtime::probe::connect_tls;
use http::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::target::{Address, authority};

/// Maximum length of a report, in bytes.
const MAX_BODY_BYTES: usize = 8 << 20;

/// The answer to a probe.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) elapsed: Duration,
}

/// The error of a probe without an answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProbeError {
    #[error("nothing listens there: is the worker running?")]
    Refused,
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    #[cfg(feature = "tls")]
    #[error(
        "no TLS there ({0}): a worker without a certificate speaks plain HTTP, probe http://… then"
    )]
    Handshake(#[source] io::Error),
    #[error("no answer within {0:?}")]
    Silence(Duration),
    #[error("the path cannot be asked for: {0}")]
    Path(#[from] http::Error),
    #[error("the connection closed without one: {0}")]
    Closed(#[source] hyper::Error),
    #[error("the answer is not HTTP: {0}")]
    NotHttp(#[source] hyper::Error),
    #[error("the answer broke off: {0}")]
    Body(#[from] axum::Error),
}

impl From<hyper::Error> for ProbeError {
    fn from(error: hyper::Error) -> Self {
        if error.is_parse() { Self::NotHttp(error) } else { Self::Closed(error) }
    }
}

/// Asks for a path.
pub(super) async fn get(
    address: &Address,
    path: &str,
    within: Duration,
) -> Result<Answer, ProbeError> {
    let begun = Instant::now();
    let answer = timeout(within, connect_and_ask(address, path));
    let (status, body) = answer.await.map_err(|_| ProbeError::Silence(within))??;
    Ok(Answer { status, body, elapsed: begun.elapsed() })
}

async fn connect_and_ask(address: &Address, path: &str) -> Result<(u16, String), ProbeError> {
    match address {
        Address::Tcp { host, port } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(unreachable)?;
            ask(stream, &authority(host, *port), path).await
        }
        #[cfg(feature = "tls")]
        Address::Tls { host, port } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(unreachable)?;
            let stream = connect_tls(stream).await.map_err(ProbeError::Handshake)?;
            ask(stream, &authority(host, *port), path).await
        }
        #[cfg(unix)]
        Address::Unix(socket) => {
            let stream = tokio::net::UnixStream::connect(socket).await.map_err(unreachable)?;
            ask(stream, "localhost", path).await
        }
        #[cfg(not(unix))]
        Address::Unix(_) => Err(ProbeError::Connect(io::ErrorKind::Unsupported.into())),
    }
}

fn unreachable(cause: io::Error) -> ProbeError {
    match cause.kind() {
        // There is no such socket.
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => ProbeError::Refused,
        _ => ProbeError::Connect(cause),
    }
}

async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    host: &str,
    path: &str,
) -> Result<(u16, String), ProbeError> {
    let (mut requests, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get(path)
        .header("Host", host)
        .header("Accept", "application/json")
        .header("User-Agent", "heartbeat-probe")
        .body(Body::empty())?;
    let mut answer = pin!(async move {
        let response = requests.send_request(request).await?;
        let status = response.status().as_u16();
        let body = to_bytes(Body::new(response.into_body()), MAX_BODY_BYTES).await?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    });
    tokio::select! {
        biased;
        answer = answer.as_mut() => answer,
        // What has arrived is still to be read.
        _ = connection => answer.await,
    }
}
