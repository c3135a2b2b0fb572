//! The verdict of a probe in words, with what is at fault.

use serde_json::Value;

use super::client::Answer;
use crate::terminal::printable;

/// Maximum length of an answer that is no report, in characters.
const MAX_SHOWN_CHARS: usize = 200;
/// Maximum number of sentences about what is at fault, of which a report may name thousands.
const MAX_REASONS: usize = 20;

/// The answer to a probe, understood.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) passes: bool,
    /// The report of a worker.
    pub(super) report: Option<Value>,
    /// Sentences for a person, the most important first.
    pub(super) words: Vec<String>,
}

// === impl Verdict ===

impl Verdict {
    pub(super) fn of(answer: &Answer) -> Self {
        let report = serde_json::from_str::<Value>(&answer.body).ok();
        let report = report.filter(|report| text(report, "state").is_some());
        let words = match &report {
            Some(report) => explain(report),
            None => vec![no_report(answer)],
        };
        Self { passes: (200..300).contains(&answer.status), report, words }
    }
}

/// Words an answer that does not come from a worker's health.
fn no_report(answer: &Answer) -> String {
    let line = answer.body.trim().lines().next().unwrap_or_default();
    let line: String = line.chars().take(MAX_SHOWN_CHARS).map(printable).collect();
    match (answer.status, &*line) {
        (404, _) => "there is no such path".to_owned(),
        (_, "") => "the answer is empty".to_owned(),
        (_, line) => format!("the answer is not a worker's report: {line}"),
    }
}

/// Returns who answers, and each reason with what is at fault.
fn explain(report: &Value) -> Vec<String> {
    let state = shown(report, "state");
    let who = match text(report, "role") {
        Some(_) => format!("{} {}", shown(report, "role"), shown(report, "version")),
        None => format!("the worker, version {},", shown(report, "version")),
    };
    let instance = text(report, "instance")
        .map(|_| format!(" (instance {})", shown(report, "instance")))
        .unwrap_or_default();
    let mut words = vec![format!("{who}{instance} is {state}")];
    let reasons = list(report, "reasons").filter_map(Value::as_str);
    words.extend(reasons.flat_map(|reason| reason_in_words(report, reason)).take(MAX_REASONS + 1));
    if words.len() > MAX_REASONS + 1 {
        words.pop();
        words.push("and more, which --json shows".to_owned());
    }
    words
}

fn reason_in_words(report: &Value, reason: &str) -> Vec<String> {
    let has_details = report.get("heartbeats").is_some();
    let found = match reason {
        "faulted" => {
            text(report, "failure").map(|_| shown(report, "failure")).into_iter().collect()
        }
        "stalled" => of_state(report, "heartbeats", "stalled", |it| {
            let (age, deadline) = (seconds(it, "age"), seconds(it, "deadline"));
            format!("no beat from `{}` for {age}, due within {deadline}", shown(it, "name"))
        }),
        "check_failed" => list(report, "checks")
            .filter(|check| text(check, "status") != Some("pass"))
            .map(|check| {
                let message = shown(check, "message");
                let separator = if message.is_empty() { "" } else { ": " };
                let is_critical = check.get("critical").and_then(Value::as_bool) != Some(false);
                let effect = if is_critical { "" } else { " (a warning only)" };
                format!("the check `{}` fails{separator}{message}{effect}", shown(check, "name"))
            })
            .collect(),
        "task_failed" => list(report, "tasks")
            .filter(|task| text(task, "state") != Some("running"))
            .map(|task| {
                let (name, failure) = (shown(task, "name"), shown(task, "last_failure"));
                format!("the task `{name}` is {}: {failure}", shown(task, "state"))
            })
            .collect(),
        _ => Vec::new(),
    };
    let meaning = match reason {
        "faulted" => "its code panicked",
        "stalled" => "a heartbeat missed its deadline",
        "starved" => "its runtime cannot run any task: something blocks all of its threads",
        "starting" => "`on_start` has not ended yet",
        "stopping" => "it has been asked to stop",
        "busy" => "it takes no more work at present",
        "check_failed" => "a dependency is not in order",
        "task_failed" => "a task failed",
        other => return vec![other.chars().map(printable).collect()],
    };
    if !found.is_empty() {
        return found.into_iter().map(|found| format!("{reason}: {found}")).collect();
    }
    let hint = match reason {
        "stalled" | "check_failed" | "task_failed" if !has_details => {
            " (its details say which, but are not shown here: HEARTBEAT_DETAILS=always shows them)"
        }
        _ => "",
    };
    vec![format!("{reason}: {meaning}{hint}")]
}

