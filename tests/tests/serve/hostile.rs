//! Clients and handlers that mean harm to the health beside them.

use std::io::Write;

use super::{Serving, command, connect, read_until};

/// An HTTP/2 request for `/endless`, with the headers in literal form.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
    \0\0\x0c\x01\x05\0\0\0\x01\x82\x86\x04\x08/endless";

#[test]
fn clients_that_leave_a_download_free_their_connections() {
    let mut serving = Serving::start(&mut command());
    // More than the limit of connections.
    for _ in 0..70 {
        let mut client = connect(serving.worker.address());
        client.write_all(HTTP2).unwrap();
        read_until(&mut client, "on and on");
    }
    assert_eq!(serving.worker.get("/livez").status, 200);
    serving.worker.signal(heartbeat_tests::Signal::TERM);
    assert_eq!(serving.worker.wait().code(), Some(0));
    let log = serving.worker.log();
    assert!(!log.iter().any(|line| line.contains("requests did not finish")), "{log:#?}");
}
