//! The addresses of endpoints: text forms, ports, unix sockets, and IPv4 without IPv6.

use std::net::TcpListener;
use std::process::Command;

use heartbeat_tests::Worker;

fn worker() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_SETTING_FAIL", "").env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
    command
}

/// Asserts that the worker logs that one line and exits with 78.
fn assert_refused(command: &mut Command, line: &str) {
    let mut worker = Worker::spawn_raw(command);
    assert_eq!(worker.wait().code(), Some(78), "{:#?}", worker.log());
    assert_eq!(worker.log(), [format!("heartbeat: cannot start: {line}")]);
}

#[test]
fn refuses_a_malformed_address() {
    for (variable, value) in [
        ("HEARTBEAT_ENDPOINT_HEARTBEAT", "localhost:3000"),
        ("HEARTBEAT_ENDPOINT_HEARTBEAT", ""),
        ("HEARTBEAT_ENDPOINT_PEER_PORT", "65536"),
    ] {
        let line =
            format!("{variable} is `{value}`: write a port, ip:port, [ip6]:port or unix:/path");
        assert_refused(worker().env(variable, value), &line);
    }
}

#[test]
fn refuses_a_port_in_use() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let line = format!(
        "cannot listen on {address} for endpoint `Heartbeat`: Address already in use (os error \
         98): end the process that has it, or set HEARTBEAT_ENDPOINT_HEARTBEAT to another address"
    );
    assert_refused(worker().env("HEARTBEAT_ENDPOINT_HEARTBEAT", address), &line);
}

#[cfg(unix)]
#[test]
fn replaces_the_unix_socket_of_a_dead_worker_but_not_of_a_running_one() {
    use std::io::{Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("health");
    // The socket of a dead process.
    drop(UnixListener::bind(&path).unwrap());
    let mut command = heartbeat_tests::example("step-worker");
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", format!("unix:{}", path.display()));

    let mut worker = Worker::spawn_raw(&mut command);
    worker.wait_for_line("on_start: press Enter");
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"GET /livez HTTP/1.0\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.0 200 OK\r\n"), "{response}");

    let mut second = Worker::spawn_raw(&mut command);
    assert_eq!(second.wait().code(), Some(78), "{:?}", second.log());

    for _ in 0..3 {
        worker.press_enter();
    }
    assert_eq!(worker.wait().code(), Some(0));
    assert!(!path.exists(), "a worker removes its socket");
}

/// Two containers may share a folder, and the worker of each is process 1.
#[cfg(target_os = "linux")]
#[test]
fn two_workers_with_the_same_process_id_replace_stale_sockets_in_one_folder() {
    use std::os::unix::net::UnixListener;

    const OPTIONS: [&str; 5] = ["--user", "--map-root-user", "--fork", "--pid", "--kill-child"];
    let mut unshare = Command::new("unshare");
    if !unshare.args(OPTIONS).arg("true").status().is_ok_and(|status| status.success()) {
        return heartbeat_tests::skip("unshare cannot create a PID namespace for this user");
    }
    let folder = tempfile::tempdir().unwrap();
    let spawn = |name: &str| {
        let path = folder.path().join(name);
        drop(UnixListener::bind(&path).unwrap());
        let mut command = Command::new("unshare");
        command.args(OPTIONS).arg(env!("CARGO_BIN_EXE_failing-worker"));
        command.env("HEARTBEAT_SETTING_FAIL", "");
        command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", format!("unix:{}", path.display()));
        Worker::spawn_raw(&mut command)
    };
    for round in 0..20 {
        for mut worker in ["first", "second"].map(spawn) {
            assert_eq!(worker.wait().code(), Some(0), "round {round}: {:#?}", worker.log());
        }
        let left: Vec<_> = folder.path().read_dir().unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// A sandbox may refuse IPv6 sockets with an error of its own. An error of the port stays fatal.
#[cfg(target_os = "linux")]
#[test]
fn listens_on_ipv4_only_if_ipv6_is_not_available() {
    let strace = "/usr/bin/strace";
    if !std::path::Path::new(strace).exists() {
        return heartbeat_tests::skip("strace is not installed");
    }
    let with_injected = |fault: &str| {
        let mut command = Command::new(strace);
        command.args(["--follow-forks", "--output=/dev/null", "-e"]);
        command.arg(format!("inject={fault}:when=1")).arg(env!("CARGO_BIN_EXE_failing-worker"));
        command.env("HEARTBEAT_SETTING_FAIL", "").env("HEARTBEAT_ENDPOINT_HEARTBEAT", "0");
        let mut worker = Worker::spawn_raw(&mut command);
        let code = worker.wait().code();
        if worker.log().iter().any(|line| line.starts_with("strace: ")) {
            heartbeat_tests::skip("strace may not trace here");
            return None;
        }
        Some((code, worker.log().join("\n")))
    };
    for error in ["EPERM", "EACCES", "EAFNOSUPPORT"] {
        let Some((code, log)) = with_injected(&format!("socket:error={error}")) else { return };
        assert_eq!(code, Some(0), "{error}: {log}");
        let warning = "heartbeat: IPv6 is not available for endpoint `Heartbeat` (";
        // It waits for a subscriber, as the line of the start does.
        let (before, rest) = log.split_once(warning).unwrap();
        assert!(!before.contains("heartbeat: "), "{log}");
        assert!(rest.contains("): listening on IPv4 only\nheartbeat: FailingWorker "), "{log}");
    }
    for error in ["EACCES", "EADDRINUSE"] {
        let Some((code, log)) = with_injected(&format!("bind:error={error}")) else { return };
        assert_eq!(code, Some(78), "{error}: {log}");
        assert!(log.starts_with("heartbeat: cannot start: cannot listen on [::]:0"), "{log}");
    }
}
