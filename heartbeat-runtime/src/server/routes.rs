//! The paths, the methods, and the status of the answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::{Site, body};
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
            any(move |State(site): State<Arc<Site>>, method: Method| async move {
                answer(&site, question, &method)
            }),
        )
    };
    PATHS.into_iter().fold(Router::new(), add).fallback(elsewhere).with_state(site)
}

/// The load balancer probe's path is anything, and may not be what a router takes for one.
async fn elsewhere(State(site): State<Arc<Site>>, method: Method, uri: Uri) -> Response {
    let asked = uri.path().trim_start_matches('/');
    match &site.probe_path {
        Some(path) if path.trim_start_matches('/') == asked => {
            answer(&site, Question::Health, &method)
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(site: &Site, question: Question, method: &Method) -> Response {
    match *method {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return (StatusCode::OK, [(ALLOW, METHODS)]).into_response(),
        _ => return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, METHODS)]).into_response(),
    }
    let verdict = site.vitals.verdict();
    let passes = verdict.passes(question);
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let status = if passes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, headers, body::json(site, passes, &verdict)).into_response()
}
