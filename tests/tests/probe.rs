//! A worker's own program as the prober of the running one.

#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker};

fn ask(mut command: Command, address: &str, argument: &str) -> Output {
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", address).arg(argument).output().unwrap()
}

fn assert_answers(worker: &Worker, live: u16, ready: u16, startup: u16) {
    for (question, status) in [("live", live), ("ready", ready), ("startup", startup)] {
        let argument = format!("--heartbeat-probe={question}");
        let output = ask(heartbeat_tests::example("step-worker"), worker.address(), &argument);
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(i32::from(status != 200)), "{question}: {told}");
        assert!(told.starts_with(&format!("{status} {{\"version\":")), "{question}: {told}");
        assert_eq!(told.matches('\n').count(), 1, "{told:?}");
        assert!(output.stderr.is_empty(), "it does not start");
    }
}

#[test]
fn the_program_of_a_worker_asks_the_one_that_runs() {
    let mut worker = Worker::spawn(&mut heartbeat_tests::example("step-worker"));
    worker.line_with("on_start: press Enter");
    assert_answers(&worker, 200, 503, 503);
    worker.press_enter();
    worker.line_with("run: press Enter");
    assert_answers(&worker, 200, 200, 200);
    worker.signal(Signal::TERM);
    worker.line_with("on_stop: press Enter");
    assert_answers(&worker, 200, 503, 200);
    worker.press_enter();
    worker.wait();
    let output =
        ask(heartbeat_tests::example("step-worker"), worker.address(), "--heartbeat-probe=live");
    assert_eq!(output.status.code(), Some(1), "nobody answers");
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(line.starts_with("cannot probe 127.0.0.1:"), "{line}");
}

#[test]
fn a_worker_is_found_wherever_it_listens() {
    let program = || Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    let spawn = |address: &str| {
        let mut command = program();
        command.env("HEARTBEAT_SETTING_FAIL", "run stop");
        let mut worker = Worker::spawn_as_is(command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", address));
        worker.line_with("in run");
        worker
    };
    let is_found = |address: &str| {
        let output = ask(program(), address, "--heartbeat-probe=ready");
        assert_eq!(output.status.code(), Some(0), "{address}: {output:?}");
    };
    let everywhere = spawn("0");
    let line = everywhere.log().iter().find_map(|line| line.split_once("http://localhost:"));
    let port = line.unwrap().1.split('/').next().unwrap();
    for address in [port.to_owned(), format!("0.0.0.0:{port}"), format!("127.0.0.1:{port}")] {
        is_found(&address);
    }
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        is_found(&format!("[::1]:{port}"));
    }
    if cfg!(unix) {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("unix:{}", folder.path().join("health").display());
        let _worker = spawn(&address);
        is_found(&address);
    }
}

#[test]
fn a_probe_needs_no_settings_and_little_time() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    let mut worker = Worker::spawn(command.env("HEARTBEAT_SETTING_FAIL", "run stop"));
    worker.line_with("in run");
    let mut times: Vec<Duration> = (0..50)
        .map(|_| {
            let command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
            let begun = Instant::now();
            let output = ask(command, worker.address(), "--heartbeat-probe=ready");
            let took = begun.elapsed();
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            took
        })
        .collect();
    times.sort_unstable();
    println!("a probe takes {:?}, at most {:?}", times[times.len() / 2], times[times.len() - 1]);
    assert!(times[0] < Duration::from_millis(500));
}

#[test]
fn what_cannot_be_asked_is_a_no() {
    for (address, argument, line) in [
        (
            "127.0.0.1:0",
            "--heartbeat-probe=live",
            "the worker listens on any free port: set HEARTBEAT_",
        ),
        ("unix:/no\nbody", "--heartbeat-probe=live", "cannot probe unix:/no\\nbody at /livez: "),
        ("nowhere", "--heartbeat-probe=live", "HEARTBEAT_ENDPOINT_HEARTBEAT is `nowhere`: write"),
    ] {
        let output = ask(Command::new(env!("CARGO_BIN_EXE_failing-worker")), address, argument);
        assert_eq!(output.status.code(), Some(1));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.starts_with(line), "{printed}");
        assert_eq!(printed.matches('\n').count(), 1, "{printed:?}");
    }
}
