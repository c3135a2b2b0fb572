//! Worker processes for end-to-end tests: built, spawned, probed, signalled, and their log read.
//!
//! Nothing here waits by sleeping: a log line, a response and an exit are events.

#![expect(clippy::expect_used, clippy::panic, reason = "in a test, that is how to fail")]

pub mod blocking_task;
#[cfg(target_os = "linux")]
pub mod browser;
pub mod certificates;
pub mod grpc;
#[cfg(doctest)]
mod guide;
mod listener;
#[cfg(target_os = "linux")]
pub mod postgres_server;
pub mod prometheus;
#[cfg(target_os = "linux")]
pub mod redis_server;
pub mod schema;
#[cfg(target_os = "linux")]
mod server_log;
#[cfg(target_os = "linux")]
pub mod system;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

pub use rustix::process::Signal;

pub use crate::listener::Listener;

/// Far longer than any step takes, even on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The paths of health answers.
pub const HEALTH_PATHS: [&str; 9] = [
    "/",
    "/health",
    "/healthz",
    "/health/live",
    "/livez",
    "/health/ready",
    "/readyz",
    "/health/startup",
    "/startupz",
];

/// A worker process. Dropping it kills the process.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    stdin: Option<ChildStdin>,
    stderr: Receiver<String>,
    log: Vec<String>,
    /// Number of lines of the log that [`Worker::wait_for_line`] has passed.
    passed: usize,
    address: String,
}

/// The response to a GET request.
#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The body: JSON, or empty.
    pub body: String,
}

/// Builds the program of an example, in the profile of the tests.
///
/// # Panics
///
/// The example does not build.
#[must_use]
pub fn example(package: &str) -> Command {
    program(package, package)
}

/// Builds a program of a package, in the profile of the tests.
///
/// # Panics
///
/// The program does not build.
#[must_use]
pub fn program(package: &str, name: &str) -> Command {
    let build = escargot::CargoBuild::new().package(package).bin(name).current_release();
    let run = build.run().unwrap_or_else(|error| panic!("cannot build {name}: {error}"));
    run.command()
}

/// Returns the root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests.parent().map(PathBuf::from).unwrap_or(tests)
}

/// Prints the reason for which a test is skipped. In CI, where nothing may be missing, it fails.
///
/// # Panics
///
/// The variable `CI` is `true`.
#[expect(clippy::disallowed_methods, reason = "a variable for tests, not for workers")]
pub fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{reason}");
    println!("skipped: {reason}");
}

/// Returns an `ip:port` that stays free until the test binds it. On Linux the IP address belongs to
/// this process alone, so that no other test can take it first.
#[must_use]
pub fn free_address() -> String {
    // Below the range from which the system assigns free ports.
    static NEXT_PORT: AtomicU16 = AtomicU16::new(20_000);
    let port = NEXT_PORT.fetch_add(1, Ordering::Relaxed);
    if cfg!(target_os = "linux") {
        // Other programs use 127.0.0.0/16; a process id has 22 bits.
        let [_, high, middle, low] = std::process::id().to_be_bytes();
        format!("127.{}.{middle}.{low}:{port}", high + 1)
    } else {
        format!("127.0.0.1:{port}")
    }
}

/// Sends a signal to a process.
///
/// # Panics
///
/// The process does not exist.
pub fn signal(process: u32, signal: Signal) {
    let id = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    let id = id.expect("a process id is a positive number");
    rustix::process::kill_process(id, signal).expect("the process exists");
}

/// Sends the bytes of a request to `ip:port`, and reads until the server closes the connection.
///
/// # Errors
///
/// No process listens, or the connection breaks.
pub fn exchange(address: &str, request: impl AsRef<[u8]>) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(request.as_ref())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

// === impl Worker ===

impl Worker {
    /// Spawns a worker with its heartbeat on a free loopback port, and waits until it logs the port.
    ///
    /// # Panics
    ///
    /// The worker exits before it serves health.
    #[must_use]
    pub fn spawn(command: &mut Command) -> Self {
        command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
        let mut worker = Self::spawn_raw(command);
        let line = worker.wait_for_line("health on http");
        let (_, url) = line.split_once("://").unwrap_or_default();
        url.split('/').next().unwrap_or_default().clone_into(&mut worker.address);
        // The line may come after those that `on_start` prints, for which a test may wait.
        worker.passed = 0;
        worker
    }

