//! Orders whose consumer dies, is slow, or is gone.

use heartbeat_tests::redis_server::RedisServer;
use heartbeat_tests::{Signal, Worker};
use redis::{Connection, Value};

use super::redis_worker::{
    CLAIM_AFTER, LONG, SHORT, ask, order, pause, pending, ready_worker, shipped, terminate,
    wait_until, worker,
};

#[test]
fn an_order_that_kills_its_consumer_each_time_is_set_aside() {
    let Some(server) = RedisServer::start() else { return };
    let mut connection = server.connect().unwrap();
    order(&mut connection, "bomb");
    for tries in 1..=5 {
        let mut worker = Worker::spawn(&mut worker(&server, "a", LONG));
        wait_until("it is delivered", || pending(&mut connection) == [tries]);
        worker.signal(Signal::KILL);
        worker.wait();
    }
    let mut worker = Worker::spawn(&mut worker(&server, "a", SHORT));
    worker.wait_for_line("tries=6 reason=each time its consumer died");
    assert_eq!(terminate(&mut worker), Some(0));
    assert_eq!(shipped(&worker), [""; 0]);
    assert_eq!(ask::<u64>(&mut connection, "XLEN orders:failed"), 1);
    assert_eq!(ask::<u64>(&mut connection, "XLEN orders"), 0);
}

#[test]
fn another_worker_ships_what_a_killed_one_has_left() {
    let Some(server) = RedisServer::start() else { return };
    let mut connection = server.connect().unwrap();
    let mut killed = ready_worker(&server, "killed", LONG);
    for item in ["1", "2", "3", "4"] {
        order(&mut connection, item);
    }
    wait_until("all are delivered", || pending(&mut connection) == [1, 1, 1, 1]);
    killed.signal(Signal::KILL);
    killed.wait();
    let mut other = ready_worker(&server, "other", SHORT);
    for _ in 0..4 {
        other.wait_for_line(": shipped id=");
    }
    wait_until("all are gone", || ask::<u64>(&mut connection, "XLEN orders") == 0);
    assert_eq!(terminate(&mut other), Some(0));
}

#[test]
fn a_slow_order_of_a_living_consumer_is_not_claimed() {
    let Some(server) = RedisServer::start() else { return };
    let mut connection = server.connect().unwrap();
    let mut workers = ["a", "b"].map(|id| ready_worker(&server, id, CLAIM_AFTER * 4));
    order(&mut connection, "slow");
    wait_until("it is delivered", || pending(&mut connection) == [1]);
    wait_until("it is shipped", || {
        let tries = pending(&mut connection);
        assert!(tries.is_empty() || tries == [1], "delivered again: {tries:?}");
        tries.is_empty()
    });
    let codes = workers.each_mut().map(terminate);
    assert_eq!(codes, [Some(0), Some(0)]);
    assert_eq!(workers.iter().flat_map(shipped).collect::<Vec<_>>(), ["slow"]);
}

#[test]
fn names_of_consumers_that_are_gone_are_removed_unless_they_owe_an_order() {
    let Some(server) = RedisServer::start() else { return };
    let mut connection = server.connect().unwrap();
    let mut killed = ready_worker(&server, "killed", LONG);
    for item in ["1", "2", "3", "4"] {
        order(&mut connection, item);
    }
    wait_until("all are delivered", || pending(&mut connection).len() == 4);
    killed.signal(Signal::KILL);
    killed.wait();
    let names = |connection: &mut Connection| {
        let consumers: Vec<Vec<Value>> = ask(connection, "XINFO CONSUMERS orders shipping");
        let names = consumers.into_iter().map(|fields| redis::from_redis_value(fields[1].clone()));
        names.map(Result::unwrap).collect::<Vec<String>>()
    };
    let mut second = ready_worker(&server, "second", SHORT);
    for _ in 0..4 {
        second.wait_for_line(": shipped id=");
    }
    assert_eq!(terminate(&mut second), Some(0));
    // From then on, the second is gone.
    pause(CLAIM_AFTER * 2);
    let _third = ready_worker(&server, "third", SHORT);
    // Redis makes a name with the first order of its consumer.
    order(&mut connection, "5");
    wait_until("only the third has a name", || {
        let names = names(&mut connection);
        !names.is_empty() && names.iter().all(|name| name.starts_with("third/"))
    });
}
