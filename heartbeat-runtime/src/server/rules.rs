//! Refusal of malformed requests, whatever their path.

use std::future::poll_fn;
use std::pin::Pin;

use http::header::{EXPECT, HOST};
use http::{Request, StatusCode, Version};
use hyper::body::{Body, Buf};

/// Refuses a request without the one `Host` that HTTP/1.1 demands (RFC 9112, section 3.2). Any host
/// will do: probers name all kinds.
pub(super) fn refuse_head<B>(request: &Request<B>) -> Option<StatusCode> {
    let hosts = request.headers().get_all(HOST).iter().count();
    let is_valid = hosts == 1 || hosts == 0 && request.version() != Version::HTTP_11;
    (!is_valid).then_some(StatusCode::BAD_REQUEST)
}

/// Refuses a body. Waits for its first byte, unless the head decides. A body that ends before its first
/// byte, such as a chunked one without chunks, is no body.
pub(super) async fn refuse_body(
    request: &mut Request<impl Body<Data: Buf> + Unpin>,
) -> Option<StatusCode> {
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

    use super::{refuse_body, refuse_head};

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
            let status = match refuse_head(&request) {
                None => refuse_body(&mut request).await,
                status => status,
            };
            assert_eq!(status.map(|status| status.as_u16()), expected, "{request:?}");
        }
    }
}
