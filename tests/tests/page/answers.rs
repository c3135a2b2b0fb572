//! The answers at `/`, for a browser and for others.

use heartbeat_tests::Worker;

use crate::{program, tell, worker};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn get(worker: &Worker, accept: &str) -> String {
    worker.exchange(format!("GET / HTTP/1.0\r\nAccept: {accept}\r\n\r\n"))
}

#[test]
fn a_browser_gets_the_page_and_others_get_json() {
    let mut worker = worker(&mut program());
    for accept in ["*/*", "application/json", "application/json, text/html"] {
        assert!(get(&worker, accept).contains("content-type: application/json"), "{accept}");
    }
    let page = get(&worker, BROWSER);
    assert!(page.starts_with("HTTP/1.0 200 "), "{page}");
    assert!(page.contains("content-type: text/html; charset=utf-8\r\n"), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'; "), "{page}");
    assert!(page.contains("cache-control: no-store\r\n"), "{page}");
    assert!(page.contains("<dt>instance</dt><dd>orders-0</dd>"), "{page}");
    tell(&mut worker, "stall");
    worker.wait_for_line("heartbeat: stalled");
    assert!(get(&worker, BROWSER).starts_with("HTTP/1.0 503 "));
}

#[test]
fn a_browser_without_details_gets_one_line() {
    let mut command = program();
    let command = command.env("HEARTBEAT_DETAILS", "never").env("HEARTBEAT_STALL_AFTER", "1s");
    let mut worker = worker(command);
    let body = |worker: &Worker| get(worker, BROWSER).split("\r\n\r\n").nth(1).unwrap().to_owned();
    let line = |word: &str| {
        format!("<!doctype html><html lang=\"en\"><title>{word}</title><p>{word}</p></html>\n")
    };
    assert_eq!(body(&worker), line("pass"));
    tell(&mut worker, "stall");
    worker.wait_for_line("heartbeat: stalled");
    assert_eq!(body(&worker), line("fail"));
    let unknown = |path: &str| {
        let response = worker.exchange(format!("GET {path} HTTP/1.0\r\n\r\n"));
        response.lines().filter(|line| !line.starts_with("date: ")).collect::<String>()
    };
    assert_eq!(unknown("/events"), unknown("/elsewhere"));
}
