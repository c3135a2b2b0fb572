//! The spool worker, end to end: real processes, real files, real signals.
#![cfg(target_os = "linux")]
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test, that is how to fail"
)]

mod files;
mod health;
mod spool;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use files::{Numbers, generated, names, sources, unpacked};
use heartbeat_tests::{Signal, Worker, workspace};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use spool::{Spool, terminate};
use watch::Watch;

const KILLS: usize = 40;
const MIB: u64 = 1 << 20;
const PARTIAL: &str = ".spool-worker.partial";

/// The name of each result, with the name and the content of its original.
type Expected = BTreeMap<String, (String, Vec<u8>)>;

#[test]
fn kills_at_any_time_lose_no_file_and_duplicate_none() {
    let spool = Spool::new();
    let mut expected = Expected::new();
    for (name, content) in generated().into_iter().chain(sources()) {
        spool.deliver(&name, &content);
        expected.insert(format!("{name}.gz"), (name, content));
    }

    let mut numbers = Numbers::seeded(2);
    let mut checked = BTreeSet::new();
    for kill in 0..KILLS {
        let watch = Watch::new([&spool.inbox, &spool.done]);
        let mut worker = Worker::spawn_raw(&mut spool.worker());
        let mut changes = numbers.below(50);
        watch.wait_until(|name| {
            changes = changes.saturating_sub(1);
            changes == 0
                && match kill % 3 {
                    0 => true,
                    // A result has its final name, and its original still exists.
                    1 => expected.contains_key(name),
                    // An original was just removed.
                    _ => name != PARTIAL && !spool.inbox.join(name).exists(),
                }
        });
        worker.signal(Signal::KILL);
        worker.wait();
        assert_nothing_lost(&spool, &expected, &mut checked);
    }

    let watch = Watch::new([&spool.inbox]);
    let mut worker = Worker::spawn(&mut spool.worker());
    // Further files of the same names, once those are free.
    for name in ["generated 0", "generated 1"] {
        watch.wait_until(|_| !spool.inbox.join(name).exists());
        spool.deliver(name, b"another");
        expected.insert(format!("{name}.1.gz"), (name.into(), b"another".into()));
    }
    watch.wait_until(|_| names(&spool.inbox).is_empty());
    assert_eq!(terminate(&mut worker), Some(0));
    assert_eq!(names(&spool.done), expected.keys().cloned().collect::<Vec<_>>());
    for (result, (_, content)) in &expected {
        assert!(unpacked(&spool.done.join(result)) == *content, "{result} differs");
    }
    assert!(names(&spool.inbox).is_empty());
}

/// Asserts that each result with a final name is complete, and that all other originals are still in
/// the inbox.
fn assert_nothing_lost(spool: &Spool, expected: &Expected, checked: &mut BTreeSet<String>) {
    let mut done = names(&spool.done);
    done.retain(|name| name != PARTIAL);
    for result in &done {
        let (_, content) =
            expected.get(result).unwrap_or_else(|| panic!("unexpected result {result}"));
        if checked.insert(result.clone()) {
            assert!(unpacked(&spool.done.join(result)) == *content, "{result} differs");
        }
    }
    for (result, (original, content)) in expected {
        if !checked.contains(result) {
            let left = fs::read(spool.inbox.join(original)).ok();
            assert!(left.as_ref() == Some(content), "{original} is lost");
        }
    }
}

#[test]
fn a_large_file_needs_little_memory_and_leaves_the_worker_healthy() {
    let spool = Spool::new();
    let mut worker = Worker::spawn(&mut spool.worker());
    worker.wait_for_line("ready");
    spool.deliver_zeros("large", 64 * MIB);
    let deadline = Instant::now() + Duration::from_secs(120);
    while spool.inbox.join("large").exists() {
        assert_eq!(worker.get("/health").status, 200);
        assert!(Instant::now() < deadline, "64 MiB take more than two minutes");
    }
    let peak = peak_memory(&worker);
    assert!(peak < 32 * MIB, "{peak} bytes");
    assert_eq!(terminate(&mut worker), Some(0));
    let content = unpacked(&spool.done.join("large.gz"));
    assert_eq!(content.len() as u64, 64 * MIB);
    assert!(content.iter().all(|byte| *byte == 0));
}

