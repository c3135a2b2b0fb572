//! The server of user code's routes, in the worker's runtime: for connections to an endpoint of its
//! own, and for requests that a health endpoint forwards.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::accept::is_connection_error;
use super::exchanges::TICK;
use super::user_connection::UserConnection;
use super::user_routes::ForwardedRequest;
use crate::endpoint::{EndpointListener, descriptor_limit};

/// Maximum connections per endpoint; further ones wait in the queue of the socket.
const LIMIT: usize = 1024;
/// Descriptors that are left to health, which has 64 connections on each of two endpoints.
const RESERVED: usize = 128;
/// Pause after a failed accept.
const BACK_OFF: Duration = Duration::from_millis(100);

/// The server of an endpoint.
pub(super) struct UserServer {
    pub(super) listener: EndpointListener,
    pub(super) requests: mpsc::Receiver<ForwardedRequest>,
    pub(super) router: Router,
    pub(super) descriptors: Arc<Semaphore>,
}

/// The permits of one connection: of its endpoint, and of the descriptors of all.
type Slot = Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>;

/// Returns the descriptors that the connections of all endpoints may have: they leave some to health,
/// or half of all.
pub(super) fn shared_descriptors() -> Arc<Semaphore> {
    let limit = descriptor_limit();
    let shared = limit - RESERVED.min(limit / 2);
    Arc::new(Semaphore::new(shared.min(Semaphore::MAX_PERMITS)))
}

impl UserServer {
    /// Serves until `drained`, then completes the requests under way. Dropping the future aborts them.
    pub(super) async fn serve(self, drained: impl Future<Output = ()>) {
        let Self { listener, mut requests, router, descriptors } = self;
        // Makes a route of each handler here, instead of for each request.
        let router = router.with_state(());
        let mut tasks = JoinSet::new();
        let ticks = watch::Sender::new(());
        let slots = [Arc::new(Semaphore::new(LIMIT)), descriptors];
        let serve_one = |(connection, slot): (UserConnection, Slot)| {
            let served = connection.serve(router.clone(), ticks.subscribe());
            async move {
                served.await;
                drop(slot);
            }
        };
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drained = pin!(drained);
        loop {
            tokio::select! {
                biased;
                () = drained.as_mut() => break,
                _ = tick.tick() => ticks.send_replace(()),
                Some(_) = tasks.join_next() => {}
                Some(request) = requests.recv() => {
                    tasks.spawn(request.answer(router.clone()));
                }
                accepted = accept(&listener, &slots) => {
                    tasks.spawn(serve_one(accepted));
                }
            }
        }
        requests.close();
        while let Ok(request) = requests.try_recv() {
            tasks.spawn(request.answer(router.clone()));
        }
        // Clients in the queue of the socket are served too, unless it outlives this process.
        while !listener.is_handed_over()
            && let Ok(accepted) = timeout(Duration::ZERO, accept(&listener, &slots)).await
        {
            tasks.spawn(serve_one(accepted));
        }
        drop(listener);
        drop(ticks);
        while tasks.join_next().await.is_some() {}
    }
}

/// Accepts the next connection, when there is a slot for it.
async fn accept(
    listener: &EndpointListener,
    slots: &[Arc<Semaphore>; 2],
) -> (UserConnection, Slot) {
    let [own, shared] = slots;
    // The semaphores are never closed.
    let own = Arc::clone(own).acquire_owned().await.ok();
    let slot = own.zip(Arc::clone(shared).acquire_owned().await.ok());
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (UserConnection { stream, peer }, slot),
            Err(error) if is_connection_error(&error) => {}
            Err(_) => sleep(BACK_OFF).await,
        }
    }
}
