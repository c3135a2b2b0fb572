//! The worker that takes jobs from a table.

use std::ffi::OsString;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use heartbeat_tests::postgres_server::PostgresServer;
use heartbeat_tests::{Signal, Worker, example};

/// The number of jobs in the ledger, and of different jobs there.
pub(crate) const PAID: &str = "select count(*), count(distinct job) from ledger";

/// A server with a database for workers, and an account `ann`.
pub(crate) struct Payments {
    pub(crate) server: PostgresServer,
}

impl Payments {
    /// Starts the server and one worker, which makes the tables. Returns `None` if there is no server.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Option<(Self, Worker)> {
        let payments = Self { server: PostgresServer::start()? };
        let worker = payments.worker(settings);
        payments.server.query("insert into accounts (name) values ('ann')");
        Some((payments, worker))
    }

    /// Spawns a worker with one consumer, whose payments take no time, and waits until it is ready.
    pub(crate) fn worker(&self, settings: &[(&str, &str)]) -> Worker {
        let mut command = command(&self.server.url());
        let mut worker = Worker::spawn(command.envs(settings.iter().copied()));
        wait_until_ready(&mut worker);
        worker
    }

    /// Adds jobs that pay 1 into an account each.
    pub(crate) fn add_jobs(&self, count: usize, account: &str) {
        let rows = format!("generate_series(1, {count})");
        self.server.query(&format!(
            "insert into jobs (account, amount) select '{account}', 1 from {rows}"
        ));
    }

    /// Waits until a condition holds, for a minute at most.
    pub(crate) fn wait_until(&self, condition: &str) {
        // The transaction ends each time: one that stays open would keep the rows of all jobs that are done.
        self.server.query(&format!(
            "do $$ declare began timestamptz = clock_timestamp(); begin while not ({condition}) loop \
             if clock_timestamp() - began > interval '60s' then raise 'not within a minute'; end if; \
             commit; perform pg_sleep(0.02); end loop; end $$"
        ));
    }

    pub(crate) fn wait_until_no_job_is_left(&self) {
        self.wait_until("not exists (select from jobs)");
    }

    /// Waits until a worker makes a payment, which takes its time.
    pub(crate) fn wait_until_paying(&self) {
        self.wait_until(
            "exists (select from pg_stat_activity where state = 'idle in transaction' \
             and query like 'SAVEPOINT%')",
        );
    }
}

/// Returns the command of a worker that is not configured otherwise.
pub(crate) fn command(database: &str) -> Command {
    // Asked of cargo once: a test that kills workers starts many.
    static PROGRAM: LazyLock<OsString> =
        LazyLock::new(|| example("postgres-worker").get_program().to_owned());
    let mut command = Command::new(&*PROGRAM);
    command
        .env("HEARTBEAT_DETAILS", "always")
        .env("HEARTBEAT_SETTING_DATABASE", database)
        .env("HEARTBEAT_SETTING_CONSUMERS", "1")
        .env("HEARTBEAT_SETTING_PAYMENTMILLISECONDS", "0")
        .env("HEARTBEAT_SETTING_MAXATTEMPTS", "3");
    command
}

/// Waits until a worker is ready, for a minute at most.
pub(crate) fn wait_until_ready(worker: &mut Worker) {
    let began = Instant::now();
    while worker.get("/readyz").status != 200 {
        assert!(began.elapsed() < Duration::from_secs(60), "{:#?}", worker.log());
        worker.read_log_for(Duration::from_millis(20));
    }
}

/// Stops a worker, and returns its log.
pub(crate) fn terminate(mut worker: Worker) -> Vec<String> {
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
    worker.log().to_vec()
}

