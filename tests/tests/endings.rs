//! How a worker ends: with which exit code, after which phases, and what it says.

use std::process::Command;

use heartbeat_tests::{Signal, Worker, example};

fn failing_worker(fail: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_SETTING_FAIL", fail);
    command
}

#[test]
fn errors_and_panics_of_each_phase_have_their_exit_codes() {
    let error = "the order is lost: the disk is full";
    for (fail, code, phases, line) in [
        ("", 0, &["on_start", "run", "on_stop"][..], "run has returned: stopping".to_owned()),
        ("on_start error", 1, &["on_start"], format!("on_start failed: {error}")),
        ("on_start panic", 70, &["on_start"], "on_start panicked: a wrong turn".to_owned()),
        ("run error", 1, &["on_start", "run", "on_stop"], format!("run failed: {error}")),
        ("run panic", 70, &["on_start", "run"], "run panicked: a wrong turn".to_owned()),
        ("on_stop error", 1, &["on_start", "run", "on_stop"], format!("on_stop failed: {error}")),
        (
            "on_stop panic",
            70,
            &["on_start", "run", "on_stop"],
            "on_stop panicked: a wrong turn".to_owned(),
        ),
    ] {
        let mut worker = Worker::spawn(&mut failing_worker(fail));
        assert_eq!(worker.wait().code(), Some(code), "{fail}: {:#?}", worker.log());
        let entered: Vec<_> =
            worker.log().iter().filter_map(|line| line.strip_prefix("in ")).collect();
        assert_eq!(entered, phases, "{fail}");
        let line = format!("heartbeat: {line}");
        assert!(worker.log().contains(&line), "{fail}: no {line:?} in {:#?}", worker.log());
    }
}

#[test]
fn a_stop_that_takes_longer_than_its_budget_ends_with_75() {
    let mut worker = Worker::spawn(&mut example("step-worker"));
    worker.press_enter();
    worker.line_with("run: press Enter");
    worker.signal(Signal::TERM);
    // `on_stop` waits for another Enter, which does not come.
    worker.line_with("on_stop: press Enter");
    assert_eq!(worker.wait().code(), Some(75));
    assert_eq!(worker.log().last().unwrap(), "heartbeat: not stopped within 25s: ending at once");
}
