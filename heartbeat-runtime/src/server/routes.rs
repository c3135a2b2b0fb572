//! The paths, the methods, and the status of the answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
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
            any(move |State(site): State<Arc<Site>>, method: Method, headers: HeaderMap| async move {
                answer(&site, question, &method, headers.get(ACCEPT))
            }),
        )
    };
    let router = Router::new().route("/metrics", any(scrape));
    PATHS.into_iter().fold(router, add).fallback(elsewhere).with_state(site)
}

/// The load balancer probe's path is anything, and may not be what a router takes for one.
async fn elsewhere(
    State(site): State<Arc<Site>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let asked = uri.path().trim_start_matches('/');
    match &site.probe_path {
        Some(path) if path.trim_start_matches('/') == asked => {
            answer(&site, Question::Health, &method, headers.get(ACCEPT))
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// For those who are trusted; others are told what they would be of a path that there is not.
async fn scrape(State(site): State<Arc<Site>>, method: Method, headers: HeaderMap) -> Response {
    if !site.trusted {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(response) = without_verdict(&method) {
        return response;
    }
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let format = Format::accepted(accept.unwrap_or_default());
    let headers = [(CONTENT_TYPE, format.content_type()), (CACHE_CONTROL, "no-store")];
    (StatusCode::OK, headers, metrics::render(format, &site)).into_response()
}

/// What is said to a method that does not ask.
fn without_verdict(method: &Method) -> Option<Response> {
    let status = match *method {
        Method::GET | Method::HEAD => return None,
        Method::OPTIONS => StatusCode::OK,
        _ => StatusCode::METHOD_NOT_ALLOWED,
    };
    Some((status, [(ALLOW, METHODS)]).into_response())
}

fn answer(
    site: &Site,
    question: Question,
    method: &Method,
    accept: Option<&HeaderValue>,
) -> Response {
    if let Some(response) = without_verdict(method) {
        return response;
    }
    let verdict = site.vitals.verdict();
    let form = accept.and_then(|accept| accept.to_str().ok()).map_or(Form::Json, Form::accepted);
    let headers = [
        (CONTENT_TYPE, form.content_type()),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let passes = verdict.passes(question);
    let status = if passes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, headers, body::render(form, site, question, &verdict)).into_response()
}
