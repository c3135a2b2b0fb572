//! Workers over a minute and more: idle, in a long job, suspended, with a stepped clock, starved,
//! and without a core for themselves.

use std::fs;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker, skip};
use serde_json::json;

use super::{CORES, assert_status_for, get_json, vital_worker, wait_for_status};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn each_worker_keeps_its_verdict_for_a_minute() {
    let _cores = CORES.lock();
    thread::scope(|scope| {
        for (mode, line) in [("beat", "beating"), ("idle", "idle"), ("long job", "in a long job")] {
            scope.spawn(move || stays_green(mode, line));
        }
        scope.spawn(suspended);
        scope.spawn(clock_steps);
        scope.spawn(starved);
    });
}

fn stays_green(mode: &str, line: &str) {
    let mut worker = Worker::spawn(&mut vital_worker(mode));
    worker.wait_for_line(line);
    assert_status_for(&mut worker, "/health", 200, MINUTE);
    assert_stops_without_a_stall(&mut worker);
}

fn assert_stops_without_a_stall(worker: &mut Worker) {
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    assert!(!worker.log().iter().any(|line| line.contains("stalled")), "{:#?}", worker.log());
}

fn suspended() {
    let mut worker = Worker::spawn(&mut vital_worker("beat"));
    worker.wait_for_line("beating");
    assert_status_for(&mut worker, "/health", 200, SECOND);
    worker.signal(Signal::STOP);
    worker.read_log_for(MINUTE);
    worker.signal(Signal::CONT);
    assert_status_for(&mut worker, "/health", 200, 5 * SECOND);
    let (_, body) = get_json(&worker, "/health");
    let uptime = body["uptime"].as_f64().unwrap();
    assert!(uptime < 30.0, "the suspended minute counts: {body}");
    assert_stops_without_a_stall(&mut worker);
}

