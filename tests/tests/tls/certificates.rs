//! Certificates at the start: good, soon to end, ended, and unusable ones.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use heartbeat_tests::certificates::Certificates;
use heartbeat_tests::{Worker, exchange};

use super::{PROGRAM, Secure, command, curl};

#[test]
fn health_and_routes_are_served_over_every_version_of_http() {
    let Some(certificates) = Certificates::new() else { return };
    let certificate = certificates.for_server("server", 30);
    let authority = certificate.join("tls.crt");
    let secure = Secure::start(&mut command(&certificate));
    for (option, expected) in [("--http1.0", "1"), ("--http1.1", "1.1"), ("--http2", "2")] {
        // The certificate is that of the file.
        let options = ["--cacert", authority.to_str().unwrap(), "--no-insecure", option];
        let (version, body) = curl(secure.heartbeat(), "/health", &options).unwrap();
        assert_eq!(version, expected);
        assert_eq!(body, r#"{"version":"0.1.0","status":"pass","state":"running"}"#);
        let (version, body) = curl(&secure.api, "/hello", &options).unwrap();
        assert_eq!((&*version, &*body), (expected, "hello\n"));
    }
    let log = secure.worker.log().join("\n");
    assert!(!log.contains("plain HTTP"), "{log}");
}

#[test]
fn a_bound_endpoint_is_raw() {
    let Some(certificates) = Certificates::new() else { return };
    let address = heartbeat_tests::free_address();
    let mut command = command(&certificates.for_server("server", 30));
    let _secure = Secure::start(command.env("HEARTBEAT_ENDPOINT_OWN", &address));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"echo").unwrap();
    let mut echoed = [0; 4];
    stream.read_exact(&mut echoed).unwrap();
    assert_eq!(&echoed, b"echo");
}

#[test]
fn one_file_may_have_both() {
    let Some(certificates) = Certificates::new() else { return };
    let folder = certificates.for_server("server", 30);
    let both = ["tls.key", "tls.crt"].map(|name| std::fs::read(folder.join(name)).unwrap());
    let file = certificates.path("both.pem");
    std::fs::write(&file, both.concat()).unwrap();
    let secure = Secure::start(&mut command(&file));
    curl(secure.heartbeat(), "/livez", &["--fail"]).unwrap();
}

#[test]
fn without_a_certificate_it_is_plain_http_and_one_warning() {
    let mut secure = Secure::start(&mut command(Path::new("")));
    assert_eq!(secure.worker.get("/health").status, 200);
    secure.worker.signal(heartbeat_tests::Signal::TERM);
    secure.worker.press_enter();
    secure.worker.wait();
    let log = secure.worker.log();
    for (endpoint, warnings) in [("Heartbeat", 1), ("Inside", 0), ("Api", 1), ("Own", 0)] {
        let warning = format!(
            "heartbeat: endpoint `{endpoint}` is declared https, but served as plain HTTP: set \
             HEARTBEAT_CERTIFICATE_TLS to a folder with tls.crt and tls.key, or to a PEM file with both"
        );
        assert_eq!(log.iter().filter(|line| **line == warning).count(), warnings, "{log:#?}");
    }
}

