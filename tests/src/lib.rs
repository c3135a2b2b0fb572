//! Real workers for end-to-end tests: built, spawned, asked, signalled and read.
//!
//! Nothing here waits by sleeping: a line in the log, an answer and an exit are events.

#![expect(clippy::expect_used, clippy::panic, reason = "in a test, that is how to fail")]

pub mod stalling;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

pub use rustix::process::Signal;

/// Far longer than anything takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A worker process. Dropping it kills what is left of it.
pub struct Worker {
    child: Child,
    stdin: Option<ChildStdin>,
    output: Receiver<String>,
    log: Vec<String>,
    address: String,
}

/// What a path answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, which is JSON where it is not empty.
    pub body: String,
}

/// The program of an example, built as the tests are.
///
/// # Panics
///
/// Where it does not build.
#[must_use]
pub fn example(package: &str) -> Command {
    let build = escargot::CargoBuild::new().package(package).bin(package).current_release();
    let run = build.run().unwrap_or_else(|error| panic!("cannot build {package}: {error}"));
    run.command()
}

/// The root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests.parent().map(PathBuf::from).unwrap_or(tests)
}

/// Tells why a test is skipped; where everything has to be there, it fails instead.
///
/// # Panics
///
/// Where the variable `CI` is `true`.
#[expect(clippy::disallowed_methods, reason = "a variable for tests, not for workers")]
pub fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{reason}");
    println!("skipped: {reason}");
}

/// Returns an `ip:port` that stays free until the test binds it. On Linux the IP address is this
/// process's own, so that no other test can take it first.
#[must_use]
pub fn free_address() -> String {
    // Below the ports that the system gives to those who ask for any.
    static NEXT_PORT: AtomicU16 = AtomicU16::new(20_000);
    let port = NEXT_PORT.fetch_add(1, Ordering::Relaxed);
    if cfg!(target_os = "linux") {
        // 127.0.0.0/16 is left to other programs; a process id has 22 bits.
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
/// Where the process is gone.
pub fn signal(process: u32, signal: Signal) {
    let id = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    let id = id.expect("a process id is a positive number");
    rustix::process::kill_process(id, signal).expect("the process is there");
}

/// Sends a request as it is to `ip:port`, and reads until the other side closes the connection.
///
/// # Errors
///
/// Where nobody listens, or the connection breaks.
pub fn exchange(address: &str, request: impl AsRef<[u8]>) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_ref())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

impl Worker {
    /// Spawns a worker with its heartbeat on a free port of the loopback interface, and waits
    /// until it tells which.
    ///
    /// # Panics
    ///
    /// Where it ends before it serves.
    #[must_use]
    pub fn spawn(command: &mut Command) -> Self {
        command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
        let mut worker = Self::spawn_as_is(command);
        let line = worker.line_with("http://");
        let (_, url) = line.split_once("http://").unwrap_or_default();
        url.split('/').next().unwrap_or_default().clone_into(&mut worker.address);
        worker
    }

    /// Spawns a worker and waits for nothing.
    ///
    /// # Panics
    ///
    /// Where there is no such program.
    #[must_use]
    pub fn spawn_as_is(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stderr = child.stderr.take().expect("stderr is a pipe");
        let (send, output) = channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
            lines.try_for_each(|line| send.send(line))
        });
        let stdin = child.stdin.take();
        Self { child, stdin, output, log: Vec::new(), address: String::new() }
    }

    /// The `ip:port` on which health is served.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Every line of stderr that was read so far.
    #[must_use]
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Reads on until a line contains `text`, and returns that line.
    ///
    /// # Panics
    ///
    /// Where the worker ends, or a minute passes, without such a line.
    pub fn line_with(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.log.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(error) => panic!("no line with {text:?} ({error}):\n{}", self.log.join("\n")),
            }
        }
    }

    /// Reads on until a line contains `text`, where none of those that were read does.
    ///
    /// # Panics
    ///
    /// As [`line_with`](Self::line_with).
    pub fn until_said(&mut self, text: &str) {
        if !self.log.iter().any(|line| line.contains(text)) {
            self.line_with(text);
        }
    }

    /// Presses Enter.
    ///
    /// # Panics
    ///
    /// Where the worker reads no more.
    pub fn press_enter(&mut self) {
        let stdin = self.stdin.as_mut().expect("stdin is a pipe");
        stdin.write_all(b"\n").expect("the worker reads");
    }

    /// Asks for a path of the health server.
    ///
    /// # Panics
    ///
    /// Where there is no answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.try_get(path).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Asks for a path of the health server.
    ///
    /// # Errors
    ///
    /// Where there is no answer.
    pub fn try_get(&self, path: &str) -> Result<Answer, ureq::Error> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        let mut response = agent.get(format!("http://{}{path}", self.address)).call()?;
        let status = response.status().as_u16();
        Ok(Answer { status, body: response.body_mut().read_to_string()? })
    }

    /// Sends a request as it is, and reads until the server closes the connection.
    ///
    /// # Panics
    ///
    /// Where the server does not answer text.
    #[must_use]
    pub fn exchange(&self, request: impl AsRef<str>) -> String {
        let request = request.as_ref();
        exchange(&self.address, request).unwrap_or_else(|error| panic!("{request:?}: {error}"))
    }

    /// Reads what the worker says for that long.
    pub fn read_for(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while let Ok(line) =
            self.output.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.log.push(line);
        }
    }

    /// Sends a signal.
    ///
    /// # Panics
    ///
    /// Where the process is gone.
    pub fn signal(&self, signal: Signal) {
        crate::signal(self.child.id(), signal);
    }

    /// Sends a signal every tenth of a second until the worker has ended, and returns how: within
    /// 50 ms of the first it is taken for the same.
    ///
    /// # Panics
    ///
    /// Where that takes longer than a minute.
    pub fn signal_until_the_end(&mut self, signal: Signal) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.read_for(Duration::from_millis(100));
            if let Some(status) = self.child.try_wait().expect("the process is a child") {
                return status;
            }
            assert!(Instant::now() < deadline, "still there:\n{}", self.log.join("\n"));
            self.signal(signal);
        }
    }

    /// Waits until the worker has ended, and returns how; [`Worker::log`] then holds all it said.
    ///
    /// # Panics
    ///
    /// Where that takes longer than a minute.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.log.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("still there after {PATIENCE:?}:\n{}", self.log.join("\n"))
                }
            }
        }
        self.child.wait().expect("the process is a child")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail only where the process has ended and was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
