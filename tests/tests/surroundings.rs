//! What a worker takes from its surroundings: addresses, settings, folders, identity; and what it
//! says, before any of its code has run, where those are not what they have to be.

use std::net::TcpListener;
use std::process::Command;

use heartbeat_tests::Worker;

fn worker() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_SETTING_FAIL", "").env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
    command
}

/// Asserts that the worker says that one line, and ends with 78.
fn assert_refused(command: &mut Command, line: &str) {
    let mut worker = Worker::spawn_as_is(command);
    assert_eq!(worker.wait().code(), Some(78), "{:#?}", worker.log());
    assert_eq!(worker.log(), [format!("heartbeat: cannot start: {line}")]);
}

#[test]
fn an_address_that_is_none_is_refused() {
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
fn a_port_in_use_is_refused() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let line = format!(
        "cannot listen on {address} for endpoint `Heartbeat`: Address already in use (os error \
         98): end the process that has it, or set HEARTBEAT_ENDPOINT_HEARTBEAT to another address"
    );
    assert_refused(worker().env("HEARTBEAT_ENDPOINT_HEARTBEAT", address), &line);
}

#[test]
fn a_setting_without_a_value_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let line = "no value for setting `Fail` of role `FailingWorker`: ServiceConfiguration.cscfg \
                is not in the working directory: set HEARTBEAT_SETTING_FAIL, or name a service \
                configuration with HEARTBEAT_CONFIGURATION";
    let mut command = worker();
    assert_refused(command.env_remove("HEARTBEAT_SETTING_FAIL").current_dir(folder.path()), line);

    let file = folder.path().join("other.cscfg");
    std::fs::write(&file, "<ServiceConfiguration serviceName='S'>\n  <Role name=W/>").unwrap();
    let mut worker = Worker::spawn_as_is(command.env("HEARTBEAT_CONFIGURATION", &file));
    assert_eq!(worker.wait().code(), Some(78));
    let start = format!(
        "heartbeat: cannot start: cannot read the service configuration {}:2:",
        file.display()
    );
    assert!(worker.log()[0].starts_with(&start), "{:?}", worker.log());
}

#[test]
fn identity_folders_and_addresses_are_handed_to_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = folder.path().join("scratch");
    let configuration = folder.path().join("ServiceConfiguration.cscfg");
    let content = "<ServiceConfiguration serviceName='Trials'><Role name='FailingWorker'>\
                   <ConfigurationSettings><Setting name='Fail' value='run error'/>\
                   </ConfigurationSettings></Role></ServiceConfiguration>";
    std::fs::write(configuration, content).unwrap();
    let mut worker = Worker::spawn_as_is(
        worker()
            .current_dir(folder.path())
            .env_remove("HEARTBEAT_SETTING_FAIL")
            .env("HEARTBEAT_RESOURCE_SCRATCH", &scratch)
            .env("HEARTBEAT_ENDPOINT_PEER_PORT", "127.0.0.1:4711")
            .env("HEARTBEAT_INSTANCE_ID", "trial-7"),
    );
    assert_eq!(worker.wait().code(), Some(1), "the setting comes from the working directory");
    for line in [
        "peer at 127.0.0.1:4711".to_owned(),
        format!("scratch at {}", scratch.display()),
        format!("FailingWorker {} of trial-7", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(worker.log().contains(&line), "no {line:?} in {:#?}", worker.log());
    }
    assert!(scratch.is_dir());
}

#[cfg(unix)]
#[test]
fn health_is_served_on_a_unix_socket_that_is_not_taken_from_a_live_worker() {
    use std::io::{Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("health");
    // A socket that a dead process has left.
    drop(UnixListener::bind(&path).unwrap());
    let mut command = heartbeat_tests::example("step-worker");
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", format!("unix:{}", path.display()));

    let mut worker = Worker::spawn_as_is(&mut command);
    worker.line_with("on_start: press Enter");
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"GET /livez HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");

    let mut second = Worker::spawn_as_is(&mut command);
    assert_eq!(second.wait().code(), Some(78), "{:?}", second.log());

    for _ in 0..3 {
        worker.press_enter();
    }
    assert_eq!(worker.wait().code(), Some(0));
    assert!(!path.exists(), "it has taken its socket away");
}

