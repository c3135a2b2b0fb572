//! The client of a connection, as the handlers of its requests know it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::limiter::ConnectionSlot;
use crate::endpoint::{Peer, Stream};

/// The client of a connection. Each of its requests carries it as an extension.
pub(super) struct Client {
    pub(super) stream: Stream,
    pub(super) slot: ConnectionSlot,
    /// `None` for a unix socket.
    pub(super) address: Option<SocketAddr>,
    /// The shutdown of the server.
    pub(super) closing: watch::Receiver<()>,
    /// It has shown a certificate that the endpoint trusts.
    certified: AtomicBool,
    /// Values that the next flush drops; `None` once nothing more is written.
    unflushed: Mutex<Option<Vec<Box<dyn Send>>>>,
}

/// A request that is answered for long: by user code, or with events. Dropping it ends the request.
pub(super) struct Serving {
    client: Arc<Client>,
}

impl Client {
    pub(super) fn new(
        stream: Stream,
        slot: ConnectionSlot,
        address: Option<SocketAddr>,
        closing: watch::Receiver<()>,
    ) -> Self {
        let (certified, unflushed) = (AtomicBool::new(false), Mutex::new(Some(Vec::new())));
        Self { stream, slot, address, closing, certified, unflushed }
    }

    pub(super) fn peer(&self) -> Peer {
        Peer::from(self.address)
    }

    /// Records that the client has shown a certificate that the endpoint trusts.
    #[cfg(feature = "tls")]
    pub(super) fn certify(&self) {
        self.certified.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_certified(&self) -> bool {
        self.certified.load(Ordering::Relaxed)
    }

    /// Drops a value when everything is written, or now if nothing more is.
    fn drop_at_flush(&self, value: impl Send + 'static) {
        if let Some(unflushed) = self.unflushed().as_mut() {
            unflushed.push(Box::new(value));
        }
    }

    /// Records that everything is written.
    pub(super) fn on_flush(&self) {
        let flushed = self.unflushed().as_mut().map(std::mem::take);
        drop(flushed);
    }

    /// Records that nothing more is written. The responses of an HTTP/2 connection end after it: their
    /// values, which hold this client, would keep it for ever.
    pub(super) fn on_close(&self) {
        let unflushed = self.unflushed().take();
        drop(unflushed);
    }

    fn unflushed(&self) -> MutexGuard<'_, Option<Vec<Box<dyn Send>>>> {
        self.unflushed.lock().unwrap_or_else(PoisonError::into_inner)
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
