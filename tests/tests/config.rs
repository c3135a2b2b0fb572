//! The configuration of a worker: settings, local storage and identity; and the start that fails
//! before user code runs.

use std::process::Command;

use heartbeat_tests::Worker;

fn worker() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:0");
    command
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
