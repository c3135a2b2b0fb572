//! The published description of all paths: each path, method, status and format in it is asked of real
//! workers, and they answer nothing else.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::collections::BTreeSet;
use std::process::Command;

use heartbeat_tests::{HEALTH_PATHS, Listener, Worker, schema, workspace};
use serde_json::Value;

/// Formats to ask for.
const ACCEPTED: [&str; 6] = [
    "*/*",
    "application/json",
    "application/health+json",
    "text/plain",
    "text/html",
    "application/openmetrics-text",
];

/// An answer, as a client sees it.
struct Answer {
    status: String,
    head: String,
    body: String,
}

fn description() -> Value {
    let text = std::fs::read_to_string(workspace().join("schemas/openapi.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Returns a part of the description, behind its reference if it is one.
fn resolve<'a>(description: &'a Value, part: &'a Value) -> &'a Value {
    let Some(reference) = part["$ref"].as_str() else { return part };
    description.pointer(reference.strip_prefix('#').unwrap()).unwrap()
}

/// Spawns workers that differ in what passes, and in who sees the details. As many clients as may listen to
/// the last one.
fn workers() -> (Vec<Worker>, Vec<Listener>) {
    let worker = |fail: &str, details: &str, line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
        command.env("HEARTBEAT_SETTING_FAIL", fail).env("HEARTBEAT_DETAILS", details);
        let mut worker = Worker::spawn(command.env("HEARTBEAT_STALL_AFTER", "500ms"));
        worker.wait_for_line(line);
        worker
    };
    let workers = vec![
        worker("run stop", "never", "in run"),
        worker("run stop", "always", "in run"),
        worker("on_start hang", "never", "in on_start"),
        worker("run stall", "always", "heartbeat: stalled"),
        worker("run stop", "always", "in run"),
    ];
    let crowded = workers.last().unwrap().address();
    let listeners = (0..8).map(|_| Listener::open(crowded).unwrap()).collect();
    (workers, listeners)
}

fn ask(worker: &Worker, method: &str, path: &str, accept: &str) -> Answer {
    if (method, path) == ("GET", "/events") {
        let mut listener = Listener::open(worker.address()).unwrap();
        if let Some(report) = listener.head.contains(" 200 ").then(|| listener.next_report()) {
            let head = listener.head.to_ascii_lowercase();
            return Answer { status: "200".to_owned(), head, body: report.unwrap().to_string() };
        }
    }
    let response = worker.exchange(format!("{method} {path} HTTP/1.0\r\nAccept: {accept}\r\n\r\n"));
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().to_owned();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let name = format!("{}: ", name.to_ascii_lowercase());
        self.head.lines().find_map(|line| line.strip_prefix(&name))
    }

    fn media_type(&self) -> Option<&str> {
        self.header("content-type")?.split(';').next()
    }
}

/// Asserts that an answer is as its description says, and returns its media type.
fn assert_described(description: &Value, response: &Value, answer: &Answer, asked: &str) {
    for (name, header) in response["headers"].as_object().unwrap() {
        let expected = resolve(description, header)["schema"]["const"].as_str().unwrap();
        let expected = expected.to_ascii_lowercase();
        assert_eq!(answer.header(name), Some(expected.as_str()), "{asked}: {}", answer.head);
    }
    let Some(content) = response["content"].as_object() else {
        return assert_eq!((answer.media_type(), answer.body.as_str()), (None, ""), "{asked}");
    };
    let content = &content[answer.media_type().unwrap()];
    if content["schema"]["$ref"] == "health.schema.json" && !asked.starts_with("HEAD") {
        schema::assert_valid(&answer.body);
    }
}

#[test]
fn workers_answer_as_described_and_nothing_else() {
    let description = description();
    let (workers, _listeners) = workers();
    for (path, item) in description["paths"].as_object().unwrap() {
        let item = resolve(&description, item).as_object().unwrap();
        for (method, operation) in item.iter().filter(|(name, _)| *name != "summary") {
            let responses = operation["responses"].as_object().unwrap();
            let (mut statuses, mut formats) = (BTreeSet::new(), BTreeSet::new());
            for (worker, accept) in
                workers.iter().flat_map(|worker| ACCEPTED.map(|accept| (worker, accept)))
            {
                let method = method.to_uppercase();
                let asked = format!("{method} {path} as {accept}");
                let answer = ask(worker, &method, path, accept);
                let response = responses.get(&answer.status);
                let response = response.unwrap_or_else(|| panic!("{asked}: {}", answer.head));
                let response = resolve(&description, response);
                assert_described(&description, response, &answer, &asked);
                formats.extend(answer.media_type().map(str::to_owned));
                statuses.insert(answer.status);
            }
            assert!(statuses.iter().eq(responses.keys()), "{method} {path}: {statuses:?}");
            let described = responses.values().map(|response| resolve(&description, response));
            let described = described.filter_map(|response| response["content"].as_object());
            let described: BTreeSet<_> = described.flat_map(|content| content.keys()).collect();
            assert!(formats.iter().eq(described), "{method} {path}: {formats:?}");
        }
    }
}

#[test]
fn it_describes_every_path_of_this_version() {
    let description = description();
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    let described: BTreeSet<_> =
        description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(described, HEALTH_PATHS.into_iter().chain(["/metrics", "/events"]).collect());
    let source = workspace().join("heartbeat-runtime/src/server/router.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let source = source.split("#[cfg(test)]").next().unwrap();
    let literals = source.split('"').skip(1).step_by(2);
    let routed: BTreeSet<_> = literals.filter(|literal| literal.starts_with('/')).collect();
    assert_eq!(described, routed);
}
