//! An HTTP request to another instance, on a connection of its own.

use std::io;
use std::time::Duration;

use heartbeat_runtime::axum::Error as BodyError;
use heartbeat_runtime::axum::body::{Body, to_bytes};
use heartbeat_runtime::axum::http::{self, Request, StatusCode, header};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Maximum size of a response, in bytes.
const MAX_RESPONSE: usize = 64 * 1024;

/// The error of a request that has no response with status 200.
#[derive(Debug, Error)]
pub(crate) enum ExchangeError {
    #[error("cannot connect: {0}")]
    Connect(#[from] io::Error),
    #[error(transparent)]
    Request(#[from] http::Error),
    #[error("no response: {0}")]
    Response(#[from] hyper::Error),
    #[error("broken response: {0}")]
    Body(#[from] BodyError),
    #[error("{0}: {1}")]
    Refused(StatusCode, String),
    #[error("no response within {0:?}")]
    TimedOut(Duration),
}

/// Gets a path from `host:port`, or posts a text to it, and returns the text of the response.
pub(crate) async fn exchange(
    address: &str,
    path: &str,
    posted: Option<&str>,
    within: Duration,
) -> Result<String, ExchangeError> {
    let method = if posted.is_some() { "POST" } else { "GET" };
    let request = Request::builder().method(method).uri(path).header(header::HOST, address);
    let request = request.body(posted.unwrap_or_default().to_owned())?;
    match timeout(within, send(address, request)).await {
        Ok(response) => response,
        // This also closes the connection, so that the instance need not do the work.
        Err(_) => Err(ExchangeError::TimedOut(within)),
    }
}

async fn send(address: &str, request: Request<String>) -> Result<String, ExchangeError> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with `sender`.
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = to_bytes(Body::new(response.into_body()), MAX_RESPONSE).await?;
    let text = String::from_utf8_lossy(&body).into_owned();
    if status == StatusCode::OK { Ok(text) } else { Err(ExchangeError::Refused(status, text)) }
}
