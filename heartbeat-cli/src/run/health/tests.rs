use std::net::SocketAddr;
use std::time::Duration;

use heartbeat_tests::{Signal, Worker, example, free_address};
#[cfg(feature = "tls")]
use heartbeat_tests::{certificates::Certificates, program};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Events, Health, follow};

/// Far longer than any step takes, even on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);

fn events(pieces: &[&str]) -> Vec<String> {
    let mut events = Events::default();
    let told = pieces.iter().flat_map(|piece| events.push(piece.as_bytes()));
    told.map(|event| String::from_utf8(event).unwrap()).collect()
}

#[test]
fn events_arrive_in_pieces() {
    assert_eq!(
        events(&["retry: 1000\ndata: {}\n", "\n: comment\n\ndata: {\"a\"", ":1}\r\n\r", "\n"]),
        [" {}\n", " {\"a\":1}\n"]
    );
    assert_eq!(events(&["data: [1,\ndata: 2]\n\n"]), [" [1,\n 2]\n"]);
    assert_eq!(events(&["event: report\n\ndata: unfinished"]), [""; 0]);
}

#[test]
fn the_details_say_whether_an_instance_is_ready_and_live() {
    let red =
        Health::from_details(br#"{"live":false,"ready":false,"reasons":["stalled"]}"#).unwrap();
    assert!(red.answers && !red.live && !red.ready && red.seen.is_some());
    let green = Health::from_details(br#" {"live":true,"ready":true}"#).unwrap();
    assert!(green.live && green.ready);
    assert!(Health::from_details(b"<html>").is_err());
}

#[test]
fn before_the_first_answer_an_instance_is_neither_ready_nor_red() {
    let mut health = Health::default();
    assert!(health.live && !health.ready && !health.answers && health.report.is_none());
    health = Health::from_details(br#"{"live":true,"ready":true}"#).unwrap();
    health.fall_silent();
    assert!(health.live && !health.ready && !health.answers && health.report.is_some());
}

/// Starts a worker whose health is at an address.
fn start(address: SocketAddr) -> Worker {
    let mut command = example("hello-worker");
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", address.to_string());
    Worker::spawn_raw(command.env("HEARTBEAT_DETAILS", "always"))
}

async fn wait_for(health: &mut watch::Receiver<Health>, holds: impl Fn(&Health) -> bool) {
    let waited = timeout(TIMEOUT, health.wait_for(|health| holds(health)));
    waited.await.expect("it comes true").expect("the follower goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_a_worker_through_a_freeze_and_a_restart() {
    let address = free_address().parse().unwrap();
    let mut health = follow(address);
    let mut worker = start(address);
    wait_for(&mut health, |health| health.ready && health.answers).await;
    assert_eq!(health.borrow().report.as_ref().unwrap()["role"], "WorkerRole");

    worker.signal(Signal::STOP);
    wait_for(&mut health, |health| !health.answers && !health.ready && health.live).await;
    worker.signal(Signal::CONT);
    wait_for(&mut health, |health| health.ready && health.answers).await;

    worker.signal(Signal::TERM);
    wait_for(&mut health, |health| !health.answers).await;
    worker.wait();
    let _again = start(address);
    wait_for(&mut health, |health| health.ready && health.answers).await;
}

#[cfg(feature = "tls")]
#[tokio::test(flavor = "multi_thread")]
async fn follows_a_worker_over_tls() {
    let Some(certificates) = Certificates::new() else { return };
    let address: SocketAddr = free_address().parse().unwrap();
    let mut health = follow(address);
    let mut command = program("heartbeat-tests", "secure-worker");
    command.env("HEARTBEAT_CERTIFICATE_TLS", certificates.for_server("server", 30));
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", address.to_string());
    for endpoint in ["INSIDE", "API", "OWN"] {
        command.env(format!("HEARTBEAT_ENDPOINT_{endpoint}"), "127.0.0.1:0");
    }
    let mut worker = Worker::spawn_raw(command.env("HEARTBEAT_DETAILS", "always"));
    wait_for(&mut health, |health| health.answers && !health.ready).await;
    worker.press_enter();
    wait_for(&mut health, |health| health.answers && health.ready).await;
}
