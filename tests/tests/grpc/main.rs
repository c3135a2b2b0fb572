//! The gRPC health checking protocol, asked by `grpcio` and, byte for byte, by curl.
#![cfg(unix)]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod requests;

use std::process::Command;

use heartbeat_tests::certificates::Certificates;
use heartbeat_tests::grpc::GrpcClient;
use heartbeat_tests::{Signal, Worker};

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_secure-worker"));
    for name in ["INSIDE", "API", "OWN"] {
        command.env(format!("HEARTBEAT_ENDPOINT_{name}"), "127.0.0.1:0");
    }
    command
}

/// Starts a worker. Returns it in `on_start`, with the address of its management endpoint.
fn start(command: &mut Command) -> (Worker, String) {
    let mut worker = Worker::spawn(command);
    let line = worker.wait_for_line("management on http");
    let (_, url) = line.rsplit_once("://").expect("a URL");
    let inside = url.split('/').next().unwrap().to_owned();
    worker.wait_until_logged("on_start: press Enter");
    (worker, inside)
}

/// Starts a worker, and lets it run.
fn start_running(command: &mut Command) -> (Worker, String) {
    let (mut worker, inside) = start(command);
    worker.press_enter();
    worker.wait_for_line("run: press Enter");
    (worker, inside)
}

#[test]
fn each_probe_is_a_service() {
    let (mut worker, _) = start(&mut command());
    let Some(mut client) = GrpcClient::start(worker.address(), None) else { return };
    let mut assert_all = |state: &str, expected: [bool; 4]| {
        for (service, serves) in ["", "live", "ready", "startup"].into_iter().zip(expected) {
            let expected = if serves { "SERVING" } else { "NOT_SERVING" };
            assert_eq!(client.ask(&format!("check {service}")), expected, "{state}: {service}");
        }
    };
    assert_all("starting", [false, true, false, false]);
    worker.press_enter();
    worker.wait_for_line("run: press Enter");
    assert_all("running", [true; 4]);
    worker.signal(Signal::TERM);
    worker.wait_for_line("on_stop: press Enter");
    assert_all("stopping", [false, true, false, true]);
}

#[test]
fn checks_and_tasks_are_services_with_the_details_alone() {
    let (mut worker, inside) = start_running(&mut command());
    let Some(mut client) = GrpcClient::start(&inside, None) else { return };
    let probes = "=SERVING live=SERVING";
    let all = format!("{probes} queue=SERVING ready=SERVING startup=SERVING waiter=SERVING");
    assert_eq!(client.ask("list"), all);
    assert_eq!(client.ask("check waiter"), "SERVING");
    assert_eq!(client.ask("check nothing"), "NOT_FOUND");
    worker.write_line("fail");
    worker.wait_for_line("check `queue` failed");
    assert_eq!(client.ask("check queue"), "NOT_SERVING");
    assert_eq!(client.ask("check "), "SERVING");
    assert!(client.ask("list").contains(" queue=NOT_SERVING "));
    let mut public = GrpcClient::start(worker.address(), None).unwrap();
    assert_eq!(public.ask("list"), format!("{probes} ready=SERVING startup=SERVING"));
    for service in ["queue", "waiter", "nothing"] {
        assert_eq!(public.ask(&format!("check {service}")), "NOT_FOUND", "{service}");
    }
}

#[test]
fn a_watch_tells_changes_and_ends_with_the_stop() {
    let (mut worker, inside) = start(&mut command());
    let watch = |service: &str| {
        let mut client = GrpcClient::start(&inside, None)?;
        client.call(&format!("watch {service}"));
        Some(client)
    };
    let Some(mut ready) = watch("ready") else { return };
    let (mut queue, mut nothing) = (watch("queue").unwrap(), watch("nothing").unwrap());
    assert_eq!(ready.answer(), "NOT_SERVING");
    assert_eq!(nothing.answer(), "SERVICE_UNKNOWN");
    assert_eq!(queue.answer(), "SERVING");
    worker.press_enter();
    assert_eq!(ready.answer(), "SERVING");
    worker.write_line("fail");
    assert_eq!(queue.answer(), "NOT_SERVING");
    worker.write_line("pass");
    assert_eq!(queue.answer(), "SERVING");
    worker.signal(Signal::TERM);
    assert_eq!(ready.answer(), "NOT_SERVING");
    worker.press_enter();
    for client in [&mut ready, &mut queue, &mut nothing] {
        let mut answer = client.answer();
        // The check ends with the worker's state.
        while answer == "SERVICE_UNKNOWN" {
            answer = client.answer();
        }
        assert_eq!(answer, "end UNAVAILABLE");
    }
    assert_eq!(worker.wait().code(), Some(0));
    assert!(worker.log().last().unwrap().contains("stopped cleanly"), "{:?}", worker.log());
}

#[test]
fn watchers_are_bounded_and_leave_room_for_a_prober() {
    let (worker, _) = start_running(&mut command());
    let Some(mut crowd) = GrpcClient::start(worker.address(), None) else { return };
    assert_eq!(crowd.ask("crowd 40"), "32 SERVING 8 end RESOURCE_EXHAUSTED");
    let mut prober = GrpcClient::start(worker.address(), None).unwrap();
    assert_eq!(prober.ask("check live"), "SERVING");
    assert_eq!(worker.get("/livez").status, 200);
    // Their places are free again once they have left.
    drop(crowd);
    let mut answer = prober.ask("crowd 1");
    while answer == "1 end RESOURCE_EXHAUSTED" {
        answer = prober.ask("crowd 1");
    }
    assert_eq!(answer, "1 SERVING");
}

#[test]
fn it_is_served_over_tls_too() {
    let Some(certificates) = Certificates::new() else { return };
    let certificate = certificates.for_server("server", 30);
    let (worker, _) = start_running(command().env("HEARTBEAT_CERTIFICATE_TLS", &certificate));
    let authority = certificate.join("tls.crt");
    let client = GrpcClient::start(worker.address(), Some(&authority));
    let Some(mut client) = client else { return };
    assert_eq!(client.ask("check "), "SERVING");
    client.call("watch ready");
    assert_eq!(client.answer(), "SERVING");
    worker.signal(Signal::TERM);
    assert_eq!(client.answer(), "NOT_SERVING");
}
