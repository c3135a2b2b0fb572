//! A consumer of the pool: takes an order, ships it, and acknowledges it, in that order.

use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, Task};
use tokio::time::{Instant, sleep, timeout};

use crate::order::{Order, OrderError};
use crate::queue::{Delivery, Queue};
use crate::server::{Server, StreamError};
use crate::shipments::Shipments;

/// Number of tries after which an order is set aside.
const MAX_TRIES: u64 = 5;
/// Time for one order: less than the 20 seconds that a stop leaves for it.
const SHIP_WITHIN: Duration = Duration::from_secs(15);
/// Time between two attempts to connect.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// The consumer that each task of the pool clones.
#[derive(Clone)]
pub(crate) struct Consumer {
    server: Server,
    instance: String,
    claim_after: Duration,
    shipping: Duration,
    shipments: Shipments,
}

impl Consumer {
    pub(crate) fn new(role: &RoleEnvironment, server: &Server) -> Result<Self, Error> {
        Ok(Self {
            server: server.clone(),
            instance: role.instance_id().to_owned(),
            claim_after: Duration::from_millis(role.setting_as("ClaimAfterMilliseconds")?),
            shipping: Duration::from_millis(role.setting_as("ShippingMilliseconds")?),
            shipments: Shipments::register(&role.metrics())?,
        })
    }

    /// Ships orders until the worker stops, on one connection after another.
    pub(crate) async fn run(self, task: Task) -> Result<(), Error> {
        while !task.is_stopping() {
            let name = format!("{}/{}", self.instance, task.name());
            let idle = task.idle();
            let joined = Queue::join(&self.server, name, self.claim_after);
            match task.until_stopping(joined).await {
                Some(Ok(queue)) => {
                    drop(idle);
                    if let Err(error) = self.consume(&task, queue).await {
                        tracing::warn!(%error, "connecting again");
                    }
                }
                // The check tells the reason, once.
                Some(Err(error)) => tracing::debug!(%error, "not connected"),
                None => {}
            }
            let _idle = task.idle();
            task.until_stopping(sleep(RECONNECT_AFTER)).await;
        }
        Ok(())
    }

    /// Ships orders until the worker stops. An order that is not acknowledged, for whatever reason, is
    /// claimed by a consumer later.
    async fn consume(&self, task: &Task, mut queue: Queue) -> Result<(), StreamError> {
        loop {
            let idle = task.idle();
            let Some(next) = task.until_stopping(queue.next()).await else { return Ok(()) };
            drop(idle);
            if let Some(delivery) = next? {
                task.beat();
                self.handle(&mut queue, &delivery).await?;
            }
        }
    }

    async fn handle(&self, queue: &mut Queue, delivery: &Delivery) -> Result<(), StreamError> {
        let Delivery { id, tries, .. } = delivery;
        let began = Instant::now();
        let shipped = if *tries > MAX_TRIES {
            Err(OrderError::Unfinished)
        } else {
            tokio::select! {
                shipped = self.ship(delivery) => shipped,
                never = queue.keep(delivery) => match never {},
            }
        };
        match shipped {
            Ok(order) => {
                tracing::info!(id, item = order.item, "shipped");
                queue.done(delivery).await?;
                self.shipments.shipped(began.elapsed());
            }
            Err(reason) if *tries < MAX_TRIES => {
                tracing::warn!(id, tries, %reason, "not shipped, to be tried again");
                self.shipments.failed();
            }
            Err(reason) => {
                queue.set_aside(delivery, &reason.to_string()).await?;
                tracing::error!(id, tries, %reason, "set aside");
                self.shipments.set_aside();
            }
        }
        Ok(())
    }

    async fn ship(&self, delivery: &Delivery) -> Result<Order, OrderError> {
        let order = Order::parse(&delivery.fields)?;
        let shipped = timeout(SHIP_WITHIN, order.ship(self.shipping)).await;
        shipped.unwrap_or(Err(OrderError::TooSlow(SHIP_WITHIN)))?;
        Ok(order)
    }
}
