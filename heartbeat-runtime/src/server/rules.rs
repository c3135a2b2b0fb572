//! Which requests are refused, whatever they ask for.

use http::{Request, StatusCode, Version, header::HOST};
use hyper::body::Body;

/// The refusal of a request that has a body, or not the one `Host` that HTTP/1.1 demands
/// (RFC 9112, section 3.2). Which host it names is not looked at: probers name all kinds.
pub(super) fn refusal(request: &Request<impl Body>) -> Option<StatusCode> {
    let hosts = request.headers().get_all(HOST).iter().count();
    if hosts > 1 || hosts == 0 && request.version() == Version::HTTP_11 {
        Some(StatusCode::BAD_REQUEST)
    } else if !request.body().is_end_stream() {
        Some(StatusCode::PAYLOAD_TOO_LARGE)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use http::{Request, Version};

    use super::refusal;

    #[test]
    fn one_host_and_no_body_passes() {
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
            let request = (0..hosts)
                .fold(Request::builder().version(version), |request, _| request.header("Host", "a"))
                .body(body.to_owned())
                .unwrap();
            let status = refusal(&request).map(|status| status.as_u16());
            assert_eq!(status, expected, "{request:?}");
        }
    }
}