/// Returns the peak resident memory of a worker, in bytes.
fn peak_memory(worker: &Worker) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", worker.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn logs_each_refused_file_once_and_compresses_the_others() {
    let spool = Spool::new();
    fs::create_dir(spool.inbox.join("a folder")).unwrap();
    std::os::unix::fs::symlink("anywhere", spool.inbox.join("a link")).unwrap();
    mknodat(CWD, spool.inbox.join("a pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    spool.deliver(&"n".repeat(253), b"too long");
    let refused = names(&spool.inbox);
    let mut worker = Worker::spawn(&mut spool.worker());
    // One after another, so that the worker lists the folder several times.
    for name in ["first", "second", "third"] {
        spool.deliver(name, name.as_bytes());
        worker.wait_for_line(&format!("compressed name={name:?}"));
        assert_eq!(unpacked(&spool.done.join(name.to_owned() + ".gz")), name.as_bytes());
        assert_eq!(worker.get("/health").status, 200);
    }
    assert_eq!(terminate(&mut worker), Some(0));
    for name in &refused {
        let about: Vec<_> = worker.log().iter().filter(|line| line.contains(name)).collect();
        assert_eq!(about.len(), 1, "{name}: {about:?}");
        assert!(about[0].contains("ERROR") && about[0].contains("refused"), "{about:?}");
    }
    assert_eq!(names(&spool.inbox), refused);
}

#[test]
fn a_stop_in_the_middle_of_a_file_is_prompt_and_keeps_the_file() {
    let spool = Spool::new();
    let length = 16 * 1024 * MIB;
    spool.deliver_zeros("large", length);
    let watch = Watch::new([&spool.done]);
    let mut worker = Worker::spawn(&mut spool.worker());
    let mut writes = 0;
    watch.wait_until(|name| {
        writes += usize::from(name == PARTIAL);
        writes == 5
    });
    let start = Instant::now();
    assert_eq!(terminate(&mut worker), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(fs::metadata(spool.inbox.join("large")).unwrap().len(), length);
    assert!(names(&spool.done).is_empty());
}

#[test]
fn a_second_worker_on_the_same_folders_does_not_start() {
    let spool = Spool::new();
    let mut first = Worker::spawn(&mut spool.worker());
    first.wait_for_line("ready");
    let mut second = Worker::spawn(&mut spool.worker());
    second.wait_for_line("another worker uses it");
    assert_eq!(second.wait().code(), Some(1));
    assert_eq!(first.get("/health").status, 200);
    first.signal(Signal::KILL);
    first.wait();
    Worker::spawn(&mut spool.worker()).wait_for_line("ready");
}

#[test]
fn reads_its_settings_from_the_service_configuration() {
    let spool = Spool::new();
    let configuration = "examples/spool-worker/ServiceConfiguration.cscfg";
    let mut command = spool.worker_without_settings();
    command.env("HEARTBEAT_CONFIGURATION", workspace().join(configuration));
    spool.deliver("a", b"hello");
    let start = Instant::now();
    let mut worker = Worker::spawn(&mut command);
    worker.wait_for_line("compressed");
    assert!(start.elapsed() > Duration::from_millis(500), "compressed before it had settled");
    assert_eq!(unpacked(&spool.done.join("a.gz")), b"hello");
    assert_eq!(terminate(&mut worker), Some(0));
}

#[test]
fn names_all_settings_without_a_value_in_one_line() {
    let spool = Spool::new();
    let mut worker = Worker::spawn_raw(&mut spool.worker_without_settings());
    assert_eq!(worker.wait().code(), Some(78));
    let log = worker.log();
    assert_eq!(log.len(), 1, "{log:?}");
    for name in ["`Inbox`", "`Done`", "`SettleMilliseconds`", "HEARTBEAT_SETTING_INBOX"] {
        assert!(log[0].contains(name), "{name}: {log:?}");
    }
}
