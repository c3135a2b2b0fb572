//! The configuration of a worker: settings, local storage and identity; and the start that fails
//! before user code runs.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::Command;

use heartbeat_tests::{Signal, Worker};
use tempfile::TempDir;

fn worker() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
    command
}

fn file(content: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

/// Runs a worker to its end, and returns its exit code and its log.
fn end_of(command: &mut Command) -> (Option<i32>, Vec<String>) {
    let mut worker = Worker::spawn_raw(command);
    (worker.wait().code(), worker.log().to_vec())
}

/// Runs a worker, and returns its lines after the first until it is ready.
fn warnings(command: &mut Command) -> Vec<String> {
    let mut worker = Worker::spawn(command);
    worker.wait_for_line("heartbeat: ready after ");
    let lines = worker.log().iter().filter(|line| line.starts_with("heartbeat: "));
    let lines: Vec<_> = lines.cloned().collect();
    assert!(lines[0].contains(" is starting; "), "{lines:#?}");
    let warnings = lines[1..lines.len() - 1].to_vec();
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "a warning refuses nothing: {:#?}", worker.log());
    warnings
}

#[test]
fn refuses_a_setting_without_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let line = "heartbeat: cannot start: no value for setting `Fail` of role `FailingWorker`: \
                ServiceConfiguration.cscfg is not in the working directory: set \
                HEARTBEAT_SETTING_FAIL, or name a service configuration with \
                HEARTBEAT_CONFIGURATION";
    let mut worker = Worker::spawn_raw(worker().current_dir(folder.path()));
    assert_eq!(worker.wait().code(), Some(78), "{:#?}", worker.log());
    assert_eq!(worker.log(), [line]);
}

#[test]
fn refuses_a_malformed_service_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.cscfg");
    std::fs::write(&file, "<ServiceConfiguration serviceName='S'>\n  <Role name=W/>").unwrap();
    let mut worker = Worker::spawn_raw(worker().env("HEARTBEAT_CONFIGURATION", &file));
    assert_eq!(worker.wait().code(), Some(78));
    let start = format!(
        "heartbeat: cannot start: cannot read the service configuration {}:2:",
        file.display()
    );
    assert!(worker.log()[0].starts_with(&start), "{:?}", worker.log());
}

/// To open the pipe would wait for its other end, and to read the device would fill the memory.
#[test]
fn refuses_a_configuration_that_is_not_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe, "/dev/zero".into()] {
        let line = format!(
            "heartbeat: cannot start: cannot read the service configuration {}: it is not a regular \
             file: set HEARTBEAT_CONFIGURATION to the path of a .cscfg file",
            path.display()
        );
        let end = end_of(worker().env("HEARTBEAT_CONFIGURATION", &path));
        assert_eq!(end, (Some(78), vec![line]));
    }
}

