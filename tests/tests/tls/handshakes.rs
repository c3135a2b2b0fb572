//! Floods of handshakes, and handshakes that stop half-way.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_runtime::probe::{ProbeKind, probe_tls};
use heartbeat_tests::certificates::Certificates;

use super::{Secure, command, s_client};

/// Time that a handshake may take, and a margin for a slow machine.
const HANDSHAKE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(20));

/// The first message of a client of TLS 1.3, captured from `openssl s_client`.
fn hello() -> Vec<u8> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let client = thread::spawn(move || s_client(&address, &["-tls1_3"]));
    let (mut stream, _) = listener.accept().unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut body).unwrap();
    drop(stream);
    client.join().unwrap();
    [&head[..], &body].concat()
}

/// Probes again and again. Returns the median and the worst time, and the number of failures.
fn probe(address: &str, count: usize) -> (Duration, Duration, usize) {
    let address = address.parse().unwrap();
    let mut times = Vec::new();
    let mut failures = 0;
    for _ in 0..count {
        let begun = Instant::now();
        let response = probe_tls(&address, ProbeKind::Live, Duration::from_secs(10));
        times.push(begun.elapsed());
        failures += usize::from(!response.is_ok_and(|response| response.is_success()));
    }
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() - 1], failures)
}

#[test]
fn a_handshake_that_stops_half_way_ends_in_time() {
    let Some(certificates) = Certificates::new() else { return };
    let secure = Secure::start(&mut command(&certificates.for_server("server", 30)));
    let hello = hello();
    for address in [secure.heartbeat(), &secure.api] {
        for sent in [&hello[..0], &hello[..3], &hello[..hello.len() - 1], &hello] {
            let mut stream = TcpStream::connect(address).unwrap();
            let begun = Instant::now();
            stream.write_all(sent).unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
            let (least, most) = HANDSHAKE;
            let elapsed = begun.elapsed();
            assert!(elapsed >= least && elapsed < most, "{} bytes: {elapsed:?}", sent.len());
        }
    }
}

#[test]
fn plain_text_ends_at_once() {
    let Some(certificates) = Certificates::new() else { return };
    let secure = Secure::start(&mut command(&certificates.for_server("server", 30)));
    for address in [secure.heartbeat(), &secure.api] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(super::GET.as_bytes()).unwrap();
        let begun = Instant::now();
        stream.read_to_end(&mut Vec::new()).unwrap();
        assert!(begun.elapsed() < HANDSHAKE.0);
    }
}

/// A client that says farewell leaves unread bytes.
#[test]
#[cfg(target_os = "linux")]
fn a_client_that_leaves_while_a_route_answers_frees_its_place() {
    let Some(certificates) = Certificates::new() else { return };
    let mut secure = Secure::start(&mut command(&certificates.for_server("server", 30)));
    let folder = format!("/proc/{}/fd", secure.worker.id());
    let descriptors = || std::fs::read_dir(&folder).unwrap().count();
    let before = descriptors();
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-quiet", "-no_ign_eof", "-connect", secure.heartbeat()]);
    openssl.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut openssl = openssl.spawn().unwrap();
    let mut stdin = openssl.stdin.take().unwrap();
    stdin.write_all(b"GET /never HTTP/1.1\r\nHost: w\r\n\r\n").unwrap();
    secure.worker.wait_for_line("a route waits");
    drop(stdin);
    openssl.wait().unwrap();
    let deadline = Instant::now() + HANDSHAKE.1;
    while descriptors() > before {
        assert!(Instant::now() < deadline, "the connection is open");
    }
}

#[test]
fn a_flood_leaves_a_prober_under_100_ms_at_the_median() {
    let Some(certificates) = Certificates::new() else { return };
    let secure = Secure::start(&mut command(&certificates.for_server("server", 30)));
    let address = secure.heartbeat();
    let hello = hello();
    println!("alone: {:?}", probe(address, 20));
    let half = &hello[..hello.len() / 2];
    let nothing: &[u8] = &[];
    for (flood, sent) in [("connections", nothing), ("half-open", half), ("stopped", &hello[..])] {
        let (is_over, count) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (median, worst, failures) = thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut held = Vec::new();
                    while !is_over.load(Ordering::Relaxed) {
                        let Ok(mut stream) = TcpStream::connect(address) else { continue };
                        let _ = stream.write_all(sent);
                        held.push(stream);
                        count.fetch_add(1, Ordering::Relaxed);
                        if held.len() == 16 {
                            held.clear();
                        }
                    }
                });
            }
            let measured = probe(address, 40);
            is_over.store(true, Ordering::Relaxed);
            measured
        });
        let count = count.into_inner();
        println!(
            "{flood}: median {median:?}, worst {worst:?}, {failures} failures, {count} clients"
        );
        assert!(median < Duration::from_millis(100), "{flood}: {median:?}");
        assert!(failures < 20, "{flood}: {failures} failures");
    }
    let mut clients: Vec<_> = (0..4).map(|_| Handshakes::start(address)).collect();
    let (median, worst, failures) = probe(address, 40);
    println!("handshakes: median {median:?}, worst {worst:?}, {failures} failures");
    clients.clear();
    assert!(median < Duration::from_millis(100) && failures == 0, "{median:?}, {failures}");
}

/// A client that makes one handshake after the other.
struct Handshakes(Child);

impl Handshakes {
    fn start(address: &str) -> Self {
        let mut openssl = Command::new("openssl");
        openssl.args(["s_time", "-new", "-time", "60", "-connect", address]);
        Self(openssl.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Handshakes {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
