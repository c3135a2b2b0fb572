//! The paths, the methods, and the status of the answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::Site;
use super::body::{self, Form};
use super::metrics::{self, Format};
use crate::vitals::Question;

const PATHS: [(&str, Question); 10] = [
    ("/health", Question::Health),
    ("/health/", Question::Health),
    ("/healthz", Question::Health),
    ("/health/live", Question::Live),
    ("/livez", Question::Live),
    ("/", Question::Live),
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

/// The load balancer probe's path is anything, and may not be what a router takes for one.
async fn elsewhere(State(site): State<Arc<Site>>, request: Request) -> Response {
    let asked = request.uri().path();
    match &site.probe_path {
        Some(path) if path.trim_start_matches('/') == asked.trim_start_matches('/') => {
            answer(&site, Question::Health, &request)
        }
        // The server as a whole.
        _ if asked == "*" && request.method() == Method::OPTIONS => options(StatusCode::OK),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn options(status: StatusCode) -> Response {
    (status, [(ALLOW, METHODS)]).into_response()
}

/// For those who are trusted; others are told what they would be of a path that there is not.
async fn scrape(State(site): State<Arc<Site>>, request: Request) -> Response {
    if !site.trust.extends_to(&request) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(response) = without_question(request.method()) {
        return response;
    }
    let format = Format::accepted(accept(&request).unwrap_or_default());
    let headers = [(CONTENT_TYPE, format.content_type()), (CACHE_CONTROL, "no-store")];
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
    let headers = [
        (CONTENT_TYPE, form.content_type()),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let passes = verdict.passes(question);
    let status = if passes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let trusted = site.trust.extends_to(request);
    (status, headers, body::render(form, site, trusted, question, &verdict)).into_response()
}
