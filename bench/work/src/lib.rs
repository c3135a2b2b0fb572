//! What every worker of the bench does, so that they differ only in what is around it.
//! `BENCH_WORK` says which kind of work it is.

use std::env;
use std::future::Future;
use std::net::SocketAddr;
use std::thread::{self, available_parallelism};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, watch};
use tokio::time::sleep;

/// Longer than any measure takes.
const FOREVER: Duration = Duration::from_secs(3600);

/// Where health is to be served: `BENCH_ADDRESS`.
///
/// # Errors
///
/// Where it is not given, or not an address.
pub fn address() -> Result<SocketAddr, Box<dyn std::error::Error>> {
    Ok(env::var("BENCH_ADDRESS")?.parse()?)
}

/// Turns true at SIGTERM.
///
/// # Errors
///
/// Where the signal cannot be registered.
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

/// Works until `stopping` ends, and for as long after it as the work takes.
pub async fn work(stopping: impl Future<Output = ()>, beat: impl Fn()) {
    match env::var("BENCH_WORK").as_deref() {
        Ok("late") => {
            stopping.await;
            sleep(Duration::from_millis(500)).await;
        }
        Ok("rude") => {
            tokio::spawn(async {
                loop {
                    sleep(Duration::from_millis(10)).await;
                    thread::sleep(Duration::from_millis(400));
                }
            });
            stopping.await;
        }
        Ok("blocked") => {
            sleep(Duration::from_secs(1)).await;
            for _ in 0..available_parallelism().map_or(1, usize::from) {
                tokio::spawn(async { thread::sleep(FOREVER) });
            }
            thread::sleep(FOREVER);
        }
        Ok("dead") => {
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
