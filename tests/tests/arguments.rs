//! The questions that the program answers without starting the worker.

#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::process::Command;

use serde_json::{Value, json};

/// Runs the worker without variables of the test's environment, and returns its exit code and stdout.
fn ask(argument: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_failing-worker"));
    command.env_clear().envs(variables.iter().copied()).current_dir(folder.path());
    let output = command.arg(argument).output().unwrap();
    // `on_start` would print to it.
    assert!(output.stderr.is_empty(), "{output:?}");
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn describe(variables: &[(&str, &str)]) -> (Option<i32>, Value) {
    let (code, stdout) = ask("--heartbeat-describe", variables);
    (code, serde_json::from_str(&stdout).unwrap())
}

#[test]
fn the_version_is_one_line() {
    let line = concat!("FailingWorker ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(ask("--version", &[]), (Some(0), line.to_owned()));
}

#[test]
fn the_help_names_every_argument_and_every_variable_of_this_worker() {
    let (code, help) = ask("--help", &[]);
    assert_eq!(code, Some(0));
    assert!(help.contains("Usage: failing-worker\n"), "{help}");
    let arguments = ["--help", "--version", "--heartbeat-describe", "--heartbeat-probe=live|ready"];
    let variables = [
        "HEARTBEAT_RECYCLE_AFTER  ",
        "HEARTBEAT_ENDPOINT_PEER_PORT  ",
        "HEARTBEAT_SETTING_FAIL_FILE  ",
        "HEARTBEAT_RESOURCE_SCRATCH  ",
        "HEARTBEAT_INSTANCES_FAILINGWORKER_PEER_PORT\n",
        "TOKIO_WORKER_THREADS  ",
    ];
    for text in arguments.iter().chain(&variables) {
        assert!(help.contains(&format!("\n  {text}")), "no {text} in {help}");
    }
    let is_short = |line: &str| line.len() <= 100;
    assert!(help.lines().all(is_short), "{help}");
}

#[test]
fn the_description_says_where_each_value_comes_from_and_shows_no_setting() {
    let (code, description) = describe(&[
        ("HEARTBEAT_INSTANCE_ID", "orders-1"),
        ("HEARTBEAT_SETTING_FAIL", "hunter2"),
        ("HEARTBEAT_ENDPOINT_HEARTBEAT", "127.0.0.1:3000"),
        ("HEARTBEAT_RESOURCE_SCRATCH", "/var/scratch"),
        ("HEARTBEAT_STOP_WITHIN", "1m"),
        ("HEARTBEAT_STOP_WITHOUT", "1m"),
    ]);
    assert_eq!(code, Some(0), "{description}");
    assert!(!description.to_string().contains("hunter2"), "{description}");
    let whole = json!({
        "role": "FailingWorker",
        "version": env!("CARGO_PKG_VERSION"),
        "instance": "orders-1",
        "heartbeat": "Heartbeat",
        "endpoints": [
            {
                "name": "Heartbeat",
                "kind": "input",
                "protocol": "http",
                "address": "127.0.0.1:3000",
                "source": "HEARTBEAT_ENDPOINT_HEARTBEAT",
                "variable": "HEARTBEAT_ENDPOINT_HEARTBEAT",
            },
            {
                "name": "Peer-Port",
                "kind": "internal",
                "protocol": "tcp",
                "address": "[::]:0",
                "source": "ServiceDefinition.csdef:12:31",
                "variable": "HEARTBEAT_ENDPOINT_PEER_PORT",
            },
        ],
        "settings": [{
            "name": "Fail",
            "source": "HEARTBEAT_SETTING_FAIL",
            "variable": "HEARTBEAT_SETTING_FAIL",
        }],
        "local_resources": [{
            "name": "Scratch",
            "path": "/var/scratch",
            "source": "HEARTBEAT_RESOURCE_SCRATCH",
            "variable": "HEARTBEAT_RESOURCE_SCRATCH",
        }],
        "deadlines": {
            "stall_after": 30.0,
            "stop_within": 60.0,
            "drain": 0.0,
            "recycle_after": null,
        },
        "variables": description["variables"].clone(),
        "warnings": [
            "HEARTBEAT_STOP_WITHOUT means nothing to this worker: did you mean HEARTBEAT_STOP_WITHIN?",
        ],
    });
    assert_eq!(description, whole);
    let variable = |name: &str| {
        let variables = description["variables"].as_array().unwrap();
        variables.iter().find(|variable| variable["name"] == name).unwrap().clone()
    };
    let set = json!({ "name": "HEARTBEAT_STOP_WITHIN", "is_set": true, "value": "1m" });
    assert_eq!(variable("HEARTBEAT_STOP_WITHIN"), set);
    let private = json!({ "name": "HEARTBEAT_SETTING_FAIL", "is_set": true });
    assert_eq!(variable("HEARTBEAT_SETTING_FAIL"), private);
    let unset = json!({ "name": "HEARTBEAT_DRAIN", "is_set": false });
    assert_eq!(variable("HEARTBEAT_DRAIN"), unset);
}

#[test]
fn a_setting_may_come_from_a_file_or_from_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "hunter2\n").unwrap();
    let secret = secret.to_str().unwrap();
    let (code, description) = describe(&[("HEARTBEAT_SETTING_FAIL_FILE", secret)]);
    assert_eq!(code, Some(0), "{description}");
    let source = format!("{secret} (HEARTBEAT_SETTING_FAIL_FILE)");
    assert_eq!(description["settings"][0]["source"], source);
    assert!(!description.to_string().contains("hunter2"), "{description}");

    let configuration = folder.path().join("some.cscfg");
    let xml = r#"<ServiceConfiguration serviceName="S"><Role name="FailingWorker">
        <ConfigurationSettings><Setting name="Fail" value="hunter2"/></ConfigurationSettings>
        </Role></ServiceConfiguration>"#;
    std::fs::write(&configuration, xml).unwrap();
    let configuration = configuration.to_str().unwrap();
    let (code, description) = describe(&[("HEARTBEAT_CONFIGURATION", configuration)]);
    assert_eq!(code, Some(0), "{description}");
    assert_eq!(description["settings"][0]["source"], format!("{configuration}:2:60"));
    assert!(!description.to_string().contains("hunter2"), "{description}");
}

