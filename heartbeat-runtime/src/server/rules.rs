//! Refusal of malformed requests, whatever their path.

use std::future::poll_fn;
use std::pin::Pin;

use http::header::{EXPECT, HOST};
use http::{Request, StatusCode, Version};
use hyper::body::{Body, Buf};

/// Refuses a request that has a body, or not the one `Host` that HTTP/1.1 demands (RFC 9112,
/// section 3.2). Any host will do: probers name all kinds.
pub(super) async fn refusal(
    request: &mut Request<impl Body<Data: Buf> + Unpin>,
) -> Option<StatusCode> {
    let hosts = request.headers().get_all(HOST).iter().count();
    if hosts > 1 || hosts == 0 && request.version() == Version::HTTP_11 {
        return Some(StatusCode::BAD_REQUEST);
    }
    // To read from a client that waits to be invited would invite it to send what is refused then.
    if request.headers().contains_key(EXPECT) && !request.body().is_end_stream() {
        return Some(StatusCode::PAYLOAD_TOO_LARGE);
    }
    refused_body(request.body_mut()).await
}

/// Waits for the first byte of a body, unless its announced length decides. A body that ends before
/// its first byte, such as a chunked one without chunks, is no body.
async fn refused_body(mut body: impl Body<Data: Buf> + Unpin) -> Option<StatusCode> {
    if body.size_hint().lower() > 0 {
        return Some(StatusCode::PAYLOAD_TOO_LARGE);
    }
    while !body.is_end_stream() {
        match poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
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

    use super::refusal;

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
            let status = refusal(&mut request).await.map(|status| status.as_u16());
            assert_eq!(status, expected, "{request:?}");
        }
    }
}
