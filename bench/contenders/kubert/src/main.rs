//! A worker with the admin server and the shutdown of kubert.

use bench_work::{address, work};
use kubert::{admin, shutdown};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (shutdown, drain) = shutdown::sigint_or_sigterm()?;
    let ready = admin::Builder::new(address()?).bind()?.spawn().readiness();
    ready.set(true);
    tokio::spawn(async move {
        // The shutdown waits until this is dropped.
        let held = drain.clone();
        let stopping = async {
            drop(drain.signaled().await);
            ready.set(false);
        };
        work(stopping, || ()).await;
        drop(held);
    });
    Ok(shutdown.signaled().await?)
}
