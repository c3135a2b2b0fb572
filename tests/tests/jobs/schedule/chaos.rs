//! A time in which leaders and the database are killed, frozen and stopped at random moments, while each
//! two seconds a minute of the database's clock pass.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use heartbeat_tests::postgres_server::PostgresServer;
use heartbeat_tests::{Signal, Worker};

use super::{Scheduler, wait_until};
use crate::random;

const IDS: [&str; 3] = ["first", "second", "third"];
/// Time in which something breaks.
const TIME: Duration = Duration::from_secs(45);

/// Three instances of a job that is due each minute.
struct Chaos {
    scheduler: Scheduler,
    workers: BTreeMap<String, Worker>,
    random: Rng,
}

#[test]
fn each_due_time_has_one_run_whatever_breaks() {
    let Some(mut chaos) = Chaos::start() else { return };
    let end = Instant::now() + TIME;
    while Instant::now() < end {
        chaos.break_something();
        chaos.wait_for_a_run();
    }
    chaos.stop();
    chaos.assert_each_due_time_once();
}

impl Chaos {
    fn start() -> Option<Self> {
        let scheduler = Scheduler {
            server: PostgresServer::start()?,
            schedule: "* * * * * UTC",
            numbers: 5_000,
        };
        speed_up(&scheduler.server);
        let mut workers = BTreeMap::new();
        workers.insert(IDS[0].to_owned(), scheduler.spawn_leader(IDS[0]));
        for id in &IDS[1..] {
            workers.insert((*id).to_owned(), scheduler.spawn_standby(id));
        }
        add_effects(&scheduler.server);
        Some(Self { scheduler, workers, random: random::seeded() })
    }

    /// Breaks the leader or the database at a random moment, and repairs what does not repair itself.
    fn break_something(&mut self) {
        let moment = random::millis(&mut self.random, 0, 2_500);
        thread::park_timeout(moment);
        let Ok(id) = self.scheduler.leader() else { return };
        match self.random.u64(..6) {
            0 | 1 => self.restart(&id, Signal::KILL),
            2 => self.restart(&id, Signal::TERM),
            3 => self.freeze(&id, moment),
            4 => self.end_session(),
            _ => self.restart_database(moment),
        }
    }

    fn restart(&mut self, id: &str, signal: Signal) {
        println!("{id}: {signal:?}");
        let Some(mut worker) = self.workers.remove(id) else { return };
        worker.signal(signal);
        let code = worker.wait().code();
        assert!(matches!(code, None | Some(0)), "{code:?}: {:#?}", worker.log());
        self.workers.insert(id.to_owned(), self.scheduler.spawn(id));
    }

    /// Freezes an instance until another one leads, and for a moment more.
    fn freeze(&mut self, id: &str, moment: Duration) {
        println!("{id}: frozen");
        let Some(worker) = self.workers.get_mut(id) else { return };
        worker.signal(Signal::STOP);
        wait_until("another one leads", || {
            self.scheduler.leader().is_ok_and(|leader| !leader.is_empty() && leader != id)
        });
        thread::park_timeout(moment);
        worker.signal(Signal::CONT);
        worker.wait_for_line("stands by: ");
    }

    fn end_session(&mut self) {
        println!("the session of the leader ends");
        let _ = self.scheduler.server.try_query(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted",
        );
    }

    fn restart_database(&mut self, moment: Duration) {
        println!("database: killed");
        self.scheduler.server.kill();
        thread::park_timeout(moment);
        self.scheduler.server.restart();
    }

    /// Waits until a run is recorded after this moment.
    fn wait_for_a_run(&self) {
        let count = || self.scheduler.server.try_query("select count(*) from public.effects");
        let before = count();
        wait_until("a further run", || count() != before);
    }

    /// Stops all instances, which are healthy.
    fn stop(&mut self) {
        for worker in self.workers.values_mut() {
            wait_until("each instance is ready", || worker.get("/readyz").status == 200);
            worker.signal(Signal::TERM);
            assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
        }
    }

    fn assert_each_due_time_once(&self) {
        let query = |sql| self.scheduler.server.query(sql);
        let [runs, effects, distinct] = [
            "select count(*) from schedule.runs where job = 'report'",
            "select count(*) from public.effects",
            "select count(distinct (job, due)) from public.effects",
        ]
        .map(query);
        let missed = query("select sum(missed) from schedule.runs where job = 'report'");
        println!("{runs} runs, {missed} due times missed");
        assert_eq!((&effects, &distinct), (&runs, &runs));
        // A run stands for itself, and for those that were missed since the one before.
        let gaps = query(
            "select due, missed from (
               select due, missed, due - lag(due) over (order by due) as since
               from schedule.runs where job = 'report') as runs
             where since <> (missed + 1) * interval '1 minute'",
        );
        assert_eq!(gaps, "");
    }
}

/// Gives each run an effect in its transaction, in a table with nothing that would hide a second one.
fn add_effects(server: &PostgresServer) {
    let _ = server.query(
        "lock table schedule.runs;
         create table public.effects as select job, due from schedule.runs;
         create function public.effect() returns trigger language plpgsql as
         'begin insert into public.effects values (new.job, new.due); return new; end';
         create trigger effect after insert on schedule.runs
         for each row execute function public.effect()",
    );
}

/// Makes a minute of the database's clock pass in two seconds: its `now` comes before that of `pg_catalog`.
fn speed_up(server: &PostgresServer) {
    let now = server.query("select now()");
    let _ = server.query(&format!(
        "create schema fast;
         create function fast.now() returns timestamptz language sql as
         $$ select timestamptz '{now}' + (clock_timestamp() - timestamptz '{now}') * 30 $$;
         alter database postgres set search_path = public, fast, pg_catalog",
    ));
}
