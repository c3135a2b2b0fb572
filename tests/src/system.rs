//! A machine of its own for units: a real systemd as process 1, in a root of its own.
//!
//! The root is a layer above the real one, so that nothing that the units do outlives it, and has no
//! units but those of the test: systemd's own would, among others, empty `/tmp`. It shares the network
//! with the test.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Signal, skip};

const SYSTEMD: &str = "/lib/systemd/systemd";
const TIMEOUT: Duration = Duration::from_secs(60);

/// Makes the root, whose changes are in memory, and moves into it. `$1` is a folder with the files that
/// it gets, by their paths.
const BOOT: &str = r#"
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1/memory"
cd "$1/memory"
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
cd root
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
for folder in tmp run etc/systemd/system usr/lib/systemd/system usr/lib/systemd/system-generators; do
  mount -t tmpfs -o mode=755 tmpfs "$folder"
done
chmod 1777 tmp
mkdir -p run/systemd
mkfifo run/reports
cp -r "$1/files/." .
for target in sysinit basic network-online sockets shutdown multi-user; do
  printf '[Unit]\nDefaultDependencies=no\n' >"etc/systemd/system/$target.target"
done
mkdir -p var/old-root
pivot_root . var/old-root
umount -l /var/old-root
# As on a machine; credentials are mounts that a child of systemd makes.
mount --make-rshared /
exec env container=docker "$2" --system --unit=basic.target --log-target=null --show-status=false
"#;

/// A running systemd. Dropping it kills every process that it has started.
#[derive(Debug)]
pub struct System {
    unshare: Child,
    /// The process id of the inner process 1, as the test sees it.
    init: u32,
    reports: Receiver<String>,
    log: Vec<String>,
}

/// Files for a [`System`], which it gets before it boots.
#[derive(Debug)]
pub struct SystemFiles(PathBuf);

// === impl SystemFiles ===

impl SystemFiles {
    /// Writes a file, given the path that it has in the system.
    ///
    /// # Panics
    ///
    /// The file cannot be written.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        fs::write(self.place(path), content).expect("the folder is writable");
    }

    /// Copies a program to a path in the system.
    ///
    /// # Panics
    ///
    /// The program does not exist.
    pub fn copy(&self, program: impl AsRef<Path>, path: &str) {
        fs::copy(program, self.place(path)).expect("the program exists");
    }

    fn place(&self, path: &str) -> PathBuf {
        let place = self.0.join(path.trim_start_matches('/'));
        let folder = place.parent().expect("the path is below the root");
        fs::create_dir_all(folder).expect("the folder is writable");
        place
    }
}

// === impl System ===

impl System {
    /// Boots a system in a temporary folder, with the files that `fill` writes; `None` if that is not
    /// possible here.
    ///
    /// # Panics
    ///
    /// It does not boot within a minute.
    pub fn boot(folder: &Path, fill: impl FnOnce(&SystemFiles)) -> Option<Self> {
        if !Path::new(SYSTEMD).exists() {
            skip("systemd is not installed");
            return None;
        }
        if !rustix::process::geteuid().is_root() {
            skip("only root can boot a system");
            return None;
        }
        for inside in ["files", "memory"] {
            fs::create_dir(folder.join(inside)).expect("the folder is empty");
        }
        fill(&SystemFiles(folder.join("files")));
        let name = format!("heartbeat-system-{}", folder.display());
        let ready =
            UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).expect("a short name"));
        let ready = ready.expect("the name is free");
        ready.set_read_timeout(Some(TIMEOUT)).expect("a time that is not zero");
        let mut command = Command::new("timeout");
        command.args(["--signal=KILL", "300", "unshare", "--fork", "--pid", "--mount", "--uts"]);
        command.args(["--ipc", "--mount-proc", "--kill-child", "sh", "-c", BOOT, "boot"]);
        command.arg(folder).arg(SYSTEMD).env("NOTIFY_SOCKET", format!("@{name}"));
        let unshare = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let unshare = unshare.expect("util-linux is installed");
        let mut system = Self { unshare, init: 0, reports: channel().1, log: Vec::new() };
        let mut message = [0; 4096];
        loop {
            let length = ready.recv(&mut message).expect("the system boots");
            let fields = message.get(..length).unwrap_or_default();
            if fields.split(|byte| *byte == b'\n').any(|field| field == b"READY=1") {
                break;
            }
        }
        // `timeout`, `unshare`, and process 1.
        let child = children(system.unshare.id()).first().copied();
        let init = child.and_then(|unshare| children(unshare).first().copied());
        system.init = init.expect("the system runs");
        system.reports = follow(&system.path("/run/reports"));
        Some(system)
    }

    /// Returns the path by which the test finds a file of the system.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.init))
    }

    /// Runs a command in the system.
    ///
    /// # Panics
    ///
    /// `nsenter` is not installed.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.init.to_string(), "--mount", "--pid", "--root", "--"]);
        command.args(arguments).output().expect("util-linux is installed")
    }

    /// Runs `systemctl`.
    ///
    /// # Panics
    ///
    /// It fails.
    pub fn systemctl(&self, arguments: &[&str]) {
        self.output_of_systemctl(arguments);
    }

    /// Returns a property of a unit.
    ///
    /// # Panics
    ///
    /// `systemctl` fails.
    #[must_use]
    pub fn property(&self, unit: &str, name: &str) -> String {
        self.output_of_systemctl(&["show", "--value", "--property", name, unit])
    }

    fn output_of_systemctl(&self, arguments: &[&str]) -> String {
        let output = self.run(&[&["systemctl"], arguments].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "systemctl {arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Waits until a unit has written a line to `/run/reports` that no earlier call has waited for.
    ///
    /// # Panics
    ///
    /// A minute passes without it.
    #[track_caller]
    pub fn wait_for_report(&mut self, line: &str) {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(at) = self.log.iter().position(|report| report == line) {
                self.log.remove(at);
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.reports.recv_timeout(left) {
                Ok(report) => self.log.push(report),
                Err(error) => panic!("no report {line:?} ({error}) in {:#?}", self.log),
            }
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        // `unshare` kills its own child when it dies.
        for child in children(self.unshare.id()) {
            crate::signal(child, Signal::KILL);
        }
        let _ = self.unshare.wait();
    }
}

fn children(process: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    children.unwrap_or_default().split_whitespace().flat_map(str::parse).collect()
}

/// Returns the lines that are written to a named pipe.
fn follow(pipe: &Path) -> Receiver<String> {
    // For writing too, so that it never ends.
    let pipe: File = OpenOptions::new().read(true).write(true).open(pipe).expect("the pipe exists");
    let (send, lines) = channel();
    thread::spawn(move || {
        BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    lines
}
