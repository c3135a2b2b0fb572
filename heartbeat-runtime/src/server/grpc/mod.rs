//! `grpc.health.v1.Health`, the gRPC health checking protocol.

mod message;
mod request;
mod response;
mod watch;

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use axum::{Extension, Router};
use tokio::sync::Semaphore;

use self::message::{check_response, list_response};
use self::response::{Code, Status, reply};
use super::client::Client;
use super::state::HealthState;
use super::viewer::Viewer;
use crate::report;

/// The path of the service, before the name of a method.
pub(super) const SERVICE: &str = "/grpc.health.v1.Health";
/// The methods of the service.
const METHODS: [&str; 3] = ["Check", "List", "Watch"];
/// Maximum services in a list.
const MAX_SERVICES: usize = 1000;

type Health = Arc<HealthState>;

/// Returns the paths of all methods.
pub(super) fn paths() -> impl Iterator<Item = String> {
    METHODS.iter().map(|method| format!("{SERVICE}/{method}"))
}

/// Adds the service to the paths of a health endpoint.
pub(super) fn with_grpc(routes: Router<Health>) -> Router<Health> {
    routes.route(&format!("{SERVICE}/{{method}}"), call())
}

/// Tells whether a request is a call, of whatever service.
pub(super) fn is_call(request: &Request) -> bool {
    request::refusal(request).is_none()
}

/// Refuses a call of another service.
pub(super) async fn refuse(request: Request) -> Response {
    match request::read(request).await {
        Ok(_) => Status(Code::Unimplemented, "there is no such service").into_response(),
        Err(refusal) => refusal,
    }
}

fn call() -> MethodRouter<Health> {
    let watchers = Arc::new(Semaphore::new(watch::WATCHERS));
    any(async move |health, method, viewer, client, request| {
        let answered = answer(health, method, viewer, client, request, &watchers).await;
        answered.unwrap_or_else(|refusal| refusal)
    })
}

async fn answer(
    State(health): State<Health>,
    Path(method): Path<String>,
    Viewer { detailed }: Viewer,
    client: Option<Extension<Arc<Client>>>,
    request: Request,
    watchers: &Arc<Semaphore>,
) -> Result<Response, Response> {
    let body = request::read(request).await?;
    let service = || request::service(&body);
    let response = match &*method {
        "Check" => service().and_then(|service| check(&health, detailed, &service)),
        "List" => list(&health, detailed),
        "Watch" => service().and_then(|service| {
            let client = client.map(|Extension(client)| client);
            watch::watch(Arc::clone(&health), client, watchers, (service, detailed))
        }),
        _ => Err(Status(Code::Unimplemented, "the service has no such method")),
    };
    response.map_err(IntoResponse::into_response)
}

fn check(health: &HealthState, detailed: bool, service: &str) -> Result<Response, Status> {
    let serves = report::service(&health.source, detailed, service);
    let serves = serves.ok_or(Status(Code::NotFound, "there is no such service"))?;
    Ok(reply(check_response(serves.into())))
}

fn list(health: &HealthState, detailed: bool) -> Result<Response, Status> {
    let services = report::services(&health.source, detailed);
    if services.len() > MAX_SERVICES {
        return Err(Status(Code::ResourceExhausted, "there are too many services"));
    }
    let services = services.iter().map(|(name, serves)| (name.as_str(), *serves));
    Ok(reply(list_response(services)))
}
