//! The start of a worker before its code runs: arguments, limits of the process, numbers in
//! variables, and blocked signals.

#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker, skip};

const PROGRAM: &str = env!("CARGO_BIN_EXE_failing-worker");
/// Far longer than a refused start takes, and far shorter than a stop may take.
const TIMEOUT: Duration = Duration::from_secs(5);

fn worker() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env("HEARTBEAT_SETTING_FAIL", "run stop");
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
    command
}

/// Asserts that the worker reaches user code, or logs in one line why it cannot start. Returns
/// whether it started.
fn assert_starts_or_is_refused(limited: &mut Command, limit: &str) -> bool {
    limited.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
    limited.env("HEARTBEAT_SETTING_FAIL", "on_start error").env("TOKIO_WORKER_THREADS", "16");
    let start = Instant::now();
    let mut worker = Worker::spawn_raw(limited);
    let code = worker.wait().code();
    assert!(start.elapsed() < TIMEOUT, "{limit}: {:#?}", worker.log());
    if code == Some(1) {
        let panicked = worker.log().iter().any(|line| line.contains("panicked"));
        assert!(!panicked, "{limit}: {:#?}", worker.log());
        return true;
    }
    // A failed allocation aborts the process, which then does not look alive either. It may also
    // end a thread of the start, whose last words come before ours.
    let out_of_memory = ["memory allocation of ", "out of memory"];
    let is_out_of_memory = |line: &String| out_of_memory.iter().any(|text| line.contains(text));
    if code.is_none() && worker.log().iter().any(is_out_of_memory) {
        return false;
    }
    assert_eq!(code, Some(78), "{limit}: {:#?}", worker.log());
    let log = worker.log().join("\n");
    assert_eq!(log.matches("heartbeat: cannot start: ").count(), 1, "{limit}: {log}");
    let is_ours = |line: &&String| !is_out_of_memory(line);
    assert!(worker.log().iter().filter(is_ours).count() <= 1, "{limit}: {log}");
    false
}

#[cfg(target_os = "linux")]
#[test]
fn starts_or_is_refused_under_any_limit_of_threads() {
    // Root is exempt from the limit, and another user may not enter the folder of the build.
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("worker");
    fs::copy(PROGRAM, &program).unwrap();
    let as_other_user = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=61234", "--regid=61234", "--clear-groups"]).args(arguments);
        command
    };
    if !as_other_user(&["true"]).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    {
        return skip("setpriv of util-linux cannot change the user: run as root");
    }
    let mut has_started = Vec::new();
    for round in 0..3 {
        for limit in (2..=20).chain([40]) {
            let mut limited = as_other_user(&["prlimit", &format!("--nproc={limit}")]);
            let limit = format!("{limit} threads, round {round}");
            has_started.push(assert_starts_or_is_refused(limited.arg(&program), &limit));
        }
    }
    assert_eq!((has_started.first(), has_started.last()), (Some(&false), Some(&true)));
}

#[cfg(target_os = "linux")]
#[test]
fn starts_or_is_refused_under_any_limit_of_memory() {
    let mut has_started = Vec::new();
    for megabytes in (20_u64..=60).step_by(5).chain((100..=1000).step_by(50)).chain([4000]) {
        let mut limited = Command::new("prlimit");
        limited.arg(format!("--as={}", megabytes * 1024 * 1024)).arg(PROGRAM);
        let limit = format!("{megabytes} MB");
        has_started.push(assert_starts_or_is_refused(&mut limited, &limit));
    }
    assert_eq!((has_started.first(), has_started.last()), (Some(&false), Some(&true)));
}

#[cfg(target_os = "linux")]
#[test]
fn starts_or_is_refused_under_any_limit_of_open_files() {
    let mut has_started = Vec::new();
    for files in 4..40 {
        let mut limited = Command::new("prlimit");
        limited.arg(format!("--nofile={files}")).arg(PROGRAM);
        has_started.push(assert_starts_or_is_refused(&mut limited, &format!("{files} files")));
    }
    assert_eq!((has_started.first(), has_started.last()), (Some(&false), Some(&true)));
}

#[test]
fn refuses_a_variable_that_is_not_a_number() {
    let count = "write a whole number from 1 to 65535";
    for (name, value, line) in [
        ("TOKIO_WORKER_THREADS", "0", format!("TOKIO_WORKER_THREADS is `0`: {count}")),
        ("TOKIO_WORKER_THREADS", "x", format!("TOKIO_WORKER_THREADS is `x`: {count}")),
        ("TOKIO_WORKER_THREADS", "", format!("TOKIO_WORKER_THREADS is ``: {count}")),
        ("TOKIO_WORKER_THREADS", "1\n2", format!("TOKIO_WORKER_THREADS is `1\\n2`: {count}")),
        (
            "TOKIO_WORKER_THREADS",
            "1000000000000",
            format!("TOKIO_WORKER_THREADS is `1000000000000`: {count}"),
        ),
        ("WATCHDOG_USEC", "30s", "WATCHDOG_USEC is `30s`: write a whole number".to_owned()),
        ("WATCHDOG_PID", "me", "WATCHDOG_PID is `me`: write a whole number".to_owned()),
        ("LISTEN_PID", "me", "LISTEN_PID is `me`: write a whole number".to_owned()),
        (
            "LISTEN_FDS",
            "all",
            "LISTEN_FDS is `all`: write a whole number from 0 to 65535".to_owned(),
        ),
        (
            "LISTEN_FDS",
            "4294967290",
            "LISTEN_FDS is `4294967290`: write a whole number from 0 to 65535".to_owned(),
        ),
    ] {
        let mut worker = Worker::spawn_raw(worker().env(name, value));
        assert_eq!(worker.wait().code(), Some(78), "{name}={value}: {:#?}", worker.log());
        assert_eq!(worker.log(), [format!("heartbeat: cannot start: {line}")]);
    }
    let not_text = OsString::from_vec(vec![0xff]);
    let mut worker = Worker::spawn_raw(worker().env("TOKIO_WORKER_THREADS", not_text));
    assert_eq!(worker.wait().code(), Some(78), "{:#?}", worker.log());
    let line = "heartbeat: cannot start: TOKIO_WORKER_THREADS is not Unicode text: set it again";
    assert_eq!(worker.log(), [line]);
}