fn of_state(
    report: &Value,
    key: &str,
    state: &str,
    words: impl Fn(&Value) -> String,
) -> Vec<String> {
    list(report, key).filter(|it| text(it, "state") == Some(state)).map(words).collect()
}

fn list<'a>(report: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    report.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// Returns a text as a terminal can show it.
fn shown(value: &Value, key: &str) -> String {
    text(value, key).unwrap_or_default().chars().map(printable).collect()
}

/// Returns a duration, as short as it is of use.
fn seconds(value: &Value, key: &str) -> String {
    let seconds = value.get(key).and_then(Value::as_f64).unwrap_or_default();
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{Answer, Verdict};

    fn verdict(status: u16, body: &str) -> Verdict {
        let body = body.to_owned();
        Verdict::of(&Answer { status, body, elapsed: Duration::ZERO })
    }

    #[test]
    fn names_what_is_at_fault() {
        let report = json!({
            "version": "1.4.2", "status": "fail", "state": "running", "role": "Orders",
            "instance": "orders-0", "reasons": ["stalled", "check_failed", "task_failed"],
            "heartbeats": [
                { "name": "run", "state": "beating", "age": 0.1, "deadline": 30.0 },
                { "name": "a\u{1b}[31m", "state": "stalled", "age": 42.4, "deadline": 20.0 },
            ],
            "checks": [
                { "name": "redis", "status": "fail", "critical": true, "message": "refused" },
                { "name": "cache", "status": "warn", "critical": false },
                { "name": "disk", "status": "pass", "critical": true },
            ],
            "tasks": [{ "name": "pool-1", "state": "restarting", "last_failure": "eof" }],
        });
        let verdict = verdict(503, &report.to_string());
        assert!(!verdict.passes);
        assert_eq!(
            verdict.words,
            [
                "Orders 1.4.2 (instance orders-0) is running",
                "stalled: no beat from `a\u{fffd}[31m` for 42 s, due within 20 s",
                "check_failed: the check `redis` fails: refused",
                "check_failed: the check `cache` fails (a warning only)",
                "task_failed: the task `pool-1` is restarting: eof",
            ]
        );
    }

    #[test]
    fn explains_reasons_without_details() {
        let report = json!({
            "version": "1.4.2", "status": "fail", "state": "stopping",
            "reasons": ["stalled", "stopping", "new_one"],
        });
        assert_eq!(
            verdict(503, &report.to_string()).words,
            [
                "the worker, version 1.4.2, is stopping",
                "stalled: a heartbeat missed its deadline (its details say which, but are not shown \
                 here: HEARTBEAT_DETAILS=always shows them)",
                "stopping: it has been asked to stop",
                "new_one",
            ]
        );
    }

    #[test]
    fn tells_the_first_of_many_reasons() {
        let heartbeat = json!({ "name": "a", "state": "stalled", "age": 1.0, "deadline": 1.0 });
        let report = json!({
            "version": "1.4.2", "status": "fail", "state": "running",
            "reasons": vec!["stalled"; 50_000], "heartbeats": vec![heartbeat; 1000],
        });
        let words = verdict(503, &report.to_string()).words;
        assert_eq!(words.len(), 22);
        assert_eq!(words[21], "and more, which --json shows");
    }

    #[test]
    fn tells_answers_of_others_apart() {
        let other = verdict(200, "<html>\u{1b}[2J\nmore");
        assert!(other.passes && other.report.is_none());
        assert_eq!(other.words, ["the answer is not a worker's report: <html>\u{fffd}[2J"]);
        assert_eq!(verdict(404, "{}").words, ["there is no such path"]);
        assert_eq!(verdict(200, "").words, ["the answer is empty"]);
    }
}