#[test]
fn the_end_of_its_life_is_a_fact_a_metric_and_a_warning_from_14_days_on() {
    let Some(certificates) = Certificates::new() else { return };
    let mut table = vec![("ends in 15 days", Some(certificates.for_server("15", 15)), "")];
    table.push(("ends in 13 days", Some(certificates.for_server("13", 13)), "` ends on "));
    table.push(("has ended", certificates.ended("ended"), "` ended on "));
    for (case, certificate, warning) in table {
        let Some(certificate) = certificate else { continue };
        let secure = Secure::start(&mut command(&certificate));
        let (_, health) = curl(secure.heartbeat(), "/health", &["--fail"]).unwrap();
        let is_warning = health
            .contains(r#""status":"warn","state":"running","reasons":["certificate_expiring"]"#);
        assert_eq!(is_warning, !warning.is_empty(), "{case}: {health}");
        let log = secure.worker.log().join("\n");
        let line = format!("heartbeat: certificate `Tls{warning}");
        assert_eq!(log.contains(&line), is_warning, "{case}: {log}");
        assert_eq!(log.contains("HEARTBEAT_CERTIFICATE_TLS names (status warn)"), is_warning);
        let date = end_of(&certificate.join("tls.crt"), &[]);
        let request = "GET /health HTTP/1.0\r\n\r\n";
        let details = exchange(&secure.inside, request).unwrap();
        let fact = format!(r#""certificates":{{"Tls":"{}"}}"#, http_date(&date));
        assert!(details.contains(&fact), "{case}: {details}, not {fact}");
        let metrics = exchange(&secure.inside, "GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let seconds = seconds_of(&date);
        let metric = format!(
            "\nheartbeat_certificate_not_after_timestamp_seconds{{certificate=\"Tls\"}} {seconds}.0\n"
        );
        assert!(metrics.contains(&metric), "{case}: {metrics}, not {metric}");
    }
}

#[test]
fn an_unusable_certificate_is_78_with_its_place_and_shows_no_key() {
    let Some(certificates) = Certificates::new() else { return };
    let other = certificates.for_server("other", 30);
    let read = |name: &str| std::fs::read_to_string(other.join(name)).unwrap();
    let (certificate, key) = (read("tls.crt"), read("tls.key"));
    let half = |text: &str| text[..text.len() / 2].to_owned();
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let table = [
        ("absent", None, Some(&*key), "tls.crt: No such file or directory"),
        ("no key", Some(&*certificate), None, "tls.key: No such file or directory"),
        ("empty", Some(""), Some(&*key), "tls.crt has no certificate: write a certificate"),
        ("swapped", Some(&*key), Some(&*certificate), "tls.crt has no certificate: write a certif"),
        (
            "half",
            Some(&*half(&certificate)),
            Some(&*key),
            "tls.crt is not PEM: a section has no end",
        ),
        (
            "half a key",
            Some(&*certificate),
            Some(&*half(&key)),
            "tls.key is not PEM: a section has",
        ),
        (
            "encrypted",
            Some(&*certificate),
            Some(encrypted),
            "tls.key has no private key: write the",
        ),
    ];
    for (name, tls_crt, tls_key, expected) in table {
        let folder = certificates.path(name);
        std::fs::create_dir(&folder).unwrap();
        for (file, text) in [("tls.crt", tls_crt), ("tls.key", tls_key)] {
            if let Some(text) = text {
                std::fs::write(folder.join(file), text).unwrap();
            }
        }
        refused(&folder, expected, &key);
    }
    let mixed = certificates.for_server("mixed", 30);
    std::fs::write(mixed.join("tls.key"), &key).unwrap();
    refused(&mixed, "tls.key: the key is not that of the certificate: write the key", &key);
    refused(&certificates.path("nowhere"), "nowhere: No such file or directory", &key);
    refused(Path::new("/dev/null"), "/dev/null: it is not a regular file", &key);
}

fn refused(certificate: &Path, expected: &str, key: &str) {
    let mut worker = Worker::spawn_raw(&mut command(certificate));
    assert_eq!(worker.wait().code(), Some(78));
    let log = worker.log().join("\n");
    let begin = format!(
        "heartbeat: cannot start: cannot use certificate `Tls`: HEARTBEAT_CERTIFICATE_TLS is `{}`: ",
        certificate.display()
    );
    assert!(log.starts_with(&begin) && log.contains(expected), "{log}, not {begin}…{expected}");
    assert_eq!(log.lines().count(), 1, "{log}");
    let described = command(certificate).arg("--heartbeat-describe").output().unwrap();
    assert_eq!(described.status.code(), Some(78));
    let described = String::from_utf8(described.stdout).unwrap();
    assert!(described.contains(expected), "{described}");
    for line in key.lines().filter(|line| !line.starts_with('-')) {
        assert!(!log.contains(line) && !described.contains(line), "{log}");
    }
}

#[test]
fn an_authority_without_tls_is_78() {
    let mut command = Command::new(PROGRAM);
    command.env("HEARTBEAT_CLIENT_CA_INSIDE", "/ca.pem");
    let mut worker = Worker::spawn_raw(&mut command);
    assert_eq!(worker.wait().code(), Some(78));
    let expected = "HEARTBEAT_CLIENT_CA_INSIDE is set, and endpoint `Inside` has no certificate: set \
                    HEARTBEAT_CERTIFICATE_TLS to a folder";
    assert!(worker.log()[0].contains(expected), "{:?}", worker.log());
}

/// Returns the end of a certificate's life, as `openssl` prints it.
fn end_of(certificate: &Path, options: &[&str]) -> String {
    let mut openssl = Command::new("openssl");
    openssl.args(["x509", "-noout", "-enddate", "-in"]).arg(certificate).args(options);
    let printed = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
    printed.trim().trim_start_matches("notAfter=").to_owned()
}

fn date(date: &str, format: &str) -> String {
    let mut command = Command::new("date");
    command.env("LC_ALL", "C").args(["--utc", "--date", date, format]);
    String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
}

fn http_date(text: &str) -> String {
    date(text, "+%a, %d %b %Y %H:%M:%S GMT")
}

fn seconds_of(text: &str) -> String {
    date(text, "+%s")
}
