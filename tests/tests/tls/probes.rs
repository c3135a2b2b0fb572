//! `--heartbeat-probe` of a worker over TLS.

use std::path::Path;

use heartbeat_tests::certificates::Certificates;
use heartbeat_tests::{Signal, free_address};

use super::command;

#[test]
fn a_worker_probes_its_own_endpoint_over_tls() {
    let Some(certificates) = Certificates::new() else { return };
    let (certificate, address) = (certificates.for_server("server", 30), free_address());
    let probe = |kind: &str, certificate: &Path| {
        let mut command = command(certificate);
        command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", &address);
        command.arg(format!("--heartbeat-probe={kind}"));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, line) = probe("live", &certificate);
    assert_eq!(code, Some(1));
    assert!(line.contains("cannot probe ") && line.contains("refused"), "{line}");
    let mut command = command(&certificate);
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", &address);
    let mut worker = heartbeat_tests::Worker::spawn_raw(&mut command);
    worker.wait_for_line("on_start: press Enter");
    assert_eq!(probe("live", &certificate).0, Some(0));
    let (code, line) = probe("ready", &certificate);
    assert_eq!(code, Some(1));
    assert!(line.starts_with(r#"503 {"version":"0.1.0","status":"fail","#), "{line}");
    worker.press_enter();
    worker.wait_for_line("run: press Enter");
    assert_eq!(probe("ready", &certificate).0, Some(0));
    worker.signal(Signal::TERM);
    worker.wait_for_line("on_stop: press Enter");
    assert_eq!(probe("ready", &certificate).0, Some(1));
    assert_eq!(probe("live", &certificate).0, Some(0));
}

#[test]
fn a_worker_without_a_certificate_is_probed_in_plain_text() {
    let address = free_address();
    let mut command = command(Path::new(""));
    command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", &address);
    let mut worker = heartbeat_tests::Worker::spawn_raw(&mut command);
    worker.wait_for_line("on_start: press Enter");
    let output = command.arg("--heartbeat-probe=live").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