/// Two containers may share a folder, and each of their workers is process 1.
#[cfg(target_os = "linux")]
#[test]
fn two_workers_of_the_same_process_id_replace_their_stale_sockets_side_by_side() {
    use std::os::unix::net::UnixListener;

    const OPTIONS: [&str; 5] = ["--user", "--map-root-user", "--fork", "--pid", "--kill-child"];
    let mut unshare = Command::new("unshare");
    if !unshare.args(OPTIONS).arg("true").status().is_ok_and(|status| status.success()) {
        return heartbeat_tests::skip("unshare cannot make a PID namespace for this user");
    }
    let folder = tempfile::tempdir().unwrap();
    let spawn = |name: &str| {
        let path = folder.path().join(name);
        drop(UnixListener::bind(&path).unwrap());
        let mut command = Command::new("unshare");
        command.args(OPTIONS).arg(env!("CARGO_BIN_EXE_failing-worker"));
        command.env("HEARTBEAT_SETTING_FAIL", "");
        command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", format!("unix:{}", path.display()));
        Worker::spawn_as_is(&mut command)
    };
    for round in 0..20 {
        for mut worker in ["one", "other"].map(spawn) {
            assert_eq!(worker.wait().code(), Some(0), "round {round}: {:#?}", worker.log());
        }
        let left: Vec<_> = folder.path().read_dir().unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// The default folder of a local storage lies where every user may write.
#[cfg(target_os = "linux")]
#[test]
fn a_local_storage_that_another_user_could_reach_is_refused() {
    use std::fs::{DirBuilder, Permissions, create_dir, set_permissions, write};
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown, symlink};
    use std::path::Path;

    type Prepare = fn(&Path);
    const MODE: fn(u32) -> Permissions = Permissions::from_mode;
    let is_root = rustix::process::geteuid().is_root();
    let base = |temp: &Path| temp.join("heartbeat-FailingWorker-trial");
    let cases: [(&str, bool, Prepare, &str); 8] = [
        ("own folders", false, |base| create_dir(base).unwrap(), ""),
        (
            "a foreign folder",
            true,
            |base| {
                create_dir(base).unwrap();
                chown(base, Some(61234), None).unwrap();
            },
            "belongs to user 61234",
        ),
        (
            "a folder open to others",
            false,
            |base| {
                create_dir(base).unwrap();
                set_permissions(base, MODE(0o777)).unwrap();
            },
            "may be changed by other users (mode 777)",
        ),
        ("a link", false, |base| symlink("/etc", base).unwrap(), "is a symbolic link"),
        ("a file", false, |base| write(base, "").unwrap(), "is not a folder"),
        (
            "a link below",
            false,
            |base| {
                DirBuilder::new().mode(0o700).create(base).unwrap();
                symlink("/etc", base.join("Scratch")).unwrap();
            },
            "is a symbolic link",
        ),
        (
            "a folder below that is open to others",
            false,
            |base| {
                DirBuilder::new().mode(0o700).create(base).unwrap();
                create_dir(base.join("Scratch")).unwrap();
                set_permissions(base.join("Scratch"), MODE(0o770)).unwrap();
            },
            "may be changed by other users (mode 770)",
        ),
        (
            "a foreign folder below",
            true,
            |base| {
                DirBuilder::new().mode(0o700).create(base).unwrap();
                create_dir(base.join("Scratch")).unwrap();
                chown(base.join("Scratch"), Some(61234), None).unwrap();
            },
            "belongs to user 61234",
        ),
    ];
    for (what, needs_root, prepare, refused) in cases {
        if needs_root && !is_root {
            heartbeat_tests::skip("only root can give a folder to another user");
            continue;
        }
        let temp = tempfile::tempdir().unwrap();
        prepare(&base(temp.path()));
        let mut command = worker();
        command.env("TMPDIR", temp.path()).env("HEARTBEAT_INSTANCE_ID", "trial");
        let mut worker = Worker::spawn_as_is(&mut command);
        let code = worker.wait().code();
        let log = worker.log().join("\n");
        if refused.is_empty() {
            assert_eq!(code, Some(0), "{what}: {log}");
            let mode = base(temp.path()).join("Scratch").metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{what}");
            continue;
        }
        assert_eq!(code, Some(78), "{what}: {log}");
        let line = worker.log().iter().find(|line| line.contains("on_start failed: "));
        let line = line.unwrap_or_else(|| panic!("{what}: {log}"));
        assert_eq!(line.matches(refused).count(), 1, "{what}: {line}");
        for part in [refused, "for local storage `Scratch`", "set HEARTBEAT_RESOURCE_SCRATCH to "] {
            assert!(line.contains(part), "{what}: {line}");
        }
    }
}

/// A sandbox may refuse IPv6 sockets in its own words, and IPv4 works all the same. An error of the
/// port stays one.
#[cfg(target_os = "linux")]
#[test]
fn where_ipv6_is_refused_ipv4_is_served_alone() {
    let strace = "/usr/bin/strace";
    if !std::path::Path::new(strace).exists() {
        return heartbeat_tests::skip("strace is not installed");
    }
    let injected = |fault: &str| {
        let mut command = Command::new(strace);
        command.args(["--follow-forks", "--output=/dev/null", "-e"]);
        command.arg(format!("inject={fault}:when=1")).arg(env!("CARGO_BIN_EXE_failing-worker"));
        command.env("HEARTBEAT_SETTING_FAIL", "").env("HEARTBEAT_ENDPOINT_HEARTBEAT", "0");
        let mut worker = Worker::spawn_as_is(&mut command);
        let code = worker.wait().code();
        if worker.log().iter().any(|line| line.starts_with("strace: ")) {
            heartbeat_tests::skip("strace may not trace here");
            return None;
        }
        Some((code, worker.log().join("\n")))
    };
    for error in ["EPERM", "EACCES", "EAFNOSUPPORT"] {
        let Some((code, log)) = injected(&format!("socket:error={error}")) else { return };
        assert_eq!(code, Some(0), "{error}: {log}");
        let warning = "heartbeat: IPv6 is not available for endpoint `Heartbeat` (";
        assert!(log.starts_with(warning) && log.contains("): listening on IPv4 only"), "{log}");
    }
    for error in ["EACCES", "EADDRINUSE"] {
        let Some((code, log)) = injected(&format!("bind:error={error}")) else { return };
        assert_eq!(code, Some(78), "{error}: {log}");
        assert!(log.starts_with("heartbeat: cannot start: cannot listen on [::]:0"), "{log}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn of_two_sockets_that_are_handed_over_only_the_unix_socket_is_trusted() {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    let activate = "/usr/bin/systemd-socket-activate";
    if !std::path::Path::new(activate).exists() {
        return heartbeat_tests::skip("systemd is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("health").display().to_string();
    for unix_is_first in [true, false] {
        let public = heartbeat_tests::free_address();
        let (one, other) = if unix_is_first { (&path, &public) } else { (&public, &path) };
        let mut command = Command::new(activate);
        command.args(["-l", one, "-l", other, "--fdname=Heartbeat:Heartbeat"]);
        command.arg("--setenv=HEARTBEAT_SETTING_FAIL=run stop");
        let mut worker = Worker::spawn_as_is(command.arg(env!("CARGO_BIN_EXE_failing-worker")));
        worker.line_with(&format!("Listening on {other}"));
        let request = "GET /health HTTP/1.0\r\n\r\n";
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut trusted = String::new();
        stream.read_to_string(&mut trusted).unwrap();
        assert!(trusted.contains(r#""role":"FailingWorker""#), "{trusted}");
        let answer = heartbeat_tests::exchange(&public, request).unwrap();
        assert!(answer.contains(r#""version":"#) && !answer.contains("role"), "{answer}");
        let metrics = "GET /metrics HTTP/1.0\r\n\r\n";
        let answer = heartbeat_tests::exchange(&public, metrics).unwrap();
        assert!(answer.starts_with("HTTP/1.0 404 "), "{answer}");
        drop(worker);
        std::fs::remove_file(&path).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_trusted_view_is_shown_to_who_asks_for_this_machine() {
    let script = "/usr/bin/script";
    if !std::path::Path::new(script).exists() {
        return heartbeat_tests::skip("util-linux is not installed");
    }
    let program = env!("CARGO_BIN_EXE_failing-worker");
    // What the worker says on its terminal is said again on ours. The end of that terminal would
    // not be its own, which the time-out is for where the test fails.
    let mut command = Command::new("sh");
    let program = format!("exec timeout --foreground 60 {program}");
    let line = format!("exec {script} --quiet --return --command '{program}' /dev/null >&2");
    command.args(["-c", &line]).env("HEARTBEAT_SETTING_FAIL", "run stop");
    let mut worker = Worker::spawn(&mut command);
    worker.line_with("in run");
    let ask = |path: &str, fields: &str| {
        worker.exchange(format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{fields}\r\n\r\n"))
    };
    let (ours, foreign) = (format!("Host: {}", worker.address()), "Host: rebound.example");
    assert!(ask("/health", &ours).contains(r#""role":"FailingWorker""#));
    assert!(ask("/metrics", &ours).starts_with("HTTP/1.1 200 "));
    for fields in [foreign, &format!("{ours}\r\nX-Forwarded-For: 192.0.2.7")] {
        let answer = ask("/health", fields);
        assert!(answer.starts_with("HTTP/1.1 200 ") && !answer.contains("role"), "{answer}");
        // Whoever is not trusted cannot even tell that there is such a path.
        let [metrics, nothing] = ["/metrics", "/elsewhere"].map(|path| {
            let answer = ask(path, fields);
            answer.lines().filter(|line| !line.starts_with("date: ")).collect::<String>()
        });
        assert!(metrics.starts_with("HTTP/1.1 404 "), "{metrics}");
        assert_eq!(metrics, nothing);
    }
    worker.signal(heartbeat_tests::Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}
