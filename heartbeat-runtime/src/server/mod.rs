//! The health server: reads a verdict, decides nothing.

mod body;
mod connection;
mod frames;
mod heads;
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

/// What is spawned in a runtime; of one type, as each costs a build a copy of tokio's tasks.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the server tells of.
pub(crate) struct Site {
    pub(crate) identity: Arc<Identity>,
    /// The path of the load balancer probe that the endpoint names.
    pub(crate) probe_path: Option<String>,
    /// Who may see more than the verdict.
    pub(crate) trust: Trust,
    pub(crate) vitals: Arc<Vitals>,
}

/// Who the instance is.
pub(crate) struct Identity {
    pub(crate) role: &'static str,
    pub(crate) version: &'static str,
    pub(crate) instance: String,
    pub(crate) started_at: SystemTime,
}

/// Serves until the other end of `closing` is dropped, then until the answers under way are
/// complete: the caller bounds that.
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
                // What it has sent already is answered before it may have to make room.
                yield_now().await;
            }
            Err(error) if is_connection_error(&error) => {}
            Err(_) => connections.recover().await,
        }
    }
    // Those who have connected already are answered still, be it by the next process.
    while !listener.is_handed_over()
        && let Ok(Ok((stream, peer))) = timeout(Duration::ZERO, listener.accept()).await
    {
        let slot = connections.admit(peer).await;
        tasks.spawn(serve_one(stream, slot));
    }
    listener.close();
    while tasks.join_next().await.is_some() {}
}

/// Whether an accept failed because of one connection that has gone.
fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
