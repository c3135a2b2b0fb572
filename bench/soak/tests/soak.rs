//! The soak finds what it must, and leaves nothing running.

#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use heartbeat_tests::skip;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

const TIMEOUT: Duration = Duration::from_secs(60);

#[test]
fn faults_that_do_not_happen_are_false_greens() {
    let Some(output) = soak("deaf") else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("FalseGreen /livez of worker "), "{text}");
    assert!(text.contains("\n0 false reds, "), "{text}");
}

#[test]
fn late_beats_are_false_reds() {
    let Some(output) = soak("hasty") else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("FalseRed /livez of worker "), "{text}");
    assert!(text.contains(" false reds, 0 false greens, "), "{text}");
}

#[test]
fn a_killed_soak_leaves_nothing_running() {
    let Some(mut command) = command() else { return };
    // It cannot remove its files.
    let folder = tempfile::tempdir().unwrap();
    let mut soak = command.env("TMPDIR", folder.path()).stdout(Stdio::null()).spawn().unwrap();
    // The clock of the pause alone: nothing is ever sent.
    let (_send, pause) = channel::<()>();
    let deadline = Instant::now() + TIMEOUT;
    let mut children = children(&soak);
    while !["soak-worker", "redis-server"]
        .iter()
        .all(|name| children.iter().any(|it| it.0 == *name))
    {
        assert!(Instant::now() < deadline, "{children:?}");
        let _ = pause.recv_timeout(Duration::from_millis(20));
        children = self::children(&soak);
    }
    let processes: Vec<_> = children
        .iter()
        .filter_map(|child| {
            // One that has ended already is gone.
            let process = pidfd_open(Pid::from_raw(child.1)?, PidfdFlags::empty()).ok()?;
            Some((child, process))
        })
        .collect();
    soak.kill().unwrap();
    soak.wait().unwrap();
    for (child, process) in &processes {
        let timeout = Timespec { tv_sec: 60, tv_nsec: 0 };
        let ended = poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&timeout)).unwrap();
        assert_eq!(ended, 1, "{child:?} still runs");
    }
}

/// Runs a short soak of workers with a mistake.
fn soak(sabotage: &str) -> Option<Output> {
    Some(command()?.args(["--minutes", "0.4", "--sabotage", sabotage]).output().unwrap())
}

fn command() -> Option<Command> {
    if Command::new("redis-server").arg("--version").output().is_err() {
        skip("redis-server is not installed");
        return None;
    }
    // Cargo builds the worker beside it.
    let mut soak = Command::new(env!("CARGO_BIN_EXE_heartbeat-soak"));
    soak.args(["--workers", "4", "--seed", "7"]).stdin(Stdio::null());
    Some(soak)
}

/// Returns the names and ids of the processes that a process has spawned.
fn children(parent: &Child) -> Vec<(String, i32)> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    let child = |id: i32| {
        let status = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let (name, fields) = status.split_once('(')?.1.rsplit_once(") ")?;
        let is_child = fields.split(' ').nth(1)? == parent.id().to_string();
        is_child.then(|| (name.to_owned(), id))
    };
    ids.filter_map(child).collect()
}
