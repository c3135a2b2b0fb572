//! One of three instances leads; whatever happens to it, another one takes over, and each due time has one
//! run.

use heartbeat_tests::{Signal, Worker};
use serde_json::Value;

use super::{Scheduler, wait_until};

/// A run of this many numbers takes a second or two, without optimization.
const LONG: u32 = 30_000;

/// A leader in the middle of a run, and an instance that stands by.
struct Interrupted {
    scheduler: Scheduler,
    leader: Worker,
    standby: Worker,
}

impl Interrupted {
    fn start() -> Option<Self> {
        let scheduler = Scheduler::yearly(LONG)?;
        let mut leader = scheduler.spawn_leader("first");
        let standby = scheduler.spawn_standby("second");
        scheduler.make_due("report");
        leader.wait_for_line("report is due at ");
        Some(Self { scheduler, leader, standby })
    }

    /// Waits until the instance that stood by has done the run, the only one.
    fn assert_replaced(&mut self) {
        self.standby.wait_for_line("leads from now on");
        self.standby.wait_for_line("report of ");
        assert_eq!(self.runs(), ["second"]);
    }

    /// Returns the instances that have recorded a run.
    fn runs(&self) -> Vec<String> {
        let runs = self.scheduler.runs("report");
        runs.lines().map(|run| run.split('|').next().unwrap().to_owned()).collect()
    }
}

#[test]
fn one_of_three_leads_and_the_others_stand_by() {
    let Some(scheduler) = Scheduler::yearly(1_000) else { return };
    let mut leader = scheduler.spawn_leader("first");
    let standbys = ["second", "third"].map(|id| scheduler.spawn_standby(id));
    scheduler.make_due("report");
    leader.wait_for_line("report of ");
    assert!(scheduler.runs("report").starts_with("first|2|"), "{}", scheduler.runs("report"));

    wait_until("the next run is told", || details(&leader)["facts"]["next"]["report"].is_string());
    assert_eq!(details(&leader)["facts"]["duty"], "leader");
    let metrics = leader.get("/metrics").body;
    let shown = ["leader 1", "runs_total 1", "runs_failed_total 0", "missed_total 2"];
    for metric in shown.map(|metric| format!("\nschedule_{metric}\n")) {
        assert!(metrics.contains(&metric), "{metrics}");
    }
    for standby in &standbys {
        wait_until("a standby is ready and idle", || {
            let health = details(standby);
            health["ready"] == true && health["heartbeats"][0]["state"] == "idle"
        });
        let facts = &details(standby)["facts"];
        assert_eq!((&facts["duty"], &facts["next"]), (&"standby".into(), &Value::Null));
        assert!(standby.get("/metrics").body.contains("\nschedule_leader 0\n"));
    }
    assert_eq!(scheduler.leader().as_deref(), Ok("first"));
}

#[test]
fn the_run_of_a_killed_leader_is_done_by_another() {
    let Some(mut test) = Interrupted::start() else { return };
    test.leader.signal(Signal::KILL);
    test.assert_replaced();
}

#[test]
fn the_run_of_a_frozen_leader_is_done_by_another() {
    let Some(mut test) = Interrupted::start() else { return };
    test.leader.signal(Signal::STOP);
    test.assert_replaced();

    test.leader.signal(Signal::CONT);
    test.leader.wait_for_line("stands by: cannot ");
    wait_until("it stands by", || details(&test.leader)["facts"]["duty"] == "standby");
    wait_until("it is ready", || test.leader.get("/health").status == 200);
    assert_eq!(test.runs(), ["second"]);
    let recorded = test.leader.log().iter().find(|line| line.contains("report of "));
    assert_eq!(recorded, None);
    assert_eq!(test.scheduler.leader().as_deref(), Ok("second"));
}

#[test]
fn a_leader_whose_session_the_server_ends_stands_by() {
    let Some(mut test) = Interrupted::start() else { return };
    let _ = test.scheduler.server.query(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted",
    );
    test.leader.wait_for_line("stands by: cannot ");
    // The lock is for whoever asks first.
    wait_until("the run is recorded", || test.runs().len() == 1);
}

#[test]
fn a_leader_completes_its_run_before_it_stops() {
    let Some(mut test) = Interrupted::start() else { return };
    test.leader.signal(Signal::TERM);
    test.leader.wait_for_line("report of ");
    assert_eq!(test.leader.wait().code(), Some(0), "{:#?}", test.leader.log());
    assert_eq!(test.runs(), ["first"]);
    test.standby.wait_for_line("leads from now on");
}

#[test]
fn a_due_time_that_has_a_run_gets_no_other() {
    let Some(mut test) = Interrupted::start() else { return };
    // As by another database that was restored, or a second lock.
    let _ = test.scheduler.server.query(
        "insert into schedule.runs (job, due, missed, instance, result) \
         values ('report', date_trunc('year', now(), 'UTC'), 0, 'other', '')",
    );
    test.leader.wait_for_line("is recorded already: not again");
    assert_eq!(test.runs(), ["other"]);
    test.scheduler.wait_for(
        "select settled > now() - interval '1 year' from schedule.jobs where name = 'report'",
        "t",
    );
}

fn details(worker: &Worker) -> Value {
    serde_json::from_str(&worker.get("/health").body).unwrap()
}
