//! Real probers, each started here, as a worker goes through its life: what each makes of live
//! and of ready while the worker starts, is ready, drains and is gone.
#![cfg(unix)]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "in a test, that is how to fail")]

mod daemon;
mod once;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker};

use self::daemon::{Blackbox, HaProxy, Monit, Prometheus};
use self::once::Once;

const PATIENCE: Duration = Duration::from_secs(30);
/// Programs that are not for users are not in everybody's path.
const FOLDERS: [&str; 5] =
    ["/usr/bin", "/usr/sbin", "/bin", "/usr/local/bin", "/usr/lib/nagios/plugins"];

/// Those that ask for no verdict: all they learn is that somebody answers.
const SEE_THE_PORT: [&str; 2] = ["blackbox exporter, tcp", "HAProxy, HTTP/1.0 OPTIONS"];

/// A prober of one worker.
trait Prober {
    fn name(&self) -> &str;

    /// What it makes of a path now: whether it passes.
    fn sees(&mut self, path: &str) -> bool;

    /// Whether what it sees may be of some time ago.
    fn polls(&self) -> bool;
}

/// The path of an installed program.
fn program(name: &str) -> Option<String> {
    let paths = FOLDERS.iter().map(|folder| format!("{folder}/{name}"));
    let found = paths.into_iter().find(|path| std::path::Path::new(path).exists());
    if found.is_none() {
        heartbeat_tests::skip(&format!("{name} is not installed"));
    }
    found
}

fn probers(address: &str) -> Vec<Box<dyn Prober>> {
    let mut probers: Vec<Box<dyn Prober>> = Vec::new();
    for once in Once::all(address) {
        probers.push(Box::new(once));
    }
    for form in HaProxy::FORMS {
        probers.extend(HaProxy::start(address, form).map(|it| Box::new(it) as Box<dyn Prober>));
    }
    for module in ["http", "tcp"] {
        probers.extend(Blackbox::start(address, module).map(|it| Box::new(it) as Box<dyn Prober>));
    }
    probers.extend(Monit::start(address).map(|it| Box::new(it) as Box<dyn Prober>));
    probers.extend(Prometheus::start(address).map(|it| Box::new(it) as Box<dyn Prober>));
    probers
}

/// Waits until a prober sees what it should; one that asks when it is asked has one try.
fn assert_sees(prober: &mut dyn Prober, state: &str, path: &str, passes: bool) {
    let deadline = Instant::now() + PATIENCE;
    while prober.sees(path) != passes {
        let name = prober.name();
        assert!(prober.polls() && Instant::now() < deadline, "{name}, {state}: {path} is wrong");
        thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn each_sees_the_life_of_a_worker() {
    let mut command = heartbeat_tests::example("step-worker");
    // For Prometheus; the others look at the status.
    let mut worker = Worker::spawn(command.env("HEARTBEAT_DETAILS", "always"));
    worker.line_with("on_start: press Enter");
    let mut probers = probers(worker.address());
    let mut look = |state: &str, live: bool, ready: bool| {
        for prober in &mut probers {
            let ready = if SEE_THE_PORT.contains(&prober.name()) { live } else { ready };
            for (path, passes) in [("/livez", live), ("/readyz", ready)] {
                assert_sees(prober.as_mut(), state, path, passes);
            }
            println!("{state:10} live {live:5} ready {ready:5}  {}", prober.name());
        }
    };
    look("starting", true, false);
    worker.press_enter();
    worker.line_with("run: press Enter");
    look("ready", true, true);
    worker.signal(Signal::TERM);
    worker.line_with("on_stop: press Enter");
    look("draining", true, false);
    worker.press_enter();
    assert_eq!(worker.wait().code(), Some(0));
    look("gone", false, false);
}

#[test]
fn over_http2_too_every_answer_tells_its_length_and_has_no_body_for_head() {
    let Some(nghttp) = program("nghttp") else { return };
    let worker =
        Worker::spawn(heartbeat_tests::example("hello-worker").env("HEARTBEAT_DETAILS", "never"));
    let length = |options: &[&str], path: &str| {
        let url = format!("http://{}{path}", worker.address());
        let output = Command::new(&nghttp).arg("-nv").args(options).arg(url).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        // It complains of a body that must not be there.
        let complaints = String::from_utf8(output.stderr).unwrap();
        assert_eq!(complaints, "", "{options:?} {path}: {told}");
        let mut lengths = told.lines().filter_map(|line| line.split_once("content-length: "));
        lengths.next().unwrap_or_else(|| panic!("{options:?} {path}: {told}")).1.to_owned()
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
