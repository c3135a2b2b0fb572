//! The scheduler under the command: three instances of `heartbeat run`, and rendered files.

use std::fs;

use heartbeat_tests::postgres_server::PostgresServer;
use heartbeat_tests::{Signal, Worker, signal};
use serde_json::Value;

use super::wait_until;
use crate::command::{heartbeat, run};

const EXAMPLE: &str = "schedule-worker";

/// Returns the process of an instance, as `heartbeat status` tells it.
fn process(instance: &str) -> u32 {
    let output = heartbeat(EXAMPLE, &["status", "--json"]).output().unwrap();
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    let instances = status.get("instances").and_then(Value::as_array).unwrap();
    let has_id = |it: &&Value| it.get("id").is_some_and(|id| id == instance);
    let pid = instances.iter().find(has_id).and_then(|instance| instance.get("pid"));
    pid.and_then(Value::as_u64).unwrap().try_into().unwrap()
}

#[test]
fn three_instances_run_under_the_command() {
    let Some(server) = PostgresServer::start() else { return };
    let mut shell = run(EXAMPLE);
    let mut run = Worker::spawn_raw(shell.env("HEARTBEAT_SETTING_DATABASE", server.url()));
    run.wait_for_line("3 instances ready");
    run.wait_until_logged("| leads from now on");
    // The killed one is back soon, and may lead again, in another session.
    let session = "select pid, application_name from pg_locks join pg_stat_activity using (pid) \
                   where locktype = 'advisory' and granted";
    let first = server.query(session);
    let id = first.split_once('|').unwrap().1;
    signal(process(id), Signal::KILL);
    wait_until("an instance leads again", || {
        let leader = server.query(session);
        !leader.is_empty() && leader != first
    });
    run.wait_for_line(&format!("{id} was killed by SIGKILL: again in "));
    // Its first check may come before or after it is running.
    run.wait_for_line(&format!("{id} | heartbeat: running "));
    let ready = || heartbeat(EXAMPLE, &["status"]).output().unwrap().status.success();
    wait_until("all instances are ready", ready);
    run.signal(Signal::TERM);
    assert_eq!(run.wait().code(), Some(0), "{:#?}", run.log());
}

#[test]
fn its_rendered_files_keep_the_address_of_the_database_secret() {
    for target in ["kubernetes", "compose", "systemd"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        assert!(heartbeat(EXAMPLE, &["render", target, "-o", path]).status().unwrap().success());
        let files = fs::read_dir(path).unwrap().map(|file| file.unwrap().path());
        let text: String = files.filter_map(|file| fs::read_to_string(file).ok()).collect();
        assert!(text.contains(EXAMPLE) && !text.contains("postgres@"), "{target}: {text}");
    }
}
