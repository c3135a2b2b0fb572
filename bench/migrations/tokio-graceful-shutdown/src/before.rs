//! Two consumers that are restarted when they fail, and a job beside them, as subsystems.

mod orders;

use std::io;
use std::time::Duration;

use tokio_graceful_shutdown::errors::{CancelledByShutdown, GracefulShutdownError};
use tokio_graceful_shutdown::{
    ErrorAction, FutureExt, SubsystemBuilder, SubsystemHandle, Toplevel,
};

use orders::{compact, next_order};

#[tokio::main]
async fn main() -> Result<(), GracefulShutdownError> {
    tracing_subscriber::fmt().init();
    Toplevel::new(async |subsystem: &mut SubsystemHandle| {
        for name in ["consumer-0", "consumer-1"] {
            subsystem.start(SubsystemBuilder::new(name, keep_consuming));
        }
        subsystem.start(SubsystemBuilder::new("journal", keep_compacting));
    })
    .catch_signals()
    .handle_shutdown_requests(Duration::from_secs(25))
    .await
}

/// Restarts a consumer that fails.
async fn keep_consuming(subsystem: &mut SubsystemHandle) -> io::Result<()> {
    loop {
        let consumer = subsystem.start(
            SubsystemBuilder::new("consume", consume)
                .on_failure(ErrorAction::CatchAndLocalShutdown)
                .on_panic(ErrorAction::CatchAndLocalShutdown),
        );
        match consumer.join().await {
            Ok(()) => return Ok(()),
            Err(error) => tracing::error!("restarting: {error}"),
        }
        if subsystem.is_shutdown_requested() {
            return Ok(());
        }
    }
}

async fn consume(subsystem: &mut SubsystemHandle) -> io::Result<()> {
    loop {
        match next_order().cancel_on_shutdown(subsystem).await {
            Ok(order) => order.ship().await?,
            Err(CancelledByShutdown) => return Ok(()),
        }
    }
}

async fn keep_compacting(subsystem: &mut SubsystemHandle) -> io::Result<()> {
    while !subsystem.is_shutdown_requested() {
        compact().await?;
    }
    Ok(())
}
