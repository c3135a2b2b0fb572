//! Clients that mean harm to the health beside user code.

use std::io::Write;
use std::net::Shutdown;
use std::process::Command;

use heartbeat_tests::{Signal, exchange};

use super::{Serving, command, connect, get, read_until, send};

/// An HTTP/2 request for `/endless`, with the headers in literal form.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
    \0\0\x0c\x01\x05\0\0\0\x01\x82\x86\x04\x08/endless";
/// More than the limit of connections.
const CROWD: usize = 70;

#[test]
fn clients_that_leave_a_download_free_their_connections() {
    let mut serving = Serving::start(&mut command());
    for _ in 0..CROWD {
        let mut client = connect(serving.worker.address());
        client.write_all(HTTP2).unwrap();
        read_until(&mut client, "on and on");
    }
    assert_eq!(serving.worker.get("/livez").status, 200);
    stops_without_requests(&mut serving);
}

#[test]
fn clients_that_leave_a_handler_end_its_request() {
    let mut serving = Serving::start(&mut command());
    for _ in 0..3 {
        let client = send(serving.worker.address(), "/never");
        serving.worker.wait_for_line("a handler waits");
        drop(client);
    }
    stops_without_requests(&mut serving);
}

#[test]
fn a_client_that_closes_its_half_gets_its_answer() {
    let serving = Serving::start(&mut command());
    for path in ["/hello", "/livez"] {
        for _ in 0..20 {
            let mut client = send(serving.worker.address(), path);
            client.shutdown(Shutdown::Write).unwrap();
            read_until(&mut client, "HTTP/1.1 200 ");
        }
    }
}

fn stops_without_requests(serving: &mut Serving) {
    serving.worker.signal(Signal::TERM);
    assert_eq!(serving.worker.wait().code(), Some(0));
    let log = serving.worker.log();
    assert!(!log.iter().any(|line| line.contains("requests did not finish")), "{log:#?}");
}

#[test]
fn a_crowd_that_waits_for_handlers_leaves_room_for_probers() {
    let mut serving = Serving::start(&mut command());
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        crowd.push(send(serving.worker.address(), "/never"));
        serving.worker.wait_for_line("a handler waits");
        // From the same address, and slower than the crowd.
        let mut prober = connect(serving.worker.address());
        crowd.push(send(serving.worker.address(), "/never"));
        serving.worker.wait_for_line("a handler waits");
        prober.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        read_until(&mut prober, "HTTP/1.1 200 ");
    }
}

#[test]
fn connections_to_user_code_leave_descriptors_to_health() {
    let worker = command();
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -Sn 256 && exec \"$0\""]).arg(worker.get_program());
    limited.envs(worker.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let serving = Serving::start(&mut limited);
    let mut crowd: Vec<_> = (0..300).map(|_| connect(&serving.api)).collect();
    // The first is served, and so the others are accepted before the next.
    write!(crowd[0], "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    read_until(&mut crowd[0], "hello\n");
    for _ in 0..3 {
        assert_eq!(serving.worker.get("/livez").status, 200);
    }
    drop(crowd);
    assert!(get(&serving.api, "/hello").starts_with("HTTP/1.0 200 "));
}

/// A smuggled request would be one of two that a proxy and a worker tell apart differently.
#[test]
fn the_end_of_a_chunked_upload_is_checked() {
    let serving = Serving::start(&mut command());
    for end in ["0\r\nContent-Length: 500\r\n\r\n", "0;a\nb\r\n\r\n", "0\r\nA: b\nC: d\r\n\r\n"] {
        let requests = format!(
            "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{end}\
             GET /hello HTTP/1.1\nHost: a\r\n\r\n"
        );
        let response = exchange(serving.worker.address(), requests).unwrap();
        assert!(response.starts_with("HTTP/1.1 400 "), "{end:?}: {response}");
        assert!(!response.contains("HTTP/1.1 200 "), "{end:?}: {response}");
    }
}

/// The connections of the health server stay its own.
#[test]
fn a_connection_that_carries_health_is_not_upgraded() {
    let serving = Serving::start(&mut command());
    for (address, status) in [(&*serving.api, "101"), (serving.worker.address(), "426")] {
        let mut stream = connect(address);
        let head = "GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        read_until(&mut stream, &format!("HTTP/1.1 {status} "));
    }
}
