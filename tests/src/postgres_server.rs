//! A `PostgreSQL` server of a test's own, which can be killed, frozen, and started again with its data.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, geteuid, pidfd_open};
use tempfile::TempDir;

use crate::server_log::wait_until_ready;
use crate::{Signal, TIMEOUT, free_address, skip};

/// The folder in which Debian installs each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The user `nobody`: the server refuses to run as root.
const NOBODY: u32 = 65_534;

/// Settings of the server. A test kills processes, not the machine: what is written survives without
/// `fsync`.
const SETTINGS: [&str; 5] = [
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "unix_socket_directories=",
    "restart_after_crash=on",
];

/// A `PostgreSQL` server on a free loopback port, with a database `postgres` for the user `postgres`,
/// without a password. Dropping it kills it and removes its data.
#[derive(Debug)]
pub struct PostgresServer {
    /// The folder of the programs of the newest installed version.
    programs: PathBuf,
    folder: TempDir,
    address: String,
    server: Child,
}

impl PostgresServer {
    /// Starts a server, and waits until it accepts connections. Returns `None`, after [`skip`], if it is
    /// not installed.
    ///
    /// # Panics
    ///
    /// The server does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        let Some(programs) = find_programs() else {
            skip("no PostgreSQL is installed in /usr/lib/postgresql");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        if geteuid().is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root may give a folder away");
        }
        let mut initdb = unprivileged(programs.join("initdb"), &folder);
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"]);
        initdb.args(["--no-sync", "--no-instructions", "--pgdata"]).arg(folder.path().join("data"));
        let output = initdb.output().expect("initdb starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let address = free_address();
        let server = spawn_server(&programs, &folder, &address);
        Some(Self { programs, folder, address, server })
    }

    /// Returns the `ip:port` of the server.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the address of the database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@{}/postgres", self.address)
    }

    /// Runs SQL with psql. Returns a line for each row, with `|` between its columns.
    ///
    /// # Panics
    ///
    /// The SQL fails, or the server does not answer a connection within 30 seconds.
    #[expect(clippy::must_use_candidate, reason = "much SQL has no rows")]
    pub fn query(&self, sql: &str) -> String {
        self.try_query(sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs SQL, as [`query`](Self::query) does.
    ///
    /// # Errors
    ///
    /// The complaints of psql.
    ///
    /// # Panics
    ///
    /// psql does not start.
    pub fn try_query(&self, sql: &str) -> Result<String, String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password"]);
        psql.args(["--set=ON_ERROR_STOP=1", "--command", sql, "--dbname", &self.url()]);
        let output = psql.env("PGCONNECT_TIMEOUT", "30").output().expect("psql starts");
        let [printed, complaints] =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        if output.status.success() { Ok(printed.trim_end().to_owned()) } else { Err(complaints) }
    }

    /// Kills every process of the server, frozen ones too, and waits until they have ended.
    ///
    /// # Panics
    ///
    /// They are still there after a minute.
    pub fn kill(&mut self) {
        for process in self.suspend() {
            let handle = Pid::from_raw(process.cast_signed())
                .and_then(|process| pidfd_open(process, PidfdFlags::empty()).ok());
            // One without a handle has ended.
            let Some(handle) = handle else { continue };
            try_signal(process, Signal::KILL);
            let minute = Timespec { tv_sec: TIMEOUT.as_secs().cast_signed(), tv_nsec: 0 };
            let ended = poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&minute));
            assert_eq!(ended, Ok(1), "process {process} of PostgreSQL ends");
        }
        let _ = self.server.wait();
    }

    /// Starts the server again, after [`kill`](Self::kill), at its address and with its data.
    ///
    /// # Panics
    ///
    /// The server does not start, or has not been killed.
    pub fn restart(&mut self) {
        self.server = spawn_server(&self.programs, &self.folder, &self.address);
    }

    /// Suspends every process of the server: connections stay open, and nothing answers.
    pub fn freeze(&self) {
        self.suspend();
    }

    /// Lets every process of a frozen server run again.
    pub fn thaw(&self) {
        for process in self.suspend() {
            try_signal(process, Signal::CONT);
        }
    }

    /// Suspends every process, and returns their ids.
    fn suspend(&self) -> Vec<u32> {
        let server = self.server.id();
        // A stopped server starts no more processes.
        try_signal(server, Signal::STOP);
        let children = fs::read_to_string(format!("/proc/{server}/task/{server}/children"));
        let children = children.unwrap_or_default();
        let children = children.split_whitespace().filter_map(|id| id.parse().ok());
        let processes: Vec<u32> = [server].into_iter().chain(children).collect();
        for &process in &processes {
            try_signal(process, Signal::STOP);
        }
        processes
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn find_programs() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).ok()?.filter_map(Result::ok);
    let programs = versions.map(|version| version.path().join("bin"));
    programs.filter(|programs| programs.join("postgres").exists()).max()
}

/// Returns a command that runs as `nobody` if the test runs as root.
fn unprivileged(program: PathBuf, folder: &TempDir) -> Command {
    let mut command = Command::new(program);
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// Spawns the server, and waits until it says that it accepts connections.
fn spawn_server(programs: &Path, folder: &TempDir, address: &str) -> Child {
    let (ip, port) = address.rsplit_once(':').expect("an address has a port");
    let mut command = unprivileged(programs.join("postgres"), folder);
    command.arg("-D").arg(folder.path().join("data")).args(["-h", ip, "-p", port]);
    command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
    let mut server =
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let pipe = server.stderr.take().expect("stderr is a pipe");
    wait_until_ready("PostgreSQL", pipe);
    server
}

/// Sends a signal to a process that may have ended.
fn try_signal(process: u32, signal: Signal) {
    if let Some(process) = Pid::from_raw(process.cast_signed()) {
        let _ = rustix::process::kill_process(process, signal);
    }
}
