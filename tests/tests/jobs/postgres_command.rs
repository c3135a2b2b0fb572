//! The worker under `heartbeat run`.

use std::collections::BTreeSet;

use heartbeat_tests::postgres_server::PostgresServer;
use heartbeat_tests::{Signal, Worker};

use super::command;
use super::postgres::{PAID, Payments};

#[test]
fn the_command_runs_the_instances_of_the_configuration() {
    let Some(server) = PostgresServer::start() else { return };
    let payments = Payments { server };
    let mut shell = command::run("postgres-worker");
    shell.env("HEARTBEAT_SETTING_DATABASE", payments.server.url());
    shell.env("HEARTBEAT_SETTING_PAYMENTMILLISECONDS", "500");
    let mut run = Worker::spawn_raw(&mut shell);
    let done: BTreeSet<_> = {
        // Both are connected before there is a job: a payment takes longer than a poll of the other.
        payments.wait_until(
            "(select count(*) from pg_stat_activity where query = 'ROLLBACK' or query = 'listen jobs') >= 8",
        );
        payments.server.query("insert into accounts (name) values ('ann')");
        payments.add_jobs(24, "ann");
        (0..24).map(|_| instance(&run.wait_for_line("is done"))).collect()
    };
    assert_eq!(
        done.into_iter().collect::<Vec<_>>(),
        ["PostgresWorker_IN_0", "PostgresWorker_IN_1"]
    );
    assert_eq!(payments.server.query(PAID), "24|24");
    run.signal(Signal::INT);
    assert_eq!(run.wait().code(), Some(0), "{:#?}", run.log());
}

/// Returns the id of the instance that has printed a line.
fn instance(line: &str) -> String {
    line.split_whitespace().next().unwrap_or_default().to_owned()
}
