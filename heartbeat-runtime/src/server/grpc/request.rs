//! Requests of gRPC.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode, Version};

use super::message::{FrameError, requested_service, unframe};
use super::response::{Code, Status};
use crate::server::client::Client;
use crate::server::headers::HEADERS;
use crate::server::rules::give_up;

/// Maximum bytes of a request: the name of a service has fewer.
const MAX_BYTES: usize = 1024;

/// Reads the request of a call. A refused one is read too: some clients fail if the response overtakes it.
///
/// # Errors
///
/// It is no call of gRPC, or one that cannot be answered: the response to it.
pub(super) async fn read(request: Request) -> Result<Bytes, Response> {
    let refusal = refusal(&request);
    let client = request.extensions().get::<Arc<Client>>().cloned();
    let body = tokio::select! {
        biased;
        body = to_bytes(request.into_body(), MAX_BYTES) => body,
        () = give_up(client.as_deref()) => {
            return Err(Status(Code::Unavailable, "the worker stops").into_response());
        }
    };
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    body.map_err(|_| Status(Code::ResourceExhausted, "the request is too long").into_response())
}

/// Returns the response to a request that is no call of gRPC.
pub(super) fn refusal(request: &Request) -> Option<Response> {
    if request.method() != Method::POST {
        Some((StatusCode::METHOD_NOT_ALLOWED, HEADERS, [(ALLOW, "POST")]).into_response())
    } else if request.version() < Version::HTTP_2 || !is_grpc(request.headers()) {
        Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, HEADERS).into_response())
    } else {
        None
    }
}

/// Returns the service that a call asks for.
pub(super) fn service(body: &[u8]) -> Result<String, Status> {
    unframe(body).and_then(requested_service).map_err(|error| match error {
        FrameError::Compressed => Status(Code::Unimplemented, "the message is compressed"),
        FrameError::Malformed => Status(Code::InvalidArgument, "the message is malformed"),
    })
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let content = headers.get(CONTENT_TYPE).and_then(|content| content.to_str().ok());
    let rest = content.and_then(|content| content.strip_prefix("application/grpc"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';']))
}
