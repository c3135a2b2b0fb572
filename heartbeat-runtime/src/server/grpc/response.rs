//! Responses of gRPC over HTTP/2 (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::StreamBody;
use hyper::body::Frame;

use crate::server::headers::HEADERS;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const CONTENT: (HeaderName, HeaderValue) =
    (CONTENT_TYPE, HeaderValue::from_static("application/grpc"));

/// The codes of gRPC with which a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    InvalidArgument = 3,
    NotFound = 5,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Unavailable = 14,
}

/// The end of a call that fails. The message has characters that need no encoding alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Status(pub(super) Code, pub(super) &'static str);

impl Status {
    pub(super) fn trailers(self) -> HeaderMap {
        let Self(code, message) = self;
        let message = (GRPC_MESSAGE, HeaderValue::from_static(message));
        [(GRPC_STATUS, HeaderValue::from(code as u16)), message].into_iter().collect()
    }
}

/// A call that fails before its first message has its trailers as headers.
impl IntoResponse for Status {
    fn into_response(self) -> Response {
        (HEADERS, [CONTENT], self.trailers()).into_response()
    }
}

/// Returns the response of one message.
pub(super) fn reply(message: Vec<u8>) -> Response {
    let end = [(GRPC_STATUS, HeaderValue::from_static("0"))].into_iter().collect();
    stream_of(stream::iter([Frame::data(message.into()), Frame::trailers(end)]))
}

/// Returns the response of a stream of messages and trailers.
pub(super) fn stream_of(frames: impl Stream<Item = Frame<Bytes>> + Send + 'static) -> Response {
    let frames = futures_util::StreamExt::map(frames, Ok::<_, Infallible>);
    (HEADERS, [CONTENT], Body::new(StreamBody::new(frames))).into_response()
}
