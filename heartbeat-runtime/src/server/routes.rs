//! The paths, the methods, and the status of the answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::Site;
use super::body::{self, Form};
use super::metrics::{self, Format};
use crate::vitals::Question;

const PATHS: [(&str, Question); 9] = [
    ("/health", Question::Health),
    ("/health/", Question::Health),
    ("/healthz", Question::Health),
    ("/health/live", Question::Live),
    ("/livez", Question::Live),
    ("/health/ready", Question::Ready),
    ("/readyz", Question::Ready),
    ("/health/startup", Question::Startup),
    ("/startupz", Question::Startup),
];

const METHODS: &str = "GET, HEAD, OPTIONS";

pub(crate) fn router(site: Site) -> Router {
    let site = Arc::new(site);
    let add = |router: Router<Arc<Site>>, (path, question): (&str, Question)| {
        router.route(
            path,
            any(move |State(site): State<Arc<Site>>, request: Request| async move {
                answer(&site, question, &request)
            }),
        )
    };
    let router = Router::new().route("/metrics", any(scrape));
    PATHS.into_iter().fold(router, add).fallback(elsewhere).with_state(site)
}

impl Site {
    /// Whether that is the path of the load balancer probe, which may come with a query.
    fn is_probed_at(&self, asked: &str) -> bool {
        let path = self.probe_path.as_deref().and_then(|path| path.split('?').next());
        path.is_some_and(|path| path.trim_start_matches('/') == asked.trim_start_matches('/'))
    }
}

/// The load balancer probe's path is anything, and may not be what a router takes for one.
async fn elsewhere(State(site): State<Arc<Site>>, request: Request) -> Response {
    match request.uri().path() {
        asked if site.is_probed_at(asked) => answer(&site, Question::Health, &request),
        "/" => answer(&site, Question::Live, &request),
        // The server as a whole.
        "*" if request.method() == Method::OPTIONS => options(StatusCode::OK),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn options(status: StatusCode) -> Response {
    (status, [(ALLOW, METHODS)]).into_response()
}

/// For those who are trusted; others are told what they would be of a path that there is not.
async fn scrape(State(site): State<Arc<Site>>, request: Request) -> Response {
    if !site.trust.extends_to(&request) {
        return elsewhere(State(site), request).await;
    }
    if let Some(response) = without_question(request.method()) {
        return response;
    }
    let format = Format::accepted(accept(&request).unwrap_or_default());
    let headers = [(CONTENT_TYPE, format.content_type())];
    (StatusCode::OK, headers, metrics::render(format, &site)).into_response()
}

/// What is said to a method that does not ask.
fn without_question(method: &Method) -> Option<Response> {
    match *method {
        Method::GET | Method::HEAD => None,
        Method::OPTIONS => Some(options(StatusCode::OK)),
        _ => Some(options(StatusCode::METHOD_NOT_ALLOWED)),
    }
}

fn accept(request: &Request) -> Option<&str> {
    request.headers().get(ACCEPT)?.to_str().ok()
}

fn answer(site: &Site, question: Question, request: &Request) -> Response {
    if let Some(response) = without_question(request.method()) {
        return response;
    }
    let verdict = site.vitals.verdict();
    let form = accept(request).map_or(Form::Json, Form::accepted);
    let headers = [(CONTENT_TYPE, form.content_type())];
    let passes = verdict.passes(question);
    let status = if passes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let trusted = site.trust.extends_to(request);
    // As text it would be given a type first, which is then replaced.
    let body = Body::from(body::render(form, site, trusted, question, &verdict));
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use axum::http::Request;
    use tower_service::Service;

    use super::{Body, router};
    use crate::server::{Identity, Site, Trust};
    use crate::vitals::Vitals;

    async fn status(probe_path: &str, trust: Trust, asked: &str) -> u16 {
        let identity = Identity {
            role: "Orders",
            version: "1.4.2",
            instance: "orders-0".to_owned(),
            started_at: UNIX_EPOCH,
        };
        let site = Site {
            identity: Arc::new(identity),
            probe_path: Some(probe_path.to_owned()),
            trust,
            vitals: Arc::new(Vitals::new(Duration::from_secs(30), false)),
        };
        let request = Request::get(asked).body(Body::empty()).unwrap();
        router(site).call(request).await.unwrap().status().as_u16()
    }

    /// While the worker starts, it is live, and not ready.
    #[tokio::test]
    async fn the_load_balancer_is_told_of_health_wherever_it_asks() {
        for (probe_path, asked, expected) in [
            ("/status", "/status", 503),
            ("status", "/status", 503),
            ("/status?of=orders", "/status?of=orders", 503),
            ("/{status}/*", "/{status}/*", 503),
            ("/status", "/", 200),
            ("/status", "/status/", 404),
            ("/", "/", 503),
            ("/", "/livez", 200),
            // A path that says what is asked is answered what it says.
            ("/livez", "/livez", 200),
            ("/metrics", "/metrics", 503),
            ("/status", "/metrics", 404),
        ] {
            let told = status(probe_path, Trust::Nobody, asked).await;
            assert_eq!(told, expected, "{asked} where the probe is {probe_path}");
        }
        assert_eq!(status("/metrics", Trust::Everyone, "/metrics").await, 200);
    }
}
