//! A consumer with the admin server and the shutdown of kubert.

mod queue;

use std::env;

use kubert::{admin, shutdown};

use queue::{Queue, QueueError};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (shutdown, drain) = shutdown::sigint_or_sigterm()?;
    let admin = admin::Builder::new(env::var("ADMIN_ADDR")?.parse()?).bind()?.spawn();
    let queue = Queue::open(&env::var("QUEUE")?).await?;
    let ready = admin.readiness();
    ready.set(true);

    let consumer = tokio::spawn(consume(queue, ready, drain));
    shutdown.signaled().await?;
    Ok(consumer.await??)
}

async fn consume(
    mut queue: Queue,
    ready: admin::Readiness,
    drain: shutdown::Watch,
) -> Result<(), QueueError> {
    let mut stopping = Box::pin(drain.signaled());
    loop {
        tokio::select! {
            // The shutdown waits until `release` is dropped.
            release = &mut stopping => {
                ready.set(false);
                queue.close().await?;
                drop(release);
                return Ok(());
            }
            order = queue.next() => order?.ship().await?,
        }
    }
}
