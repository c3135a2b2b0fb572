//! Paths, methods and status codes.

use http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode};

use super::state::HealthState;
use crate::endpoint::Peer;
use crate::metrics::Collected;
use crate::report::metrics::{self, MetricsFormat};
use crate::report::{self, Format};
use crate::vitals::ProbeKind;

/// A complete response.
pub(super) type Response = http::Response<String>;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

impl HealthState {
    /// Tells whether a well-formed request of `peer` asks for metrics, which user code may collect.
    pub(crate) fn is_scrape<B>(&self, peer: Option<Peer>, request: &Request<B>) -> bool {
        without_last_slash(request.uri().path()) == "/metrics"
            && matches!(*request.method(), Method::GET | Method::HEAD)
            && self.access.allows(peer, request)
    }

    /// Answers a well-formed request of `peer`; a scrape with what collectors gave for it.
    pub(crate) fn answer<B>(
        &self,
        peer: Option<Peer>,
        request: &Request<B>,
        collected: &Collected,
    ) -> Response {
        let detailed = self.access.allows(peer, request);
        let path = without_last_slash(request.uri().path());
        match self.probe_kind(path, request.uri().path()) {
            // Untrusted clients get 404.
            _ if path == "/metrics" && detailed => {
                by_method(request, || self.scrape(request, collected))
            }
            Some(kind) => by_method(request, || self.verdict(kind, detailed, request)),
            // `*` is the server as a whole (RFC 9110, section 9.3.7).
            None if path == "*" && request.method() == Method::OPTIONS => options(StatusCode::OK),
            None => empty(StatusCode::NOT_FOUND),
        }
    }

    /// Maps a path to its probe, given without its trailing slash and in full.
    fn probe_kind(&self, path: &str, full_path: &str) -> Option<ProbeKind> {
        Some(match path {
            "/health" | "/healthz" => ProbeKind::Health,
            "/health/live" | "/livez" => ProbeKind::Live,
            "/health/ready" | "/readyz" => ProbeKind::Ready,
            "/health/startup" | "/startupz" => ProbeKind::Startup,
            // It may be any path, but the fixed ones above keep their meaning.
            _ if self.is_probed_at(full_path) => ProbeKind::Health,
            "/" => ProbeKind::Live,
            _ => return None,
        })
    }

    /// Tells whether a path is that of the load balancer probe, which may be declared with a query.
    fn is_probed_at(&self, asked: &str) -> bool {
        let path = self.probe_path.as_deref().and_then(|path| path.split('?').next());
        path.is_some_and(|path| path.trim_start_matches('/') == asked.trim_start_matches('/'))
    }

    fn verdict<B>(&self, kind: ProbeKind, detailed: bool, request: &Request<B>) -> Response {
        let verdict = self.source.vitals.verdict();
        let format = accept(request).map_or(Format::Json, Format::negotiate);
        let body = report::render(format, &self.source, detailed, kind, &verdict);
        let passes = verdict.passes(kind);
        let status = if passes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        with_body(status, format.content_type(), body)
    }

    fn scrape<B>(&self, request: &Request<B>, collected: &Collected) -> Response {
        let format = MetricsFormat::negotiate(accept(request).unwrap_or_default());
        let body = metrics::render(format, &self.source, collected);
        with_body(StatusCode::OK, format.content_type(), body)
    }
}

/// Removes one trailing slash.
fn without_last_slash(path: &str) -> &str {
    match path.strip_suffix('/') {
        Some(rest) if !rest.is_empty() && !rest.ends_with('/') => rest,
        _ => path,
    }
}

/// Serves GET and HEAD; otherwise lists the allowed methods.
fn by_method<B>(request: &Request<B>, serve: impl FnOnce() -> Response) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => serve(),
        Method::OPTIONS => options(StatusCode::OK),
        _ => options(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn accept<B>(request: &Request<B>) -> Option<&str> {
    request.headers().get(ACCEPT)?.to_str().ok()
}

fn with_body(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = empty(status);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    *response.body_mut() = body;
    response
}

fn options(status: StatusCode) -> Response {
    let mut response = empty(status);
    response.headers_mut().insert(ALLOW, METHODS);
    response
}

pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use http::Request;

    use crate::metrics::Collected;
    use crate::report::{InstanceInfo, ReportSource};
    use crate::server::{DetailAccess, HealthState};
    use crate::vitals::Vitals;

    fn status(probe_path: &str, access: DetailAccess, asked: &str) -> u16 {
        let info = InstanceInfo {
            role: "Orders",
            version: "1.4.2",
            instance: "orders-0".to_owned(),
            started_at: UNIX_EPOCH,
        };
        let vitals = Arc::new(Vitals::new(Duration::from_secs(30), false));
        let health = HealthState {
            source: Arc::new(ReportSource::new(info, Vec::new(), vitals)),
            probe_path: Some(probe_path.to_owned()),
            access,
        };
        let request = Request::get(asked).body(()).unwrap();
        health.answer(None, &request, &Collected::default()).status().as_u16()
    }

    /// A starting worker is live and not ready, which tells the paths apart.
    #[test]
    fn the_path_of_the_load_balancer_probe_serves_health() {
        for (probe_path, asked, expected) in [
            ("/status", "/status", 503),
            ("status", "/status", 503),
            ("/status?of=orders", "/status?of=orders", 503),
            ("/{status}/*", "/{status}/*", 503),
            ("/status", "/", 200),
            ("/status", "/status/", 404),
            ("/", "/", 503),
            ("/", "/livez", 200),
            // A fixed path keeps its meaning.
            ("/livez", "/livez", 200),
            ("/metrics", "/metrics", 503),
            ("/status", "/metrics", 404),
            ("/status", "/metrics/", 404),
            ("/status/", "/status/", 503),
            ("/status/", "/status", 404),
            ("/livez/", "/livez/", 200),
        ] {
            let status = status(probe_path, DetailAccess::Nobody, asked);
            assert_eq!(status, expected, "{asked} where the probe is {probe_path}");
        }
        for asked in ["/metrics", "/metrics/"] {
            assert_eq!(status("/metrics", DetailAccess::Everyone, asked), 200, "{asked}");
        }
    }
}
