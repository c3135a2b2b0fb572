//! The server is away, frozen, empty, or not the one that the settings describe.

use std::time::Duration;

use heartbeat_tests::Worker;
use heartbeat_tests::redis_server::RedisServer;

use super::redis_worker::{SHORT, ask, order, ready_worker, terminate, wait_until, worker};

/// Takes a worker through an outage: it is not ready but live, says why, and recovers.
fn assert_recovers(breaks: fn(&mut RedisServer), error: &str, mends: fn(&mut RedisServer)) {
    let Some(mut server) = RedisServer::start() else { return };
    let mut worker = ready_worker(&server, "a", SHORT);
    breaks(&mut server);
    let told = worker.wait_for_line("check `redis` failed: ");
    assert!(told.contains(error) && told.contains("(ready fails)"), "{told}");
    let [ready, live] = ["/readyz", "/livez"].map(|path| worker.get(path));
    assert_eq!((ready.status, live.status), (503, 200), "{} {}", ready.body, live.body);
    assert!(ready.body.contains(r#""reasons":["check_failed"]"#), "{}", ready.body);
    mends(&mut server);
    order(&mut server.connect().unwrap(), "late");
    worker.wait_for_line("check `redis` recovered, after ");
    worker.wait_until_logged(r#"item="late""#);
    assert_eq!(worker.get("/health").status, 200);
    assert_eq!(terminate(&mut worker), Some(0));
}

#[test]
fn a_killed_server_fails_ready_until_it_is_back() {
    assert_recovers(RedisServer::kill, "Connection refused", RedisServer::restart);
}

#[test]
fn a_frozen_server_fails_ready_until_it_goes_on() {
    assert_recovers(|server| server.freeze(), "timed out", |server| server.thaw());
}

#[test]
fn a_worker_starts_without_its_server_and_waits_for_it() {
    let Some(mut server) = RedisServer::start() else { return };
    server.kill();
    let mut worker = Worker::spawn(&mut worker(&server, "a", SHORT));
    worker.wait_for_line("not ready yet: fail (check_failed)");
    assert_eq!(worker.get("/startupz").status, 200);
    server.restart();
    order(&mut server.connect().unwrap(), "first");
    worker.wait_for_line(r#"item="first""#);
    wait_until("the worker is ready", || worker.get("/readyz").status == 200);
    assert_eq!(terminate(&mut worker), Some(0));
}

#[test]
fn a_stop_without_the_server_is_prompt_and_clean() {
    let Some(server) = RedisServer::start() else { return };
    let mut worker = ready_worker(&server, "a", SHORT);
    server.freeze();
    worker.wait_for_line("check `redis` failed: ");
    assert_eq!(terminate(&mut worker), Some(0));
    let last = worker.log().last().unwrap();
    assert!(last.contains("stopped cleanly after "), "{last}");
}

#[test]
fn a_server_that_has_lost_its_data_gets_a_new_group() {
    let Some(server) = RedisServer::start() else { return };
    let mut connection = server.connect().unwrap();
    let mut worker = ready_worker(&server, "a", SHORT);
    for item in ["before", "after"] {
        order(&mut connection, item);
        worker.wait_for_line(&format!("item={item:?}"));
        ask::<()>(&mut connection, "FLUSHALL");
    }
    wait_until("the worker is ready", || worker.get("/readyz").status == 200);
    assert_eq!(terminate(&mut worker), Some(0));
}

#[test]
fn a_wrong_address_is_a_configuration_error_and_a_wrong_password_a_failed_check() {
    let Some(server) = RedisServer::start() else { return };
    let mut command = worker(&server, "a", SHORT);
    let mut wrong = Worker::spawn_raw(command.env("HEARTBEAT_SETTING_REDIS", "nowhere"));
    assert_eq!(wrong.wait().code(), Some(78), "{:#?}", wrong.log());
    ask::<()>(&mut server.connect().unwrap(), "CONFIG SET requirepass right-secret");
    for (password, expected) in [("wrong-secret", "failed"), ("right-secret", "ready")] {
        let url = server.url().replace("//", &format!("//:{password}@"));
        let mut command = worker(&server, "a", SHORT);
        let mut worker = Worker::spawn(command.env("HEARTBEAT_SETTING_REDIS", url));
        if expected == "ready" {
            wait_until("the worker is ready", || worker.get("/readyz").status == 200);
        } else {
            worker.wait_for_line("not ready yet: fail (check_failed)");
            worker.read_log_for(Duration::from_secs(3));
            assert_eq!(worker.get("/readyz").status, 503);
        }
        assert_eq!(terminate(&mut worker), Some(0));
        assert!(!worker.log().iter().any(|line| line.contains(password)), "{:#?}", worker.log());
    }
}
