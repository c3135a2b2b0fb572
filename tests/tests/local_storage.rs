//! Folders of local storage that other users made or could change. Every user may write to the
//! default place, the folder for temporary files.
#![cfg(unix)]
#![expect(clippy::panic, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::fs::{Permissions, create_dir, set_permissions, write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use heartbeat_tests::{Worker, skip};
use tempfile::TempDir;

const OTHER_USER: &str = "61234";
const WORKER: &str = env!("CARGO_BIN_EXE_failing-worker");

/// Makes a folder for temporary files in that mode; returns it and the base of the worker's storage.
fn shared_folder(mode: u32) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), mode);
    let base = folder.path().join("heartbeat-FailingWorker-trial");
    (folder, base)
}

fn set_mode(path: &Path, mode: u32) {
    set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Returns a program as the command of another user; `None` if this user may not do that.
fn as_other_user(program: &str) -> Option<Command> {
    let setpriv = |program: &str| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", OTHER_USER, "--regid", OTHER_USER, "--clear-groups", program]);
        command
    };
    if setpriv("true").output().is_ok_and(|output| output.status.success()) {
        return Some(setpriv(program));
    }
    skip("setpriv cannot change the user");
    None
}

/// Runs the worker, which requests its local storage in `on_start`, and returns its exit code.
fn run(mut command: Command, folder: &TempDir) -> (Option<i32>, Worker) {
    command
        .env("TMPDIR", folder.path())
        .env("HEARTBEAT_INSTANCE_ID", "trial")
        .env("HEARTBEAT_SETTING_FAIL", "")
        .env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
    let mut worker = Worker::spawn_raw(&mut command);
    (worker.wait().code(), worker)
}

/// Asserts that the worker exits with 78, and that its error contains the reason once, the local
/// storage and the variable to set.
fn assert_refused(command: Command, folder: &TempDir, reason: &str) {
    let (code, worker) = run(command, folder);
    assert_eq!(code, Some(78), "{reason}: {:#?}", worker.log());
    let line = worker.log().iter().find(|line| line.contains("on_start failed: "));
    let line = line.unwrap_or_else(|| panic!("{reason}: {:#?}", worker.log()));
    assert_eq!(line.matches(reason).count(), 1, "{reason}: {line}");
    for part in ["for local storage `Scratch`", "set HEARTBEAT_RESOURCE_SCRATCH to "] {
        assert!(line.contains(part), "{reason}: {line}");
    }
    let end = worker.log().last().unwrap();
    assert!(end.contains("stopped by a configuration error after "), "{end}");
}

#[test]
fn makes_private_folders() {
    let (folder, base) = shared_folder(0o700);
    create_dir(&base).unwrap();
    let (code, worker) = run(Command::new(WORKER), &folder);
    assert_eq!(code, Some(0), "{:#?}", worker.log());
    assert_eq!(base.join("Scratch").metadata().unwrap().mode() & 0o777, 0o700);
}

#[test]
fn refuses_a_folder_that_other_users_may_change() {
    for (is_below, mode) in [(false, 0o777), (true, 0o770)] {
        let (folder, base) = shared_folder(0o700);
        let open = if is_below { base.join("Scratch") } else { base.clone() };
        create_dir(&base).unwrap();
        set_mode(&base, 0o700);
        if is_below {
            create_dir(&open).unwrap();
        }
        set_mode(&open, mode);
        let reason = format!("may be changed by other users (mode {mode:o})");
        assert_refused(Command::new(WORKER), &folder, &reason);
    }
}

#[test]
fn refuses_a_link_and_a_file() {
    let (folder, base) = shared_folder(0o700);
    symlink("/etc", &base).unwrap();
    assert_refused(Command::new(WORKER), &folder, "is a symbolic link");

    let (folder, base) = shared_folder(0o700);
    create_dir(&base).unwrap();
    set_mode(&base, 0o700);
    symlink("/etc", base.join("Scratch")).unwrap();
    assert_refused(Command::new(WORKER), &folder, "is a symbolic link");

    let (folder, base) = shared_folder(0o700);
    write(base, "").unwrap();
    assert_refused(Command::new(WORKER), &folder, "is not a folder");
}

#[test]
fn refuses_a_folder_given_to_another_user() {
    if !rustix::process::geteuid().is_root() {
        return skip("only root can give a folder to another user");
    }
    for is_below in [false, true] {
        let (folder, base) = shared_folder(0o700);
        let given = if is_below { base.join("Scratch") } else { base.clone() };
        create_dir(&base).unwrap();
        set_mode(&base, 0o700);
        if is_below {
            create_dir(&given).unwrap();
        }
        chown(&given, Some(61234), None).unwrap();
        assert_refused(Command::new(WORKER), &folder, "belongs to user 61234");
    }
}

#[test]
fn refuses_a_folder_that_another_user_made() {
    for mode in ["755", "777", "700"] {
        for is_below in [false, true] {
            let (folder, base) = shared_folder(0o1777);
            let made = if is_below { base.join("Scratch") } else { base.clone() };
            if is_below {
                create_dir(&base).unwrap();
                set_mode(&base, 0o777);
            }
            let Some(mut mkdir) = as_other_user("mkdir") else { return };
            assert!(mkdir.arg("-m").arg(mode).arg(&made).status().unwrap().success());
            if is_below {
                set_mode(&base, 0o755);
            }
            let reason = format!("{} belongs to user {OTHER_USER}", made.display());
            assert_refused(Command::new(WORKER), &folder, &reason);
        }
    }
}

/// The error names the owner even if this user may not open the folder.
#[test]
fn refuses_a_folder_that_root_made_to_another_user() {
    for mode in [0o755, 0o777, 0o700] {
        let (folder, base) = shared_folder(0o1777);
        let Some(worker) = as_other_user(WORKER) else { return };
        create_dir(&base).unwrap();
        set_mode(&base, mode);
        assert_refused(worker, &folder, &format!("{} belongs to user 0", base.display()));
    }
}

/// On some machines no user may list the folder for temporary files.
#[test]
fn makes_its_folder_in_one_that_it_may_not_list() {
    let (folder, base) = shared_folder(0o1733);
    for _ in ["first start", "second start"] {
        let Some(worker) = as_other_user(WORKER) else { return };
        let (code, worker) = run(worker, &folder);
        assert_eq!(code, Some(0), "{:#?}", worker.log());
        assert_eq!(base.join("Scratch").metadata().unwrap().mode() & 0o7777, 0o700);
    }
}

/// The operator chooses its owner, its mode and the links on its path.
#[test]
fn uses_the_folder_of_a_variable_unchecked() {
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
