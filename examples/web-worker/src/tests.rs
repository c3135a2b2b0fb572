//! The worker without a process and a port, in paused time.

use std::fs;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use heartbeat_runtime::WorkerRole;
use heartbeat_runtime::test_util::TestWorker;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::WebWorker;

const DEFINITION: &[u8] = include_bytes!("../ServiceDefinition.csdef");

/// A folder with a price list.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new(prices: &str) -> Self {
        let shop = Self { folder: tempfile::tempdir().unwrap() };
        shop.set_prices(prices);
        shop
    }

    /// Replaces the price list at once: the worker may be reading it, and must not find it cut.
    fn set_prices(&self, prices: &str) {
        let new = self.folder.path().join("prices.csv.new");
        fs::write(&new, prices).unwrap();
        fs::rename(new, self.folder.path().join("prices.csv")).unwrap();
    }

    /// Runs a worker beside a test, and returns its exit code.
    async fn run(&self, test: impl AsyncFnOnce(&TestWorker)) -> u8 {
        let prices = self.folder.path().join("prices.csv");
        let host = WebWorker::host("WebWorker", "1.0.0")
            .definition(DEFINITION)
            .heartbeat("Heartbeat")
            .test()
            .setting("Prices", prices.to_str().unwrap());
        host.run(test).await.unwrap()
    }
}

/// Returns the status and the body of a response.
async fn get(worker: &TestWorker, endpoint: &str, path: &str) -> (u16, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = worker.request(endpoint, request).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn assert_body(worker: &TestWorker, endpoint: &str, path: &str, expected: &str) {
    assert_eq!(get(worker, endpoint, path).await, (200, expected.to_owned()), "{path}");
}

#[tokio::test(start_paused = true)]
async fn serves_its_routes() {
    let shop = Shop::new("apple,0.40\npear,0.55\n");
    let exit_code = shop
        .run(async |worker| {
            assert!(worker.ready().await);
            assert_body(worker, "Api", "/prices", "apple,0.40\npear,0.55\n").await;
            assert_body(worker, "Api", "/prices/pear", "0.55\n").await;
            let missing = get(worker, "Api", "/prices/fig").await;
            assert_eq!(missing, (404, "no product \"fig\"\n".to_owned()));
            assert_body(worker, "Heartbeat", "/stats", "products: 2\nrequests: 3\n").await;
            assert_eq!(get(worker, "Heartbeat", "/health").await.0, 200);
            assert_eq!(get(worker, "Heartbeat", "/prices").await.0, 404);
        })
        .await;
    assert_eq!(exit_code, 0);
}

#[tokio::test(start_paused = true)]
async fn serves_a_new_price_within_a_second_or_two() {
    let shop = Shop::new("apple,0.40\n");
    shop.run(async |worker| {
        assert!(worker.ready().await);
        shop.set_prices("apple,0.45\n");
        sleep(Duration::from_secs(2)).await;
        assert_body(worker, "Api", "/prices/apple", "0.45\n").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn turns_red_while_its_prices_are_out_of_date() {
    let shop = Shop::new("apple,0.40\n");
    shop.run(async |worker| {
        assert!(worker.ready().await);
        sleep(Duration::from_secs(2)).await;
        shop.set_prices("apple,0.45\npear\n");
        sleep(Duration::from_secs(60)).await;
        let live = worker.probe("/livez").await;
        assert_eq!(live.status, 503);
        assert!(live.body.contains(r#""reasons":["stalled"]"#), "{}", live.body);
        assert_body(worker, "Api", "/prices/apple", "0.40\n").await;

        shop.set_prices("apple,0.45\npear,0.55\n");
        let recovered = timeout(Duration::from_secs(5), worker.ready()).await;
        assert_eq!(recovered, Ok(true));
        assert_body(worker, "Api", "/prices/apple", "0.45\n").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn does_not_start_without_prices() {
    let shop = Shop::new("apple\n");
    let exit_code = shop.run(async |worker| assert!(!worker.ready().await)).await;
    assert_eq!(exit_code, 1);
}
