//! The health of the worker that takes jobs from a table, while its server comes and goes.

use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker};

use super::postgres::{PAID, Payments, command, terminate};

/// Waits for the health of a worker, and asserts why it is so.
fn wait_for(worker: &mut Worker, path: &str, status: u16, reasons: &str) {
    let began = Instant::now();
    loop {
        let health = worker.get(path);
        if health.status == status {
            assert!(health.body.contains(reasons), "{path}: {}", health.body);
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{path}: {}", health.body);
        worker.read_log_for(Duration::from_millis(20));
    }
}

fn assert_live_without_a_server(worker: &mut Worker) {
    wait_for(worker, "/readyz", 503, r#""reasons":["check_failed"]"#);
    worker.wait_until_logged("check `database` failed: ");
    let live = worker.get("/livez");
    assert_eq!(live.status, 200, "{}", live.body);
}

#[test]
fn a_killed_server_fails_ready_until_it_is_back() {
    let Some((mut payments, mut worker)) = Payments::start(&[]) else { return };
    payments.server.kill();
    assert_live_without_a_server(&mut worker);
    worker.wait_until_logged("consumer-0 has lost the database: ");
    worker.wait_until_logged("cannot connect to the database, trying again: ");
    payments.server.restart();
    wait_for(&mut worker, "/readyz", 200, "");
    worker.wait_until_logged("check `database` recovered, after ");
    payments.add_jobs(1, "ann");
    payments.wait_until_no_job_is_left();
    assert_eq!(payments.server.query(PAID), "1|1");
    terminate(worker);
}

#[test]
fn a_frozen_server_fails_ready_until_it_goes_on() {
    let settings = [("HEARTBEAT_SETTING_PAYMENTMILLISECONDS", "100")];
    let Some((payments, mut worker)) = Payments::start(&settings) else { return };
    payments.add_jobs(20, "ann");
    payments.wait_until_paying();
    payments.server.freeze();
    assert_live_without_a_server(&mut worker);
    // It gives the connection up, rather than to wait for ever.
    worker
        .wait_until_logged("consumer-0 has lost the database: the server does not answer within ");
    assert_live_without_a_server(&mut worker);
    payments.server.thaw();
    wait_for(&mut worker, "/readyz", 200, "");
    worker.wait_until_logged("check `database` recovered, after ");
    payments.wait_until_no_job_is_left();
    assert_eq!(payments.server.query(PAID), "20|20");
    terminate(worker);
}

#[test]
fn a_worker_waits_for_its_server_and_can_be_stopped_meanwhile() {
    let Some((mut payments, worker)) = Payments::start(&[]) else { return };
    terminate(worker);
    payments.server.kill();
    let [mut first, mut second] =
        [(); 2].map(|()| Worker::spawn(&mut command(&payments.server.url())));
    for worker in [&mut first, &mut second] {
        worker.wait_until_logged("cannot connect to the database, trying again: ");
        wait_for(worker, "/startupz", 503, r#""reasons":["starting"]"#);
        assert_eq!(worker.get("/livez").status, 200);
    }
    terminate(first);
    payments.server.restart();
    wait_for(&mut second, "/readyz", 200, "");
    terminate(second);
}

#[test]
fn an_empty_queue_is_healthy_and_a_payment_that_hangs_is_not() {
    let settings =
        [("HEARTBEAT_STALL_AFTER", "2s"), ("HEARTBEAT_SETTING_PAYMENTMILLISECONDS", "6000")];
    let Some((payments, mut worker)) = Payments::start(&settings) else { return };
    wait_for(&mut worker, "/health", 200, "");
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) {
        let health = worker.get("/health");
        assert_eq!(health.status, 200, "{}\n{:#?}", health.body, worker.log());
        worker.read_log_for(Duration::from_millis(20));
    }
    payments.add_jobs(1, "ann");
    wait_for(&mut worker, "/livez", 503, r#""reasons":["stalled"]"#);
    worker.wait_until_logged("stalled: no beat from `consumer-0` for ");
    wait_for(&mut worker, "/livez", 200, "");
    payments.wait_until_no_job_is_left();
    terminate(worker);
}

#[test]
fn a_worker_whose_tables_have_gone_ends() {
    let Some((payments, mut worker)) = Payments::start(&[]) else { return };
    payments.server.query("drop table jobs");
    worker.wait_for_line("task `consumer-0` failed: ");
    assert_eq!(worker.wait().code(), Some(1), "{:#?}", worker.log());
}

#[test]
fn the_job_of_a_frozen_worker_is_done_by_another() {
    let settings = [("HEARTBEAT_SETTING_PAYMENTMILLISECONDS", "1000")];
    let Some((payments, mut frozen)) = Payments::start(&settings) else { return };
    payments.add_jobs(1, "ann");
    payments.wait_until_paying();
    frozen.signal(Signal::STOP);
    let other = payments.worker(&[]);
    payments.wait_until_no_job_is_left();
    frozen.signal(Signal::CONT);
    frozen.wait_for_line("consumer-0 has lost the database: ");
    terminate(frozen);
    terminate(other);
    assert_eq!(payments.server.query(PAID), "1|1");
}
