//! Facts and metrics that a worker tells.

use serde::Serialize;

use super::RoleEnvironment;
use crate::facts::{FactError, Visibility};
use crate::metrics::Metrics;

impl RoleEnvironment {
    /// Tells a fact about the instance, which the details show under `facts`: a shard, a queue's
    /// depth, the last order. The last value counts. It is serialised now, on this thread.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # fn tell(role: &RoleEnvironment) -> Result<(), Error> {
    /// role.fact("queue", serde_json::json!({ "shard": 3, "depth": 120 }))?;
    /// role.public_fact("region", "north")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// There may be 64 facts, each with 4 KiB (4,096 bytes) of JSON and a name of 128 bytes.
    ///
    /// # Errors
    ///
    /// The name is empty or too long, there are 64 other facts, or the value cannot be serialised or
    /// has more than 4 KiB of JSON. The earlier value stays.
    pub fn fact(&self, name: &str, value: impl Serialize) -> Result<(), FactError> {
        self.instance.facts.tell(name, &value, Visibility::Details)
    }

    /// Tells a [`fact`](Self::fact) to everybody: the JSON of each health path has it under `facts`.
    ///
    /// # Errors
    ///
    /// As [`fact`](Self::fact), or the name looks like that of a secret: it has a word such as
    /// password, secret, token, key, credential, connection string or SAS.
    pub fn public_fact(&self, name: &str, value: impl Serialize) -> Result<(), FactError> {
        self.instance.facts.tell(name, &value, Visibility::Public)
    }

    /// Returns the worker's own metrics, which `/metrics` serves after those of the runtime, so that a
    /// worker needs no endpoint and no registry for them.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # fn count(role: &RoleEnvironment) -> Result<(), Error> {
    /// let shipped = role.metrics().counter("orders_shipped", "Orders that have left")?;
    /// shipped.inc();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.instance.metrics.clone()
    }
}
