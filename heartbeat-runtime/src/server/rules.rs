//! Refusal of malformed requests.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::FromRequest;
use axum::response::{IntoResponse, Response};
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST};
use http::{HeaderValue, Request, StatusCode, Version};
use hyper::body::{Body, Buf};
use tokio::time::sleep;

use super::client::Client;
use super::headers::HEADERS;
use super::shutdown::{LAST_REQUEST, shutdown_requested};

/// Proof that a request has no body. Health paths refuse one, and then close the connection.
pub(super) struct NoBody;

/// A refused request. The connection closes after it; HTTP/2 refuses one stream, and the others go on.
pub(super) struct Refusal {
    status: StatusCode,
    version: Version,
}

impl<S: Sync> FromRequest<S> for NoBody {
    type Rejection = Refusal;

    async fn from_request(request: axum::extract::Request, _: &S) -> Result<Self, Refusal> {
        if request.body().is_end_stream() {
            return Ok(Self);
        }
        // In a box, so that a request without a body does not make room for this.
        Box::pin(await_refusal(request)).await
    }
}

async fn await_refusal(mut request: axum::extract::Request) -> Result<NoBody, Refusal> {
    let client = request.extensions().get::<Arc<Client>>().cloned();
    let refusal = tokio::select! {
        biased;
        refusal = refuse_body(&mut request) => refusal,
        () = give_up(client.as_deref()) => Some(StatusCode::REQUEST_TIMEOUT),
    };
    let version = request.version();
    refusal.map_or(Ok(NoBody), |status| Err(Refusal { status, version }))
}

/// Waits until a shutdown leaves no more time for a body.
pub(super) async fn give_up(client: Option<&Client>) {
    let Some(client) = client else { return std::future::pending().await };
    client.slot.expect_body();
    shutdown_requested(&mut client.closing.clone()).await;
    sleep(LAST_REQUEST).await;
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, HEADERS, [(CONTENT_LENGTH, "0")]).into_response();
        if self.version < Version::HTTP_2 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Refuses a request without the one `Host` that HTTP/1.1 demands (RFC 9112, section 3.2). Any host
/// will do: probers name all kinds.
pub(super) fn check_head<B>(request: &Request<B>) -> Result<(), Refusal> {
    let version = request.version();
    let hosts = request.headers().get_all(HOST).iter().count();
    let is_valid = hosts == 1 || hosts == 0 && version != Version::HTTP_11;
    if is_valid { Ok(()) } else { Err(Refusal { status: StatusCode::BAD_REQUEST, version }) }
}

/// Refuses a body. Waits for its first byte, unless the head decides. A body that ends before its first
/// byte, such as a chunked one without chunks, is no body.
async fn refuse_body(request: &mut Request<impl Body<Data: Buf> + Unpin>) -> Option<StatusCode> {
    // Reading from a client that expects an invitation would invite it to send a refused body.
    let expects_invitation = request.headers().contains_key(EXPECT);
    let body = request.body_mut();
    if body.size_hint().lower() > 0 || expects_invitation && !body.is_end_stream() {
        return Some(StatusCode::PAYLOAD_TOO_LARGE);
    }
    while !body.is_end_stream() {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
            None => break,
            Some(Err(_)) => return Some(StatusCode::BAD_REQUEST),
            Some(Ok(frame)) if frame.data_ref().is_some_and(Buf::has_remaining) => {
                return Some(StatusCode::PAYLOAD_TOO_LARGE);
            }
            Some(Ok(_)) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use http::{Request, Version};

    use super::{check_head, refuse_body};

    #[tokio::test]
    async fn accepts_one_host_and_no_body() {
        for (version, hosts, body, expected) in [
            (Version::HTTP_10, 0, "", None),
            (Version::HTTP_10, 1, "", None),
            (Version::HTTP_10, 2, "", Some(400)),
            (Version::HTTP_11, 0, "", Some(400)),
            (Version::HTTP_11, 1, "", None),
            (Version::HTTP_11, 2, "", Some(400)),
            (Version::HTTP_11, 1, "x", Some(413)),
            (Version::HTTP_2, 0, "", None),
            (Version::HTTP_2, 0, "x", Some(413)),
        ] {
            let mut request = (0..hosts)
                .fold(Request::builder().version(version), |request, _| request.header("Host", "a"))
                .body(body.to_owned())
                .unwrap();
            let status = match check_head(&request) {
                Ok(()) => refuse_body(&mut request).await,
                Err(refusal) => Some(refusal.status),
            };
            assert_eq!(status.map(|status| status.as_u16()), expected, "{request:?}");
        }
    }
}
