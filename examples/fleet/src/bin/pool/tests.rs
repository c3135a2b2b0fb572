//! The worker without a process and a port, in paused time.

use std::time::Duration;

use fleet::Report;
use futures_util::future::join_all;
use heartbeat_runtime::WorkerRole;
use heartbeat_runtime::axum::body::to_bytes;
use heartbeat_runtime::axum::http::Request;
use heartbeat_runtime::test_util::{TestHost, TestWorker};
use tokio::time::{Instant, sleep, timeout};

use crate::Pool;

fn host() -> TestHost<Pool> {
    let definition = include_bytes!("../../../ServiceDefinition.csdef");
    let host = Pool::host("Pool", "1.0.0").definition(definition).heartbeat("Heartbeat");
    host.stall_after(Duration::from_secs(5)).test().setting("ShippingMilliseconds", "200")
}

/// Returns the status and the text of the response to a request to `Work`.
async fn send(worker: &TestWorker, method: &str, path: &str, text: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).body(text.to_owned()).unwrap();
    let response = worker.request("Work", request).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn report(worker: &TestWorker) -> Report {
    serde_json::from_str(&send(worker, "GET", "/report", "").await.1).unwrap()
}

#[tokio::test(start_paused = true)]
async fn answers_an_order_when_it_is_shipped() {
    let exit = host().run(async |worker| {
        assert!(worker.ready().await);
        let begin = Instant::now();
        let (status, text) = send(worker, "POST", "/orders", "3 apples").await;
        assert_eq!(
            (status, text),
            (200, format!("{} has shipped 3 apples\n", worker.role().instance_id()))
        );
        assert_eq!(begin.elapsed(), Duration::from_millis(200));
        assert_eq!(report(worker).await, Report { shipped: 1, waiting: 0 });
        // It is idle between orders.
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(worker.probe("/health").await.status, 200);
    });
    assert_eq!(exit.await.unwrap(), 0);
}

/// Sends orders at the same time, and returns how many the worker has shipped.
async fn send_orders(worker: &TestWorker, count: usize) -> usize {
    let orders = (0..count).map(|_| send(worker, "POST", "/orders", "a pear"));
    let answers = join_all(orders).await;
    assert!(answers.iter().all(|(status, _)| [200, 503].contains(status)), "{answers:?}");
    answers.iter().filter(|(status, _)| *status == 200).count()
}

#[tokio::test(start_paused = true)]
async fn refuses_an_order_for_which_the_queue_has_no_place() {
    let exit = host().run(async |worker| {
        assert!(worker.ready().await);
        // One more may have left the queue.
        let shipped = send_orders(worker, 20).await;
        assert!((10..=11).contains(&shipped), "{shipped}");
        assert_eq!(send_orders(worker, 10).await, 10);
        assert_eq!(report(worker).await, Report { shipped: shipped as u64 + 10, waiting: 0 });
    });
    assert_eq!(exit.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn ships_what_is_in_the_queue_before_it_stops() {
    let exit = host().run(async |worker| {
        assert!(worker.ready().await);
        let (shipped, ()) = tokio::join!(send_orders(worker, 5), async { worker.stop() });
        assert_eq!(shipped, 5);
        assert_eq!(send_orders(worker, 1).await, 0);
    });
    assert_eq!(exit.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn skips_an_order_whose_client_has_gone() {
    let exit = host().run(async |worker| {
        assert!(worker.ready().await);
        let gone = timeout(Duration::from_millis(300), send_orders(worker, 5)).await;
        assert!(gone.is_err());
        assert_eq!(send_orders(worker, 1).await, 1);
        // The first one, the one under way, and the last one.
        assert_eq!(report(worker).await, Report { shipped: 3, waiting: 0 });
    });
    assert_eq!(exit.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn hangs_when_it_is_told_to_break() {
    let exit = host().run(async |worker| {
        assert!(worker.ready().await);
        assert_eq!(send(worker, "POST", "/break", "").await.0, 200);
        sleep(Duration::from_secs(6)).await;
        let live = worker.probe("/livez").await;
        assert!(live.status == 503 && live.body.contains(r#""reasons":["stalled"]"#), "{live:?}");
        // Its routes answer all the same.
        assert_eq!(report(worker).await, Report { shipped: 0, waiting: 0 });
    });
    assert_eq!(exit.await.unwrap(), 75);
}
