//! `Watch`: the changes of a service, until the server closes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::response::Response;
use futures_util::stream::poll_fn;
use hyper::body::Frame;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::message::{ServingStatus, check_response};
use super::response::{Code, Status, stream_of};
use crate::report;
use crate::server::client::{Client, Serving};
use crate::server::events::{READ_WITHIN, closing, next_change};
use crate::server::state::HealthState;
use crate::server::task::BoxFuture;

/// Maximum watchers of an endpoint, which has room for more connections than these.
pub(super) const WATCHERS: usize = 32;

/// A watched service.
struct Watch {
    health: Arc<HealthState>,
    client: Option<Arc<Client>>,
    service: String,
    detailed: bool,
}

/// Watches a service. One that is unknown may come to be.
pub(super) fn watch(
    health: Arc<HealthState>,
    client: Option<Arc<Client>>,
    watchers: &Arc<Semaphore>,
    (service, detailed): (String, bool),
) -> Result<Response, Status> {
    let permit = Arc::clone(watchers).try_acquire_owned();
    let permit: OwnedSemaphorePermit = permit
        .map_err(|_| Status(Code::ResourceExhausted, "as many watch this endpoint as may"))?;
    let until_the_end = (permit, client.clone().map(Serving::begin));
    let (sender, mut frames) = mpsc::channel(1);
    let send: BoxFuture = Box::pin(Watch { health, client, service, detailed }.send(sender));
    tokio::spawn(send);
    Ok(stream_of(poll_fn(move |context| {
        let _until_the_end = &until_the_end;
        frames.poll_recv(context)
    })))
}

impl Watch {
    /// Sends the status of the service and each change, until the watcher leaves, does not read, or the
    /// server closes.
    async fn send(self, frames: mpsc::Sender<Frame<Bytes>>) {
        let vitals = &self.health.source.vitals;
        let mut told = None;
        loop {
            let seen = vitals.change_count();
            let status = self.status();
            if told != Some(status) {
                told = Some(status);
                let frame = Frame::data(check_response(status).into());
                match timeout(READ_WITHIN, frames.send(frame)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return,
                    // Its connection is stuck too: hyper waits until it can write.
                    Err(_) => return self.client.iter().for_each(|client| client.slot.evict()),
                }
            }
            tokio::select! {
                biased;
                () = closing(self.client.as_deref()) => break,
                () = frames.closed() => return,
                () = next_change(vitals, seen) => {}
            }
        }
        let end = Status(Code::Unavailable, "the worker stops").trailers();
        let _ = timeout(READ_WITHIN, frames.send(Frame::trailers(end))).await;
    }

    fn status(&self) -> ServingStatus {
        let serves = report::service(&self.health.source, self.detailed, &self.service);
        serves.map_or(ServingStatus::ServiceUnknown, ServingStatus::from)
    }
}
