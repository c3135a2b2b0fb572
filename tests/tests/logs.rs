//! `init`, the subscriber that it or `on_start` installs, and the fields of log lines.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::process::Command;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker};
use serde_json::{Value, json};

fn worker(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logging-worker"));
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0").env("RUST_BACKTRACE", "0");
    command.args(arguments);
    command
}

/// Runs a worker to its end, with a SIGTERM once it is in `run`. Returns its exit code and its log.
fn log_of(arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let mut worker = Worker::spawn_raw(&mut worker(arguments));
    worker.wait_for_line("in run");
    worker.signal(Signal::TERM);
    let code = worker.wait().code();
    (code, worker.log().to_vec())
}

/// Runs a worker that ends by itself.
fn log_of_failure(arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let mut worker = Worker::spawn_raw(&mut worker(arguments));
    let code = worker.wait().code();
    (code, worker.log().to_vec())
}

/// Returns the fields of each JSON line, with the level.
fn events(log: &[String]) -> Vec<Value> {
    let lines = log.iter().filter(|line| line.starts_with('{'));
    let parse = |line: &String| {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["target"], "heartbeat", "{line}");
        let mut fields = line["fields"].clone();
        fields["level"] = line["level"].clone();
        fields
    };
    lines.map(parse).collect()
}

fn messages(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["message"].as_str().unwrap()).collect()
}

#[test]
fn init_runs_first_of_all_on_the_only_thread() {
    let (code, log) = log_of(&[]);
    assert_eq!(code, Some(0), "{log:#?}");
    assert_eq!(log[0], "in init on main of 1 threads");
    assert_eq!(log.iter().filter(|line| line.starts_with("in init")).count(), 1);
}

#[test]
fn a_failed_init_is_one_line_and_exit_78() {
    let (code, log) = log_of_failure(&["fail in init"]);
    assert_eq!(code, Some(78));
    let line = "heartbeat: cannot start: init failed: no telemetry: the collector is away";
    assert_eq!(log[1..], [line]);
}

#[test]
fn a_panic_in_init_is_exit_70() {
    let (code, log) = log_of_failure(&["panic in init"]);
    assert_eq!(code, Some(70));
    assert_eq!(log.last().unwrap(), "heartbeat: cannot start: init panicked: a wrong turn");
    assert!(!log.iter().any(|line| line.contains("in on_start")), "{log:#?}");
}

#[test]
fn an_answer_without_a_start_does_not_call_init() {
    let questions = ["--help", "--version", "--heartbeat-describe", "--heartbeat-probe=live"];
    for argument in questions.into_iter().chain(["--heartbeat-prob"]) {
        let (_, log) = log_of_failure(&[argument]);
        assert!(!log.iter().any(|line| line.contains("in init")), "{argument}: {log:#?}");
    }
}

/// Asserts that every line of the worker's is JSON, from the first to the last, in order.
fn assert_all_in_json(arguments: &[&str]) {
    let (code, log) = log_of(arguments);
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(!log.iter().any(|line| line.starts_with("heartbeat: ")), "{log:#?}");
    let events = events(&log);
    let messages = messages(&events);
    assert!(messages[0].contains(" is starting; health on http://"), "{messages:#?}");
    let starts = ["ready after ", "SIGTERM: stopping, within 25 s", "stopped cleanly after "];
    for (message, start) in messages[1..].iter().zip(starts) {
        assert!(message.starts_with(start), "{start}: {messages:#?}");
    }
    assert_eq!(messages.len(), 4, "{messages:#?}");
}

#[test]
fn a_subscriber_that_init_installs_gets_every_line() {
    assert_all_in_json(&["json in init"]);
}

#[test]
fn a_subscriber_that_on_start_installs_gets_every_line() {
    for _ in 0..20 {
        assert_all_in_json(&["json in on_start"]);
    }
}

#[test]
fn lines_of_a_start_that_fails_go_to_the_subscriber_too() {
    let (code, log) = log_of_failure(&["json in on_start", "fail in on_start"]);
    assert_eq!(code, Some(1));
    let events = events(&log);
    let messages = messages(&events);
    assert!(messages[0].contains(" is starting; "), "{messages:#?}");
    assert_eq!(messages[1], "on_start failed: no queue: stopping, within 25 s");

    let mut refused = worker(&["json in init"]);
    let mut refused = Worker::spawn_raw(refused.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "nowhere"));
    assert_eq!(refused.wait().code(), Some(78));
    let events = self::events(refused.log());
    assert_eq!((events.len(), &events[0]["exit_code"]), (1, &json!(78)), "{:#?}", refused.log());
}

