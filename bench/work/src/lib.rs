//! The work that all contenders do, so that they differ only in the code around it. `BENCH_WORK`
//! selects the kind of work.

use std::env;
use std::future::Future;
use std::net::SocketAddr;
use std::thread::{self, available_parallelism};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, watch};
use tokio::time::sleep;

/// Longer than any measurement.
const FOREVER: Duration = Duration::from_secs(3600);

/// The address of the health server: `BENCH_ADDRESS`.
///
/// # Errors
///
/// Fails if the variable is missing or not an address.
pub fn address() -> Result<SocketAddr, Box<dyn std::error::Error>> {
    Ok(env::var("BENCH_ADDRESS")?.parse()?)
}

/// Returns a value that becomes true on SIGTERM.
///
/// # Errors
///
/// Fails if the signal handler cannot be registered.
pub fn terminated() -> std::io::Result<watch::Receiver<bool>> {
    let mut signal = signal(SignalKind::terminate())?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        signal.recv().await;
        sender.send_replace(true);
    });
    Ok(receiver)
}

/// Waits for SIGTERM.
pub async fn stopped(mut terminated: watch::Receiver<bool>) {
    let _ = terminated.wait_for(|terminated| *terminated).await;
}

/// Works until `stopping` ends, and then until the selected work is finished.
pub async fn work(stopping: impl Future<Output = ()>, beat: impl Fn()) {
    match env::var("BENCH_WORK").as_deref() {
        Ok("slow_stop") => {
            stopping.await;
            sleep(Duration::from_millis(500)).await;
        }
        Ok("blocking_task") => {
            tokio::spawn(async {
                loop {
                    sleep(Duration::from_millis(10)).await;
                    thread::sleep(Duration::from_millis(400));
                }
            });
            stopping.await;
        }
        Ok("blocked_threads") => {
            sleep(Duration::from_secs(1)).await;
            for _ in 0..available_parallelism().map_or(1, usize::from) {
                tokio::spawn(async { thread::sleep(FOREVER) });
            }
            thread::sleep(FOREVER);
        }
        Ok("deadlock") => {
            for _ in 0..10 {
                beat();
                sleep(Duration::from_millis(100)).await;
            }
            let lock = Mutex::new(());
            let _held = lock.lock().await;
            let _again = lock.lock().await;
        }
        _ => stopping.await,
    }
}
