//! Clients with certificates.

use std::process::Command;
use std::time::{Duration, Instant};

use heartbeat_tests::certificates::Certificates;

use super::{Secure, command, curl, run, s_client};

#[test]
fn the_details_are_for_clients_with_a_certificate_of_the_authority() {
    let Some(certificates) = Certificates::new() else { return };
    let [own, other] = ["own", "other"].map(|name| certificates.authority(name));
    let [client, stranger] = [(&own, "client"), (&other, "stranger")]
        .map(|(authority, name)| certificates.for_client(authority, name));
    let cert = |path: &std::path::Path| ["--cert".to_owned(), path.display().to_string()];
    let (client, stranger) = (cert(&client), cert(&stranger));
    let client: Vec<_> = client.iter().map(String::as_str).collect();
    let stranger: Vec<_> = stranger.iter().map(String::as_str).collect();
    let server = certificates.for_server("server", 30);
    for (endpoint, details, expected) in
        [("INSIDE", "", true), ("HEARTBEAT", "", true), ("INSIDE", "never", false)]
    {
        let mut command = command(&server);
        command.env("HEARTBEAT_DETAILS", details);
        let secure = Secure::start(
            command.env(format!("HEARTBEAT_CLIENT_CA_{endpoint}"), own.join("ca.crt")),
        );
        let address = if endpoint == "INSIDE" { &secure.inside } else { secure.heartbeat() };
        let (_, body) = curl(address, "/health", &client).unwrap();
        assert_eq!(body.contains("SecureWorker"), expected, "{endpoint} {details}: {body}");
        let (_, metrics) = curl(address, "/metrics", &client).unwrap();
        assert_eq!(metrics.contains("heartbeat_live 1"), expected, "{metrics}");
        // A prober has no certificate.
        let (_, body) = curl(address, "/health", &["--fail"]).unwrap();
        assert_eq!(body, r#"{"version":"0.1.0","status":"pass","state":"running"}"#);
        assert!(curl(address, "/metrics", &["--fail"]).is_err());
        let error = curl(address, "/health", &stranger).unwrap_err();
        assert!(error.contains("alert"), "{error}");
    }
}

#[test]
fn a_resumed_session_keeps_its_certificate() {
    let Some(certificates) = Certificates::new() else { return };
    let authority = certificates.authority("authority");
    let client = certificates.for_client(&authority, "client");
    let mut command = command(&certificates.for_server("server", 30));
    let secure = Secure::start(command.env("HEARTBEAT_CLIENT_CA_INSIDE", &authority));
    let session = certificates.path("session");
    let session = session.to_str().unwrap();
    for version in ["-tls1_2", "-tls1_3"] {
        let certificate = ["-cert", client.to_str().unwrap()];
        let options = [&[version, "-sess_out", session], &certificate[..]].concat();
        let printed = s_client(&secure.inside, &options);
        assert!(printed.contains("SecureWorker"), "{printed}");
        let printed = s_client(&secure.inside, &[version, "-sess_in", session]);
        assert!(printed.contains("Reused, TLS") && printed.contains("SecureWorker"), "{printed}");
    }
}

#[test]
fn a_resumed_session_ends_with_its_certificate() {
    let Some(certificates) = Certificates::new() else { return };
    let authority = certificates.authority("authority");
    let mut worker = command(&certificates.for_server("server", 30));
    worker.env("HEARTBEAT_CLIENT_CA_API", &authority);
    let secure = Secure::start(worker.env("HEARTBEAT_CLIENT_CA_INSIDE", &authority));
    let Some(client) = certificates.ending(&authority, "client", 15) else { return };
    let certificate = ["-cert", client.to_str().unwrap()];
    let mut begun = Vec::new();
    for (address, answer) in [(&secure.inside, "SecureWorker"), (&secure.api, "404")] {
        for version in ["-tls1_2", "-tls1_3"] {
            let session = certificates.path(&format!("{answer}{version}"));
            let options = [version, "-sess_out", session.to_str().unwrap()];
            let printed = s_client(address, &[&options[..], &certificate].concat());
            assert!(printed.contains(answer), "{printed}");
            begun.push((address, answer, version, session));
        }
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    while run(Command::new("openssl").args(["x509", "-checkend", "0", "-in"]).arg(&client), "")
        .status
        .success()
    {
        assert!(Instant::now() < deadline, "the certificate does not end");
    }
    for (address, answer, version, session) in begun {
        let printed = s_client(address, &[version, "-sess_in", session.to_str().unwrap()]);
        assert!(printed.contains("Reused, TLS") && !printed.contains(answer), "{printed}");
    }
}

#[test]
fn routes_are_for_clients_with_a_certificate_alone() {
    let Some(certificates) = Certificates::new() else { return };
    let authority = certificates.authority("authority");
    let client = certificates.for_client(&authority, "client");
    let mut command = command(&certificates.for_server("server", 30));
    let secure = Secure::start(command.env("HEARTBEAT_CLIENT_CA_API", &authority));
    let with = ["--cert", client.to_str().unwrap()];
    assert_eq!(curl(&secure.api, "/hello", &with).unwrap().1, "hello\n");
    let error = curl(&secure.api, "/hello", &[]).unwrap_err();
    assert!(error.contains("alert"), "{error}");
    curl(secure.heartbeat(), "/health", &["--fail"]).unwrap();
}
