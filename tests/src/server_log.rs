//! The log of a server that a test starts.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::channel;
use std::thread;

use crate::TIMEOUT;

/// Waits until a server says in its log that it accepts connections.
pub(crate) fn wait_until_ready(name: &str, log: impl Read + Send + 'static) {
    let (send, received) = channel();
    thread::spawn(move || {
        // To the end, although nobody receives: a full pipe would stop the server.
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    let mut lines = Vec::new();
    loop {
        match received.recv_timeout(TIMEOUT) {
            Ok(line) if line.contains("eady to accept connections") => return,
            Ok(line) => lines.push(line),
            Err(error) => panic!("{name} does not start ({error}):\n{}", lines.join("\n")),
        }
    }
}
