//! The paths that user code cannot serve on a health endpoint.

use axum::Router;
use axum::routing::{MethodFilter, on};

use super::router::fixed_paths;
use crate::vitals::panics;

const EVERY_METHOD: [MethodFilter; 9] = [
    MethodFilter::CONNECT,
    MethodFilter::DELETE,
    MethodFilter::GET,
    MethodFilter::HEAD,
    MethodFilter::OPTIONS,
    MethodFilter::PATCH,
    MethodFilter::POST,
    MethodFilter::PUT,
    MethodFilter::TRACE,
];

/// Returns a fixed path, or that of the load balancer probe, for which the router has a route.
pub(super) fn reserved_path(router: &Router, probe_path: Option<&str>) -> Option<String> {
    let probe_path = probe_path.map(str::to_owned).into_iter();
    let mut exact = fixed_paths().chain(probe_path);
    let has_path = |path: &String| as_route(path).is_some_and(|route| has_route(router, &route));
    // As libraries of gRPC route the methods of a service.
    let has_service = |path: &String| has_route(router, &format!("{path}/{{*method}}"));
    exact.find(has_path).or_else(|| services().find(has_service))
}

/// Returns the paths of services, before the names of their methods.
fn services() -> impl Iterator<Item = String> {
    #[cfg(feature = "grpc")]
    let services = [super::grpc::SERVICE.to_owned()];
    #[cfg(not(feature = "grpc"))]
    let services: [String; 0] = [];
    services.into_iter()
}

/// Tells whether a router has exactly that route for any method. A router lists none, but panics when it
/// is merged with another that has the route too.
fn has_route(router: &Router, route: &str) -> bool {
    let clashes = |with: &Router| {
        let merge = || drop(router.clone().merge(with.clone()));
        panics::panics_silently(merge)
    };
    let nothing = async || ();
    let Some(methods) = EVERY_METHOD.into_iter().reduce(MethodFilter::or) else { return false };
    clashes(&Router::new().route(route, on(methods, nothing).fallback(nothing)))
}

/// Returns the route of a path, unless no route can have it.
fn as_route(path: &str) -> Option<String> {
    let path = path.split('?').next()?;
    // The path of a probe may be declared without its slash.
    let path = format!("/{}", path.trim_start_matches('/'));
    let is_plain = !path.contains("/*") && !path.contains("/:");
    is_plain.then(|| path.replace('{', "{{").replace('}', "}}"))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::{any, delete, get, post};

    use super::reserved_path;

    #[test]
    fn finds_a_route_for_a_fixed_path_by_any_method() {
        let nothing = async || ();
        for (router, expected) in [
            (Router::new().route("/orders", get(nothing)), None),
            (Router::new().route("/{name}", get(nothing)).fallback(nothing), None),
            (Router::new().route("/{*rest}", any(nothing)), None),
            (Router::new().route("/health/queue", get(nothing)), None),
            (Router::new().route("/health", get(nothing)), Some("/health")),
            (Router::new().route("/livez/", delete(nothing)), Some("/livez/")),
            (Router::new().route("/metrics", any(nothing)), Some("/metrics")),
            (Router::new().route("/", post(nothing)), Some("/")),
            (
                Router::new().nest("/health", Router::new().route("/live", get(nothing))),
                Some("/health/live"),
            ),
            (Router::new().nest_service("/healthz", Router::new()), Some("/healthz")),
            (Router::new().route("/status", get(nothing)), Some("/status?of=orders")),
        ] {
            let found = reserved_path(&router, Some("/status?of=orders"));
            assert_eq!(found.as_deref(), expected, "{router:?}");
        }
        #[cfg(feature = "grpc")]
        for route in ["/grpc.health.v1.Health/{*rest}", "/grpc.health.v1.Health/Watch"] {
            let found = reserved_path(&Router::new().route(route, post(nothing)), None);
            assert!(
                found.is_some_and(|path| path.starts_with("/grpc.health.v1.Health")),
                "{route}"
            );
        }
        let status = Router::new().route("/status", get(nothing));
        assert_eq!(reserved_path(&status, Some("status")).as_deref(), Some("status"));
        for odd in ["/*", "status", "/{", "/a:b/:c", ""] {
            assert_eq!(reserved_path(&Router::new().route("/a", get(nothing)), Some(odd)), None);
        }
    }
}
