//! The response of every path in each state of a worker that changes state on Enter.

use heartbeat_tests::{Signal, Worker, example};

const HEALTH: [&str; 4] = ["/health", "/healthz", "/health/", "/steps/status"];
const LIVE: [&str; 3] = ["/health/live", "/livez", "/"];
const READY: [&str; 2] = ["/health/ready", "/readyz"];
const STARTUP: [&str; 2] = ["/health/startup", "/startupz"];

/// Asserts the status and the body of every path.
fn assert_responses(worker: &Worker, state: &str, [health, live, ready, startup]: [u16; 4]) {
    let paths = [(&HEALTH[..], health), (&LIVE, live), (&READY, ready), (&STARTUP, startup)];
    for (path, status) in
        paths.iter().flat_map(|(paths, status)| paths.iter().map(|p| (*p, *status)))
    {
        let response = worker.get(path);
        assert_eq!(response.status, status, "{path} while {state}: {response:?}");
        let version = env!("CARGO_PKG_VERSION");
        let body = match status {
            200 => format!(r#"{{"version":"{version}","status":"pass","state":"{state}"}}"#),
            _ => format!(
                r#"{{"version":"{version}","status":"fail","state":"{state}","reasons":["{state}"]}}"#
            ),
        };
        assert_eq!(response.body, body, "{path} while {state}");
    }
}

#[test]
fn every_path_reports_each_state() {
    let mut worker = Worker::spawn(&mut example("step-worker"));
    worker.wait_for_line("on_start: press Enter");
    assert_responses(&worker, "starting", [503, 200, 503, 503]);

    worker.press_enter();
    worker.wait_for_line("run: press Enter");
    assert_responses(&worker, "running", [200, 200, 200, 200]);

    worker.signal(Signal::TERM);
    worker.wait_for_line("on_stop: press Enter");
    assert_responses(&worker, "stopping", [503, 200, 503, 200]);

    worker.press_enter();
    assert_eq!(worker.wait().code(), Some(0));
}

#[test]
fn stops_when_run_returns() {
    let mut worker = Worker::spawn(&mut example("step-worker"));
    worker.press_enter();
    worker.wait_for_line("run: press Enter");
    worker.press_enter();
    worker.wait_for_line("on_stop: press Enter");
    assert_responses(&worker, "stopping", [503, 200, 503, 200]);
    worker.press_enter();
    assert_eq!(worker.wait().code(), Some(0));
}

#[test]
fn a_stop_during_start_skips_run() {
    let mut worker = Worker::spawn(&mut example("step-worker"));
    worker.wait_for_line("on_start: press Enter");
    worker.signal(Signal::TERM);
    worker.wait_for_line("SIGTERM: stopping");
    assert_eq!(worker.get("/startupz").status, 503);
    assert_eq!(worker.get("/livez").status, 200);
    worker.press_enter();
    worker.wait_for_line("on_stop: press Enter");
    worker.press_enter();
    assert_eq!(worker.wait().code(), Some(0));
    assert!(!worker.log().iter().any(|line| line.contains("run: press")), "{:?}", worker.log());
}

#[test]
fn a_second_signal_forces_the_exit() {
    for (second, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let mut worker = Worker::spawn(&mut example("step-worker"));
        worker.wait_for_line("on_start: press Enter");
        worker.signal(Signal::TERM);
        worker.wait_for_line("SIGTERM: stopping");
        assert_eq!(worker.signal_until_exit(second).code(), Some(code));
    }
}

#[test]
fn serves_other_methods_and_unknown_paths() {
    let mut worker = Worker::spawn(&mut example("step-worker"));
    worker.wait_for_line("on_start: press Enter");
    let allow = "\r\nallow: GET, HEAD, OPTIONS\r\n";

    let head = worker.exchange("HEAD /livez HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n");
    let get = worker.exchange("GET /livez HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(get.starts_with("HTTP/1.1 200 OK\r\n") && get.ends_with('}'), "{get}");
    for header in ["content-type: application/json", "cache-control: no-store"] {
        assert!(head.contains(header) && get.contains(header), "{head}\n{get}");
    }
    let (_, body) = get.split_once("\r\n\r\n").unwrap();
    let length = format!("\r\ncontent-length: {}\r\n", body.len());
    assert!(head.contains(&length) && get.contains(&length), "{head}\n{get}");

    let old = worker.exchange("GET /readyz HTTP/1.0\r\n\r\n");
    assert!(old.starts_with("HTTP/1.0 503 Service Unavailable\r\n"), "{old}");
    let options = worker.exchange("OPTIONS / HTTP/1.0\r\n\r\n");
    assert!(options.starts_with("HTTP/1.0 200 OK\r\n") && options.contains(allow), "{options}");
    let post = worker.exchange("POST /health HTTP/1.0\r\n\r\n");
    assert!(post.starts_with("HTTP/1.0 405 ") && post.contains(allow), "{post}");
    for path in ["/metrics", "/health/x", "/HEALTH", "/steps"] {
        assert_eq!(worker.get(path).status, 404, "{path}");
    }
}
