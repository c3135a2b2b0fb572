//! Access to the details.

use std::net::IpAddr;

use http::HeaderValue;
use http::header::{FORWARDED, HOST, HeaderName, VIA};
use http::request::Parts;
use http::uri::Authority;

use crate::endpoint::Peer;

/// The clients that may see the details on an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DetailAccess {
    /// Everyone who reaches the endpoint.
    Everyone,
    /// Clients on this machine that ask for it by a loopback name: the worker runs on a terminal.
    LoopbackOnly,
    /// Clients with a certificate of the authority that the endpoint trusts.
    CertifiedOnly,
    Nobody,
}

/// The mark of a request whose client has shown a certificate.
#[derive(Clone)]
pub(super) struct Certified;

/// Headers that a proxy adds.
const OF_PROXIES: [HeaderName; 3] = [FORWARDED, VIA, HeaderName::from_static("x-forwarded-for")];

impl DetailAccess {
    /// Tells whether the sender of a request may see the details; `None` is unknown.
    pub(super) fn allows(self, peer: Option<Peer>, request: &Parts) -> bool {
        match self {
            Self::Everyone => true,
            Self::Nobody => false,
            Self::CertifiedOnly => request.extensions.get::<Certified>().is_some(),
            Self::LoopbackOnly => is_of_this_machine(peer, request),
        }
    }
}

/// Tells whether a request comes from a loopback address and names one. A page behind a rebound DNS
/// name asks for that name, and a proxy adds its headers.
fn is_of_this_machine(peer: Option<Peer>, request: &Parts) -> bool {
    let headers = &request.headers;
    peer.is_some_and(Peer::is_loopback)
        && names_loopback(request.uri.authority(), headers.get(HOST))
        && OF_PROXIES.iter().all(|name| !headers.contains_key(name))
}

/// Tells whether a request names a loopback host, in its first line, in `Host`, or in both.
fn names_loopback(authority: Option<&Authority>, host: Option<&HeaderValue>) -> bool {
    let host = host.map(|host| Authority::try_from(host.as_bytes()));
    match (authority, host) {
        (_, Some(Err(_))) | (None, None) => false,
        (None, Some(Ok(host))) => is_loopback(&host),
        (Some(authority), None) => is_loopback(authority),
        (Some(authority), Some(Ok(host))) => is_loopback(authority) && is_loopback(&host),
    }
}

fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let ip = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || ip.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use http::Request;

    use super::{DetailAccess, Parts};
    use crate::endpoint::Peer;

    fn request(peer: &str, uri: &str, headers: &[(&str, &str)]) -> (Option<Peer>, Parts) {
        let request = Request::builder().uri(uri);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let peer = Peer::from(peer.parse::<SocketAddr>().ok());
        (Some(peer), request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn allows_a_loopback_peer_that_names_a_loopback_host() {
        for host in ["localhost:3000", "LOCALHOST", "127.0.0.1:3000", "127.1.2.3", "[::1]:3000"] {
            let (peer, request) = request("127.0.0.1:5000", "/health", &[("host", host)]);
            assert!(DetailAccess::LoopbackOnly.allows(peer, &request), "{host}");
            assert!(!DetailAccess::Nobody.allows(peer, &request));
        }
        let (peer, http2) = request("[::ffff:127.0.0.1]:5000", "http://localhost:3000/health", &[]);
        assert!(DetailAccess::LoopbackOnly.allows(peer, &http2));
    }

    #[test]
    fn allows_nobody_else() {
        let host = ("host", "localhost");
        for (peer, request) in [
            request("192.0.2.7:5000", "/health", &[host]),
            request("127.0.0.1:5000", "/health", &[]),
            request("127.0.0.1:5000", "/health", &[("host", "rebound.example")]),
            request("127.0.0.1:5000", "/health", &[("host", "localhost.example")]),
            request("127.0.0.1:5000", "/health", &[("host", "127.0.0.1.example")]),
            request("127.0.0.1:5000", "/health", &[("host", "")]),
            request("127.0.0.1:5000", "http://rebound.example/health", &[host]),
            request("127.0.0.1:5000", "http://localhost/", &[("host", "rebound.example")]),
            request("127.0.0.1:5000", "/health", &[host, ("x-forwarded-for", "192.0.2.7")]),
            request("127.0.0.1:5000", "/health", &[host, ("forwarded", "for=192.0.2.7")]),
            request("127.0.0.1:5000", "/health", &[host, ("via", "1.1 proxy")]),
        ] {
            assert!(!DetailAccess::LoopbackOnly.allows(peer, &request), "{request:?}");
            assert!(DetailAccess::Everyone.allows(peer, &request));
        }
        let unknown = request("[::1]:1", "/health", &[("host", "localhost")]).1;
        assert!(!DetailAccess::LoopbackOnly.allows(None, &unknown));
    }
}
