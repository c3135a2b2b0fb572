//! The buttons of the page.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Site, unknown};
use crate::run::fleet::Request;

/// Does what a button says, and answers when it is done, in words.
pub(super) async fn act(
    State(site): State<Arc<Site>>,
    Path((instance, action)): Path<(String, String)>,
) -> Response {
    // A request names roles too, which no button means.
    if !site.fleet.snapshot().iter().any(|it| it.id == instance) {
        return unknown(&instance);
    }
    let request = match &*action {
        "stop" => Request::Stop(vec![instance]),
        "restart" => Request::Restart(vec![instance]),
        "busy" => Request::SetBusy { instance, busy: true },
        "free" => Request::SetBusy { instance, busy: false },
        _ => return (StatusCode::NOT_FOUND, format!("no action `{action}`\n")).into_response(),
    };
    match site.fleet.request(request).await {
        Ok(done) => done.into_response(),
        Err(refused) => (StatusCode::CONFLICT, refused).into_response(),
    }
}