/// Steps the clock by an hour, forth and back, but not the monotonic clock.
fn clock_steps() {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    if !Path::new(library).exists() {
        return skip("libfaketime is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let step = folder.path().join("step");
    fs::write(&step, "+0").unwrap();
    let mut command = vital_worker("beat");
    command.env("LD_PRELOAD", library).env("DONT_FAKE_MONOTONIC", "1");
    command.env("FAKETIME_TIMESTAMP_FILE", &step).env("FAKETIME_NO_CACHE", "1");
    let mut worker = Worker::spawn(&mut command);
    worker.wait_for_line("beating");
    for offset in ["+0", "+3600", "-3600", "+0"] {
        fs::write(&step, offset).unwrap();
        assert_status_for(&mut worker, "/health", 200, 5 * SECOND);
    }
    assert_stops_without_a_stall(&mut worker);
    // The library does step the clock of a process with these variables.
    fs::write(&step, "+360000").unwrap();
    let date = |command: &mut Command| -> u64 {
        let printed = command.arg("+%s").output().unwrap().stdout;
        String::from_utf8(printed).unwrap().trim().parse().unwrap()
    };
    let mut stepped = Command::new("date");
    stepped.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &step);
    assert!(date(&mut stepped) > date(&mut Command::new("date")) + 300_000);
}

/// Blocks every thread of the runtime for more than a minute.
fn starved() {
    let mut worker = Worker::spawn(&mut vital_worker("block all"));
    worker.wait_for_line("all blocked");
    let start = Instant::now();
    let (mut warned, mut red, mut latencies) = (None, None, Vec::new());
    while start.elapsed() < MINUTE + 4 * SECOND {
        let sent = Instant::now();
        let (status, body) = get_json(&worker, "/livez");
        latencies.push(sent.elapsed());
        if body["status"] == "warn" && warned.is_none() {
            warned = Some(start.elapsed());
        }
        if status == 503 && red.is_none() {
            red = Some(start.elapsed());
        }
        assert_eq!(status == 503, red.is_some(), "once red, it stays red: {body}");
        let starved = warned.or(red).is_some();
        assert_eq!(body["reasons"] == json!(["starved"]), starved, "{body}");
        worker.read_log_for(Duration::from_millis(10));
    }
    let (warned, red) = (warned.unwrap(), red.unwrap());
    latencies.sort();
    let p999 = latencies[latencies.len() * 999 / 1000];
    println!("starved: warned after {warned:?}, red after {red:?}");
    let median = latencies[latencies.len() / 2];
    println!("{} probes: median {median:?}, p99.9 {p999:?}", latencies.len());
    // A canary may be in flight already; otherwise the next one starts within 100 ms.
    let within = |time: Duration, rule: Duration| time + SECOND / 5 > rule && time < rule + SECOND;
    assert!(within(warned, 5 * SECOND), "warned after {warned:?}");
    assert!(within(red, MINUTE), "red after {red:?}");
    // Under 50 ms on an idle machine; the bound holds on a busy one too.
    assert!(p999 < SECOND / 2, "{p999:?}");
    worker.press_enter();
    worker.wait_for_line("released");
    let (_, body) = wait_for_status(&mut worker, "/livez", 200);
    assert_eq!(body["status"], "pass");
    // The line may have been read while the status was polled.
    worker.wait_until_logged("recovered: the worker's runtime runs tasks again, after ");
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
}

/// The idle timeout of the health server, tested beside the other long tests.
#[test]
fn closes_an_idle_connection_after_75_seconds() {
    let worker = Worker::spawn(&mut vital_worker("idle"));
    let http1 = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    // The preface, empty settings, a request for `/`, and the acknowledgement of the server's settings.
    let http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
        \0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86\0\0\0\x04\x01\0\0\0\0";
    let start = Instant::now();
    let streams = [&http1[..], http2].map(|request| {
        let mut stream = TcpStream::connect(worker.address()).unwrap();
        stream.set_read_timeout(Some(2 * MINUTE)).unwrap();
        stream.write_all(request).unwrap();
        stream
    });
    for mut stream in streams {
        io::copy(&mut stream, &mut io::sink()).expect("an end, and no reset");
        let after = start.elapsed();
        assert!(after >= 75 * SECOND && after < 85 * SECOND, "{after:?}");
    }
    // Meanwhile only the monitor, which scans the heartbeats, has work. A canary every 100 ms would
    // have woken each thread 750 times.
    #[cfg(target_os = "linux")]
    for (thread, wakeups) in wakeups(&worker) {
        assert!(thread == "heartbeat" || wakeups < 375, "`{thread}` was woken {wakeups} times");
    }
}

/// Returns the name of each thread of a worker, and how often it went to sleep.
#[cfg(target_os = "linux")]
fn wakeups(worker: &Worker) -> Vec<(String, u64)> {
    let threads = fs::read_dir(format!("/proc/{}/task", worker.id())).unwrap();
    let wakeups = threads.map(|thread| {
        let thread = thread.unwrap().path();
        let status = fs::read_to_string(thread.join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        let name = fs::read_to_string(thread.join("comm")).unwrap();
        (name.trim().to_owned(), line.unwrap().trim().parse().unwrap())
    });
    wakeups.collect()
}

/// A process that uses a core until it is dropped.
struct Hog(Child);

impl Drop for Hog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_machine_without_idle_cores_stalls_no_worker() {
    let _cores = CORES.lock();
    let count = 4 * thread::available_parallelism().unwrap().get();
    let hog = || {
        let mut shell = Command::new("sh");
        Hog(shell.args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn().unwrap())
    };
    let hogs: Vec<_> = (0..count).map(|_| hog()).collect();
    let mut workers: Vec<_> = ["beat", "idle", "long job", "check"]
        .map(|mode| Worker::spawn(&mut vital_worker(mode)))
        .into_iter()
        .collect();
    for worker in &mut workers {
        wait_for_status(worker, "/health", 200);
    }
    thread::scope(|scope| {
        for worker in &mut workers {
            scope.spawn(|| assert_status_for(worker, "/health", 200, 10 * SECOND));
        }
    });
    drop(hogs);
    workers.iter_mut().for_each(assert_stops_without_a_stall);
}
