//! The health server: reads a verdict, decides nothing.

mod body;
mod routes;

use std::future::IntoFuture;
use std::io;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::endpoint::Listener;
use crate::vitals::Vitals;

/// What the server tells of.
pub(crate) struct Site {
    pub(crate) version: &'static str,
    /// The path of the load balancer probe that the endpoint names.
    pub(crate) probe_path: Option<String>,
    pub(crate) vitals: Arc<Vitals>,
}

/// Serves until `closing` ends, then until the answers under way are complete: the caller bounds
/// that.
pub(crate) async fn serve(
    listener: Listener,
    site: Site,
    closing: oneshot::Receiver<()>,
) -> io::Result<()> {
    let router = routes::router(site);
    let closing = async {
        // That the sender is gone says the same.
        let _ = closing.await;
    };
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
