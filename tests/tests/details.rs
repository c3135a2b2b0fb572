//! The clients that see the details: on unix sockets, on a terminal, and by `HEARTBEAT_DETAILS`.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use heartbeat_tests::{Signal, Worker, exchange, free_address, skip};

const PROGRAM: &str = env!("CARGO_BIN_EXE_failing-worker");

#[test]
fn shows_details_on_an_inherited_unix_socket_and_not_on_an_inherited_tcp_socket() {
    let activate = "/usr/bin/systemd-socket-activate";
    if !Path::new(activate).exists() {
        return skip("systemd is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("health").display().to_string();
    for unix_is_first in [true, false] {
        let public = free_address();
        let (first, second) = if unix_is_first { (&path, &public) } else { (&public, &path) };
        let mut command = Command::new(activate);
        command.args(["-l", first, "-l", second, "--fdname=Heartbeat:Heartbeat"]);
        command.arg("--setenv=HEARTBEAT_SETTING_FAIL=run stop");
        let mut worker = Worker::spawn_raw(command.arg(PROGRAM));
        worker.wait_for_line(&format!("Listening on {second}"));
        let request = "GET /health HTTP/1.0\r\n\r\n";
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut detailed = String::new();
        stream.read_to_string(&mut detailed).unwrap();
        assert!(detailed.contains(r#""role":"FailingWorker""#), "{detailed}");
        let response = exchange(&public, request).unwrap();
        assert!(response.contains(r#""version":"#) && !response.contains("role"), "{response}");
        let response = exchange(&public, "GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        assert!(response.starts_with("HTTP/1.0 404 "), "{response}");
        drop(worker);
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn shows_details_on_a_terminal_to_a_local_client_that_asks_for_localhost() {
    let script = "/usr/bin/script";
    if !Path::new(script).exists() {
        return skip("util-linux is not installed");
    }
    // `script` gives the worker a terminal, and copies it to our pipe. Closing that terminal does
    // not end the worker: the timeout does, if the test fails.
    let mut command = Command::new("sh");
    let program = format!("exec timeout --foreground 60 {PROGRAM}");
    let line = format!("exec {script} --quiet --return --command '{program}' /dev/null >&2");
    command.args(["-c", &line]).env("HEARTBEAT_SETTING_FAIL", "run stop");
    let mut worker = Worker::spawn(&mut command);
    worker.wait_for_line("in run");
    let get = |path: &str, fields: &str| {
        worker.exchange(format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{fields}\r\n\r\n"))
    };
    let (local, foreign) = (format!("Host: {}", worker.address()), "Host: rebound.example");
    assert!(get("/health", &local).contains(r#""role":"FailingWorker""#));
    assert!(get("/metrics", &local).starts_with("HTTP/1.1 200 "));
    for fields in [foreign, &format!("{local}\r\nX-Forwarded-For: 192.0.2.7")] {
        let response = get("/health", fields);
        assert!(response.starts_with("HTTP/1.1 200 ") && !response.contains("role"), "{response}");
        // An untrusted client cannot even see that the path exists.
        let [metrics, unknown] = ["/metrics", "/elsewhere"].map(|path| {
            let response = get(path, fields);
            response.lines().filter(|line| !line.starts_with("date: ")).collect::<String>()
        });
        assert!(metrics.starts_with("HTTP/1.1 404 "), "{metrics}");
        assert_eq!(metrics, unknown);
    }
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}

#[test]
fn shows_the_failure_of_a_phase_only_in_the_details() {
    for (details, shown) in [("always", true), ("never", false)] {
        let mut command = Command::new(PROGRAM);
        command.env("HEARTBEAT_SETTING_FAIL", "run error, on_stop hang");
        command.env("HEARTBEAT_STOP_WITHIN", "500ms").env("RUST_BACKTRACE", "0");
        let mut worker = Worker::spawn(command.env("HEARTBEAT_DETAILS", details));
        worker.wait_for_line("in on_stop");
        let body: serde_json::Value = serde_json::from_str(&worker.get("/health").body).unwrap();
        let failure = body["failure"].as_str();
        let expected = "run failed: the order is lost: the disk is full";
        assert_eq!(failure, shown.then_some(expected), "{body}");
        assert_eq!(body["role"].as_str(), shown.then_some("FailingWorker"), "{body}");
        assert_eq!(worker.wait().code(), Some(75));
    }
}
