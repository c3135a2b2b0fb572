//! The health server. It reads the verdict and decides nothing.

mod body;
mod connection;
mod format;
mod frames;
mod heads;
mod health_json;
mod json;
mod limiter;
mod metrics;
mod process_stats;
mod router;
mod rules;
mod trust;

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use self::connection::shutdown_requested;
use self::limiter::ConnectionLimiter;
use crate::endpoint::Listener;
use crate::vitals::Vitals;

pub(crate) use self::trust::Trust;

/// The one type of spawned future: each further type compiles another copy of tokio's task code.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The health that an endpoint serves, and to whom.
pub(crate) struct Site {
    pub(crate) identity: Arc<Identity>,
    /// The path of the load balancer probe that the endpoint names.
    pub(crate) probe_path: Option<String>,
    /// Access to the details.
    pub(crate) trust: Trust,
    pub(crate) vitals: Arc<Vitals>,
}

/// The identity of the instance.
pub(crate) struct Identity {
    pub(crate) role: &'static str,
    pub(crate) version: &'static str,
    pub(crate) instance: String,
    pub(crate) started_at: SystemTime,
}

/// Serves until the sender of `closing` is dropped, then completes the responses under way; the
/// caller bounds that.
pub(crate) async fn serve(listener: Listener, site: Site, closing: watch::Receiver<()>) {
    let site = Arc::new(site);
    let serve_one = |stream, slot| -> Task {
        Box::pin(connection::serve(stream, slot, Arc::clone(&site), closing.clone()))
    };
    let connections = Arc::new(ConnectionLimiter::default());
    let mut tasks = JoinSet::new();
    let mut ends = closing.clone();
    let mut is_closing = pin!(shutdown_requested(&mut ends));
    loop {
        let accepted = tokio::select! {
            biased;
            () = is_closing.as_mut() => break,
            Some(_) = tasks.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let slot = connections.admit(peer).await;
                tasks.spawn(serve_one(stream, slot));
                // A request that is there already gets its response before the next eviction.
                yield_now().await;
            }
            Err(error) if is_connection_error(&error) => {}
            Err(_) => connections.recover().await,
        }
    }
    // Clients in the queue of the socket are served too, unless it outlives this process.
    while !listener.is_handed_over()
        && let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await
    {
        let slot = connections.admit(peer).await;
        tasks.spawn(serve_one(stream, slot));
    }
    listener.close();
    while tasks.join_next().await.is_some() {}
}

/// Tells whether an accept failed because its connection has gone.
fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
