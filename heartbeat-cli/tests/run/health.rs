//! Workers that tell their health.

use heartbeat_tests::{Signal, exchange, signal};
use serde_json::Value;

use crate::project::{Project, free_port, role};

pub(crate) fn project(port: u16) -> Project {
    let worker = heartbeat_tests::program("heartbeat-tests", "fleet-worker");
    let endpoint = format!(
        r#"<InputEndpoint name="Heartbeat" protocol="http" port="{port}" localPort="*" />"#
    );
    let project = Project::new(&role("FleetWorker", "worker.sh", &endpoint));
    let program = worker.get_program().display();
    project.script(
        "worker.sh",
        &format!(
            "test ! -e broken || exit 1\n\
exec {program}"
        ),
    );
    project
}

/// Requests a path of an instance at its own address.
fn post(instance: &Value, path: &str) -> String {
    let address = instance["endpoints"][0]["address"].as_str().unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    exchange(address, request).unwrap_or_default()
}

#[test]
fn a_worker_that_is_not_live_is_restarted() {
    let project = project(free_port());
    let mut run = project.run(&["--scale", "FleetWorker=2"]);
    run.wait_for_line("2 instances ready");
    let instances = project.status();
    assert_eq!(instances[0]["version"], "0.1.0");
    post(&instances[1], "/stall");
    run.wait_for_line("FleetWorker_IN_1 has not been live at three looks");
    run.wait_for_line("FleetWorker_IN_1 | heartbeat: SIGTERM: stopping");
    run.wait_for_line("FleetWorker_IN_1 was stopped, as it was not live: again in ");
    run.wait_for_line("FleetWorker_IN_1 | heartbeat: ready");
    assert_eq!(project.status()[0]["pid"], instances[0]["pid"]);
    run.signal(Signal::TERM);
    assert_eq!(run.wait().code(), Some(0));
}

#[test]
fn a_frozen_worker_does_not_answer_and_is_not_restarted() {
    let project = project(free_port());
    let mut run = project.run(&[]);
    run.wait_for_line("1 instance ready");
    let pid = u32::try_from(project.status()[0]["pid"].as_u64().unwrap()).unwrap();
    signal(pid, Signal::STOP);
    while !project.status()[0]["live"].is_null() {
        std::thread::yield_now();
    }
    assert!(project.output(&["status"]).stdout.windows(9).any(|it| it == b"no answer"));
    signal(pid, Signal::CONT);
    while project.status()[0]["ready"] != true {
        std::thread::yield_now();
    }
    assert_eq!(project.status()[0]["pid"], pid);
}

#[test]
fn a_panic_is_told_in_words() {
    let project = project(free_port());
    let mut run = project.run(&[]);
    run.wait_for_line("1 instance ready");
    post(&project.status()[0], "/panic");
    run.wait_for_line("FleetWorker_IN_0 exited with 70, a panic: again in ");
    run.wait_for_line("FleetWorker_IN_0 | heartbeat: ready");
    assert_eq!(project.status()[0]["last_exit"], "70, a panic");
}

#[test]
fn clients_reach_ready_instances_only() {
    let port = free_port();
    let project = project(port);
    let mut run = project.run(&["--scale", "FleetWorker=2"]);
    run.wait_for_line("2 instances ready");
    let id = || {
        let request = "GET /id HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let response = exchange(&format!("127.0.0.1:{port}"), request).unwrap();
        response.rsplit('\n').next().unwrap().to_owned()
    };
    let mut ids = [id(), id()];
    ids.sort();
    assert_eq!(ids, ["FleetWorker_IN_0", "FleetWorker_IN_1"]);
    project.ask(&["stop", "FleetWorker_IN_0"]);
    for _ in 0..4 {
        assert_eq!(id(), "FleetWorker_IN_1");
    }
}

#[test]
fn a_restart_one_by_one_ends_at_an_instance_that_does_not_come_back() {
    let project = project(free_port());
    let mut run = project.run(&["--scale", "FleetWorker=2"]);
    run.wait_for_line("2 instances ready");
    let second = project.status()[1]["pid"].clone();
    project.write("broken", "");
    let output = project.output(&["restart", "FleetWorker"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    let expected =
        "error: FleetWorker_IN_0 is not ready after its restart (last exit: 1, an error); ";
    assert!(error.starts_with(expected), "{error}");
    assert_eq!(project.status()[1]["pid"], second);
}
