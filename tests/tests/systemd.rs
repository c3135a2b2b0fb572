//! systemd: what a worker tells its manager, and what the real one makes of it.
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

const PATIENCE: Duration = Duration::from_secs(60);
const SYSTEMD: &str = "/lib/systemd/systemd";

/// A manager that only listens.
struct Manager(UnixDatagram);

impl Manager {
    fn at(address: &SocketAddr) -> Self {
        let socket = UnixDatagram::bind_addr(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    /// The fields of the next message.
    #[track_caller]
    fn hears(&self) -> Vec<String> {
        let mut message = [0; 4096];
        let count = self.0.recv(&mut message).expect("a message");
        let text = std::str::from_utf8(&message[..count]).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Hears on until a message has that field, and returns all the fields until there.
    #[track_caller]
    fn hears_until(&self, field: &str) -> Vec<String> {
        let mut heard = Vec::new();
        while !heard.iter().any(|heard| heard == field) {
            heard.extend(self.hears());
        }
        heard
    }
}

#[test]
fn a_manager_is_told_when_the_worker_is_ready_and_how_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let name = format!("heartbeat-test-{}", std::process::id());
    for (address, variable) in [
        (SocketAddr::from_pathname(&path).unwrap(), path.display().to_string()),
        (SocketAddr::from_abstract_name(&name).unwrap(), format!("@{name}")),
    ] {
        let manager = Manager::at(&address);
        let mut command = heartbeat_tests::example("step-worker");
        let mut worker = Worker::spawn(command.env("NOTIFY_SOCKET", variable));
        worker.line_with("on_start: press Enter");
        assert_eq!(manager.hears(), ["STATUS=starting"]);
        worker.press_enter();
        assert_eq!(manager.hears(), ["READY=1", "STATUS=running"]);
        worker.signal(Signal::TERM);
        let stopping = ["STOPPING=1", "EXTEND_TIMEOUT_USEC=30000000", "STATUS=stopping"];
        assert_eq!(manager.hears(), stopping);
        // Until it says so, it may still be `run` that takes the Enter.
        worker.line_with("on_stop: press Enter");
        worker.press_enter();
        assert_eq!(manager.hears(), ["STATUS=stopped"]);
        assert_eq!(worker.wait().code(), Some(0));
    }
}

#[test]
fn signs_of_life_end_when_live_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = Manager::at(&SocketAddr::from_pathname(&path).unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command
        .env("HEARTBEAT_SETTING_FAIL", "run stall")
        .env("HEARTBEAT_STALL_AFTER", "1s")
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "100000");
    let mut worker = Worker::spawn(&mut command);
    let heard = manager.hears_until("STATUS=running, stalled");
    let lives = heard.iter().filter(|field| *field == "WATCHDOG=1").count();
    assert!(lives >= 10, "a sign of life every 50 ms in a second: {heard:?}");
    manager.0.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    assert!(manager.0.recv(&mut [0; 4096]).is_err(), "none while live fails");
    worker.signal(Signal::KILL);
    worker.wait();
}

#[test]
fn a_panic_cannot_forge_a_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = Manager::at(&SocketAddr::from_pathname(&path).unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_SETTING_FAIL", "run no\nSTOPPING=1").env("NOTIFY_SOCKET", &path);
    let mut worker = Worker::spawn(&mut command);
    assert_eq!(worker.wait().code(), Some(1));
    let heard = manager.hears_until("STATUS=stopped: run failed: cannot fail by no\\nSTOPPING=1");
    assert!(heard.contains(&"READY=1".to_owned()), "{heard:?}");
}

/// systemd as the first process of its own namespaces; dropping it kills all that is in there.
struct Booted {
    unshare: Child,
    reports: Receiver<String>,
    log: Vec<String>,
}

impl Booted {
    /// Boots those units, which can write a line to the pipe that `{reports}` stands for; `None`
    /// where that cannot be done here.
    fn with(folder: &Path, units: &[(String, String)]) -> Option<Self> {
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
        // The network stays that of the test, which asks through it.
        let mut command = Command::new("timeout");
        command.args(["--signal=KILL", "120", "unshare", "--fork", "--pid", "--mount", "--uts"]);
        command.args(["--ipc", "--mount-proc", "--kill-child", "sh", "-c", &boot]);
        let unshare = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        Some(Self { unshare, reports, log: Vec::new() })
    }

    /// Waits until all these lines were reported, in whichever order.
    fn reports(&mut self, lines: &[&str]) {
        let deadline = Instant::now() + PATIENCE;
        while !lines.iter().all(|line| self.log.iter().any(|report| report == line)) {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.reports.recv_timeout(left);
            self.log.push(line.unwrap_or_else(|_| panic!("no {lines:?} in {:#?}", self.log)));
        }
    }
}

impl Drop for Booted {
    fn drop(&mut self) {
        // `timeout` passes the first on to its child, whose children go with it.
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

/// Asks again and again, each time through a new connection, until told to end. Returns how often.
fn ask_until(end: &AtomicBool, address: &str) -> usize {
    let mut asked = 0;
    while !end.load(Ordering::Relaxed) {
        let answer = exchange(address, "GET /livez HTTP/1.0\r\n\r\n").expect("an answer");
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with('}'), "{answer:?}");
        asked += 1;
    }
    asked
}

#[test]
fn the_real_one_starts_watches_restarts_and_stops_workers() {
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
    let Some(mut booted) = Booted::with(folder.path(), &units) else { return };
    booted.reports(&["begin"]);
    let end = AtomicBool::new(false);
    let asked = thread::scope(|scope| {
        let asker = scope.spawn(|| ask_until(&end, &address));
        booted.reports(&["restarted"]);
        end.store(true, Ordering::Relaxed);
        asker.join().unwrap()
    });
    println!("{asked} connections through 5 restarts, none of them lost");
    assert!(asked > 5);
    booted.reports(&[
        "StatusText=running",
        "stalled watchdog killed ABRT",
        "quick success exited 0",
        "slow success exited 0",
        "endless success exited 0",
        "idle success exited 0",
        "handed success exited 0",
    ]);
    let ended = booted.log.iter().filter(|line| line.starts_with("idle")).count();
    assert_eq!(ended, 1, "the idle worker was never killed: {:#?}", booted.log);
}