    /// Spawns a worker with the environment of the command alone, and waits for nothing.
    ///
    /// # Panics
    ///
    /// The program does not exist.
    #[must_use]
    pub fn spawn_raw(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let pipe = child.stderr.take().expect("stderr is a pipe");
        let (send, stderr) = channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(pipe).lines().map_while(Result::ok);
            lines.try_for_each(|line| send.send(line))
        });
        let stdin = child.stdin.take();
        Self { child, stdin, stderr, log: Vec::new(), passed: 0, address: String::new() }
    }

    /// Makes the health server the one at an `ip:port`, which the command has given to the worker.
    #[must_use]
    pub fn at(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self.passed = 0;
        self
    }

    /// Returns the `ip:port` of the health server.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the lines of stderr that were read so far.
    #[must_use]
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Reads the log until a further line contains `text`, and returns that line.
    ///
    /// # Panics
    ///
    /// The worker exits, or a minute passes, without such a line.
    pub fn wait_for_line(&mut self, text: &str) -> String {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            while let Some(line) = self.log.get(self.passed) {
                self.passed += 1;
                if line.contains(text) {
                    return line.clone();
                }
            }
            match self.stderr.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.log.push(line),
                Err(error) => panic!("no line with {text:?} ({error}):\n{}", self.log.join("\n")),
            }
        }
    }

    /// Reads the log until a line contains `text`, unless an earlier line does.
    ///
    /// # Panics
    ///
    /// As [`wait_for_line`](Self::wait_for_line).
    pub fn wait_until_logged(&mut self, text: &str) {
        if !self.log.iter().any(|line| line.contains(text)) {
            self.wait_for_line(text);
        }
    }

    /// Reads the log for a time.
    pub fn read_log_for(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while let Ok(line) =
            self.stderr.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.log.push(line);
        }
        self.passed = self.log.len();
    }

    /// Presses Enter on stdin.
    ///
    /// # Panics
    ///
    /// The worker has closed its stdin.
    pub fn press_enter(&mut self) {
        self.write_line("");
    }

    /// Writes a line to stdin.
    ///
    /// # Panics
    ///
    /// The worker has closed its stdin.
    pub fn write_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is a pipe");
        writeln!(stdin, "{line}").expect("the worker reads stdin");
    }

    /// Requests a path of the health server. The JSON of a health path must be as its published schema
    /// says.
    ///
    /// # Panics
    ///
    /// There is no response, or it is not as the schema says.
    #[must_use]
    pub fn get(&self, path: &str) -> Response {
        self.try_get(path).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Requests a path of the health server, as [`get`](Self::get) does.
    ///
    /// # Errors
    ///
    /// There is no response.
    ///
    /// # Panics
    ///
    /// It is not as the schema says.
    pub fn try_get(&self, path: &str) -> Result<Response, ureq::Error> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build()
            .new_agent();
        let mut response = agent.get(format!("http://{}{path}", self.address)).call()?;
        let status = response.status().as_u16();
        let content_type = response.headers().get("content-type").cloned();
        let body = response.body_mut().read_to_string()?;
        if HEALTH_PATHS.contains(&path) && content_type.is_some_and(|it| it == "application/json") {
            schema::assert_valid(&body);
        }
        Ok(Response { status, body })
    }

    /// Sends the text of a request, and reads until the server closes the connection.
    ///
    /// # Panics
    ///
    /// The connection breaks, or the response is not text.
    #[must_use]
    pub fn exchange(&self, request: impl AsRef<str>) -> String {
        let request = request.as_ref();
        exchange(&self.address, request).unwrap_or_else(|error| panic!("{request:?}: {error}"))
    }

    /// Sends a signal.
    ///
    /// # Panics
    ///
    /// The process has ended.
    pub fn signal(&self, signal: Signal) {
        crate::signal(self.child.id(), signal);
    }

    /// Sends a signal every 100 ms until the worker exits, and returns its exit status. A worker
    /// takes a repeat within 50 ms for the same signal.
    ///
    /// # Panics
    ///
    /// The worker still runs after a minute.
    pub fn signal_until_exit(&mut self, signal: Signal) -> ExitStatus {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            self.read_log_for(Duration::from_millis(100));
            if let Some(status) = self.child.try_wait().expect("the process is a child") {
                return status;
            }
            assert!(Instant::now() < deadline, "still running:\n{}", self.log.join("\n"));
            self.signal(signal);
        }
    }

    /// Waits until the worker exits, and returns its exit status; [`Worker::log`] is then complete.
    ///
    /// # Panics
    ///
    /// The worker still runs after a minute.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            match self.stderr.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.log.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("still running after {TIMEOUT:?}:\n{}", self.log.join("\n"))
                }
            }
        }
        self.child.wait().expect("the process is a child")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail only if the process has already been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
