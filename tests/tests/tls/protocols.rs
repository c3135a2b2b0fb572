//! Protocols, ciphers and sessions, as a scanner looks at them.

use std::process::Command;

use heartbeat_tests::certificates::Certificates;

use super::{Secure, command, s_client};

const OK: &str = "HTTP/1.0 200 OK";

#[test]
fn it_speaks_tls_1_2_and_1_3_alone() {
    let Some(certificates) = Certificates::new() else { return };
    let secure = Secure::start(&mut command(&certificates.for_server("server", 30)));
    // Else this client would not offer the older ones.
    let weak = "ALL:@SECLEVEL=0";
    for address in [secure.heartbeat(), &secure.api] {
        for (version, is_spoken) in
            [("-tls1", false), ("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)]
        {
            let printed = s_client(address, &[version, "-cipher", weak]);
            assert_eq!(printed.contains("HTTP/1.0 "), is_spoken, "{version}: {printed}");
            assert_eq!(printed.contains("SSL alert number"), !is_spoken, "{version}: {printed}");
        }
    }
}

#[test]
fn its_ciphers_of_tls_1_2_are_authenticated_and_forward_secret() {
    let Some(certificates) = Certificates::new() else { return };
    let secure = Secure::start(&mut command(&certificates.for_server("server", 30)));
    let mut openssl = Command::new("openssl");
    openssl.args(["ciphers", "-s", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]);
    let listed = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
    let mut spoken: Vec<_> = listed
        .trim()
        .split(':')
        .filter(|cipher| {
            let cipher = format!("{cipher}:@SECLEVEL=0");
            s_client(secure.heartbeat(), &["-tls1_2", "-cipher", &cipher]).contains(OK)
        })
        .collect();
    spoken.sort_unstable();
    // Those for a key of ECDSA.
    let expected = [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    ];
    assert_eq!(spoken, expected);
}

#[test]
fn it_negotiates_http_and_refuses_other_protocols() {
    let Some(certificates) = Certificates::new() else { return };
    let secure = Secure::start(&mut command(&certificates.for_server("server", 30)));
    for address in [secure.heartbeat(), &secure.api] {
        for (offered, chosen) in
            [("http/1.1", "http/1.1"), ("http/1.1,h2", "h2"), ("spdy/1,http/1.0", "http/1.0")]
        {
            let printed = s_client(address, &["-alpn", offered]);
            assert!(printed.contains(&format!("ALPN protocol: {chosen}")), "{printed}");
        }
        let printed = s_client(address, &["-alpn", "smtp"]);
        assert!(printed.contains("alert no application protocol"), "{printed}");
        let printed = s_client(address, &[]);
        assert!(printed.contains("No ALPN negotiated") && printed.contains("HTTP/1.0 "));
    }
}

#[test]
fn it_resumes_sessions() {
    let Some(certificates) = Certificates::new() else { return };
    let secure = Secure::start(&mut command(&certificates.for_server("server", 30)));
    let session = certificates.path("session");
    let session = session.to_str().unwrap();
    for version in ["-tls1_2", "-tls1_3"] {
        for address in [secure.heartbeat(), &secure.api] {
            let printed = s_client(address, &[version, "-sess_out", session]);
            assert!(printed.contains("New, TLS"), "{printed}");
            let printed = s_client(address, &[version, "-sess_in", session]);
            assert!(printed.contains("Reused, TLS") && printed.contains("HTTP/1.0 "), "{printed}");
        }
    }
}
