//! The sender of a request.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::client::Client;
use super::state::HealthState;

/// The sender of a request: may it see the details?
pub(super) struct Viewer {
    pub(super) detailed: bool,
}

impl FromRequestParts<Arc<HealthState>> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        health: &Arc<HealthState>,
    ) -> Result<Self, Infallible> {
        let client = parts.extensions.get::<Arc<Client>>();
        Ok(Self { detailed: health.access.allows(client.map(|client| client.peer()), parts) })
    }
}
