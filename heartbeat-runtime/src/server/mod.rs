//! The health server: reads a verdict, decides nothing.

mod body;
mod metrics;
mod process;
mod routes;

use std::future::IntoFuture;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;

use crate::endpoint::Listener;
use crate::vitals::Vitals;

pub(crate) use self::routes::router;

/// What the server tells of.
pub(crate) struct Site {
    pub(crate) identity: Arc<Identity>,
    /// The path of the load balancer probe that the endpoint names.
    pub(crate) probe_path: Option<String>,
    /// Whether whoever asks here may see more than the verdict.
    pub(crate) trusted: bool,
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
pub(crate) async fn serve(
    listener: Listener,
    site: Site,
    mut closing: watch::Receiver<()>,
) -> io::Result<()> {
    let router = router(site);
    let closing = async move { while closing.changed().await.is_ok() {} };
    match listener {
        Listener::Tcp(listener) => {
            axum::serve(listener, router).with_graceful_shutdown(closing).into_future().await
        }
        #[cfg(unix)]
        Listener::Unix(listener) => {
            let path = listener.local_addr()?.as_pathname().map(std::path::Path::to_owned);
            let closing = async move {
                closing.await;
                // While the listener is there still, the file is not another process's.
                let _ = path.map(std::fs::remove_file);
            };
            axum::serve(listener, router).with_graceful_shutdown(closing).into_future().await
        }
    }
}
