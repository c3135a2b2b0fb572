//! The addresses of served and bound endpoints: variables, unix sockets, both IP versions, and sockets
//! that systemd hands over.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use heartbeat_tests::{Signal, Worker, free_address, skip};

use super::{Serving, address, command, connect, get};

fn assert_echoes(mut stream: impl Read + Write) {
    stream.write_all(b"echo").unwrap();
    let mut echo = [0; 4];
    stream.read_exact(&mut echo).unwrap();
    assert_eq!(&echo, b"echo");
}

#[test]
fn a_port_is_that_of_both_ip_versions() {
    let mut command = command();
    command.env("HEARTBEAT_ENDPOINT_API", "0").env("HEARTBEAT_ENDPOINT_FEED", "0");
    let serving = Serving::start(&mut command);
    let log = serving.worker.log().join("\n");
    let feed = log.split("feed at [::]:").nth(1).unwrap().lines().next().unwrap();
    let api = serving.api.strip_prefix("localhost:").unwrap();
    for ip in ["127.0.0.1", "[::1]"] {
        assert!(get(&format!("{ip}:{api}"), "/hello").starts_with("HTTP/1.0 200 "), "{ip}");
        assert_echoes(connect(&format!("{ip}:{feed}")));
    }
}

#[test]
fn unix_sockets_are_served_bound_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let [api, feed] = ["api", "feed"].map(|name| folder.path().join(name));
    let mut command = command();
    command.env("HEARTBEAT_ENDPOINT_API", format!("unix:{}", api.display()));
    command.env("HEARTBEAT_ENDPOINT_FEED", format!("unix:{}", feed.display()));
    let mut worker = Worker::spawn(&mut command);
    worker.wait_for_line("ready after");
    let mut stream = UnixStream::connect(&api).unwrap();
    stream.write_all(b"GET /hello HTTP/1.0\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.0 200 "), "{response}");
    assert_echoes(UnixStream::connect(&feed).unwrap());
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0));
    assert!(!api.exists() && !feed.exists());
}

#[test]
fn systemd_hands_over_sockets_for_every_endpoint() {
    let activate = "/usr/bin/systemd-socket-activate";
    if !Path::new(activate).exists() {
        return skip("systemd-socket-activate is not installed");
    }
    let [heartbeat, api, feed] = [(); 3].map(|()| free_address());
    let mut command = Command::new(activate);
    command.args(["--listen", &heartbeat, "--listen", &api, "--listen", &feed]);
    command.args(["--fdname=Heartbeat:Api:Feed", "--setenv=HEARTBEAT_SETTING_MISTAKE="]);
    command.args(["--setenv=HEARTBEAT_ENDPOINT_INSIDE=127.0.0.1:0"]);
    command.arg(env!("CARGO_BIN_EXE_serving-worker"));
    let mut worker = Worker::spawn_raw(&mut command);
    worker.wait_for_line(&format!("Listening on {feed}"));
    // The first client starts the worker.
    let mut first = TcpStream::connect(&api).unwrap();
    first.write_all(b"GET /hello HTTP/1.0\r\n\r\n").unwrap();
    let line = worker.wait_for_line("endpoint `Api` is served on ");
    assert_eq!(address(&line), api);
    let mut response = String::new();
    first.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.0 200 "), "{response}");
    worker.wait_for_line("ready after");
    assert!(get(&heartbeat, "/health").starts_with("HTTP/1.0 200 "));
    assert!(get(&heartbeat, "/hello").starts_with("HTTP/1.0 200 "));
    assert_echoes(connect(&feed));
    worker.signal(Signal::TERM);
    assert_eq!(worker.wait().code(), Some(0), "{:#?}", worker.log());
}
