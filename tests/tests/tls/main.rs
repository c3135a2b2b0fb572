//! Endpoints over TLS, asked by curl and openssl.
#![cfg(unix)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test, that is how to fail"
)]

mod certificates;
mod clients;
mod handshakes;
mod plain;
mod probes;
mod protocols;
mod reload;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use heartbeat_tests::Worker;

const PROGRAM: &str = env!("CARGO_BIN_EXE_secure-worker");
/// An answer of health over any version of HTTP, on a connection that closes.
const GET: &str = "GET /health HTTP/1.0\r\n\r\n";

/// A worker, and the addresses of its endpoints.
struct Secure {
    worker: Worker,
    inside: String,
    api: String,
}

fn command(certificate: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env("HEARTBEAT_CERTIFICATE_TLS", certificate);
    for name in ["INSIDE", "API", "OWN"] {
        command.env(format!("HEARTBEAT_ENDPOINT_{name}"), "127.0.0.1:0");
    }
    command
}

impl Secure {
    /// Starts a worker, and waits until it runs.
    fn start(command: &mut Command) -> Self {
        let mut worker = Worker::spawn(command);
        let start = worker.wait_for_line("health on http");
        let api = address(&worker.wait_for_line("endpoint `Api` is served on "));
        worker.wait_until_logged("on_start: press Enter");
        worker.press_enter();
        worker.wait_for_line("run: press Enter");
        Self { worker, inside: address(&start), api }
    }

    fn heartbeat(&self) -> &str {
        self.worker.address()
    }
}

/// Returns the `ip:port` of the last URL in a line.
fn address(line: &str) -> String {
    let (_, url) = line.rsplit_once("://").expect("a URL");
    url.split('/').next().unwrap().to_owned()
}

/// Runs a command, with `input` on its stdin.
fn run(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program is installed");
    // A handshake that fails may close it first.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Runs curl without verification. Returns the version of HTTP and the body, or the error.
fn curl(address: &str, path: &str, options: &[&str]) -> Result<(String, String), String> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--insecure", "--max-time", "60"]).args(options);
    curl.args(["--write-out", "\n%{http_version}"]).arg(format!("https://{address}{path}"));
    let output = run(&mut curl, "");
    let printed = String::from_utf8(output.stdout).unwrap();
    let (body, version) = printed.rsplit_once('\n').unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    if output.status.success() { Ok((version.to_owned(), body.to_owned())) } else { Err(errors) }
}

/// Sends a request by `openssl s_client`, and returns all that it prints.
fn s_client(address: &str, options: &[&str]) -> String {
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-ign_eof", "-connect", address]).args(options);
    let Output { stdout, stderr, .. } = run(&mut openssl, GET);
    [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
}
