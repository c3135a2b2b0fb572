//! The README, and the tables of the guide, against the code: its worker, a systemd unit, variables, paths,
//! fields and exit codes.

#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use heartbeat_tests::{Signal, Worker, skip, workspace};

const PROGRAM: &str = env!("CARGO_BIN_EXE_failing-worker");
/// The path of the load balancer probe of [`PROGRAM`].
const PROBE_PATH: &str = "/status";
/// Reasons for a failure, each with a setting of [`PROGRAM`] that causes it, and the line after which
/// it is there. Only `starved` is missing: it takes a minute, in the test of vital signs.
const REASONS: [(&str, &str, &str); 6] = [
    ("starting", "on_start hang", "in on_start"),
    ("stopping", "run stop, on_stop hang", "in run"),
    ("busy", "run busy", "heartbeat: busy"),
    ("stalled", "run stall", "heartbeat: stalled"),
    ("faulted", "run panic, drop block", "run panicked"),
    ("check_failed", "run failing check", "check `peer` failed"),
];

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).unwrap()
}

/// Returns the rows of a file's table with that first header.
fn table<const N: usize>(path: &str, header: &str) -> Vec<[String; N]> {
    let text = read(path);
    let start = format!("| {header} |");
    let rows = text.lines().skip_while(|line| !line.starts_with(&start)).skip(2);
    let rows = rows.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = |row: &str| row.split(" | ").map(str::to_owned).collect::<Vec<_>>();
    let rows: Vec<_> = rows.map(|row| cells(row).try_into().unwrap()).collect();
    assert!(!rows.is_empty(), "{path}: no table of {header}s");
    rows
}

/// Returns the rows of a table that the README and a chapter have both.
fn table_of_both<const N: usize>(chapter: &str, header: &str) -> Vec<[String; N]> {
    let rows = table("README.md", header);
    assert_eq!(rows, table(chapter, header));
    rows
}

/// Returns the texts in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the sources of the runtime, each without its tests.
fn runtime_sources() -> Vec<String> {
    fn collect(folder: &Path, sources: &mut Vec<String>) {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, sources);
            } else if !path.ends_with("tests.rs") {
                sources.push(without_tests(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    let mut sources = Vec::new();
    collect(&workspace().join("heartbeat-runtime/src"), &mut sources);
    assert!(sources.len() > 30, "{} sources", sources.len());
    sources
}

fn without_tests(source: &str) -> String {
    source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
}

#[test]
fn its_smallest_worker_is_the_hello_worker() {
    let readme = read("README.md");
    let main = read("examples/hello-worker/src/main.rs");
    let code = &main[main.find("use ").unwrap()..];
    assert!(readme.contains(&format!("```rust\n{code}```")), "the code differs:\n{code}");
    let definition = read("examples/hello-worker/ServiceDefinition.csdef");
    assert!(readme.contains(&format!("```xml\n{definition}```")), "the definition differs");
}

#[test]
#[cfg(target_os = "linux")]
fn systemd_accepts_the_unit_of_the_guide() {
    let chapter = read("docs/src/systemd.md");
    let (_, unit) = chapter.split_once("## A unit by hand").unwrap();
    let (_, unit) = unit.split_once("```ini\n").unwrap();
    let (unit, _) = unit.split_once("```").unwrap();
    // The program must exist.
    let unit = unit.replace("/usr/bin/orders", PROGRAM);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.service");
    std::fs::write(&path, unit).unwrap();
    let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(&path).output() else {
        return skip("systemd is not installed");
    };
    // It may complain about other units of the machine too.
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && !complaints.contains("orders"), "{complaints}");
}

/// The runtime names a variable by a literal that is its name, or the prefix of `<NAME>`. It warns of
/// a variable that is not in its own list.
#[test]
fn its_variables_are_those_of_the_runtime() {
    let literals = runtime_sources().into_iter().flat_map(|source| {
        let literals = source.split("\"HEARTBEAT_").skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap();
            let (name, rest) = rest.split_at(end);
            // A message may begin with a variable.
            let is_prefix = name.ends_with('_') && rest.starts_with('"');
            format!("HEARTBEAT_{name}{}", if is_prefix { "<NAME>" } else { "" })
        });
        literals.collect::<Vec<_>>()
    });
    // `"HEARTBEAT_"` alone is no variable.
    let in_code: BTreeSet<_> = literals.filter(|name| name != "HEARTBEAT_").collect();
    let table: BTreeSet<_> = table("docs/src/settings.md", "variable")
        .iter()
        .map(|[name, _]| name.trim_matches('`').replace("<NAME>_FILE", "<NAME>"))
        .map(|name| name.replace("<ROLE>_<ENDPOINT>", "<NAME>"))
        .filter(|name| name.starts_with("HEARTBEAT_"))
        .collect();
    assert_eq!(table, in_code);
    let known = ["known_variables.rs", "unknown_variables.rs"]
        .map(|file| without_tests(&read(&format!("heartbeat-runtime/src/config/{file}"))))
        .concat();
    for name in table.iter().map(|name| name.trim_end_matches("<NAME>")) {
        assert!(known.contains(&format!("\"{name}\"")), "no {name} in known_variables.rs");
    }
}

