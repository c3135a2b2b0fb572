//! SIGHUP: a stop where stdin is a terminal, else only a line; ignored where it was ignored before.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::fs;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::Duration;

use heartbeat_tests::{Signal, Worker};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const PROGRAM: &str = env!("CARGO_BIN_EXE_failing-worker");

/// The other end of a terminal. Dropping it hangs up.
struct Terminal {
    _master: OwnedFd,
    path: String,
}

impl Terminal {
    fn open() -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        Self { _master: master, path }
    }

    /// Returns a worker that leads a session on this terminal, after the shell has run `before`.
    fn worker(&self, before: &str, fail: &str) -> Worker {
        let script = format!("{before} exec setsid --ctty \"$0\" <\"$1\"");
        worker(heard().args(["sh", "-c", &script, PROGRAM, &self.path]), fail)
    }
}

/// Returns a command that runs its arguments with the default action of SIGHUP, though the tests may
/// run under `nohup`.
fn heard() -> Command {
    let mut command = Command::new("env");
    command.arg("--default-signal=HUP");
    command
}

fn worker(command: &mut Command, fail: &str) -> Worker {
    command.env("HEARTBEAT_SETTING_FAIL", fail).env("HEARTBEAT_STOP_WITHIN", "1h");
    let mut worker = Worker::spawn(command);
    worker.wait_for_line("in run");
    worker
}

/// Asserts that the worker works on, and says nothing of the signal.
fn assert_works_on_silently(mut worker: Worker) {
    let status = fs::read_to_string(format!("/proc/{}/status", worker.id())).unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    assert_eq!(u64::from_str_radix(ignored.trim(), 16).unwrap() & 1, 1, "{status}");
    assert_eq!(worker.get("/readyz").status, 200);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
    assert!(!worker.log().iter().any(|line| line.contains("SIGHUP")), "{:#?}", worker.log());
}

#[test]
fn a_terminal_that_hangs_up_stops_the_worker() {
    let terminal = Terminal::open();
    let mut worker = terminal.worker("", "run stop");
    drop(terminal);
    worker.wait_for_line("SIGHUP: stopping, within 3600 s");
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}

/// The shell passes the signal on to its jobs, and the system sends it too when the shell has ended.
#[test]
fn a_repeated_hangup_does_not_force_the_exit() {
    let terminal = Terminal::open();
    let mut worker = terminal.worker("", "run stop, on_stop block");
    worker.signal(Signal::HUP);
    worker.wait_for_line("in on_stop");
    for _ in 0..3 {
        worker.read_log_for(Duration::from_millis(100));
        worker.signal(Signal::HUP);
    }
    assert_eq!(worker.get("/livez").status, 200);
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(128 + 15), "{:#?}", worker.log());
}

#[test]
fn without_a_terminal_it_is_logged_and_ignored() {
    let mut worker = worker(heard().arg(PROGRAM), "run stop");
    for _ in 0..2 {
        worker.signal(Signal::HUP);
        worker.wait_for_line("heartbeat: SIGHUP: ignored, as stdin is not a terminal");
    }
    assert_eq!(worker.get("/readyz").status, 200);
    worker.signal(Signal::TERM);
    worker.wait_for_line("SIGTERM: stopping, within 3600 s");
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}

#[test]
fn under_nohup_it_stays_ignored() {
    let worker = worker(Command::new("nohup").arg(PROGRAM), "run stop");
    worker.signal(Signal::HUP);
    assert_works_on_silently(worker);
}

#[test]
fn a_worker_that_ignores_it_outlives_its_terminal() {
    let terminal = Terminal::open();
    let worker = terminal.worker("trap '' HUP;", "run stop");
    drop(terminal);
    assert_works_on_silently(worker);
}
