//! The worker under `heartbeat run`.

use heartbeat_tests::redis_server::RedisServer;
use heartbeat_tests::{Signal, Worker};

use super::command;
use super::redis_worker::{ask, order, wait_until};

#[test]
fn the_command_runs_the_instances_of_the_configuration() {
    let Some(server) = RedisServer::start() else { return };
    let mut shell = command::run("redis-worker");
    shell.env("HEARTBEAT_SETTING_REDIS", server.url());
    let mut run = Worker::spawn_raw(&mut shell);
    let mut connection = server.connect().unwrap();
    for item in 0..8 {
        order(&mut connection, &item.to_string());
    }
    for _ in 0..8 {
        run.wait_for_line(": shipped id=");
    }
    wait_until("all are gone", || ask::<u64>(&mut connection, "XLEN orders") == 0);
    for instance in ["RedisWorker_IN_0", "RedisWorker_IN_1"] {
        let is_ready = |line: &&String| line.contains(instance) && line.contains(": shipped id=");
        assert!(run.log().iter().any(|line| is_ready(&line)), "{instance}: {:#?}", run.log());
    }
    run.signal(Signal::INT);
    assert_eq!(run.wait().code(), Some(0), "{:#?}", run.log());
}