#[test]
fn lines_are_held_for_a_moment_only() {
    let start = Instant::now();
    let mut hanging = Worker::spawn_raw(&mut worker(&["hang in on_start"]));
    hanging.wait_for_line(" is starting; health on ");
    assert!(start.elapsed() >= Duration::from_millis(100), "{:?}", start.elapsed());
    assert!(hanging.log()[1].starts_with("in on_start"), "{:#?}", hanging.log());

    // A subscriber that comes later than that gets what follows.
    let (code, log) = log_of(&["slow start", "json in on_start"]);
    assert_eq!(code, Some(0), "{log:#?}");
    assert!(log.iter().any(|line| line.starts_with("heartbeat: ") && line.contains("is starting")));
    assert!(messages(&events(&log))[0].starts_with("ready after "), "{log:#?}");
}

/// As a parser of arguments does, for which `--help` is the user's own.
#[test]
fn lines_that_are_held_are_not_lost_when_on_start_ends_the_process() {
    let (code, log) = log_of_failure(&["exit in on_start"]);
    assert_eq!(code, Some(3), "{log:#?}");
    assert!(log.last().unwrap().contains(" is starting; health on "), "{log:#?}");
    let (_, log) = log_of_failure(&["json in on_start", "exit in on_start"]);
    assert!(messages(&events(&log))[0].contains(" is starting; health on "), "{log:#?}");
}

#[test]
fn a_worker_without_a_subscriber_says_at_once_that_it_is_ready() {
    let (code, log) = log_of(&[]);
    assert_eq!(code, Some(0));
    let position = |text: &str| log.iter().position(|line| line.contains(text));
    let positions = [position("is starting"), position("heartbeat: ready"), position("in run")];
    assert!(positions.iter().all(Option::is_some) && positions.is_sorted(), "{log:#?}");
}

/// Returns the event whose message begins like that.
#[track_caller]
fn event<'a>(events: &'a [Value], start: &str) -> &'a Value {
    let mut found = events.iter();
    let found = found.find(|event| event["message"].as_str().unwrap().starts_with(start));
    found.ok_or_else(|| format!("no {start} in {events:#?}")).unwrap()
}

/// Asserts that an event has these fields and no other, besides its message and its elapsed time.
#[track_caller]
fn assert_fields(event: &Value, mut expected: Value, has_elapsed: bool) {
    assert_eq!(event["elapsed_ms"].is_u64(), has_elapsed, "{event}");
    expected["message"] = event["message"].clone();
    if has_elapsed {
        expected["elapsed_ms"] = event["elapsed_ms"].clone();
    }
    assert_eq!(*event, expected);
}

#[test]
fn lines_carry_the_fields_that_apply_and_no_other() {
    let mut worker = Worker::spawn_raw(&mut worker(&["json in init", "trouble"]));
    worker.wait_for_line("stalled: no beat from ");
    worker.wait_until_logged("check `peer` failed");
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(1), "{:#?}", worker.log());
    let events = events(worker.log());
    assert_fields(
        event(&events, "LoggingWorker "),
        json!({ "level": "INFO", "state": "starting", "reasons": "starting" }),
        false,
    );
    assert_fields(
        event(&events, "ready after"),
        json!({ "level": "INFO", "state": "running" }),
        true,
    );
    let stalled = event(&events, "stalled: no beat from `consumer` for ");
    assert!(stalled["elapsed_ms"].as_u64().unwrap() >= 80, "{stalled}");
    let mut expected = json!({ "level": "WARN", "state": "running", "heartbeat": "consumer" });
    expected["reasons"] = stalled["reasons"].clone();
    assert!(stalled["reasons"].as_str().unwrap().split(' ').any(|reason| reason == "stalled"));
    assert_fields(stalled, expected, true);
    let failed = event(&events, "check `peer` failed: no peer (ready fails)");
    let mut expected = json!({ "level": "WARN", "state": "running", "check": "peer" });
    expected["reasons"] = failed["reasons"].clone();
    assert!(failed["reasons"].as_str().unwrap().ends_with("check_failed"), "{failed}");
    assert_fields(failed, expected, false);
    let signal = event(&events, "SIGTERM: stopping, within 25 s");
    assert_eq!((&signal["state"], &signal["level"]), (&json!("stopping"), &json!("INFO")));
    let last = events.last().unwrap();
    assert_eq!(
        last["message"].as_str().unwrap().split(" after").next(),
        Some("stopped with an error")
    );
    assert_eq!((&last["state"], &last["exit_code"]), (&json!("stopped"), &json!(1)), "{last}");

    // `run` fails because of the signal, and so its line follows.
    let messages = messages(&events);
    let position = |start: &str| messages.iter().position(|message| message.starts_with(start));
    assert!(position("SIGTERM: ").unwrap() < position("run failed: bad").unwrap(), "{messages:#?}");
}
