//! The guard of the page: it answers a browser on this machine that shows this page, and no other page.
//!
//! Any page that a developer has open can send requests to a port of their machine. It cannot read the
//! answers, unless a rebound DNS name makes it same-origin: then `Host` has that name. It can send forms and
//! images: they lack the token, which only the page has, and a browser adds who sends them.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{PageError, Site, with_headers};

/// The header of a request that changes something.
const TOKEN: HeaderName = HeaderName::from_static("x-heartbeat-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The rules of who may ask for what.
#[derive(Debug)]
pub(super) struct Guard {
    /// The values of `Host`.
    hosts: Vec<String>,
    token: String,
}

/// The reason why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("this page has another name: open it as http://localhost and its port")]
    Host,
    #[error("another page may not ask this one")]
    Origin,
    #[error("the token is missing or is that of an earlier run: reload the page")]
    Token,
}

// === impl Guard ===

impl Guard {
    /// Returns the guard of a port, with a new token.
    pub(super) fn new(port: u16) -> Result<Self, PageError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let mut token = String::new();
        for byte in random {
            // Writing to a string cannot fail.
            let _ = write!(token, "{byte:02x}");
        }
        let mut hosts: Vec<_> = NAMES.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            hosts.extend(NAMES.map(str::to_owned));
        }
        Ok(Self { hosts, token })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Tells why a request must not be answered, if so.
    pub(super) fn refusal(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<Refusal> {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let is_own = |host: &str| self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
        let host = text(header::HOST).or(uri.authority().map(Authority::as_str));
        let authority = uri.authority().is_none_or(|authority| is_own(authority.as_str()));
        if !authority || !host.is_some_and(is_own) {
            return Some(Refusal::Host);
        }
        let origin = text(header::ORIGIN);
        let is_own_origin = |origin: &str| origin.strip_prefix("http://").is_some_and(is_own);
        // A link may lead here; all other requests come from the page itself, or from no page at all.
        let is_link = *method == Method::GET && text(FETCH_MODE) == Some("navigate");
        let site = text(FETCH_SITE).filter(|_| !is_link);
        if origin.is_some_and(|origin| !is_own_origin(origin))
            || site.is_some_and(|site| !["same-origin", "none"].contains(&site))
        {
            return Some(Refusal::Origin);
        }
        let is_read = [Method::GET, Method::HEAD].contains(method);
        (!is_read && text(TOKEN) != Some(&self.token)).then_some(Refusal::Token)
    }
}

/// Refuses what must not be answered, before any route sees it.
pub(super) async fn check(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let refusal = site.guard.refusal(request.method(), request.uri(), request.headers());
    with_headers(match refusal {
        Some(refusal) => (StatusCode::FORBIDDEN, format!("{refusal}\n")).into_response(),
        None => next.run(request).await,
    })
}

#[cfg(test)]
mod tests {
    use super::{Guard, HeaderMap, Method, Refusal, Uri};

    fn ask(guard: &Guard, request: &str, headers: &[(&str, &str)]) -> Option<Refusal> {
        let (method, uri) = request.split_once(' ').unwrap();
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (name.parse::<super::HeaderName>().unwrap(), value.parse().unwrap())
            })
            .collect();
        guard.refusal(&method.parse::<Method>().unwrap(), &uri.parse::<Uri>().unwrap(), &headers)
    }

    #[test]
    fn answers_loopback_names_with_the_port() {
        let guard = Guard::new(4300).unwrap();
        for host in ["localhost:4300", "LOCALHOST:4300", "127.0.0.1:4300", "[::1]:4300"] {
            assert_eq!(ask(&guard, "GET /", &[("host", host)]), None, "{host}");
        }
        for host in [
            "localhost",
            "localhost:4301",
            "localhost.example:4300",
            "rebound.example:4300",
            "127.0.0.1.example:4300",
            "127.1.2.3:4300",
            "user@localhost:4300",
            "",
        ] {
            assert_eq!(ask(&guard, "GET /", &[("host", host)]), Some(Refusal::Host), "{host}");
        }
        assert_eq!(ask(&guard, "GET /", &[]), Some(Refusal::Host));
        let host = ("host", "localhost:4300");
        assert_eq!(ask(&guard, "GET http://localhost:4300/", &[host]), None);
        let other = ask(&guard, "GET http://rebound.example/", &[host]);
        assert_eq!(other, Some(Refusal::Host));
        assert_eq!(ask(&Guard::new(80).unwrap(), "GET /", &[("host", "localhost")]), None);
    }

    #[test]
    fn refuses_other_origins() {
        let guard = Guard::new(4300).unwrap();
        let host = ("host", "localhost:4300");
        for own in ["http://localhost:4300", "http://127.0.0.1:4300"] {
            let headers = [host, ("origin", own), ("sec-fetch-site", "same-origin")];
            assert_eq!(ask(&guard, "GET /events", &headers), None, "{own}");
        }
        for other in
            ["http://localhost:3000", "https://localhost:4300", "http://example.org", "null"]
        {
            let refused = ask(&guard, "GET /events", &[host, ("origin", other)]);
            assert_eq!(refused, Some(Refusal::Origin), "{other}");
        }
        for site in ["cross-site", "same-site"] {
            let headers = [host, ("sec-fetch-site", site), ("sec-fetch-mode", "no-cors")];
            assert_eq!(ask(&guard, "GET /events", &headers), Some(Refusal::Origin));
            let link = [host, ("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
            assert_eq!(ask(&guard, "GET /", &link), None, "a link leads to the page");
            assert_eq!(ask(&guard, "POST /", &link), Some(Refusal::Origin), "a form does not");
        }
    }

    #[test]
    fn changes_need_the_token() {
        let (guard, other) = (Guard::new(4300).unwrap(), Guard::new(4300).unwrap());
        let host = ("host", "localhost:4300");
        assert_eq!(ask(&guard, "POST /", &[host]), Some(Refusal::Token));
        let token = [host, ("x-heartbeat-token", guard.token())];
        assert_eq!(ask(&guard, "POST /", &token), None);
        let token = [host, ("x-heartbeat-token", other.token())];
        assert_eq!(ask(&guard, "POST /", &token), Some(Refusal::Token), "each run has its own");
        assert_eq!(guard.token().len(), 32);
    }
}