#[test]
fn a_worker_that_could_not_start_is_described_with_every_error() {
    let (code, description) = describe(&[
        ("HEARTBEAT_ENDPOINT_HEARTBEAT", "nowhere"),
        ("HEARTBEAT_DRAIN", "soon"),
        ("TOKIO_WORKER_THREADS", "0"),
        ("WATCHDOG_USEC", "30s"),
    ]);
    assert_eq!(code, Some(78), "{description}");
    assert_eq!(description["endpoints"][0]["address"], Value::Null);
    assert_eq!(description["endpoints"][0]["source"], "HEARTBEAT_ENDPOINT_HEARTBEAT");
    assert_eq!(description["endpoints"][1]["address"], "[::]:0");
    let setting = json!({ "name": "Fail", "source": null, "variable": "HEARTBEAT_SETTING_FAIL" });
    assert_eq!(description["settings"], json!([setting]));
    let errors = description["errors"].as_array().unwrap();
    for start in [
        "WATCHDOG_USEC is `30s`",
        "HEARTBEAT_ENDPOINT_HEARTBEAT is `nowhere`",
        "no value for setting `Fail`",
        "HEARTBEAT_DRAIN is `soon`",
        "TOKIO_WORKER_THREADS is `0`",
    ] {
        let is_told = errors.iter().any(|error| error.as_str().unwrap().starts_with(start));
        assert!(is_told, "no {start} in {errors:#?}");
    }
    assert_eq!(errors.len(), 5, "{errors:#?}");
}
