//! A worker whose runtime has no TLS.

use std::process::Command;

use heartbeat_tests::{Worker, example, free_address, workspace};

#[test]
fn it_serves_plain_http_and_says_how_to_get_tls() {
    let address = free_address();
    let mut command = example("plain-worker");
    command.env("HEARTBEAT_CERTIFICATE_TLS", "/certs");
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", &address);
    let mut worker = Worker::spawn_raw(&mut command);
    worker.wait_for_line(&format!("health on http://{address}/health"));
    worker.wait_for_line("ready after");
    let warnings: Vec<_> =
        worker.log().iter().filter(|line| line.contains("plain HTTP")).cloned().collect();
    let expected = "heartbeat: endpoint `Heartbeat` is declared https, but served as plain HTTP: build \
                    the worker with the feature `tls` of heartbeat-runtime, and set \
                    HEARTBEAT_CERTIFICATE_TLS to a folder with tls.crt and tls.key, or to a PEM file \
                    with both";
    assert_eq!(warnings, [expected]);
    let probed = command.arg("--heartbeat-probe=ready").output().unwrap();
    assert_eq!(probed.status.code(), Some(0), "{probed:?}");
}

#[test]
fn it_refuses_an_authority_for_which_it_would_show_details_to_everybody() {
    let mut command = example("plain-worker");
    command.env("HEARTBEAT_CERTIFICATE_TLS", "/certs");
    let mut worker = Worker::spawn_raw(command.env("HEARTBEAT_CLIENT_CA_HEARTBEAT", "/ca.pem"));
    assert_eq!(worker.wait().code(), Some(78));
    let expected = "heartbeat: cannot start: HEARTBEAT_CLIENT_CA_HEARTBEAT is set, and there is no TLS: \
                    build the worker with the feature `tls` of heartbeat-runtime";
    assert_eq!(worker.log(), [expected]);
}

#[test]
fn it_has_no_crate_of_tls() {
    let mut cargo = Command::new("cargo");
    cargo.args(["tree", "--package=plain-worker", "--edges=normal,build", "--prefix=none"]);
    let tree = cargo.args(["--offline", "--locked"]).current_dir(workspace()).output().unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("heartbeat-runtime v"), "{tree}");
    for name in ["rustls", "aws-lc", "ring v", "zeroize", "webpki"] {
        assert!(!tree.contains(name), "{tree}");
    }
}
