//! A podman with a storage, a network and processes of its own, all of which end with it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{has_program, skip, stderr, stdout};

/// Far longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(120);

pub(super) struct Engine {
    folder: TempDir,
    /// The process that holds the namespaces.
    holder: Child,
    /// The first process inside of them.
    inside: String,
}

impl Engine {
    /// Starts an engine, if this machine has all that it needs.
    pub(super) fn start() -> Option<Self> {
        for program in ["podman", "podman-compose", "runc", "iptables", "curl", "busybox"] {
            if !has_program(program) {
                return None;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("cgroup")).unwrap();
        fs::write(folder.path().join("containers.conf"), settings(folder.path())).unwrap();
        let storage = format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{0}/root\"\nrunroot = \"{0}/run\"\n",
            folder.path().display()
        );
        fs::write(folder.path().join("storage.conf"), storage).unwrap();
        let setup = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/render/podman/setup.sh");
        let holder = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(["sh", setup])
            .arg(folder.path().join("cgroup"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut engine = Self { folder, holder, inside: String::new() };
        let output = BufReader::new(engine.holder.stdout.take().unwrap());
        if output.lines().next().is_none() {
            skip("this user cannot make namespaces");
            return None;
        }
        let children = format!("/proc/{0}/task/{0}/children", engine.holder.id());
        fs::read_to_string(children).unwrap().trim().clone_into(&mut engine.inside);
        Some(engine)
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a program inside.
    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.inside, "--mount", "--net", "--pid"]);
        // In a folder of these namespaces.
        command
            .args(["sh", "-c", "cd / && exec \"$@\"", "sh", program])
            .args(arguments)
            .env("CONTAINERS_CONF", self.path().join("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", self.path().join("storage.conf"))
            .env("TMPDIR", self.path())
            .output()
            .unwrap()
    }

    /// Runs podman, and returns what it prints.
    #[track_caller]
    pub(super) fn podman(&self, arguments: &[&str]) -> String {
        let output = self.run("podman", arguments);
        assert!(output.status.success(), "podman {arguments:?}: {}", stderr(&output));
        stdout(&output).trim().to_owned()
    }

    /// Requests a URL, and returns the body of a response with status 200.
    pub(super) fn curl(&self, arguments: &[&str]) -> Option<String> {
        let output = self.run("curl", &[&["-sf", "-m", "10"], arguments].concat());
        output.status.success().then(|| stdout(&output))
    }

    /// Waits until `attempt` gives a value.
    #[expect(
        clippy::disallowed_methods,
        reason = "no engine tells the test that something changed"
    )]
    #[track_caller]
    pub(super) fn until<T>(&self, what: &str, mut attempt: impl FnMut(&Self) -> Option<T>) -> T {
        let begin = Instant::now();
        loop {
            if let Some(value) = attempt(self) {
                return value;
            }
            assert!(begin.elapsed() < TIMEOUT, "{what}: {}", self.logs());
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Returns the state and the end of the log of each container.
    fn logs(&self) -> String {
        let mut logs = stdout(&self.run("podman", &["ps", "-a"]));
        for container in stdout(&self.run("podman", &["ps", "-aq"])).lines() {
            let output = self.run("podman", &["logs", "--tail=20", container]);
            logs.extend(["\n", container, "\n", &stdout(&output), &stderr(&output)]);
        }
        logs
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // With the first process inside, all others end.
        self.holder.kill().ok();
        self.holder.wait().ok();
    }
}

/// The settings of a bare machine, without systemd and with the limits of processes that it has.
fn settings(folder: &Path) -> String {
    format!(
        r#"[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "{}/networks"
"#,
        folder.display()
    )
}
