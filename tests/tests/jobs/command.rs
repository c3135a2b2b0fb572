//! The examples under the command: `heartbeat run`, `check` and `render`.

use std::path::PathBuf;
use std::process::Command;

use heartbeat_tests::{example, program, workspace};

/// Returns a command in the folder of an example.
pub(crate) fn heartbeat(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("heartbeat-cli", "heartbeat").get_program());
    command.args(arguments).current_dir(folder(name));
    command
}

/// Returns `heartbeat run` in the folder of an example, with its lines on stderr.
pub(crate) fn run(name: &str) -> Command {
    // Built, so that the command has nothing to build.
    let _ = example(name);
    let mut shell = Command::new("bash");
    shell.args(["-c", "exec \"$0\" run --port 0 >&2"]).current_dir(folder(name));
    shell.arg(program("heartbeat-cli", "heartbeat").get_program());
    shell
}

fn folder(name: &str) -> PathBuf {
    workspace().join("examples").join(name)
}

#[test]
fn nothing_is_wrong_with_their_definitions_or_lost_elsewhere() {
    let output = tempfile::tempdir().unwrap();
    for name in ["postgres-worker", "redis-worker", "schedule-worker"] {
        for target in ["kubernetes", "compose", "systemd"] {
            let check = ["check", "--strict", "--for", target];
            let found = heartbeat(name, &check).output().unwrap();
            let told = String::from_utf8_lossy(&found.stdout);
            assert!(found.status.success(), "{name}, {target}: {told}");
            let files = output.path().join(name).join(target);
            let render = ["render", target, "-o", files.to_str().unwrap()];
            let rendered = heartbeat(name, &render).output().unwrap();
            let told = String::from_utf8_lossy(&rendered.stderr);
            assert!(rendered.status.success() && told.is_empty(), "{name}, {target}: {told}");
        }
    }
}
