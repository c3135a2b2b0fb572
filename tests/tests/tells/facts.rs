//! The facts of a worker.

use heartbeat_tests::Worker;
use serde_json::{Value, json};

use super::telling_worker;

fn health(worker: &Worker) -> Value {
    serde_json::from_str(&worker.get("/health").body).unwrap()
}

fn tell(worker: &mut Worker, line: &str) {
    worker.write_line(line);
    worker.wait_for_line("told");
}

#[test]
fn everybody_sees_public_facts_and_nothing_else_changes() {
    let mut worker = telling_worker("never", "");
    let before = worker.get("/health").body;
    let version = env!("CARGO_PKG_VERSION");
    let expected = json!({
        "version": version, "status": "pass", "state": "running", "facts": { "region": "north" }
    });
    assert_eq!(serde_json::from_str::<Value>(&before).unwrap(), expected);
    tell(&mut worker, "fact shard 7");
    assert_eq!(worker.get("/health").body, before, "it is not public");
    tell(&mut worker, "public region south");
    tell(&mut worker, "public answer 42");
    for path in ["/health", "/livez", "/readyz", "/startupz", "/"] {
        let body: Value = serde_json::from_str(&worker.get(path).body).unwrap();
        assert_eq!(body["facts"], json!({ "answer": "42", "region": "south" }), "{path}");
    }
    worker.write_line("public DbPassword hidden");
    worker.wait_for_line("cannot tell fact `DbPassword`: its name looks like that of a secret");
    assert!(!worker.get("/health").body.contains("hidden"));
}

#[test]
fn the_details_have_all_facts_and_the_endpoints() {
    let mut worker = telling_worker("always", "");
    tell(&mut worker, "fact DbPassword hidden");
    let body = health(&worker);
    let facts = json!({ "DbPassword": "hidden", "queue": { "depth": 120 }, "region": "north" });
    assert_eq!(body["facts"], facts);
    let endpoint = json!({ "name": "Heartbeat", "protocol": "http", "address": worker.address() });
    assert_eq!(body["endpoints"], json!([endpoint]));
}
