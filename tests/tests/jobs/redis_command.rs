//! The Redis worker under the command: `heartbeat run`, `check` and `render`.

use std::path::PathBuf;
use std::process::Command;

use heartbeat_tests::redis_server::RedisServer;
use heartbeat_tests::{Signal, Worker, example, program, workspace};

use super::redis_worker::{ask, order, wait_until};

fn folder() -> PathBuf {
    workspace().join("examples/redis-worker")
}

#[test]
fn the_command_runs_the_instances_of_the_configuration() {
    let Some(server) = RedisServer::start() else { return };
    // Built, so that the command has nothing to build.
    let _ = example("redis-worker");
    let mut shell = Command::new("bash");
    // It writes to stdout.
    shell.args(["-c", "exec \"$0\" run --port 0 >&2"]).current_dir(folder());
    shell.arg(program("heartbeat-cli", "heartbeat").get_program());
    shell.env("HEARTBEAT_SETTING_REDIS", server.url());
    let mut run = Worker::spawn_raw(&mut shell);
    let mut connection = server.connect().unwrap();
    for item in 0..8 {
        order(&mut connection, &item.to_string());
    }
    for _ in 0..8 {
        run.wait_for_line(": shipped id=");
    }
    wait_until("all are gone", || ask::<u64>(&mut connection, "XLEN orders") == 0);
    for instance in ["RedisWorker_IN_0", "RedisWorker_IN_1"] {
        let is_ready = |line: &&String| line.contains(instance) && line.contains(": shipped id=");
        assert!(run.log().iter().any(|line| is_ready(&line)), "{instance}: {:#?}", run.log());
    }
    run.signal(Signal::INT);
    assert_eq!(run.wait().code(), Some(0), "{:#?}", run.log());
}

#[test]
fn nothing_is_wrong_with_its_definition_or_lost_elsewhere() {
    let command = program("heartbeat-cli", "heartbeat");
    let output = tempfile::tempdir().unwrap();
    for target in ["kubernetes", "compose", "systemd"] {
        let mut check = Command::new(command.get_program());
        check.args(["check", "--strict", "--for", target]).current_dir(folder());
        let found = check.output().unwrap();
        assert!(found.status.success(), "{target}: {}", String::from_utf8_lossy(&found.stdout));
        let mut render = Command::new(command.get_program());
        render.args(["render", target, "-o"]).arg(output.path().join(target));
        let rendered = render.current_dir(folder()).output().unwrap();
        let told = String::from_utf8_lossy(&rendered.stderr);
        assert!(rendered.status.success() && told.is_empty(), "{target}: {told}");
    }
}
