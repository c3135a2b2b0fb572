//! The example with three roles: its workers find each other by variables, and the loss of one costs no
//! order.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::collections::BTreeSet;

use heartbeat_tests::{Signal, Worker, exchange, free_address, program};

/// A front, two instances of the pool, and a scheduler, all of them running.
struct Fleet {
    front: Worker,
    /// The address at which the front takes orders.
    orders: String,
    /// Each with the address of its endpoint `Work`.
    pool: [(Worker, String); 2],
    scheduler: Worker,
}

impl Fleet {
    fn start() -> Self {
        let work = [free_address(), free_address()];
        let instances = format!("Pool_IN_0={},Pool_IN_1={}", work[0], work[1]);
        let spawn = |name: &str, variables: &[(&str, &str)]| {
            let mut command = program("fleet", name);
            command.env("HEARTBEAT_INSTANCES_POOL_WORK", &instances);
            Worker::spawn(command.envs(variables.iter().copied()))
        };
        let pool = [("Pool_IN_0", &work[0]), ("Pool_IN_1", &work[1])].map(|(id, work)| {
            let variables = [
                ("HEARTBEAT_INSTANCE_ID", id),
                ("HEARTBEAT_ENDPOINT_WORK", work),
                ("HEARTBEAT_SETTING_SHIPPINGMILLISECONDS", "10"),
            ];
            let mut worker = spawn("pool", &variables);
            worker.wait_for_line("heartbeat: ready after ");
            (worker, work.clone())
        });
        let orders = free_address();
        let mut front = spawn("front", &[("HEARTBEAT_ENDPOINT_ORDERS", &orders)]);
        front.wait_for_line("endpoint `Orders` is served on ");
        let scheduler = spawn("scheduler", &[("HEARTBEAT_SETTING_PERIODMILLISECONDS", "100")]);
        Self { front, orders, pool, scheduler }
    }

    /// Sends an order, and returns the id of the instance that has shipped it.
    fn order(&self, text: &str) -> String {
        let response = post(&self.orders, "/orders", text);
        let (_, answer) = response.split_once("\r\n\r\n").unwrap();
        assert!(response.starts_with("HTTP/1.0 200 "), "{response}");
        answer.strip_suffix(&format!(" has shipped {text}\n")).unwrap().to_owned()
    }

    /// Asserts that several orders are shipped, and by which instances.
    fn assert_shipped_by(&self, ids: &[&str]) {
        let shipped: BTreeSet<_> = (0..6).map(|_| self.order("3 apples")).collect();
        assert_eq!(shipped, ids.iter().map(|&id| id.to_owned()).collect());
    }

    /// Stops the front and the scheduler.
    fn stop(mut self) {
        for worker in [&mut self.front, &mut self.scheduler] {
            worker.signal(Signal::TERM);
            assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
        }
    }
}

fn post(address: &str, path: &str, text: &str) -> String {
    let length = text.len();
    exchange(address, format!("POST {path} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{text}"))
        .unwrap()
}

#[test]
fn a_killed_instance_of_the_pool_costs_no_order() {
    let mut fleet = Fleet::start();
    fleet.assert_shipped_by(&["Pool_IN_0", "Pool_IN_1"]);
    fleet.scheduler.wait_for_line("Pool_IN_0 has shipped a standing order");
    fleet.scheduler.wait_for_line("Pool_IN_1 has shipped a standing order");

    let killed = &mut fleet.pool[0].0;
    killed.signal(Signal::KILL);
    killed.wait();
    fleet.assert_shipped_by(&["Pool_IN_1"]);
    for _ in 0..2 {
        fleet.scheduler.wait_for_line("Pool_IN_1 has shipped a standing order");
    }
    let health = fleet.front.get("/health");
    assert_eq!(health.status, 200, "{}", health.body);

    let pool = &mut fleet.pool[1].0;
    pool.signal(Signal::TERM);
    assert_eq!(pool.wait().code(), Some(0), "{:#?}", pool.log());
    let refused = post(&fleet.orders, "/orders", "3 apples");
    assert!(refused.starts_with("HTTP/1.0 503 "), "{refused}");
    assert!(refused.contains("Pool_IN_0: cannot connect: "), "{refused}");
    fleet.stop();
}

#[test]
fn a_broken_instance_of_the_pool_turns_red_and_costs_no_order() {
    let mut fleet = Fleet::start();
    let (broken, work) = &mut fleet.pool[0];
    let answer = post(work, "/break", "");
    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    broken.wait_for_line("heartbeat: stalled: no beat from `run` for ");
    let live = broken.get("/livez");
    assert_eq!(live.status, 503, "{}", live.body);
    assert!(live.body.contains(r#""reasons":["stalled"]"#), "{}", live.body);
    // One of them is its turn.
    for _ in 0..2 {
        assert_eq!(fleet.order("3 apples"), "Pool_IN_1");
    }

    let broken = &mut fleet.pool[0].0;
    broken.signal(Signal::TERM);
    assert_eq!(broken.wait().code(), Some(75), "{:#?}", broken.log());
    fleet.stop();
}
