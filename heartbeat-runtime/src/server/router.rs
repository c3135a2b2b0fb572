//! The health paths.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use http::header::{ACCEPT, ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use hyper::body::Incoming;
use tower::ServiceExt;

use super::events::listen;
use super::format::prefers_html;
#[cfg(feature = "grpc")]
use super::grpc::{self, with_grpc};
use super::headers::HEADERS;
use super::rules::NoBody;
use super::state::HealthState;
use super::viewer::Viewer;
use crate::report::metrics::{self, MetricsFormat};
use crate::report::{self, Format, page};
use crate::vitals::ProbeKind;

pub(crate) use axum::extract::Request;
pub(crate) use axum::response::Response;

const PATHS: [(&str, ProbeKind); 8] = [
    ("/health", ProbeKind::Health),
    ("/healthz", ProbeKind::Health),
    ("/health/live", ProbeKind::Live),
    ("/livez", ProbeKind::Live),
    ("/health/ready", ProbeKind::Ready),
    ("/readyz", ProbeKind::Ready),
    ("/health/startup", ProbeKind::Startup),
    ("/startupz", ProbeKind::Startup),
];
const METRICS: &str = "/metrics";
const EVENTS: &str = "/events";
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

type Health = Arc<HealthState>;

/// Returns the fixed paths of a health endpoint.
pub(super) fn fixed_paths() -> impl Iterator<Item = String> {
    let named = PATHS.iter().map(|(path, _)| *path).chain([METRICS, EVENTS]);
    let paths =
        named.flat_map(|path| [path.to_owned(), format!("{path}/")]).chain(["/".to_owned()]);
    #[cfg(feature = "grpc")]
    let paths = paths.chain(super::grpc::paths());
    paths
}

/// Returns the router of an endpoint: the health paths, and behind them the routes of user code.
pub(crate) fn router(health: Health) -> Router {
    let root = if health.is_probed_at("/") { ProbeKind::Health } else { ProbeKind::Live };
    let metrics = with_details(get(scrape), &health);
    let events = with_details(get(listen), &health);
    let routes = Router::new().route("/", page_or_probe(root));
    let routes = PATHS.iter().fold(routes, |routes, (path, kind)| both(routes, path, probe(*kind)));
    let routes = both(both(routes, METRICS, metrics), EVENTS, events);
    #[cfg(feature = "grpc")]
    let routes = with_grpc(routes);
    routes.fallback(other).with_state(health)
}

/// Returns the methods of a path that is there only for clients that may see the details.
fn with_details(path: MethodRouter<Health>, health: &Health) -> MethodRouter<Health> {
    let path = path.options(list_methods).fallback(refuse_method);
    path.layer(from_fn_with_state(Arc::clone(health), hide))
}

/// Adds a route, with and without a trailing slash.
fn both(routes: Router<Health>, path: &str, to: MethodRouter<Health>) -> Router<Health> {
    routes.route(path, to.clone()).route(&format!("{path}/"), to)
}

/// Returns the methods of a probed path.
fn probe(kind: ProbeKind) -> MethodRouter<Health> {
    let answer =
        async move |health, viewer, format, _: NoBody| verdict(kind, health, viewer, format);
    get(answer).options(list_methods).fallback(refuse_method)
}

/// Returns the methods of `/`, which is a page for a browser.
fn page_or_probe(kind: ProbeKind) -> MethodRouter<Health> {
    let answer = async move |health, viewer, format, headers: HeaderMap, _: NoBody| {
        if accept(&headers).is_some_and(prefers_html) {
            show_page(kind, health, &viewer).into_response()
        } else {
            verdict(kind, health, viewer, format).into_response()
        }
    };
    get(answer).options(list_methods).fallback(refuse_method)
}

fn show_page(
    kind: ProbeKind,
    State(health): State<Health>,
    viewer: &Viewer,
) -> impl IntoResponse + use<> {
    let verdict = health.source.vitals.verdict();
    let passes = verdict.passes(kind);
    let body = if viewer.detailed {
        page::render(&health.source, &verdict)
    } else {
        page::render_public(passes).to_owned()
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(page::POLICY)),
    ];
    (status(passes), HEADERS, headers, Body::from(body))
}

