//! No request through a load balancer fails while instances are restarted one by one.

use std::process::{Command, Stdio};

use heartbeat_tests::{Signal, signal, skip};

use crate::project::free_port;

#[test]
fn no_request_fails_while_instances_are_restarted_one_by_one() {
    if Command::new("wrk").arg("--version").output().is_err() {
        return skip("wrk is not installed");
    }
    let port = free_port();
    let project = crate::health::project(port);
    let mut run = project.run(&["--port", "0", "--scale", "FleetWorker=3"]);
    run.wait_for_line("3 instances ready");
    let url = format!("http://127.0.0.1:{port}/id");
    let mut wrk = Command::new("wrk");
    let wrk = wrk.args(["-t2", "-c32", "-d60s", &url]).stdout(Stdio::piped()).spawn().unwrap();
    for _ in 0..2 {
        project.ask(&["restart", "FleetWorker"]);
    }
    signal(wrk.id(), Signal::INT);
    let output = wrk.wait_with_output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    println!("{report}");
    assert!(report.contains("requests in"), "{report}");
    assert!(!report.contains("Socket errors") && !report.contains("Non-2xx"), "{report}");
}
