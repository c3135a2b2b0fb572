//! The check on the server, and what it tells of the stream.

use std::sync::Arc;
use std::time::Duration;

use heartbeat_runtime::prometheus_client::metrics::gauge::Gauge;
use heartbeat_runtime::{Check, Error, RoleEnvironment};
use redis::{Value, pipe};

use crate::server::{FAILED, GROUP, STREAM, Server, failed};

/// The context of the check.
struct Watch {
    role: RoleEnvironment,
    server: Server,
    depth: Gauge,
    lag: Gauge,
}

/// Asks the server every two seconds how the stream does. While it does not answer, the worker is not ready.
pub(crate) fn watch(role: &RoleEnvironment, server: &Server) -> Result<Check, Error> {
    let metrics = role.metrics();
    let watch = Arc::new(Watch {
        role: role.clone(),
        server: server.clone(),
        depth: metrics.gauge("orders_depth", "Orders in the stream, those in work included")?,
        lag: metrics.gauge("orders_lag", "Orders that no consumer has taken yet")?,
    });
    let check = role.check("redis").every(Duration::from_secs(2));
    Ok(check.register(move || Arc::clone(&watch).look())?)
}

impl Watch {
    /// Connects anew each time, as a consumer would have to.
    async fn look(self: Arc<Self>) -> Result<(), Error> {
        let mut connection = self.server.connect().await?;
        let mut state = pipe();
        state.atomic().cmd("XLEN").arg(STREAM).cmd("XPENDING").arg(STREAM).arg(GROUP);
        state.cmd("XLEN").arg(FAILED);
        let state = state.query_async(&mut connection).await;
        let (depth, pending, set_aside): (i64, (i64, Value, Value, Value), i64) =
            state.map_err(failed("ask for the state of"))?;
        // What is shipped is deleted: all others are taken, or not taken yet.
        let lag = depth - pending.0;
        self.depth.set(depth);
        self.lag.set(lag);
        self.role.fact("depth", depth)?;
        self.role.fact("lag", lag)?;
        self.role.fact("set_aside", set_aside)?;
        Ok(())
    }
}