#[test]
fn tells_all_wrong_variables_on_one_line() {
    let mut command = worker();
    let not_text = OsString::from_vec(vec![0xff]);
    command.env("HEARTBEAT_INSTANCE_ID", not_text);
    for (name, value) in [
        ("HEARTBEAT_ENDPOINT_HEARTBEAT", "nowhere"),
        ("HEARTBEAT_ENDPOINT_PEER_PORT", "somewhere"),
        ("HEARTBEAT_CONFIGURATION", "/absent.cscfg"),
        ("HEARTBEAT_SETTING_FAIL_FILE", "/absent"),
        ("HEARTBEAT_SETTING_FIAL", "run stop"),
        ("HEARTBEAT_STALL_AFTER", "soon"),
        ("HEARTBEAT_STOP_WITHIN", "0s"),
        ("HEARTBEAT_DRAIN", "5"),
        ("HEARTBEAT_DETAILS", "sometimes"),
        ("HEARTBEAT_INSTANCES_FAILINGWORKER_PEER_PORT", "a:1,elsewhere,a:2"),
        ("HEARTBEAT_INSTANCES_FAILINGWORKER_PEERPORT", "a:1"),
        ("LISTEN_FDS", "all"),
        ("LISTEN_PID", "me"),
        ("WATCHDOG_USEC", "30s"),
        ("WATCHDOG_PID", "me"),
        ("TOKIO_WORKER_THREADS", "0"),
    ] {
        command.env(name, value);
    }
    let (code, log) = end_of(&mut command);
    assert_eq!(code, Some(78), "{log:#?}");
    assert_eq!(log.len(), 1, "{log:#?}");
    for wrong in [
        "heartbeat: cannot start: ",
        "HEARTBEAT_INSTANCE_ID is not Unicode text",
        "HEARTBEAT_ENDPOINT_HEARTBEAT is `nowhere`",
        "HEARTBEAT_ENDPOINT_PEER_PORT is `somewhere`",
        "cannot read the service configuration /absent.cscfg",
        "HEARTBEAT_SETTING_FAIL_FILE is `/absent`",
        "HEARTBEAT_SETTING_FIAL means nothing to this worker: did you mean HEARTBEAT_SETTING_FAIL?",
        "HEARTBEAT_STALL_AFTER is `soon`",
        "set HEARTBEAT_STOP_WITHIN (or stop_within) to more than none",
        "HEARTBEAT_DRAIN is `5`",
        "HEARTBEAT_DETAILS is `sometimes`",
        "HEARTBEAT_INSTANCES_FAILINGWORKER_PEER_PORT has the entry `elsewhere`: write ID=host:port, ",
        "HEARTBEAT_INSTANCES_FAILINGWORKER_PEER_PORT names `a` twice: ",
        "did you mean HEARTBEAT_INSTANCES_FAILINGWORKER_PEER_PORT?",
        "LISTEN_FDS is `all`",
        "LISTEN_PID is `me`",
        "WATCHDOG_USEC is `30s`",
        "WATCHDOG_PID is `me`",
        "TOKIO_WORKER_THREADS is `0`",
    ] {
        assert_eq!(log[0].matches(wrong).count(), 1, "{wrong} in {}", log[0]);
    }
}

#[test]
fn suggests_the_setting_that_a_configuration_misspells() {
    let (_folder, path) = file(
        "<ServiceConfiguration serviceName='Trials'>\n<Role name='FailingWorker'>\
         <ConfigurationSettings>\n<Setting name='Fial' value='run stop'/>\
         </ConfigurationSettings></Role></ServiceConfiguration>",
    );
    let (code, log) = end_of(worker().env("HEARTBEAT_CONFIGURATION", &path));
    assert_eq!((code, log.len()), (Some(78), 1), "{log:#?}");
    let hint = format!(
        "{}:3:16 gives `Fial`, which the role does not declare: did you mean `Fail`?",
        path.display()
    );
    assert!(log[0].ends_with(&hint), "{log:?}");
}

#[test]
fn takes_a_setting_from_a_file_without_its_last_line_end() {
    for line_end in ["", "\n", "\r\n"] {
        let (_folder, path) = file(&format!("run error{line_end}"));
        let (code, log) = end_of(worker().env("HEARTBEAT_SETTING_FAIL_FILE", &path));
        assert_eq!(code, Some(1), "{log:#?}");
        assert!(log.iter().any(|line| line.contains("run failed: the order is lost")), "{log:#?}");
    }
}

#[test]
fn refuses_a_setting_with_both_a_value_and_a_file() {
    let (_folder, path) = file("run error");
    let mut command = worker();
    command.env("HEARTBEAT_SETTING_FAIL_FILE", &path).env("HEARTBEAT_SETTING_FAIL", "run stop");
    let line = "heartbeat: cannot start: HEARTBEAT_SETTING_FAIL and HEARTBEAT_SETTING_FAIL_FILE are \
                both set: unset one of them";
    assert_eq!(end_of(&mut command), (Some(78), vec![line.to_owned()]));
}

/// To open a pipe waits for its other end, and a device may never end.
#[test]
fn refuses_a_setting_in_what_is_no_text_file() {
    let (folder, not_text) = file("");
    std::fs::write(&not_text, [0xff]).unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, cause) in [
        (not_text, "it is not UTF-8 text"),
        (pipe, "it is not a regular file"),
        (folder.path().to_owned(), "it is not a regular file"),
        ("/dev/zero".into(), "it is not a regular file"),
        (folder.path().join("absent"), "No such file or directory (os error 2)"),
    ] {
        let line = format!(
            "heartbeat: cannot start: HEARTBEAT_SETTING_FAIL_FILE is `{}`: {cause}: set it to the \
             path of a text file",
            path.display()
        );
        let end = end_of(worker().env("HEARTBEAT_SETTING_FAIL_FILE", &path));
        assert_eq!(end, (Some(78), vec![line]));
    }
}

