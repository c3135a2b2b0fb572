//! The client of a connection, as the handlers of its requests know it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::limiter::ConnectionSlot;
use crate::endpoint::Peer;

/// The client of a connection. Each of its requests carries it as an extension.
pub(super) struct Client {
    pub(super) slot: ConnectionSlot,
    /// `None` for a unix socket.
    pub(super) address: Option<SocketAddr>,
    /// The shutdown of the server.
    pub(super) closing: watch::Receiver<()>,
    /// Values that the next flush drops.
    unflushed: Mutex<Vec<Box<dyn Send>>>,
}

/// A request that user code answers. Dropping it ends the request.
pub(super) struct Serving {
    client: Arc<Client>,
}

impl Client {
    pub(super) fn new(
        slot: ConnectionSlot,
        address: Option<SocketAddr>,
        closing: watch::Receiver<()>,
    ) -> Self {
        Self { slot, address, closing, unflushed: Mutex::default() }
    }

    pub(super) fn peer(&self) -> Peer {
        Peer::from(self.address)
    }

    /// Drops a value when everything is written.
    fn drop_at_flush(&self, value: impl Send + 'static) {
        self.unflushed.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(value));
    }

    /// Records that everything is written, or never will be.
    pub(super) fn on_flush(&self) {
        let mut unflushed = self.unflushed.lock().unwrap_or_else(PoisonError::into_inner);
        let flushed = std::mem::take(&mut *unflushed);
        drop(unflushed);
        drop(flushed);
    }
}

impl Serving {
    pub(super) fn begin(client: Arc<Client>) -> Self {
        client.slot.begin_serving();
        Self { client }
    }

    /// Ends the request when its response is written, and drops `value` with it.
    pub(super) fn end_at_flush(self, value: impl Send + 'static) {
        let client = Arc::clone(&self.client);
        client.drop_at_flush((self, value));
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.client.slot.end_serving();
    }
}