/// Returns every path, with the reasons for which it fails.
fn paths() -> Vec<(String, Vec<String>)> {
    let rows = table_of_both::<3>("docs/src/health.md", "path");
    let mut paths = Vec::new();
    for [cell, _, fails_for] in &rows {
        let fails_for = match fails_for.strip_prefix("as ") {
            Some(other) => {
                let row = rows.iter().find(|[paths, ..]| paths.contains(other)).unwrap();
                &row[2]
            }
            None => fails_for,
        };
        let reasons: Vec<_> = fails_for.split(", ").map(str::to_owned).collect();
        if cell.contains("LoadBalancerProbe") {
            paths.push((PROBE_PATH.to_owned(), reasons));
        } else {
            paths.extend(quoted(cell).map(|path| (path.to_owned(), reasons.clone())));
        }
    }
    paths
}

/// Spawns a worker that fails as `fail` says, for that reason alone, and waits for its line.
fn failing_worker(reason: &str, fail: &str, line: &str) -> Worker {
    let mut command = Command::new(PROGRAM);
    command.env("HEARTBEAT_SETTING_FAIL", fail).env("HEARTBEAT_STALL_AFTER", "500ms");
    let mut worker = Worker::spawn(&mut command);
    worker.wait_for_line(line);
    if reason == "stopping" {
        worker.signal(Signal::TERM);
        worker.wait_for_line("in on_stop");
    }
    worker
}

#[test]
fn its_paths_fail_for_the_reasons_in_its_table() {
    let paths = paths();
    let reasons: BTreeSet<_> = paths.iter().flat_map(|(_, reasons)| reasons).collect();
    for (reason, fail, line) in REASONS {
        assert!(reasons.iter().any(|named| *named == reason), "no {reason} in {reasons:?}");
        let worker = failing_worker(reason, fail, line);
        for (path, reasons) in &paths {
            let response = worker.get(path);
            let fails = reasons.iter().any(|named| named == reason);
            let expected = if fails { 503 } else { 200 };
            assert_eq!(response.status, expected, "{path}, {reason}: {}", response.body);
            let is_named = response.body.contains(&format!(r#""reasons":["{reason}"]"#));
            assert!(!fails || is_named, "{path}, {reason}: {}", response.body);
        }
    }
    let is_starved_listed = reasons.iter().any(|named| *named == "starved");
    assert!(is_starved_listed && reasons.len() == REASONS.len() + 1, "{reasons:?}");
}

#[test]
fn its_paths_pass_while_a_worker_runs() {
    let mut command = Command::new(PROGRAM);
    let mut worker = Worker::spawn(command.env("HEARTBEAT_SETTING_FAIL", "run stop"));
    worker.wait_for_line("in run");
    for (path, _) in paths() {
        assert_eq!(worker.get(&path).status, 200, "{path}");
    }
}

#[test]
fn it_names_every_path_of_the_router() {
    let readme = read("README.md");
    let router = without_tests(&read("heartbeat-runtime/src/server/router.rs"));
    let literals: BTreeSet<_> = router.split('"').skip(1).step_by(2).collect();
    let paths: Vec<_> = literals.iter().filter(|literal| literal.starts_with('/')).collect();
    assert!(paths.len() > 8, "{paths:?}");
    for path in paths {
        assert!(readme.contains(&format!("`{path}`")), "no {path} in the README");
    }
}

#[test]
fn its_fields_are_those_of_log_lines() {
    let line = read("heartbeat-runtime/src/log/line.rs");
    let (_, fields) = line.split_once("struct Fields {").unwrap();
    let (fields, _) = fields.split_once('}').unwrap();
    let fields = fields.lines().filter_map(|line| line.split_once(": "));
    let in_code: BTreeSet<_> = fields.map(|(name, _)| name.trim().to_owned()).collect();
    let rows = table::<2>("docs/src/logs-and-metrics.md", "field");
    let quoted = rows.iter().flat_map(|[names, _]| quoted(names));
    let in_table: BTreeSet<_> = quoted.map(str::to_owned).collect();
    assert_eq!(in_table, in_code);
}

#[test]
fn its_exit_codes_are_those_of_the_runtime() {
    let exit = read("heartbeat-runtime/src/exit.rs");
    let (_, code) = exit.split_once("fn code(").unwrap();
    let (code, _) = code.split_once("\n    }\n").unwrap();
    let codes: BTreeSet<_> = code
        .lines()
        .filter_map(|line| line.split_once("=> "))
        .map(|(_, code)| match code.trim_end_matches(',') {
            "number.saturating_add(128)" => "128 + n".to_owned(),
            code => code.to_owned(),
        })
        .collect();
    assert!(codes.len() > 5, "{codes:?}");
    let table: BTreeSet<_> =
        table_of_both("docs/src/stopping.md", "exit").into_iter().map(|[code, _]| code).collect();
    assert_eq!(table, codes);
}
