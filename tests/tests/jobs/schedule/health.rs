//! The health of the scheduler: of its database, of a long step, and of work on all cores.

use std::thread;

use heartbeat_tests::{Signal, Worker};

use super::{Scheduler, wait_until};

fn wait_until_ready(worker: &Worker, ready: bool) {
    let status = if ready { 200 } else { 503 };
    wait_until("ready", || worker.get("/readyz").status == status);
}

#[test]
fn without_its_database_an_instance_is_live_and_not_ready() {
    let Some(mut scheduler) = Scheduler::yearly(1_000) else { return };
    scheduler.server.kill();
    let mut worker = scheduler.spawn("first");
    worker.wait_for_line("stands by: cannot connect to the database: ");
    wait_until_ready(&worker, false);
    assert_eq!(worker.get("/livez").status, 200);

    scheduler.server.restart();
    worker.wait_for_line("leads from now on");
    wait_until_ready(&worker, true);
    scheduler.make_due("report");
    worker.wait_for_line("report of ");

    scheduler.server.freeze();
    worker.wait_for_line("stands by: cannot look for what is due: no answer from the database");
    worker.wait_for_line("heartbeat: check `database` failed: ");
    let health = worker.get("/health");
    assert_eq!(health.status, 503);
    assert!(health.body.contains(r#""reasons":["check_failed"]"#), "{}", health.body);
    assert_eq!(worker.get("/livez").status, 200);

    scheduler.server.thaw();
    worker.wait_for_line("leads from now on");
    wait_until_ready(&worker, true);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}

#[test]
fn an_instance_that_could_never_lead_is_not_ready() {
    let Some(scheduler) = Scheduler::yearly(1_000) else { return };
    let _ = scheduler.server.query("create schema schedule; create table schedule.jobs ()");
    let mut worker = scheduler.spawn("first");
    worker.wait_for_line("stands by: cannot create the tables: db error: ERROR: column \"name\"");
    worker.wait_for_line("heartbeat: check `database` failed: cannot create the tables: ");
    assert_eq!(worker.get("/readyz").status, 503);
    let _ = scheduler.server.query("drop table schedule.jobs");
    wait_until_ready(&worker, true);
}

#[test]
fn a_long_statement_is_allowed_for() {
    let Some(scheduler) = Scheduler::yearly(1_000) else { return };
    let mut worker = Worker::spawn(scheduler.command("first").env("HEARTBEAT_STALL_AFTER", "1s"));
    worker.wait_for_line("leads from now on");
    let _ = scheduler.server.query(
        "insert into schedule.runs (job, due, missed, instance, result, recorded) \
         values ('report', '2020-01-01', 0, 'first', '', now() - interval '31 days')",
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            scheduler
                .server
                .query("begin; select from schedule.runs for update; select pg_sleep(4)")
        });
        scheduler
            .wait_for("select count(*) from pg_stat_activity where wait_event = 'PgSleep'", "1");
        scheduler.make_due("prune");
        worker.wait_for_line("prune is due at ");
        worker.wait_for_line("prune of ");
    });
    assert!(
        scheduler.runs("prune").ends_with("|1 old runs deleted"),
        "{}",
        scheduler.runs("prune")
    );
    assert_never_stalled(&worker);
}

#[test]
fn work_on_all_cores_beats() {
    let Some(scheduler) = Scheduler::yearly(60_000) else { return };
    let mut worker = Worker::spawn(scheduler.command("first").env("HEARTBEAT_STALL_AFTER", "2s"));
    worker.wait_for_line("leads from now on");
    scheduler.make_due("report");
    worker.wait_for_line("report is due at ");
    // The runtime is not blocked.
    assert_eq!(worker.get("/health").status, 200);
    worker.wait_for_line("report of ");
    assert_never_stalled(&worker);
}

#[test]
fn a_run_that_fails_is_recorded() {
    let Some(scheduler) = Scheduler::yearly(1_000) else { return };
    let mut worker = scheduler.spawn_leader("first");
    let _ = scheduler.server.query("alter table schedule.runs rename recorded to written");
    scheduler.make_due("prune");
    let line = worker.wait_for_line("prune of ");
    let failed =
        "failed: cannot delete old runs: db error: ERROR: column \"recorded\" does not exist";
    assert!(line.contains(failed), "{line}");
    assert!(scheduler.runs("prune").contains(failed), "{}", scheduler.runs("prune"));
    assert!(worker.get("/metrics").body.contains("\nschedule_runs_failed_total 1\n"));
    assert_eq!(worker.get("/health").status, 200);
}

fn assert_never_stalled(worker: &Worker) {
    let stalled = worker.log().iter().find(|line| line.contains("stalled"));
    assert_eq!(stalled, None);
}
