//! A worker's own program as the prober of the running one.

#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker};

fn run_probe(mut command: Command, address: &str, argument: &str) -> Output {
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", address).arg(argument).output().unwrap()
}

fn assert_probes(worker: &Worker, live: u16, ready: u16, startup: u16) {
    for (kind, status) in [("live", live), ("ready", ready), ("startup", startup)] {
        let argument = format!("--heartbeat-probe={kind}");
        let output =
            run_probe(heartbeat_tests::example("step-worker"), worker.address(), &argument);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(i32::from(status != 200)), "{kind}: {printed}");
        assert!(printed.starts_with(&format!("{status} {{\"version\":")), "{kind}: {printed}");
        assert_eq!(printed.matches('\n').count(), 1, "{printed:?}");
        assert!(output.stderr.is_empty(), "a probe starts no worker");
    }
}

#[test]
fn the_program_of_a_worker_probes_the_running_one() {
    let mut worker = Worker::spawn(&mut heartbeat_tests::example("step-worker"));
    worker.wait_for_line("on_start: press Enter");
    assert_probes(&worker, 200, 503, 503);
    worker.press_enter();
    worker.wait_for_line("run: press Enter");
    assert_probes(&worker, 200, 200, 200);
    worker.signal(Signal::TERM);
    worker.wait_for_line("on_stop: press Enter");
    assert_probes(&worker, 200, 503, 200);
    worker.press_enter();
    worker.wait();
    let output = run_probe(
        heartbeat_tests::example("step-worker"),
        worker.address(),
        "--heartbeat-probe=live",
    );
    assert_eq!(output.status.code(), Some(1), "nothing listens");
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(line.starts_with("cannot probe 127.0.0.1:"), "{line}");
    assert!(line.ends_with("; HEARTBEAT_ENDPOINT_HEARTBEAT sets the address\n"), "{line}");
}

#[test]
fn finds_a_worker_at_every_kind_of_address() {
    let program = || Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    let spawn = |address: &str| {
        let mut command = program();
        command.env("HEARTBEAT_SETTING_FAIL", "run stop");
        let mut worker = Worker::spawn_raw(command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", address));
        worker.wait_for_line("in run");
        worker
    };
    let assert_found = |address: &str| {
        let output = run_probe(program(), address, "--heartbeat-probe=ready");
        assert_eq!(output.status.code(), Some(0), "{address}: {output:?}");
    };
    let on_all_interfaces = spawn("0");
    let line = on_all_interfaces.log().iter().find_map(|line| line.split_once("http://localhost:"));
    let port = line.unwrap().1.split('/').next().unwrap();
    for address in [port.to_owned(), format!("0.0.0.0:{port}"), format!("127.0.0.1:{port}")] {
        assert_found(&address);
    }
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        assert_found(&format!("[::1]:{port}"));
    }
    if cfg!(unix) {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("unix:{}", folder.path().join("health").display());
        let _worker = spawn(&address);
        assert_found(&address);
    }
}

#[test]
fn a_probe_needs_no_settings_and_little_time() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    let mut worker = Worker::spawn(command.env("HEARTBEAT_SETTING_FAIL", "run stop"));
    worker.wait_for_line("in run");
    let mut times: Vec<Duration> = (0..50)
        .map(|_| {
            let command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
            let start = Instant::now();
            let output = run_probe(command, worker.address(), "--heartbeat-probe=ready");
            let took = start.elapsed();
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            took
        })
        .collect();
    times.sort_unstable();
    println!("a probe takes {:?}, at most {:?}", times[times.len() / 2], times[times.len() - 1]);
    assert!(times[0] < Duration::from_millis(500));
}

#[test]
fn an_address_that_cannot_be_probed_fails() {
    for (address, argument, line) in [
        (
            "127.0.0.1:0",
            "--heartbeat-probe=live",
            "the worker listens on any free port: set HEARTBEAT_",
        ),
        ("unix:/no\nbody", "--heartbeat-probe=live", "cannot probe unix:/no\\nbody at /livez: "),
        ("nowhere", "--heartbeat-probe=live", "HEARTBEAT_ENDPOINT_HEARTBEAT is `nowhere`: write"),
    ] {
        let output =
            run_probe(Command::new(env!("CARGO_BIN_EXE_failing-worker")), address, argument);
        assert_eq!(output.status.code(), Some(1));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.starts_with(line), "{printed}");
        assert_eq!(printed.matches('\n').count(), 1, "{printed:?}");
    }
}
