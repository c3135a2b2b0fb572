//! A minute in which workers and their server are killed and frozen at random moments.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use heartbeat_tests::{Signal, Worker};

use super::postgres::{PAID, Payments, command, terminate, wait_until_ready};
use super::random;

const JOBS: usize = 10_000;
const BATCHES: usize = 50;
const WORKERS: usize = 3;
/// Time for all that goes wrong.
const MINUTE: Duration = Duration::from_secs(50);

/// A run of the test: the database, the workers, and how often each thing has happened.
struct Trial {
    payments: Payments,
    workers: Vec<Worker>,
    random: Rng,
    counts: BTreeMap<&'static str, usize>,
}

impl Trial {
    fn start() -> Option<Self> {
        let random = random::seeded();
        let (payments, worker) = Payments::start(&[])?;
        terminate(worker);
        let workers = (0..WORKERS).map(|_| spawn(&payments)).collect();
        Some(Self { payments, workers, random, counts: BTreeMap::new() })
    }

    fn pause(&mut self, at_most: u64) {
        thread::park_timeout(random::millis(&mut self.random, 0, at_most));
    }

    /// Breaks something at random, and mends it after a moment.
    fn break_something(&mut self) {
        let index = self.random.usize(..WORKERS);
        let what = match self.random.u64(..8) {
            0..3 => self.kill_worker(index),
            3 => self.stop_worker(index),
            4 => self.freeze_worker(index),
            5..7 => self.kill_server(),
            _ => self.freeze_server(),
        };
        *self.counts.entry(what).or_default() += 1;
    }

    fn kill_worker(&mut self, index: usize) -> &'static str {
        self.workers[index].signal(Signal::KILL);
        self.workers[index].wait();
        self.workers[index] = spawn(&self.payments);
        "worker killed"
    }

    fn stop_worker(&mut self, index: usize) -> &'static str {
        let new = spawn(&self.payments);
        terminate(std::mem::replace(&mut self.workers[index], new));
        "worker stopped"
    }

    fn freeze_worker(&mut self, index: usize) -> &'static str {
        self.workers[index].signal(Signal::STOP);
        self.pause(2_000);
        self.workers[index].signal(Signal::CONT);
        "worker frozen"
    }

    fn kill_server(&mut self) -> &'static str {
        self.payments.server.kill();
        self.pause(500);
        self.payments.server.restart();
        "server killed"
    }

    fn freeze_server(&mut self) -> &'static str {
        self.payments.server.freeze();
        self.pause(2_000);
        self.payments.server.thaw();
        "server frozen"
    }
}

fn spawn(payments: &Payments) -> Worker {
    let mut command = command(&payments.server.url());
    Worker::spawn(command.env("HEARTBEAT_SETTING_CONSUMERS", "4"))
}

/// Waits for as long as a few jobs are done each minute, however slow the machine is.
fn wait_until_no_job_is_left(payments: &Payments) {
    let count = "select count(*) from jobs";
    let mut left: usize = JOBS;
    while left > 0 {
        payments.wait_until(&format!("({count}) <= {}", left.saturating_sub(200)));
        left = payments.server.query(count).parse().unwrap();
    }
}

#[test]
fn ten_thousand_payments_are_each_made_once_whatever_is_killed_or_frozen() {
    let Some(mut trial) = Trial::start() else { return };
    let accounts = "insert into accounts (name) select generate_series(1, 50)";
    trial.payments.server.query(accounts);
    let began = Instant::now();
    for batch in 1..=BATCHES {
        trial.payments.add_jobs(JOBS / BATCHES, &batch.to_string());
        let due = MINUTE * u32::try_from(batch).unwrap() / u32::try_from(BATCHES).unwrap();
        while began.elapsed() < due {
            trial.break_something();
            trial.pause(300);
        }
    }
    println!("{:?}", trial.counts);
    let Trial { payments, mut workers, .. } = trial;
    wait_until_no_job_is_left(&payments);
    assert_eq!(payments.server.query(PAID), format!("{JOBS}|{JOBS}"));
    assert_eq!(payments.server.query("select sum(balance) from accounts"), JOBS.to_string());
    for worker in &mut workers {
        wait_until_ready(worker);
    }
    for worker in workers {
        terminate(worker);
    }
}
