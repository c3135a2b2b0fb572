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
            axum::serve(listener, router).with_graceful_shutdown(closing).into_future().await
        }
    }
}
