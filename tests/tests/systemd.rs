//! systemd: the notifications of a worker, and its service units under a real systemd.
#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test, that is how to fail"
)]

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker, exchange, free_address, skip};

const TIMEOUT: Duration = Duration::from_secs(60);
const SYSTEMD: &str = "/lib/systemd/systemd";

/// A notification socket in place of systemd's.
struct Manager(UnixDatagram);

impl Manager {
    fn bind(address: &SocketAddr) -> Self {
        let socket = UnixDatagram::bind_addr(address).unwrap();
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        Self(socket)
    }

    /// Receives the fields of the next message.
    #[track_caller]
    fn receive(&self) -> Vec<String> {
        let mut message = [0; 4096];
        let count = self.0.recv(&mut message).expect("a message");
        let text = std::str::from_utf8(&message[..count]).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Receives messages until one has the field, and returns all their fields.
    #[track_caller]
    fn receive_until(&self, field: &str) -> Vec<String> {
        let mut fields = Vec::new();
        while !fields.iter().any(|received| received == field) {
            fields.extend(self.receive());
        }
        fields
    }
}

#[test]
fn notifies_ready_stopping_and_each_status() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let name = format!("heartbeat-test-{}", std::process::id());
    for (address, variable) in [
        (SocketAddr::from_pathname(&path).unwrap(), path.display().to_string()),
        (SocketAddr::from_abstract_name(&name).unwrap(), format!("@{name}")),
    ] {
        let manager = Manager::bind(&address);
        let mut command = heartbeat_tests::example("step-worker");
        let mut worker = Worker::spawn(command.env("NOTIFY_SOCKET", variable));
        worker.wait_for_line("on_start: press Enter");
        assert_eq!(manager.receive(), ["STATUS=starting"]);
        worker.press_enter();
        assert_eq!(manager.receive(), ["READY=1", "STATUS=running"]);
        worker.signal(Signal::TERM);
        let stopping = ["STOPPING=1", "EXTEND_TIMEOUT_USEC=30000000", "STATUS=stopping"];
        assert_eq!(manager.receive(), stopping);
        // Earlier, `run` might still read the Enter.
        worker.wait_for_line("on_stop: press Enter");
        worker.press_enter();
        assert_eq!(manager.receive(), ["STATUS=stopped"]);
        assert_eq!(worker.wait().code(), Some(0));
    }
}

#[test]
fn watchdog_notifications_end_when_live_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = Manager::bind(&SocketAddr::from_pathname(&path).unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command
        .env("HEARTBEAT_SETTING_FAIL", "run stall")
        .env("HEARTBEAT_STALL_AFTER", "1s")
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "100000");
    let mut worker = Worker::spawn(&mut command);
    let fields = manager.receive_until("STATUS=running, stalled");
    let count = fields.iter().filter(|field| *field == "WATCHDOG=1").count();
    assert!(count >= 10, "one every 50 ms for a second: {fields:?}");
    manager.0.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    assert!(manager.0.recv(&mut [0; 4096]).is_err(), "none while live fails");
    worker.signal(Signal::KILL);
    worker.wait();
}

#[test]
fn an_error_cannot_forge_a_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = Manager::bind(&SocketAddr::from_pathname(&path).unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_SETTING_FAIL", "run no\nSTOPPING=1").env("NOTIFY_SOCKET", &path);
    let mut worker = Worker::spawn(&mut command);
    assert_eq!(worker.wait().code(), Some(1));
    let status = "STATUS=stopped: run failed: unknown failure `no\\nSTOPPING=1`";
    let fields = manager.receive_until(status);
    assert!(fields.contains(&"READY=1".to_owned()), "{fields:?}");
}

/// A systemd that is process 1 of its own namespaces. Dropping it kills every process in them.
struct Systemd {
    unshare: Child,
    reports: Receiver<String>,
    log: Vec<String>,
}

impl Systemd {
    /// Boots units, which report lines through the pipe `{reports}`; `None` if that is not possible
    /// here.
    fn boot(folder: &Path, units: &[(String, String)]) -> Option<Self> {
        if !Path::new(SYSTEMD).exists() {
            skip("systemd is not installed");
            return None;
        }
        if !rustix::process::geteuid().is_root() {
            skip("only root can boot a system");
            return None;
        }
        let pipe = folder.join("reports");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let end = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        let (send, reports) = channel();
        thread::spawn(move || {
            BufReader::new(end).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
        });
        let mut boot = String::from(
            "set -e\nmount --make-rprivate /\nmount -t tmpfs tmpfs /run\nmkdir -p /run/systemd/system\n",
        );
        let mut wants = String::new();
        for (name, unit) in units {
            let unit = unit.replace("{reports}", &pipe.display().to_string());
            let unit = format!("[Unit]\nDefaultDependencies=no\nStartLimitIntervalSec=0\n{unit}");
            fs::write(folder.join(name), unit).unwrap();
            write!(wants, " {name}").unwrap();
        }
        let target = format!("[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\nWants={wants}\n");
        fs::write(folder.join("min.target"), target).unwrap();
        writeln!(
            boot,
            "cp {0}/*.service {0}/*.socket {0}/min.target /run/systemd/system",
            folder.display()
        )
        .unwrap();
        write!(boot, "exec env container=docker {SYSTEMD} --system --unit=min.target --log-target=null --show-status=false")
            .unwrap();
        // Systemd shares the network of the test, which probes through it.
        let mut command = Command::new("timeout");
        command.args(["--signal=KILL", "120", "unshare", "--fork", "--pid", "--mount", "--uts"]);
        command.args(["--ipc", "--mount-proc", "--kill-child", "sh", "-c", &boot]);
        let unshare = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        Some(Self { unshare, reports, log: Vec::new() })
    }