#[test]
fn each_job_is_paid_once_and_counted() {
    let Some((payments, worker)) = Payments::start(&[]) else { return };
    let second = payments.worker(&[("HEARTBEAT_SETTING_CONSUMERS", "3")]);
    payments.add_jobs(500, "ann");
    payments.wait_until_no_job_is_left();
    assert_eq!(payments.server.query(PAID), "500|500");
    assert_eq!(payments.server.query("select balance from accounts"), "500");
    let done = [&worker, &second].map(|worker| {
        let metrics = worker.get("/metrics").body;
        let done = metrics.lines().find_map(|line| line.strip_prefix("jobs_done_total "));
        done.unwrap().parse::<usize>().unwrap()
    });
    assert_eq!(done.iter().sum::<usize>(), 500, "{done:?}");
    terminate(worker);
    terminate(second);
}

#[test]
fn a_notification_wakes_a_consumer_and_a_lost_one_costs_a_second() {
    let Some((payments, worker)) = Payments::start(&[]) else { return };
    let time_of_jobs = || {
        let began = Instant::now();
        for _ in 0..5 {
            payments.add_jobs(1, "ann");
            payments.wait_until_no_job_is_left();
        }
        began.elapsed()
    };
    let notified = time_of_jobs();
    payments.server.query("alter table jobs disable trigger jobs_added");
    let polled = time_of_jobs();
    assert!(notified < polled / 2, "{notified:?} with notifications, {polled:?} without");
    terminate(worker);
}

#[test]
fn a_failed_payment_is_made_when_its_cause_has_gone() {
    let Some((payments, mut worker)) = Payments::start(&[]) else { return };
    payments.add_jobs(1, "bob");
    worker.wait_for_line("job 1, attempt 1 of 3: cannot pay: no account `bob`");
    payments.add_jobs(1, "ann");
    worker.wait_for_line("job 2 is done");
    assert_eq!(
        payments.server.query("select attempts, last_error, failed from jobs"),
        "1|cannot pay: no account `bob`|f"
    );
    payments.server.query("insert into accounts (name) values ('bob')");
    worker.wait_for_line("job 1 is done");
    assert_eq!(payments.server.query(PAID), "2|2");
    terminate(worker);
}

#[test]
fn a_payment_that_fails_too_often_is_kept_for_someone_to_look_at() {
    let Some((payments, mut worker)) = Payments::start(&[]) else { return };
    payments.add_jobs(1, "bob");
    let waits = "select extract(epoch from run_at - clock_timestamp()) > 0 from jobs";
    worker.wait_for_line("job 1, attempt 1 of 3");
    let first = Instant::now();
    worker.wait_for_line("job 1, attempt 2 of 3");
    assert_eq!(payments.server.query(waits), "t");
    worker.wait_for_line("job 1, attempt 3 of 3");
    // A second, then two; the clock of the server may differ a little from that of the test.
    assert!(first.elapsed().as_millis() > 2_500, "{:?}", first.elapsed());
    assert_eq!(payments.server.query("select attempts, failed from jobs"), "3|t");
    payments.add_jobs(1, "ann");
    worker.wait_for_line("job 2 is done");
    assert_eq!(payments.server.query(PAID), "1|1");
    assert_eq!(worker.get("/health").status, 200);
    terminate(worker);
}

#[test]
fn a_stop_commits_the_job_in_hand_and_takes_no_other() {
    let settings = [("HEARTBEAT_SETTING_PAYMENTMILLISECONDS", "3000")];
    let Some((payments, worker)) = Payments::start(&settings) else { return };
    payments.add_jobs(2, "ann");
    payments.wait_until_paying();
    terminate(worker);
    assert_eq!(payments.server.query(PAID), "1|1");
    assert_eq!(payments.server.query("select id, attempts from jobs"), "2|0");
}

#[test]
fn workers_that_start_together_migrate_once() {
    let Some(server) = PostgresServer::start() else { return };
    let workers: Vec<_> = (0..4).map(|_| Worker::spawn(&mut command(&server.url()))).collect();
    let migrates =
        |log: &Vec<String>| log.iter().any(|line| line.contains("migrating to version 1"));
    let logs = workers.into_iter().map(|mut worker| {
        wait_until_ready(&mut worker);
        terminate(worker)
    });
    assert_eq!(logs.filter(migrates).count(), 1);
    assert_eq!(server.query("select version from migrations"), "1");
}
