//! The scheduler: several instances, of which one leads.

mod chaos;
mod command;
mod election;
mod health;
mod settings;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_tests::postgres_server::PostgresServer;
use heartbeat_tests::{Worker, example};

/// Far longer than any step takes, even on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A database, and instances of the worker in it.
struct Scheduler {
    server: PostgresServer,
    /// Their schedule of the job `report`.
    schedule: &'static str,
    /// Numbers among which a run counts primes.
    numbers: u32,
}

// === impl Scheduler ===

impl Scheduler {
    /// Starts a server for instances whose jobs are due once a year, and so when a test says so.
    fn yearly(numbers: u32) -> Option<Self> {
        Some(Self { server: PostgresServer::start()?, schedule: "0 0 1 1 * UTC", numbers })
    }

    /// Returns the command of an instance.
    fn command(&self, id: &str) -> Command {
        let mut command = example("schedule-worker");
        command
            .env("HEARTBEAT_INSTANCE_ID", id)
            .env("HEARTBEAT_SETTING_DATABASE", self.server.url())
            .env("HEARTBEAT_SETTING_REPORTSCHEDULE", self.schedule)
            .env("HEARTBEAT_SETTING_REPORTNUMBERS", self.numbers.to_string())
            .env("HEARTBEAT_SETTING_PRUNESCHEDULE", "0 0 1 1 * UTC")
            // On a slow machine, too, a run is completed.
            .env("HEARTBEAT_STOP_WITHIN", "75s");
        command
    }

    /// Starts an instance.
    fn spawn(&self, id: &str) -> Worker {
        Worker::spawn(&mut self.command(id))
    }

    /// Starts an instance, and waits until it leads.
    fn spawn_leader(&self, id: &str) -> Worker {
        let mut leader = self.spawn(id);
        leader.wait_for_line("leads from now on");
        leader
    }

    /// Starts an instance, and waits until it stands by.
    fn spawn_standby(&self, id: &str) -> Worker {
        let standby = self.spawn(id);
        let sessions = format!(
            "select count(*) > 0 from pg_stat_activity \
             where application_name = '{id}' and query like '%pg_try_advisory_lock%'"
        );
        self.wait_for(&sessions, "t");
        standby
    }

    /// Makes a job due: once, with further times that were missed.
    fn make_due(&self, job: &str) {
        let sql = "update schedule.jobs set settled = now() - interval '3 years' where name =";
        let _ = self.server.query(&format!("{sql} '{job}'"));
    }

    /// Returns the id of the instance that has the lock.
    fn leader(&self) -> Result<String, String> {
        self.server.try_query(
            "select application_name from pg_locks join pg_stat_activity using (pid) \
             where locktype = 'advisory' and granted",
        )
    }

    /// Returns the runs of a job: instance, missed due times, and result.
    fn runs(&self, job: &str) -> String {
        let sql = "select instance, missed, result from schedule.runs where job =";
        self.server.query(&format!("{sql} '{job}' order by due"))
    }

    /// Waits until SQL returns a text.
    fn wait_for(&self, sql: &str, expected: &str) {
        wait_until(sql, || self.server.try_query(sql).as_deref() == Ok(expected));
    }
}

/// Waits for an event that only shows when it is asked for.
#[track_caller]
fn wait_until(event: &str, mut has_come: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !has_come() {
        assert!(Instant::now() < deadline, "{event}: not within {TIMEOUT:?}");
        thread::park_timeout(Duration::from_millis(20));
    }
}
