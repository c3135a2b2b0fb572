//! Routes of user code in a test, without a port: `TestWorker::request`.

#![cfg(feature = "test-util")]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::io::{Read, Write};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::{get, post};
use heartbeat_runtime::host::Bound;
use heartbeat_runtime::test_util::TestWorker;
use heartbeat_runtime::{Address, Endpoint, Error, Host, RoleEnvironment, axum};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

const DEFINITION: &[u8] = br#"
    <ServiceDefinition name="Trials" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
      <WorkerRole name="W">
        <Endpoints>
          <InputEndpoint name="Heartbeat" protocol="http" port="3000" />
          <InputEndpoint name="Api" protocol="http" port="8080" />
        </Endpoints>
      </WorkerRole>
    </ServiceDefinition>"#;

fn host() -> Host<(), Bound> {
    let start = async |role: &RoleEnvironment| {
        let echo = post(async |body: String| body);
        let slow = get(async || sleep(Duration::from_secs(7)).await);
        let routes = Router::new().route("/echo", echo).route("/slow", slow);
        role.serve("Heartbeat", routes.clone())?;
        Ok(role.serve("Api", routes)?)
    };
    let run = async |(): &mut (), role: &RoleEnvironment| -> Result<(), Error> {
        role.stopping().await;
        Ok(())
    };
    Host::without_stop("W", "1.0.0", start, run).definition(DEFINITION).heartbeat("Heartbeat")
}

async fn request(worker: &TestWorker, endpoint: &str, path: &str) -> StatusCode {
    let request = Request::get(path).body(Body::empty()).unwrap();
    worker.request(endpoint, request).await.status()
}

#[tokio::test(start_paused = true)]
async fn requests_reach_the_routes_without_a_port() {
    let exit = host().test().run(async |worker| {
        assert!(worker.ready().await);
        for endpoint in ["Heartbeat", "Api"] {
            let echo = Request::post("/echo").body("text").unwrap();
            let response = worker.request(endpoint, echo).await;
            assert_eq!(response.status(), 200, "{endpoint}");
            assert_eq!(to_bytes(response.into_body(), 10).await.unwrap(), "text");
            assert_eq!(request(worker, endpoint, "/elsewhere").await, 404);
        }
        assert_eq!(request(worker, "Heartbeat", "/health").await, 200);
        assert_eq!(request(worker, "Api", "/health").await, 404);
        assert_eq!(request(worker, "Nowhere", "/echo").await, 404);
    });
    assert_eq!(exit.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_requests_and_refuses_new_ones_after_the_drain() {
    let host = host().drain(Duration::from_secs(2)).test();
    let exit = host.run(async |worker| {
        assert!(worker.ready().await);
        let start = Instant::now();
        let stop = async {
            worker.stop();
            sleep(Duration::from_secs(1)).await;
            assert_eq!(request(worker, "Api", "/elsewhere").await, 404, "during the drain");
            sleep(Duration::from_secs(2)).await;
            for endpoint in ["Heartbeat", "Api"] {
                assert_eq!(request(worker, endpoint, "/elsewhere").await, 503, "after the drain");
            }
            assert_eq!(request(worker, "Heartbeat", "/livez").await, 200);
        };
        let (slow, ()) = tokio::join!(request(worker, "Api", "/slow"), stop);
        assert_eq!(slow, 200);
        assert_eq!(worker.ended().await, 0);
        assert_eq!(start.elapsed().as_secs(), 7);
    });
    assert_eq!(exit.await.unwrap(), 0);
}

#[tokio::test]
async fn a_given_address_is_served_and_details_are_shown_if_asked_for() {
    let host = host().test().endpoint("Api", "127.0.0.1:0").details(true);
    let exit = host.run(async |worker| {
        assert!(worker.ready().await);
        let Some(Address::Tcp(api)) = worker.role().endpoint("Api").map(Endpoint::address) else {
            panic!("no address");
        };
        TcpStream::connect(api).await.unwrap();
        assert!(worker.probe("/health").await.body.contains(r#""role":"W""#));
        assert!(worker.probe("/metrics").await.body.contains("heartbeat_up"));
    });
    assert_eq!(exit.await.unwrap(), 0);
    let exit = host_without_details().await;
    assert_eq!(exit.unwrap(), 0);
}

async fn host_without_details() -> Result<u8, Error> {
    let host = host().test();
    host.run(async |worker| {
        assert!(worker.ready().await);
        assert_eq!(worker.probe("/metrics").await.status, 404);
        assert!(!worker.probe("/health").await.body.contains("role"));
    })
    .await
}

/// The server has not run between the connection and the stop.
#[tokio::test]
async fn a_client_in_the_queue_at_a_stop_is_answered() {
    let host = host().test().endpoint("Api", "127.0.0.1:0");
    let exit = host.run(async |worker| {
        assert!(worker.ready().await);
        let Some(Address::Tcp(api)) = worker.role().endpoint("Api").map(Endpoint::address) else {
            panic!("no address");
        };
        let mut client = std::net::TcpStream::connect(api).unwrap();
        client.write_all(b"GET /elsewhere HTTP/1.0\r\n\r\n").unwrap();
        worker.stop();
        assert_eq!(worker.ended().await, 0);
        let mut response = String::new();
        client.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.0 404 "), "{response}");
    });
    assert_eq!(exit.await.unwrap(), 0);
}
