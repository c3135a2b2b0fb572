//! The scheduler without a process, and an instance of the pool that the test plays.

use heartbeat_runtime::WorkerRole;
use heartbeat_runtime::axum::http::StatusCode;
use heartbeat_runtime::axum::routing::{get, post};
use heartbeat_runtime::axum::{self, Router};
use heartbeat_runtime::test_util::{TestHost, TestWorker};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::Scheduler;

/// An order that waits for the status of its response.
type Order = oneshot::Sender<StatusCode>;

fn host(pool: &str) -> TestHost<Scheduler> {
    let definition = include_bytes!("../../../ServiceDefinition.csdef");
    let host = Scheduler::host("Scheduler", "1.0.0").definition(definition).heartbeat("Heartbeat");
    let host = host.test().details(true).setting("PeriodMilliseconds", "20");
    host.instances("Pool", "Work", &format!("a={pool}"))
}

/// Serves as an instance of the pool, and returns its address and its orders.
async fn instance() -> (String, UnboundedReceiver<Order>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (send, orders) = unbounded_channel();
    let routes = Router::new()
        .route("/report", get(async || r#"{"shipped":7,"waiting":2}"#))
        .route("/orders", post(move || ship(send.clone())));
    tokio::spawn(axum::serve(listener, routes).into_future());
    (address, orders)
}

async fn ship(orders: UnboundedSender<Order>) -> StatusCode {
    let (order, status) = oneshot::channel();
    // At the end of the test, nobody answers.
    orders.send(order).ok();
    status.await.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

/// Waits for the next order; meanwhile the scheduler tells `owed` and the reports.
async fn next(orders: &mut UnboundedReceiver<Order>, worker: &TestWorker, owed: u32) -> Order {
    let order = orders.recv().await.unwrap();
    let health = worker.probe("/health").await;
    let facts = format!(r#""facts":{{"owed":{owed},"shipped":{{"a":7}}}}"#);
    assert!(health.status == 200 && health.body.contains(&facts), "{health:?}");
    order
}

#[tokio::test]
async fn an_order_that_nobody_ships_is_placed_again() {
    let (address, mut orders) = instance().await;
    let exit = host(&address).run(async move |worker| {
        // The attempts of the first period.
        for _ in 0..3 {
            orders.recv().await.unwrap().send(StatusCode::SERVICE_UNAVAILABLE).unwrap();
        }
        next(&mut orders, worker, 1).await.send(StatusCode::OK).unwrap();
        next(&mut orders, worker, 1).await.send(StatusCode::OK).unwrap();
        // That of the third period comes when none is owed any more.
        next(&mut orders, worker, 0).await.send(StatusCode::OK).unwrap();
    });
    assert_eq!(exit.await.unwrap(), 0);
}
