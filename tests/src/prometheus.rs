//! The readers of `/metrics`: promtool, the strict parser of OpenMetrics, and Prometheus itself.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Worker, free_address};

/// The `Accept` header for OpenMetrics.
pub const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0";

/// The type of the text format before OpenMetrics.
pub const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A running Prometheus that scrapes one target every second. Dropping it ends it.
#[derive(Debug)]
pub struct Prometheus {
    process: Child,
    address: String,
    _folder: TempDir,
}

/// Scrapes a worker. Returns the head and the body of the response.
///
/// # Panics
///
/// The response is incomplete.
#[must_use]
pub fn scrape(worker: &Worker, accept: &str) -> (String, String) {
    let response = worker.exchange(format!(
        "GET /metrics HTTP/1.1\r\nHost: w\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    ));
    let (head, body) = response.split_once("\r\n\r\n").expect("a complete head");
    (head.to_owned(), body.to_owned())
}

/// Checks a text in the format before OpenMetrics. Returns the complaints of `promtool check metrics`,
/// or `None` if it is not installed.
#[must_use]
pub fn promtool(text: &str) -> Option<String> {
    let (succeeds, printed) =
        run_with_stdin(Command::new("promtool").args(["check", "metrics"]), text)?;
    Some(if succeeds { printed } else { format!("promtool fails: {printed}") })
}

/// Parses OpenMetrics strictly. Returns a line for each family (its type, its name, and the number of
/// its samples), or the complaint; or `None` if the parser is not installed.
#[must_use]
pub fn parse_openmetrics(text: &str) -> Option<Result<String, String>> {
    let program = "import sys\n\
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
        for family in parse(sys.stdin.read()):\n    \
            print(family.type, family.name, len(family.samples))";
    let python = python_with("prometheus_client.openmetrics.parser")?;
    let (is_accepted, printed) = run_with_stdin(Command::new(python).args(["-c", program]), text)?;
    Some(if is_accepted { Ok(printed) } else { Err(printed) })
}

/// Returns a Python that has a module. Debian's own, which finds Debian's packages, may come second in
/// the PATH.
#[must_use]
pub fn python_with(module: &str) -> Option<&'static str> {
    let has_module = |python: &&str| {
        let mut import = Command::new(python);
        import.args(["-c", &format!("import {module}")]).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().find(has_module)
}

/// Passes a text to a program. Returns whether it succeeds and its output, or `None` if there is no
/// such program.
///
/// # Panics
///
/// The program does not read its stdin.
pub fn run_with_stdin(command: &mut Command, text: &str) -> Option<(bool, String)> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    stdin.write_all(text.as_bytes()).expect("the program reads its stdin");
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    let printed = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&printed).into_owned()))
}

/// Serves one text to every request, until the process ends. Returns the address.
///
/// # Panics
///
/// There is no free port.
#[must_use]
pub fn serve_text(content_type: &str, text: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address").to_string();
    let length = text.len();
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{text}"
    );
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            // A request of Prometheus is shorter than this, and comes in one piece.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(response.as_bytes());
        }
    });
    address
}

impl Prometheus {
    /// Starts Prometheus, or returns `None` if it is not installed.
    ///
    /// # Panics
    ///
    /// There is no folder for temporary files.
    #[must_use]
    pub fn start(target: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let configuration = folder.path().join("prometheus.yml");
        let job = format!(
            "scrape_configs:\n- job_name: worker\n  scrape_interval: 1s\n  static_configs: \
             [{{targets: ['{target}']}}]\n"
        );
        std::fs::write(&configuration, job).expect("the folder is writable");
        Self::spawn(&configuration, folder)
    }

    /// Starts Prometheus with a configuration, or returns `None` if it is not installed.
    ///
    /// # Panics
    ///
    /// There is no folder for temporary files.
    #[must_use]
    pub fn with_configuration(configuration: &Path) -> Option<Self> {
        Self::spawn(configuration, tempfile::tempdir().expect("a folder for temporary files"))
    }

    fn spawn(configuration: &Path, folder: TempDir) -> Option<Self> {
        let address = free_address();
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", configuration.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Some(Self { process: command.spawn().ok()?, address, _folder: folder })
    }

    /// Waits until a query has a value that fits, and returns it.
    ///
    /// # Panics
    ///
    /// A minute passes without one.
    pub fn wait_for(&self, query: &str, fits: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let value = self.value(query);
            if let Some(value) = value.as_deref().filter(|value| fits(value)) {
                return value.to_owned();
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{query} is {value:?}");
            thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Returns the answer to a query.
    ///
    /// # Panics
    ///
    /// There is no answer.
    #[must_use]
    pub fn query(&self, query: &str) -> Value {
        let answer = self.try_query(query);
        answer.unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    fn value(&self, query: &str) -> Option<String> {
        let body = self.try_query(query).ok()?;
        Some(body.pointer("/data/result/0/value/1")?.as_str()?.to_owned())
    }

    fn try_query(&self, query: &str) -> Result<Value, Box<dyn Error>> {
        let url = format!("http://{}/api/v1/query", self.address);
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut response = agent.get(url).query("query", query).call()?;
        Ok(serde_json::from_str(&response.body_mut().read_to_string()?)?)
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
