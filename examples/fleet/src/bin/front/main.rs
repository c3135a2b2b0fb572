//! The front takes orders over HTTP, and answers when the pool has shipped them.
//!
//! It is ready while an instance of the pool answers. It keeps nothing: who gets 200 has an order that is
//! shipped, and who gets anything else may send it again.

use std::time::Instant;

use fleet::{Pool, Report};
use heartbeat_runtime::axum::Router;
use heartbeat_runtime::axum::extract::State;
use heartbeat_runtime::axum::http::StatusCode;
use heartbeat_runtime::axum::routing::{get, post};
use heartbeat_runtime::prometheus_client::metrics::counter::Counter;
use heartbeat_runtime::prometheus_client::metrics::histogram::Histogram;
use heartbeat_runtime::{Check, Error, RoleEnvironment, WorkerRole, worker_role};

const BUCKETS: [f64; 6] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

struct Front {
    /// Without the pool the front is not ready.
    _check: Check,
}

/// The state of the routes.
#[derive(Clone)]
struct Orders {
    role: RoleEnvironment,
    pool: Pool,
    shipped: Counter,
    refused: Counter,
    seconds: Histogram,
}

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for Front {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let pool = Pool::new(role);
        let orders = Orders::new(role, pool.clone())?;
        let routes = Router::new()
            .route("/orders", post(order))
            .route("/report", get(report))
            .with_state(orders);
        role.serve("Orders", routes)?;
        Ok(Self { _check: pool.watch(role.check("pool"))? })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        // The routes do all the work.
        let _idle = role.idle();
        role.stopping().await;
        Ok(())
    }
}

impl Orders {
    fn new(role: &RoleEnvironment, pool: Pool) -> Result<Self, Error> {
        let metrics = role.metrics();
        Ok(Self {
            role: role.clone(),
            pool,
            shipped: metrics.counter("orders_shipped", "Orders that the pool has shipped")?,
            refused: metrics.counter("orders_refused", "Orders that the client must send again")?,
            seconds: metrics.histogram("order_seconds", "Time to ship an order", BUCKETS)?,
        })
    }

    /// Counts an order, and tells both counts.
    fn count(&self, counter: &Counter) {
        counter.inc();
        // Two short facts are never refused.
        self.role.fact("shipped", self.shipped.get()).ok();
        self.role.fact("refused", self.refused.get()).ok();
    }
}

/// Has an order shipped. The answer says by which instance.
async fn order(State(orders): State<Orders>, order: String) -> (StatusCode, String) {
    let begin = Instant::now();
    match orders.pool.ship(&order).await {
        Ok(answer) => {
            orders.seconds.observe(begin.elapsed().as_secs_f64());
            orders.count(&orders.shipped);
            (StatusCode::OK, answer)
        }
        Err(error) => {
            eprintln!("{error}");
            orders.count(&orders.refused);
            (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n"))
        }
    }
}

/// Lists the instances of the pool, and their counts.
async fn report(State(orders): State<Orders>) -> String {
    let line = |(id, report)| match report {
        Ok(Report { shipped, waiting }) => format!("{id}: {shipped} shipped, {waiting} waiting\n"),
        Err(error) => format!("{id}: {error}\n"),
    };
    orders.pool.reports().await.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
