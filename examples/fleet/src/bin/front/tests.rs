//! The front without a process, and instances of the pool that the test plays.

use heartbeat_runtime::WorkerRole;
use heartbeat_runtime::axum::body::to_bytes;
use heartbeat_runtime::axum::http::Request;
use heartbeat_runtime::axum::routing::{get, post};
use heartbeat_runtime::axum::{self, Router};
use heartbeat_runtime::test_util::{TestHost, TestWorker};
use tokio::net::TcpListener;

use crate::Front;

fn host(pool: &str) -> TestHost<Front> {
    let definition = include_bytes!("../../../ServiceDefinition.csdef");
    let host = Front::host("Front", "1.0.0").definition(definition).heartbeat("Heartbeat");
    host.test().instances("Pool", "Work", pool)
}

/// Serves as an instance of the pool, which answers orders as `order` does, and returns its address.
async fn instance(order: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let report = get(async || r#"{"shipped":7,"waiting":2}"#);
    let order = post(async move |text: String| format!("{order} {text}\n"));
    let routes = Router::new().route("/report", report).route("/orders", order);
    tokio::spawn(axum::serve(listener, routes).into_future());
    address
}

/// Returns an address at which nobody listens.
async fn lost() -> String {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
}

async fn send(worker: &TestWorker, method: &str, path: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).body("a plum").unwrap();
    let response = worker.request("Orders", request).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_lost_instance_costs_no_order() {
    let pool = format!("a={},b={},c={}", lost().await, instance("b ships").await, lost().await);
    let exit = host(&pool).run(async |worker| {
        assert!(worker.ready().await);
        for _ in 0..6 {
            assert_eq!(send(worker, "POST", "/orders").await, (200, "b ships a plum\n".to_owned()));
        }
        let (_, report) = send(worker, "GET", "/report").await;
        let lines: Vec<_> = report.lines().collect();
        assert!(lines[0].starts_with("a: cannot connect: "), "{report}");
        assert_eq!(lines[1], "b: 7 shipped, 2 waiting");
    });
    assert_eq!(exit.await.unwrap(), 0);
}

#[tokio::test]
async fn without_a_pool_the_front_refuses_orders_and_is_not_ready() {
    for (pool, reason) in [
        (
            String::new(),
            "no instance has shipped the order: HEARTBEAT_INSTANCES_POOL_WORK names none\n",
        ),
        (format!("a={}", lost().await), "no instance has shipped the order: a: cannot connect: "),
    ] {
        let exit = host(&pool).run(async |worker| {
            let (status, text) = send(worker, "POST", "/orders").await;
            assert!(status == 503 && text.starts_with(reason), "{text}");
            let ready = worker.probe("/readyz").await;
            assert!(ready.status == 503 && ready.body.contains("check_failed"), "{ready:?}");
        });
        assert_eq!(exit.await.unwrap(), 0);
    }
}