#[test]
fn refuses_unknown_arguments_that_begin_with_heartbeat() {
    let did_you_mean = |wrong: &str, right: &str| {
        format!("`{wrong}` is not an argument of a worker: did you mean `{right}`?")
    };
    let alone = "`--heartbeat-probe=live` must be the only argument: remove the others";
    let live = "--heartbeat-probe=live";
    for (arguments, line) in [
        (&["--heartbeat-probe", "live"][..], did_you_mean("--heartbeat-probe", live)),
        (
            &["--heartbeat-probe", "ready"],
            did_you_mean("--heartbeat-probe", "--heartbeat-probe=ready"),
        ),
        (&["--heartbeat-probe"], did_you_mean("--heartbeat-probe", live)),
        (&["--heartbeat-probe="], did_you_mean("--heartbeat-probe=", live)),
        (&["--heartbeat-probe=LIVE"], did_you_mean("--heartbeat-probe=LIVE", live)),
        (&["--Heartbeat-Probe=live"], did_you_mean("--Heartbeat-Probe=live", live)),
        (&["--heartbeat-prob=live"], did_you_mean("--heartbeat-prob=live", live)),
        (&["-v", "--", "--heartbeat-prob=live"], did_you_mean("--heartbeat-prob=live", live)),
        (&[live, "--heartbeat-prob=live"], did_you_mean("--heartbeat-prob=live", live)),
        (&["--heartbeat-probe=li\nve"], did_you_mean("--heartbeat-probe=li\\nve", live)),
        (
            &["--heartbeats"],
            "`--heartbeats` is not an argument of a worker: `--help` lists them".to_owned(),
        ),
        (&[live, "-v"], alone.to_owned()),
        (&["-v", live], alone.to_owned()),
        (&[live, live], alone.to_owned()),
        (
            &["--heartbeat-describe=json"],
            did_you_mean("--heartbeat-describe=json", "--heartbeat-describe"),
        ),
        (&["--help", live], alone.to_owned()),
    ] {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        assert_arguments_refused(&arguments, &line);
    }
    let not_text = OsString::from_vec(b"--heartbeat-probe=live\xff".to_vec());
    assert_arguments_refused(&[not_text], &did_you_mean("--heartbeat-probe=live\u{fffd}", live));
}

fn assert_arguments_refused(arguments: &[OsString], line: &str) {
    // Arguments are refused before variables are read.
    let mut command = worker();
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "nowhere").args(arguments);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("heartbeat: {line}\n"));
}

#[test]
fn ignores_other_arguments() {
    let mut command = worker();
    let not_text = OsString::from_vec(vec![0xff]);
    let mut worker =
        Worker::spawn(command.args(["-v", "--help", "heartbeat", "--heart"]).arg(not_text));
    worker.wait_for_line("in run");
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}

#[test]
fn handles_signals_that_the_parent_has_blocked() {
    let blocked = |script: &str| {
        let mut command = Command::new("env");
        command.args(["--block-signal=TERM", "--block-signal=INT", "--block-signal=HUP"]);
        command.args(["sh", "-c", script, PROGRAM]).env("HEARTBEAT_SETTING_FAIL", "run stop");
        command
    };
    let is_supported = blocked("exit 0").stderr(Stdio::null()).status();
    if !is_supported.is_ok_and(|status| status.success()) {
        return skip("env of coreutils has no --block-signal");
    }
    for signal in [Signal::TERM, Signal::INT] {
        let mut worker = Worker::spawn(&mut blocked("exec \"$0\""));
        worker.wait_for_line("in run");
        assert_no_thread_blocks(&worker);
        worker.signal(Signal::HUP);
        worker.signal(signal);
        assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
    }
    // A signal that arrived while it was blocked does not kill the process.
    let mut worker = Worker::spawn(&mut blocked("kill -TERM $$; exec \"$0\""));
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}

/// Asserts that every thread receives SIGHUP, SIGINT and SIGTERM, so that any one thread suffices.
fn assert_no_thread_blocks(worker: &Worker) {
    let deadline = Instant::now() + TIMEOUT;
    let is_blocked = |status: &String| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap() & (1 | 1 << 1 | 1 << 14) != 0
    };
    // The C library blocks all signals while it creates a thread.
    while let Some(blocked) = statuses(worker.id()).iter().find(|status| is_blocked(status)) {
        assert!(Instant::now() < deadline, "{blocked}");
    }
}

/// Reads the status of each thread of a process; empty on systems without `/proc`.
fn statuses(process: u32) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    threads
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("status")).ok())
        .collect()
}
