use core::future::ready;
use core::str::FromStr;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

/// Ships orders.
struct Orders;

/// Ships orders.
#[worker_role(heartbeat = "Heartbeat", init = Orders::prepare::<u8>)]
impl WorkerRole for Orders {
    async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
        ready(Ok(Self)).await
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        role.stopping().await;
        Ok(())
    }
}

impl Orders {
    /// Prepares for numbers of a type.
    fn prepare<T: FromStr>() -> Result<(), T::Err> {
        "0".parse::<T>().map(drop)
    }
}