    /// Waits until all lines were reported, in any order.
    fn wait_for_reports(&mut self, lines: &[&str]) {
        let deadline = Instant::now() + TIMEOUT;
        while !lines.iter().all(|line| self.log.iter().any(|report| report == line)) {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.reports.recv_timeout(left);
            self.log.push(line.unwrap_or_else(|_| panic!("no {lines:?} in {:#?}", self.log)));
        }
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        // The child of `timeout` is `unshare`, which kills its own child when it dies.
        let id = self.unshare.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        for child in children.unwrap_or_default().split_whitespace().flat_map(str::parse) {
            heartbeat_tests::signal(child, Signal::KILL);
        }
        let _ = self.unshare.wait();
    }
}

fn service(name: &str, fail: &str, lines: &str) -> (String, String) {
    let worker = env!("CARGO_BIN_EXE_failing-worker");
    let service = format!(
        "[Service]\nType=notify\nEnvironment=\"HEARTBEAT_SETTING_FAIL={fail}\"\n{lines}\n\
         ExecStart={worker}\n\
         ExecStopPost=/bin/sh -c 'echo {name} $$SERVICE_RESULT $$EXIT_CODE $$EXIT_STATUS > {{reports}}'\n"
    );
    (format!("{name}.service"), service)
}

/// Probes on new connections until `end` is set, and returns the number of probes.
fn probe_until(end: &AtomicBool, address: &str) -> usize {
    let mut count = 0;
    while !end.load(Ordering::Relaxed) {
        let response = exchange(address, "GET /livez HTTP/1.0\r\n\r\n").expect("a response");
        assert!(response.starts_with("HTTP/1.0 200 OK\r\n"), "{response:?}");
        assert!(response.ends_with('}'), "{response:?}");
        count += 1;
    }
    count
}

#[test]
fn a_real_systemd_starts_watches_restarts_and_stops_workers() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let anywhere = "Environment=HEARTBEAT_ENDPOINT_HEARTBEAT=127.0.0.1:0\n";
    let driver = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'systemctl start handed.service; \
        echo begin > {reports}; for i in 1 2 3 4 5; do systemctl restart handed.service; done; \
        echo restarted > {reports}; systemctl show -p StatusText idle.service > {reports}; \
        systemctl stop slow.service endless.service idle.service handed.socket handed.service'\n";
    let units = [
        service("idle", "run stop", &format!("{anywhere}WatchdogSec=500ms")),
        service(
            "stalled",
            "run stall",
            &format!("{anywhere}WatchdogSec=1\nEnvironment=HEARTBEAT_STALL_AFTER=1s"),
        ),
        service(
            "slow",
            "run stop",
            &format!("{anywhere}TimeoutStopSec=1\nEnvironment=HEARTBEAT_DRAIN=2s"),
        ),
        service(
            "endless",
            "run stop, on_stop take two seconds",
            &format!(
                "{anywhere}TimeoutStopSec=1\nEnvironment=HEARTBEAT_STOP_WITHIN=5000000000000000h"
            ),
        ),
        service("quick", "nowhere", anywhere),
        service("handed", "run stop", ""),
        (
            "handed.socket".to_owned(),
            format!("[Socket]\nListenStream={address}\nFileDescriptorName=Heartbeat\n"),
        ),
        (
            "driver.service".to_owned(),
            format!("After=idle.service slow.service endless.service handed.socket\n{driver}"),
        ),
    ];
    let Some(mut systemd) = Systemd::boot(folder.path(), &units) else { return };
    systemd.wait_for_reports(&["begin"]);
    let end = AtomicBool::new(false);
    let count = thread::scope(|scope| {
        let prober = scope.spawn(|| probe_until(&end, &address));
        systemd.wait_for_reports(&["restarted"]);
        end.store(true, Ordering::Relaxed);
        prober.join().unwrap()
    });
    println!("{count} connections during 5 restarts, none lost");
    assert!(count > 5);
    systemd.wait_for_reports(&[
        "StatusText=running",
        "stalled watchdog killed ABRT",
        "quick success exited 0",
        "slow success exited 0",
        "endless success exited 0",
        "idle success exited 0",
        "handed success exited 0",
    ]);
    let stops = systemd.log.iter().filter(|line| line.starts_with("idle")).count();
    assert_eq!(stops, 1, "the idle worker was killed: {:#?}", systemd.log);
}
