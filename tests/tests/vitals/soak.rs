//! For a minute and more: idle, at a long job, suspended, with its clock stepped, starved; and
//! all cores taken by others.

use std::fs;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_tests::{Signal, Worker, skip};
use serde_json::json;

use super::{CORES, always, told, until, vital_worker};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn for_a_minute_each_is_what_it_is() {
    let _cores = CORES.lock();
    thread::scope(|scope| {
        for (way, line) in [("beat", "beating"), ("idle", "idle"), ("long job", "at a long job")] {
            scope.spawn(move || stays_green(way, line));
        }
        scope.spawn(suspended);
        scope.spawn(clock_steps);
        scope.spawn(starved);
    });
}

fn stays_green(way: &str, line: &str) {
    let mut worker = Worker::spawn(&mut vital_worker(way));
    worker.line_with(line);
    always(&mut worker, "/health", 200, MINUTE);
    ended_without_a_stall(&mut worker);
}

fn ended_without_a_stall(worker: &mut Worker) {
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    assert!(!worker.log().iter().any(|line| line.contains("stalled")), "{:#?}", worker.log());
}

fn suspended() {
    let mut worker = Worker::spawn(&mut vital_worker("beat"));
    worker.line_with("beating");
    always(&mut worker, "/health", 200, SECOND);
    worker.signal(Signal::STOP);
    worker.read_for(MINUTE);
    worker.signal(Signal::CONT);
    always(&mut worker, "/health", 200, 5 * SECOND);
    let (_, body) = told(&worker, "/health");
    let uptime = body["uptime"].as_f64().unwrap();
    assert!(uptime < 30.0, "the minute does not count: {body}");
    ended_without_a_stall(&mut worker);
}

/// By an hour, forth and back; the monotonic clock is the real one.
fn clock_steps() {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    if !Path::new(library).exists() {
        return skip("there is no libfaketime here");
    }
    let folder = tempfile::tempdir().unwrap();
    let step = folder.path().join("step");
    fs::write(&step, "+0").unwrap();
    let mut command = vital_worker("beat");
    command.env("LD_PRELOAD", library).env("DONT_FAKE_MONOTONIC", "1");
    command.env("FAKETIME_TIMESTAMP_FILE", &step).env("FAKETIME_NO_CACHE", "1");
    let mut worker = Worker::spawn(&mut command);
    worker.line_with("beating");
    for offset in ["+0", "+3600", "-3600", "+0"] {
        fs::write(&step, offset).unwrap();
        always(&mut worker, "/health", 200, 5 * SECOND);
    }
    ended_without_a_stall(&mut worker);
    // The library did step the clock of such a process.
    fs::write(&step, "+360000").unwrap();
    let date = |command: &mut Command| -> u64 {
        let said = command.arg("+%s").output().unwrap().stdout;
        String::from_utf8(said).unwrap().trim().parse().unwrap()
    };
    let mut stepped = Command::new("date");
    stepped.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &step);
    assert!(date(&mut stepped) > date(&mut Command::new("date")) + 300_000);
}

/// Every thread of its runtime is blocked for more than a minute.
fn starved() {
    let mut worker = Worker::spawn(&mut vital_worker("block all"));
    worker.line_with("all blocked");
    let start = Instant::now();
    let (mut warned, mut red, mut took) = (None, None, Vec::new());
    while start.elapsed() < MINUTE + 4 * SECOND {
        let asked = Instant::now();
        let (status, body) = told(&worker, "/livez");
        took.push(asked.elapsed());
        if body["status"] == "warn" && warned.is_none() {
            warned = Some(start.elapsed());
        }
        if status == 503 && red.is_none() {
            red = Some(start.elapsed());
        }
        assert_eq!(status == 503, red.is_some(), "once red, it stays red: {body}");
        let starved = warned.or(red).is_some();
        assert_eq!(body["reasons"] == json!(["starved"]), starved, "{body}");
        worker.read_for(Duration::from_millis(10));
    }
    let (warned, red) = (warned.unwrap(), red.unwrap());
    took.sort();
    let p999 = took[took.len() * 999 / 1000];
    println!("starved: warned after {warned:?}, red after {red:?}");
    println!("of {} probes: median {:?}, p99.9 {p999:?}", took.len(), took[took.len() / 2]);
    // A canary may have been away already, and the next one leaves within 100 ms.
    let within =
        |moment: Duration, rule: Duration| moment + SECOND / 5 > rule && moment < rule + SECOND;
    assert!(within(warned, 5 * SECOND), "warned after {warned:?}");
    assert!(within(red, MINUTE), "red after {red:?}");
    // Under 50 ms on a machine that has nothing else to do; here, whatever else it does.
    assert!(p999 < SECOND / 2, "{p999:?}");
    worker.press_enter();
    worker.line_with("released");
    let (_, body) = until(&mut worker, "/livez", 200);
    assert_eq!(body["status"], "pass");
    // It may have been read while the answer was waited for.
    worker.until_said("recovered: the worker's runtime runs tasks again, after ");
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
}

/// The idle limit of the health server, waited out beside what takes as long.
#[test]
fn a_connection_that_asks_no_more_is_closed_after_75_seconds() {
    let worker = Worker::spawn(&mut vital_worker("idle"));
    let http1 = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    // The preface, no settings, a request for `/`, and that the settings of the server are known.
    let http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
        \0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86\0\0\0\x04\x01\0\0\0\0";
    let asked = Instant::now();
    let streams = [&http1[..], http2].map(|request| {
        let mut stream = TcpStream::connect(worker.address()).unwrap();
        stream.set_read_timeout(Some(2 * MINUTE)).unwrap();
        stream.write_all(request).unwrap();
        stream
    });
    for mut stream in streams {
        io::copy(&mut stream, &mut io::sink()).expect("an end, and no reset");
        let after = asked.elapsed();
        assert!(after >= 75 * SECOND && after < 85 * SECOND, "{after:?}");
    }
    // Nobody has asked in between, so that none but the heart, which looks for beats, had anything to
    // do. With a canary every 100 ms each would have been woken 750 times.
    #[cfg(target_os = "linux")]
    for (thread, wakeups) in wakeups(&worker) {
        assert!(thread == "heartbeat" || wakeups < 375, "`{thread}` was woken {wakeups} times");
    }
}

/// The threads of a worker, and how often each went to sleep.
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

/// Something that computes until it is dropped.
struct Hog(Child);

impl Drop for Hog {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn cores_that_others_take_stall_nobody() {
    let _cores = CORES.lock();
    let count = 4 * thread::available_parallelism().unwrap().get();
    let hog = || {
        let mut shell = Command::new("sh");
        Hog(shell.args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn().unwrap())
    };
    let hogs: Vec<_> = (0..count).map(|_| hog()).collect();
    let mut workers: Vec<_> = ["beat", "idle", "long job", "check"]
        .map(|way| Worker::spawn(&mut vital_worker(way)))
        .into_iter()
        .collect();
    for worker in &mut workers {
        until(worker, "/health", 200);
    }
    thread::scope(|scope| {
        for worker in &mut workers {
            scope.spawn(|| always(worker, "/health", 200, 10 * SECOND));
        }
    });
    drop(hogs);
    workers.iter_mut().for_each(ended_without_a_stall);
}
