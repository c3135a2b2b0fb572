//! Settings that are refused.

use super::Scheduler;
use heartbeat_tests::Worker;

#[test]
fn a_schedule_that_never_comes_due_is_refused() {
    let Some(scheduler) = Scheduler::yearly(1_000) else { return };
    for schedule in ["* * * * *", "0 0 31 2 * UTC"] {
        let mut command = scheduler.command("first");
        let mut worker = Worker::spawn(command.env("HEARTBEAT_SETTING_PRUNESCHEDULE", schedule));
        worker.wait_for_line(
            "cannot parse setting `PruneSchedule` of role `ScheduleWorker`: \
             HEARTBEAT_SETTING_PRUNESCHEDULE gives `",
        );
        assert_eq!(worker.wait().code(), Some(78));
    }
}
