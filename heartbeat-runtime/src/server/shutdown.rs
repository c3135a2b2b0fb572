//! The shutdown of the server, which begins when the sender of a channel is dropped.

use std::time::Duration;

use tokio::sync::watch;

/// Time for the first request of a client that connects just before the server closes.
pub(super) const LAST_REQUEST: Duration = Duration::from_millis(100);

/// Waits until the sender is dropped.
pub(super) async fn shutdown_requested(closing: &mut watch::Receiver<()>) {
    while closing.changed().await.is_ok() {}
}