fn verdict(
    kind: ProbeKind,
    State(health): State<Health>,
    Viewer { detailed }: Viewer,
    format: Format,
) -> impl IntoResponse {
    let verdict = health.source.vitals.verdict();
    let body = report::render(format, &health.source, detailed, kind, &verdict);
    let content_type = HeaderValue::from_static(format.content_type());
    (status(verdict.passes(kind)), HEADERS, [(CONTENT_TYPE, content_type)], Body::from(body))
}

fn status(passes: bool) -> StatusCode {
    if passes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn scrape(State(health): State<Health>, headers: HeaderMap, _: NoBody) -> impl IntoResponse {
    let format = MetricsFormat::negotiate(accept(&headers).unwrap_or_default());
    let content_type = HeaderValue::from_static(format.content_type());
    let collected = health.source.collect().await;
    (HEADERS, [(CONTENT_TYPE, content_type)], metrics::render(format, &health.source, &collected))
}

async fn list_methods(_: NoBody) -> impl IntoResponse {
    (HEADERS, [(ALLOW, METHODS)])
}

async fn refuse_method(_: NoBody) -> impl IntoResponse {
    (StatusCode::METHOD_NOT_ALLOWED, HEADERS, [(ALLOW, METHODS)])
}

/// Hides a path from clients that may not see the details.
async fn hide(health: State<Health>, viewer: Viewer, request: Request, next: Next) -> Response {
    if viewer.detailed { next.run(request).await } else { unknown(health, request).await }
}

/// Answers the paths that are not fixed.
async fn other(health: State<Health>, request: Request) -> Response {
    if health.routes.is_open() && !health.is_probed_at(request.uri().path()) {
        return health.routes.answer(request).await;
    }
    unknown(health, request).await
}

/// Answers a path that user code does not serve. That of the load balancer probe may be any text.
async fn unknown(State(health): State<Health>, request: Request) -> Response {
    if health.is_probed_at(request.uri().path()) {
        return probe(ProbeKind::Health).with_state(health).oneshot(request).await.into_response();
    }
    #[cfg(feature = "grpc")]
    if grpc::is_call(&request) {
        return grpc::refuse(request).await;
    }
    // `*` is the server as a whole (RFC 9110, section 9.3.7).
    let is_of_server = request.uri().path() == "*" && *request.method() == Method::OPTIONS;
    match NoBody::from_request(request, &()).await {
        Ok(_) if is_of_server => (HEADERS, [(ALLOW, METHODS)]).into_response(),
        Ok(_) => (StatusCode::NOT_FOUND, HEADERS).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// Makes the body of a request one of axum. Most requests have none, which needs no allocation.
pub(super) fn to_body(body: Incoming) -> Body {
    if body.is_end_stream() { Body::empty() } else { Body::new(body) }
}

impl HealthState {
    /// Tells whether a path is that of the load balancer probe, which may be declared with a query.
    fn is_probed_at(&self, asked: &str) -> bool {
        let path = self.probe_path.as_deref().and_then(|path| path.split('?').next());
        path.is_some_and(|path| path.trim_start_matches('/') == asked.trim_start_matches('/'))
    }
}

impl<S: Sync> FromRequestParts<S> for Format {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(accept(&parts.headers).map_or(Self::Json, Self::negotiate))
    }
}

fn accept(headers: &HeaderMap) -> Option<&str> {
    headers.get(ACCEPT)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use axum::body::Body;
    use axum::extract::Request;
    use tower::ServiceExt;

    use super::router;
    use crate::report::{InstanceInfo, ReportSource};
    use crate::server::{DetailAccess, HealthState, UserRoutes};
    use crate::vitals::Vitals;

    async fn status(probe_path: &str, access: DetailAccess, asked: &str) -> u16 {
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
            routes: Arc::new(UserRoutes::default()),
            tls: None,
        };
        let request = Request::get(asked).body(Body::empty()).unwrap();
        router(Arc::new(health)).oneshot(request).await.unwrap().status().as_u16()
    }

    /// A starting worker is live and not ready, which tells the paths apart.
    #[tokio::test]
    async fn the_path_of_the_load_balancer_probe_serves_health() {
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
            let status = status(probe_path, DetailAccess::Nobody, asked).await;
            assert_eq!(status, expected, "{asked} where the probe is {probe_path}");
        }
        for asked in ["/metrics", "/metrics/"] {
            assert_eq!(status("/metrics", DetailAccess::Everyone, asked).await, 200, "{asked}");
        }
    }
}
