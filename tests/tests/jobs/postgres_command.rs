//! The worker that takes jobs from a table, under the command: `heartbeat run`, `check` and `render`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use heartbeat_tests::postgres_server::PostgresServer;
use heartbeat_tests::{Signal, Worker, example, program, workspace};

use super::postgres::{PAID, Payments};

fn folder() -> PathBuf {
    workspace().join("examples/postgres-worker")
}

#[test]
fn the_command_runs_the_instances_of_the_configuration() {
    let Some(server) = PostgresServer::start() else { return };
    let payments = Payments { server };
    // Built, so that the command has nothing to build.
    let _ = example("postgres-worker");
    let mut shell = Command::new("bash");
    // It writes to stdout.
    shell.args(["-c", "exec \"$0\" run --port 0 >&2"]).current_dir(folder());
    shell.arg(program("heartbeat-cli", "heartbeat").get_program());
    shell.env("HEARTBEAT_SETTING_DATABASE", payments.server.url());
    shell.env("HEARTBEAT_SETTING_PAYMENTMILLISECONDS", "500");
    let mut run = Worker::spawn_raw(&mut shell);
    let done: BTreeSet<_> = {
        // Both are connected before there is a job: a payment takes longer than a poll of the other.
        payments.wait_until(
            "(select count(*) from pg_stat_activity where query = 'ROLLBACK' or query = 'listen jobs') >= 8",
        );
        payments.server.query("insert into accounts (name) values ('ann')");
        payments.add_jobs(24, "ann");
        (0..24).map(|_| instance(&run.wait_for_line("is done"))).collect()
    };
    assert_eq!(
        done.into_iter().collect::<Vec<_>>(),
        ["PostgresWorker_IN_0", "PostgresWorker_IN_1"]
    );
    assert_eq!(payments.server.query(PAID), "24|24");
    run.signal(Signal::INT);
    assert_eq!(run.wait().code(), Some(0), "{:#?}", run.log());
}

/// Returns the id of the instance that has printed a line.
fn instance(line: &str) -> String {
    line.split_whitespace().next().unwrap_or_default().to_owned()
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
