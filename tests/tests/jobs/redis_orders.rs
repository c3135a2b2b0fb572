//! Orders that are shipped, fail, take long, or are in hand at a stop.

use std::time::{Duration, Instant};

use heartbeat_tests::redis_server::RedisServer;
use heartbeat_tests::{Worker, prometheus};

use super::redis_worker::{
    SHORT, ask, order, pending, ready_worker, shipped, terminate, wait_until, worker,
};

#[test]
fn each_order_is_shipped_once_and_leaves_nothing_behind() {
    let Some(server) = RedisServer::start() else { return };
    let mut connection = server.connect().unwrap();
    // Before the group, which begins with the first order.
    order(&mut connection, "0");
    let mut command = worker(&server, "a", SHORT);
    let mut worker = Worker::spawn(command.env("HEARTBEAT_DETAILS", "always"));
    for item in 1..100 {
        order(&mut connection, &item.to_string());
    }
    for _ in 0..100 {
        worker.wait_for_line(": shipped id=");
    }
    let told = r#""depth":0,"lag":0,"set_aside":0"#;
    wait_until("the facts tell", || worker.get("/health").body.contains(told));
    let (_, metrics) = prometheus::scrape(&worker, "text/plain");
    for line in ["orders_shipped_total 100", "order_seconds_count 100", "orders_depth 0"] {
        assert!(metrics.lines().any(|it| it == line), "{line}: {metrics}");
    }
    assert_eq!(terminate(&mut worker), Some(0));
    let mut items: Vec<u32> = shipped(&worker).iter().map(|it| it.parse().unwrap()).collect();
    items.sort_unstable();
    assert_eq!(items, (0..100).collect::<Vec<_>>());
    assert_eq!(ask::<u64>(&mut connection, "XLEN orders"), 0);
}

#[test]
fn an_empty_queue_leaves_the_worker_green() {
    let Some(server) = RedisServer::start() else { return };
    let mut command = worker(&server, "a", SHORT);
    let mut worker = Worker::spawn(command.env("HEARTBEAT_STALL_AFTER", "500ms"));
    order(&mut server.connect().unwrap(), "first");
    worker.wait_for_line(": shipped id=");
    wait_until("the worker is ready", || worker.get("/readyz").status == 200);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        let health = worker.get("/health");
        assert_eq!(health.status, 200, "{}", health.body);
        worker.read_log_for(Duration::from_millis(50));
    }
    assert_eq!(terminate(&mut worker), Some(0));
}

#[test]
fn an_order_that_fails_is_set_aside_as_it_was() {
    let Some(server) = RedisServer::start() else { return };
    let mut connection = server.connect().unwrap();
    let mut worker = ready_worker(&server, "a", SHORT);
    let mut add = redis::cmd("XADD");
    add.arg("orders").arg("*").arg(b"\xff\n").arg(b"\0").arg("twice").arg(1).arg("twice").arg(2);
    let id: String = add.query(&mut connection).unwrap();
    for tries in 1..5 {
        worker.wait_for_line(&format!("not shipped, to be tried again id={id:?} tries={tries}"));
    }
    order(&mut connection, "good");
    worker.wait_for_line("set aside");
    worker.wait_until_logged(r#"item="good""#);
    let failed: Vec<(String, Vec<Vec<u8>>)> = ask(&mut connection, "XRANGE orders:failed - +");
    let reason = b"it has no field `item` with text";
    let fields: [&[u8]; 10] = [
        b"\xff\n",
        b"\0",
        b"twice",
        b"1",
        b"twice",
        b"2",
        b"failed:id",
        id.as_bytes(),
        b"failed:reason",
        reason,
    ];
    assert_eq!(failed.len(), 1);
    assert_eq!(failed.first().unwrap().1, fields);
    wait_until("both are gone", || ask::<u64>(&mut connection, "XLEN orders") == 0);
    assert_eq!(terminate(&mut worker), Some(0));
}

#[test]
fn an_order_that_takes_too_long_is_given_up_and_tried_again() {
    let Some(server) = RedisServer::start() else { return };
    let mut worker = ready_worker(&server, "a", Duration::from_secs(3600));
    order(&mut server.connect().unwrap(), "endless");
    worker.wait_for_line("tries=1 reason=it takes more than 15s");
    let health = worker.get("/health");
    assert_eq!(health.status, 200, "{}", health.body);
}

#[test]
fn a_stop_ends_the_orders_that_are_begun_and_begins_no_other() {
    let Some(server) = RedisServer::start() else { return };
    let mut connection = server.connect().unwrap();
    let mut worker = ready_worker(&server, "a", Duration::from_secs(2));
    for item in 0..10 {
        order(&mut connection, &item.to_string());
    }
    wait_until("four are delivered", || pending(&mut connection).len() == 4);
    assert_eq!(terminate(&mut worker), Some(0));
    assert_eq!(shipped(&worker).len(), 4);
    assert_eq!(pending(&mut connection), [0; 0]);
    assert_eq!(ask::<u64>(&mut connection, "XLEN orders"), 6);
}
