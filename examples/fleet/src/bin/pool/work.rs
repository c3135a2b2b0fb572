//! The routes of the endpoint `Work`, and the queue that they fill.

use fleet::Report;
use heartbeat_runtime::axum::Router;
use heartbeat_runtime::axum::extract::State;
use heartbeat_runtime::axum::http::StatusCode;
use heartbeat_runtime::axum::routing::{get, post};
use heartbeat_runtime::prometheus_client::metrics::counter::Counter;
use heartbeat_runtime::prometheus_client::metrics::gauge::Gauge;
use heartbeat_runtime::{MetricsError, RoleEnvironment};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Places in the queue: no more than are shipped before the client of the last one gives up.
const PLACES: usize = 10;

/// A job in the queue.
pub(crate) enum Job {
    Ship(Order),
    /// Hangs.
    Break,
}

/// An order, and its client.
pub(crate) struct Order {
    pub(crate) text: String,
    pub(crate) answer: oneshot::Sender<String>,
}

/// The counts of an instance, which `/metrics` serves too.
#[derive(Clone)]
pub(crate) struct Counts {
    pub(crate) shipped: Counter,
    pub(crate) waiting: Gauge,
}

#[derive(Clone)]
struct Work {
    jobs: Sender<Job>,
    counts: Counts,
}

type Answer = (StatusCode, String);

/// Returns the routes, and the queue of their jobs.
pub(crate) fn routes(counts: &Counts) -> (Router, Receiver<Job>) {
    let (jobs, queue) = channel(PLACES);
    let routes = Router::new()
        .route("/orders", post(order))
        .route("/report", get(report))
        .route("/break", post(hang))
        .with_state(Work { jobs, counts: counts.clone() });
    (routes, queue)
}

/// Queues an order, and answers when it is shipped.
async fn order(State(work): State<Work>, text: String) -> Answer {
    let Ok(place) = work.jobs.try_reserve() else {
        return refuse("the queue is full, or closed");
    };
    let (answer, shipped) = oneshot::channel();
    work.counts.waiting.inc();
    place.send(Job::Ship(Order { text, answer }));
    match shipped.await {
        Ok(answer) => (StatusCode::OK, answer),
        Err(_) => refuse("stopped before the order was shipped"),
    }
}

async fn report(State(work): State<Work>) -> Result<String, StatusCode> {
    let Counts { shipped, waiting } = work.counts;
    let report = Report { shipped: shipped.get(), waiting: waiting.get() };
    serde_json::to_string(&report).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// Breaks this instance, once it has shipped what is in the queue.
async fn hang(State(work): State<Work>) -> Answer {
    match work.jobs.try_send(Job::Break) {
        Ok(()) => (StatusCode::OK, "hangs from now on: watch it turn red\n".to_owned()),
        Err(_) => refuse("the queue is full, or closed"),
    }
}

fn refuse(reason: &str) -> Answer {
    (StatusCode::SERVICE_UNAVAILABLE, reason.to_owned())
}

// === impl Counts ===

impl Counts {
    pub(crate) fn new(role: &RoleEnvironment) -> Result<Self, MetricsError> {
        let metrics = role.metrics();
        Ok(Self {
            shipped: metrics.counter("orders_shipped", "Orders that have left")?,
            waiting: metrics.gauge("orders_waiting", "Orders in the queue")?,
        })
    }
}
