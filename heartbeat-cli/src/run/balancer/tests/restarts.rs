//! No request fails while instances are restarted one by one.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use heartbeat_tests::{Signal, Worker, example, free_address, signal, skip, workspace};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::{Balancer, LOOPBACK};

/// Starts an instance of the example that serves over HTTP.
fn start(api: SocketAddr) -> Worker {
    let mut command = example("web-worker");
    command.env("HEARTBEAT_ENDPOINT_API", api.to_string());
    command.env("HEARTBEAT_SETTING_PRICES", workspace().join("examples/web-worker/prices.csv"));
    let mut worker = Worker::spawn(&mut command);
    worker.wait_until_logged("ready after");
    worker
}

#[test]
fn no_request_fails_while_instances_restart() {
    if Command::new("wrk").arg("--version").output().is_err() {
        return skip("`wrk` is not installed");
    }
    let apis: Vec<SocketAddr> = (0..3).map(|_| free_address().parse().unwrap()).collect();
    let mut workers: Vec<Worker> = apis.iter().map(|api| start(*api)).collect();

    let runtime = Runtime::new().unwrap();
    let balancer = runtime.block_on(Balancer::bind(LOOPBACK)).unwrap();
    let url = format!("http://{}/prices", balancer.address().unwrap());
    let rotation = watch::Sender::new(apis.clone());
    runtime.spawn(balancer.serve(rotation.subscribe()));

    let wrk = Command::new("wrk")
        .args(["-t2", "-c32", "-d60s", "--latency", &url])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    for restarted in [0, 1, 2, 0, 1, 2] {
        // As `run` does: an instance leaves the rotation before it is told to stop.
        rotation.send_modify(|ready| ready.retain(|api| *api != apis[restarted]));
        workers[restarted].signal(Signal::TERM);
        assert_eq!(workers[restarted].wait().code(), Some(0));
        workers[restarted] = start(apis[restarted]);
        rotation.send_modify(|ready| ready.push(apis[restarted]));
    }
    signal(wrk.id(), Signal::INT);
    let output = wrk.wait_with_output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    println!("{report}");
    assert!(report.contains("requests in"), "{report}");
    assert!(!report.contains("Socket errors") && !report.contains("Non-2xx"), "{report}");
}
