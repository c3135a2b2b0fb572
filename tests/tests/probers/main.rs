//! Real probers against a worker that starts, runs, drains and exits: the result of each for live
//! and ready.
#![cfg(unix)]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod daemon;
mod one_shot;

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_tests::certificates::Certificates;
use heartbeat_tests::{Signal, Worker};

use self::daemon::{Blackbox, Grpcio, HaProxy, Monit, Prometheus};
use self::one_shot::OneShot;

const TIMEOUT: Duration = Duration::from_secs(30);
/// Folders of programs, some of which are not in the `PATH` of every user.
const FOLDERS: [&str; 5] =
    ["/usr/bin", "/usr/sbin", "/bin", "/usr/local/bin", "/usr/lib/nagios/plugins"];

/// Probers that pass as long as the port is open.
const PORT_ONLY: [&str; 2] = ["blackbox exporter, tcp", "HAProxy, HTTP/1.0 OPTIONS"];

/// A prober of one worker.
trait Prober {
    fn name(&self) -> &str;

    /// Tells whether the check of a path passes.
    fn passes(&mut self, path: &str) -> bool;

    /// Tells whether the result may be from an earlier poll.
    fn polls(&self) -> bool;
}

/// The endpoint of a worker.
#[derive(Clone)]
struct Target {
    address: String,
    tls: bool,
    /// The certificate of the endpoint, which is its own authority.
    authority: Option<PathBuf>,
}

impl Target {
    fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme(), self.address)
    }
}

/// Finds an installed program.
fn program(name: &str) -> Option<String> {
    let paths = FOLDERS.iter().map(|folder| format!("{folder}/{name}"));
    let found = paths.into_iter().find(|path| std::path::Path::new(path).exists());
    if found.is_none() {
        heartbeat_tests::skip(&format!("{name} is not installed"));
    }
    found
}

fn probers(target: &Target) -> Vec<Box<dyn Prober>> {
    let mut probers: Vec<Box<dyn Prober>> = Vec::new();
    for one_shot in OneShot::all(target) {
        probers.push(Box::new(one_shot));
    }
    for form in HaProxy::FORMS {
        probers.extend(HaProxy::start(target, form).map(|it| Box::new(it) as Box<dyn Prober>));
    }
    for module in ["http", "tcp"] {
        probers.extend(Blackbox::start(target, module).map(|it| Box::new(it) as Box<dyn Prober>));
    }
    probers.extend(Monit::start(target).map(|it| Box::new(it) as Box<dyn Prober>));
    probers.extend(Prometheus::start(target).map(|it| Box::new(it) as Box<dyn Prober>));
    probers
}

/// Returns the probers of the gRPC health checking protocol: one in Go, and one in Python.
fn grpc_probers(target: &Target) -> Vec<Box<dyn Prober>> {
    let mut probers: Vec<Box<dyn Prober>> = Vec::new();
    probers.extend(Blackbox::start(target, "grpc").map(|it| Box::new(it) as Box<dyn Prober>));
    probers.extend(Grpcio::start(target).map(|it| Box::new(it) as Box<dyn Prober>));
    probers
}

/// Waits until a prober has the expected result. One that does not poll has one try.
fn assert_result(prober: &mut dyn Prober, state: &str, path: &str, passes: bool) {
    let deadline = Instant::now() + TIMEOUT;
    while prober.passes(path) != passes {
        let name = prober.name();
        assert!(prober.polls() && Instant::now() < deadline, "{name}, {state}: {path} is wrong");
        thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn each_prober_follows_the_life_of_a_worker() {
    let mut command = heartbeat_tests::example("step-worker");
    follow(&mut command, |address| probers(&Target { address, tls: false, authority: None }));
}

#[test]
fn each_prober_follows_the_life_of_a_worker_over_tls() {
    let Some(certificates) = Certificates::new() else { return };
    let certificate = certificates.for_server("server", 30);
    let mut command = secure_worker();
    command.env("HEARTBEAT_CERTIFICATE_TLS", &certificate);
    follow(&mut command, |address| {
        let target = Target { address, tls: true, authority: Some(certificate.join("tls.crt")) };
        probers(&target).into_iter().chain(grpc_probers(&target)).collect()
    });
}

#[test]
fn each_prober_of_grpc_follows_the_life_of_a_worker() {
    follow(&mut secure_worker(), |address| {
        grpc_probers(&Target { address, tls: false, authority: None })
    });
}

fn secure_worker() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_secure-worker"));
    for name in ["INSIDE", "API", "OWN"] {
        command.env(format!("HEARTBEAT_ENDPOINT_{name}"), "127.0.0.1:0");
    }
    command
}

/// Takes a worker through its life, and asserts what each prober finds.
fn follow(command: &mut Command, probers: impl FnOnce(String) -> Vec<Box<dyn Prober>>) {
    // Prometheus needs the details; the others read the status code.
    let mut worker = Worker::spawn(command.env("HEARTBEAT_DETAILS", "always"));
    worker.wait_for_line("on_start: press Enter");
    let mut probers = probers(worker.address().to_owned());
    let mut assert_all = |state: &str, live: bool, ready: bool| {
        for prober in &mut probers {
            let ready = if PORT_ONLY.contains(&prober.name()) { live } else { ready };
            for (path, passes) in [("/livez", live), ("/readyz", ready)] {
                assert_result(prober.as_mut(), state, path, passes);
            }
            println!("{state:10} live {live:5} ready {ready:5}  {}", prober.name());
        }
    };
    assert_all("starting", true, false);
    worker.press_enter();
    worker.wait_for_line("run: press Enter");
    assert_all("running", true, true);
    worker.signal(Signal::TERM);
    worker.wait_for_line("on_stop: press Enter");
    assert_all("draining", true, false);
    worker.press_enter();
    assert_eq!(worker.wait().code(), Some(0));
    assert_all("gone", false, false);
}

#[test]
fn every_http2_response_has_a_length_and_head_has_no_body() {
    let Some(nghttp) = program("nghttp") else { return };
    let worker =
        Worker::spawn(heartbeat_tests::example("hello-worker").env("HEARTBEAT_DETAILS", "never"));
    let length = |options: &[&str], path: &str| {
        let url = format!("http://{}{path}", worker.address());
        let output = Command::new(&nghttp).arg("-nv").args(options).arg(url).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        // nghttp reports a body that HEAD must not have.
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(errors, "", "{options:?} {path}: {printed}");
        let mut lengths = printed.lines().filter_map(|line| line.split_once("content-length: "));
        lengths.next().unwrap_or_else(|| panic!("{options:?} {path}: {printed}")).1.to_owned()
    };
    assert_eq!(length(&["-H:method:HEAD"], "/livez"), length(&[], "/livez"));
    assert_ne!(length(&["-H:method:HEAD"], "/livez"), "0");
    for (options, path) in [
        (&["-H:method:OPTIONS"][..], "/livez"),
        (&["-H:method:DELETE"], "/livez"),
        (&["-Hhost:a", "-Hhost:b"], "/livez"),
        (&[], "/elsewhere"),
    ] {
        assert_eq!(length(options, path), "0", "{options:?} {path}");
    }
}