#[test]
fn a_setting_that_cannot_be_parsed_ends_the_worker_with_78() {
    let (code, log) = end_of(worker().env("HEARTBEAT_SETTING_FAIL", "on_start parse"));
    assert_eq!(code, Some(78), "{log:#?}");
    let line = "heartbeat: on_start failed: cannot parse setting `Fail` of role `FailingWorker`: \
                HEARTBEAT_SETTING_FAIL gives `on_start parse`: write a value of type \
                `NonZero<u16>`: stopping, within 25 s";
    assert!(log.iter().any(|logged| logged == line), "{log:#?}");
    let (code, log) = end_of(worker().env("HEARTBEAT_SETTING_FAIL", "run parse"));
    assert_eq!(code, Some(1), "only the start is configuration: {log:#?}");
}

#[test]
fn warns_of_variables_that_mean_nothing_and_goes_on() {
    let mut command = worker();
    command
        .env("HEARTBEAT_SETTING_FAIL", "run stop")
        .env("HEARTBEAT_ENDPOINT_HEARTBAET", "3000")
        .env("HEARTBEAT_STAL_AFTER", "30s")
        .env("HEARTBEAT_UNRELATED_THING", "1")
        .env("HEARTBEAT_EMPTY", "");
    let expected = [
        "heartbeat: HEARTBEAT_ENDPOINT_HEARTBAET means nothing to this worker: did you mean \
         HEARTBEAT_ENDPOINT_HEARTBEAT?",
        "heartbeat: HEARTBEAT_STAL_AFTER means nothing to this worker: did you mean \
         HEARTBEAT_STALL_AFTER?",
        "heartbeat: HEARTBEAT_UNRELATED_THING means nothing to this worker: remove it",
    ];
    assert_eq!(warnings(&mut command), expected);
}

#[test]
fn warns_of_a_drain_for_which_a_stop_has_no_time() {
    let mut command = worker();
    command.env("HEARTBEAT_SETTING_FAIL", "run stop").env("HEARTBEAT_STOP_WITHIN", "1s");
    command.env("HEARTBEAT_DRAIN", "800ms");
    assert_eq!(warnings(&mut command), [""; 0]);
    let expected = "heartbeat: a drain of 900 ms is longer than run's share of a stop (800 ms of \
                    1 s): 800 ms is used; lower HEARTBEAT_DRAIN (or drain), or raise \
                    HEARTBEAT_STOP_WITHIN (or stop_within)";
    assert_eq!(warnings(command.env("HEARTBEAT_DRAIN", "900ms")), [expected]);
}

#[test]
fn passes_settings_addresses_folders_and_identity_to_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = folder.path().join("scratch");
    let configuration = folder.path().join("ServiceConfiguration.cscfg");
    let content = "<ServiceConfiguration serviceName='Trials'><Role name='FailingWorker'>\
                   <ConfigurationSettings><Setting name='Fail' value='run error'/>\
                   </ConfigurationSettings></Role></ServiceConfiguration>";
    std::fs::write(configuration, content).unwrap();
    let mut worker = Worker::spawn_raw(
        worker()
            .current_dir(folder.path())
            .env("HEARTBEAT_RESOURCE_SCRATCH", &scratch)
            .env("HEARTBEAT_ENDPOINT_PEER_PORT", "127.0.0.1:4711")
            .env("HEARTBEAT_INSTANCE_ID", "trial-7"),
    );
    assert_eq!(worker.wait().code(), Some(1), "the setting comes from the working directory");
    for line in [
        "peer at 127.0.0.1:4711".to_owned(),
        format!("scratch at {}", scratch.display()),
        format!("FailingWorker {} of trial-7", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(worker.log().contains(&line), "no {line:?} in {:#?}", worker.log());
    }
    assert!(scratch.is_dir());
}
