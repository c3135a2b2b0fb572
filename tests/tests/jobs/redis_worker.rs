//! The stream of the Redis worker, and its workers.

use std::ffi::OsString;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use heartbeat_tests::redis_server::RedisServer;
use heartbeat_tests::{Signal, Worker, example};
use redis::{Connection, FromRedisValue, Value};

/// The program, built once: a build may have to wait for another.
static PROGRAM: LazyLock<OsString> =
    LazyLock::new(|| example("redis-worker").get_program().to_owned());

/// Time without a sign after which the workers of a test claim an order.
pub(crate) const CLAIM_AFTER: Duration = Duration::from_secs(1);
/// A time in which an order is shipped at once.
pub(crate) const SHORT: Duration = Duration::from_millis(1);
/// Longer than the tests wait, and less than an order may take.
pub(crate) const LONG: Duration = Duration::from_secs(12);

/// Returns a worker of a server, with an instance id, that takes a time for each order.
pub(crate) fn worker(server: &RedisServer, id: &str, shipping: Duration) -> Command {
    let mut command = Command::new(&*PROGRAM);
    command
        .env("HEARTBEAT_INSTANCE_ID", id)
        .env("HEARTBEAT_SETTING_REDIS", server.url())
        .env("HEARTBEAT_SETTING_CLAIMAFTERMILLISECONDS", CLAIM_AFTER.as_millis().to_string())
        .env("HEARTBEAT_SETTING_SHIPPINGMILLISECONDS", shipping.as_millis().to_string());
    command
}

/// Spawns such a worker, and waits until it is ready.
pub(crate) fn ready_worker(server: &RedisServer, id: &str, shipping: Duration) -> Worker {
    let worker = Worker::spawn(&mut worker(server, id, shipping));
    wait_until("the worker is ready", || worker.get("/readyz").status == 200);
    worker
}

/// Asks Redis with the words of a line.
#[expect(clippy::expect_used, reason = "in a test, that is how to fail")]
#[track_caller]
pub(crate) fn ask<T: FromRedisValue>(connection: &mut Connection, line: &str) -> T {
    let mut words = line.split_whitespace();
    let mut command = redis::cmd(words.next().unwrap());
    words.for_each(|word| {
        command.arg(word);
    });
    command.query(connection).expect(line)
}

/// Adds an order, and returns its id.
pub(crate) fn order(connection: &mut Connection, item: &str) -> String {
    ask(connection, &format!("XADD orders * item {item}"))
}

/// Returns the items that a worker has shipped, as far as its log was read.
pub(crate) fn shipped(worker: &Worker) -> Vec<String> {
    let lines = worker.log().iter().filter(|line| line.contains(": shipped id="));
    let items = lines.map(|line| line.split_once("item=\"").unwrap().1.trim_end_matches('"'));
    items.map(str::to_owned).collect()
}

/// Returns how often each pending order was delivered.
pub(crate) fn pending(connection: &mut Connection) -> Vec<u64> {
    // There is no group yet.
    if ask::<Value>(connection, "EXISTS orders") == Value::Int(0) {
        return Vec::new();
    }
    let mut pending = redis::cmd("XPENDING");
    pending.arg("orders").arg("shipping").arg("-").arg("+").arg(100);
    let pending: Vec<(String, String, u64, u64)> = pending.query(connection).unwrap_or_default();
    pending.into_iter().map(|(_, _, _, tries)| tries).collect()
}

/// Polls until a condition holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        pause(Duration::from_millis(20));
    }
}

/// Lets a time pass.
#[expect(clippy::disallowed_methods, reason = "no event tells of the states that are awaited")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Sends SIGTERM, waits and returns the exit code.
pub(crate) fn terminate(worker: &mut Worker) -> Option<i32> {
    worker.signal(Signal::TERM);
    worker.wait().code()
}
