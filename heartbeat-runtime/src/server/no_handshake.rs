//! Connections in a build without TLS, which have no handshake.

use std::sync::Arc;

use super::client::Client;
use crate::tls::Acceptor;

/// A connection.
pub(super) type Transport<S> = S;

/// The handshakes of an endpoint: there are none.
#[derive(Clone)]
pub(super) enum Handshakes {}

impl Handshakes {
    #[expect(clippy::needless_pass_by_value, reason = "the same call as with TLS")]
    pub(super) fn new(acceptor: Arc<Acceptor>) -> Self {
        match *acceptor {}
    }
}

pub(super) async fn transport<S>(io: S, _: Option<&Handshakes>, _: &Client) -> Option<S> {
    Some(io)
}

pub(super) async fn user_transport<S>(io: S, _: Option<&Acceptor>) -> Result<S, Option<S>> {
    Ok(io)
}
