//! A client of the gRPC health checking protocol: that of `grpcio`, in Python.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::{skip, workspace};

/// A client of one endpoint. Dropping it closes its connections.
#[derive(Debug)]
pub struct GrpcClient {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl GrpcClient {
    /// Starts a client of an address, over TLS if there is the certificate of an authority. `None` if it is
    /// not installed.
    ///
    /// # Panics
    ///
    /// The system refuses a process.
    #[must_use]
    pub fn start(address: &str, authority: Option<&Path>) -> Option<Self> {
        let python = workspace().join("target/python/bin/python");
        if !python.exists() {
            skip("grpcio-health-checking is not installed in target/python");
            return None;
        }
        let mut command = Command::new(python);
        command.arg(workspace().join("tests/tests/grpc/client.py")).arg(address).args(authority);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("python starts");
        let stdin = process.stdin.take().expect("stdin is a pipe");
        let stdout = BufReader::new(process.stdout.take().expect("stdout is a pipe"));
        Some(Self { process, stdin, stdout })
    }

    /// Makes a call: `check`, `list`, `watch` or `crowd`, with its argument.
    ///
    /// # Panics
    ///
    /// The client has ended.
    pub fn call(&mut self, call: &str) {
        writeln!(self.stdin, "{call}").expect("the client runs");
    }

    /// Reads the next answer.
    ///
    /// # Panics
    ///
    /// The client has ended.
    pub fn answer(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("the client writes text");
        assert!(!line.is_empty(), "the client has ended");
        line.trim_end().to_owned()
    }

    /// Makes a call, and reads its answer.
    ///
    /// # Panics
    ///
    /// The client has ended.
    pub fn ask(&mut self, call: &str) -> String {
        self.call(call);
        self.answer()
    }
}

impl Drop for GrpcClient {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
