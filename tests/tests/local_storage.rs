//! Folders of local storage that a second, real user has made or may not enter.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::fs::{Permissions, create_dir, set_permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use heartbeat_tests::{Worker, skip};
use tempfile::TempDir;

const STRANGER: &str = "61234";
const WORKER: &str = env!("CARGO_BIN_EXE_failing-worker");

/// The folder for temporary files, which all users of a machine share.
fn shared_folder(mode: u32) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), mode);
    let base = folder.path().join("heartbeat-FailingWorker-trial");
    (folder, base)
}

fn set_mode(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Runs a program as another user; `None` where this one may not become that user.
fn as_stranger(program: &str) -> Option<Command> {
    let setpriv = |program: &str| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", STRANGER, "--regid", STRANGER, "--clear-groups", program]);
        command
    };
    if setpriv("true").output().is_ok_and(|output| output.status.success()) {
        return Some(setpriv(program));
    }
    skip("setpriv cannot make this user another");
    None
}

/// Runs the worker, which asks for its local storage in `on_start`, to its end.
fn run(mut command: Command, folder: &TempDir) -> (Option<i32>, Worker) {
    command
        .env("TMPDIR", folder.path())
        .env("HEARTBEAT_INSTANCE_ID", "trial")
        .env("HEARTBEAT_SETTING_FAIL", "")
        .env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
    let mut worker = Worker::spawn_as_is(&mut command);
    (worker.wait().code(), worker)
}

fn assert_refused(command: Command, folder: &TempDir, found: &str) {
    let (code, worker) = run(command, folder);
    assert_eq!(code, Some(78), "{found}: {:#?}", worker.log());
    let refused = |line: &String| line.contains("on_start failed: ") && line.contains(found);
    assert!(worker.log().iter().any(refused), "no {found:?} in {:#?}", worker.log());
}

#[test]
fn a_folder_that_another_user_made_is_refused() {
    for mode in ["755", "777", "700"] {
        for is_below in [false, true] {
            let (folder, base) = shared_folder(0o1777);
            let made = if is_below { base.join("Scratch") } else { base.clone() };
            if is_below {
                create_dir(&base).unwrap();
                set_mode(&base, 0o777);
            }
            let Some(mut mkdir) = as_stranger("mkdir") else { return };
            assert!(mkdir.arg("-m").arg(mode).arg(&made).status().unwrap().success());
            if is_below {
                set_mode(&base, 0o755);
            }
            let found = format!("{} belongs to user {STRANGER}", made.display());
            assert_refused(Command::new(WORKER), &folder, &found);
        }
    }
}

/// The owner is named even where this user may not open the folder.
#[test]
fn a_folder_that_root_made_is_refused_to_another_user() {
    for mode in [0o755, 0o777, 0o700] {
        let (folder, base) = shared_folder(0o1777);
        let Some(worker) = as_stranger(WORKER) else { return };
        create_dir(&base).unwrap();
        set_mode(&base, mode);
        assert_refused(worker, &folder, &format!("{} belongs to user 0", base.display()));
    }
}

/// Some machines let nobody list the folder for temporary files.
#[test]
fn a_folder_is_made_where_the_shared_one_cannot_be_listed() {
    let (folder, base) = shared_folder(0o1733);
    for _ in ["it is made", "it is found"] {
        let Some(worker) = as_stranger(WORKER) else { return };
        let (code, worker) = run(worker, &folder);
        assert_eq!(code, Some(0), "{:#?}", worker.log());
        assert_eq!(base.join("Scratch").metadata().unwrap().mode() & 0o7777, 0o700);
    }
}

/// Its owner, its mode and the links on the way are the choice of the operator.
#[test]
fn a_folder_that_a_variable_names_is_used_as_it_is() {
    let (folder, _) = shared_folder(0o1777);
    let chosen = folder.path().join("chosen");
    create_dir(&chosen).unwrap();
    set_mode(&chosen, 0o777);
    let link = folder.path().join("link");
    symlink(&chosen, &link).unwrap();
    let mut command = Command::new(WORKER);
    command.env("HEARTBEAT_RESOURCE_SCRATCH", link.join("deep/scratch"));
    let (code, worker) = run(command, &folder);
    assert_eq!(code, Some(0), "{:#?}", worker.log());
    assert!(chosen.join("deep/scratch").is_dir());
}
