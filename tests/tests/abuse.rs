//! Floods and other abuse of the health port, while a real prober goes on asking: it is answered
//! in time, and the worker's memory and descriptors stay bounded.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_tests::{Worker, exchange, skip};
use socket2::{Domain, Socket, Type};

const REQUEST: &[u8] = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn ready_worker(command: &mut Command) -> Worker {
    let mut worker = Worker::spawn(command.env("HEARTBEAT_SETTING_FAIL", "run stop"));
    worker.line_with("in run");
    worker
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_failing-worker"))
}

/// By when a prober is to be answered, in milliseconds.
const SOON: f64 = 100.0;

/// One flood at a time: each takes what the machine has.
static ALONE: Mutex<()> = Mutex::new(());

/// What was seen from outside, in the time of one attack.
#[derive(Default)]
struct Seen {
    /// How long each answer took, in milliseconds.
    probes: Vec<f64>,
    descriptors: usize,
}

impl Seen {
    /// In how many milliseconds that share of the answers came, in percent.
    fn within(&self, share: usize) -> f64 {
        let last = self.probes.len() - 1;
        self.probes.get(last * share / 100).copied().unwrap()
    }
}

/// Asks with curl, and some times without, one after the other until told to end.
fn probe_until(end: &AtomicBool, address: &str, id: u32) -> Seen {
    let mut seen = Seen::default();
    loop {
        let url = format!("http://{address}/livez");
        let output = Command::new("curl")
            .args(["--max-time", "10", "-fsS", "-o", "/dev/null", "-w", "%{time_total}", &url])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let seconds: f64 = String::from_utf8(output.stdout).unwrap().parse().unwrap();
        seen.probes.push(seconds * 1000.0);
        for _ in 0..20 {
            let asked = Instant::now();
            let answer = exchange(address, "GET /livez HTTP/1.0\r\n\r\n").expect("an answer");
            seen.probes.push(asked.elapsed().as_secs_f64() * 1000.0);
            assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer:?}");
        }
        let open = fs::read_dir(format!("/proc/{id}/fd")).unwrap().count();
        seen.descriptors = seen.descriptors.max(open);
        if end.load(Ordering::Relaxed) {
            seen.probes.sort_by(f64::total_cmp);
            return seen;
        }
    }
}

/// The most memory that the worker has had, in KiB.
fn peak_memory(worker: &Worker) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", worker.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Attacks for half a second at least, again and again if need be.
fn under_attack(worker: &Worker, name: &str, attack: impl Fn(&str)) -> Seen {
    let end = AtomicBool::new(false);
    let (address, id) = (worker.address(), worker.id());
    let seen = thread::scope(|scope| {
        let prober = scope.spawn(|| probe_until(&end, address, id));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(500) {
            attack(address);
        }
        end.store(true, Ordering::Relaxed);
        prober.join().expect("every probe is answered")
    });
    println!(
        "{name:28} {:4} probes, median {:5.1} ms, p99 {:5.1} ms, max {:5.1} ms; {:3} descriptors, {} KiB at most",
        seen.probes.len(),
        seen.within(50),
        seen.within(99),
        seen.within(100),
        seen.descriptors,
        peak_memory(worker),
    );
    seen
}

fn slowhttptest(address: &str, mode: &str) {
    let command = format!(
        "ulimit -n 4096; exec slowhttptest {mode} -c 1000 -r 500 -l 4 -i 1 -p 1 -u http://{address}/livez"
    );
    let output = Command::new("sh").args(["-c", &command]).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("connections"), "it has run: {told}");
}

/// Connects that often, from so many threads, and does something with each connection. What becomes
/// of it is the attacker's own affair.
fn each_of(
    threads: usize,
    count: usize,
    address: &str,
    abuse: impl Fn(&mut TcpStream) -> std::io::Result<()> + Sync,
) {
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..count / threads {
                    let Ok(mut stream) = TcpStream::connect(address) else { continue };
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                    let _ = abuse(&mut stream);
                }
            });
        }
    });
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Requests that are taken back as soon as they are made.
fn rapid_resets() -> Vec<u8> {
    let mut bytes = [PREFACE, &frame(4, 0, 0, &[])].concat();
    for stream in (1..20_000).step_by(2) {
        // GET / http, and nothing more; then a reset with CANCEL.
        bytes.extend(frame(1, 5, stream, &[0x82, 0x84, 0x86]));
        bytes.extend(frame(3, 0, stream, &[0, 0, 0, 8]));
    }
    bytes
}

/// A head that is continued and never ends.
fn continuations() -> Vec<u8> {
    let mut bytes = [PREFACE, &frame(4, 0, 0, &[]), &frame(1, 1, 1, &[0x82, 0x84, 0x86])].concat();
    let field = [&[0x00, 0x01, b'a', 0x7f, 0x81, 0x1e], vec![b'x'; 4000].as_slice()].concat();
    (0..500).for_each(|_| bytes.extend(frame(9, 0, 1, &field)));
    bytes
}

/// More connections than there is room for, none of which stops sending before it is told to.
fn frames_without_end(end: &AtomicBool, at: &str) {
    let preface = [PREFACE, &frame(4, 0, 0, &[])].concat();
    // Of a kind that there is not, which is to be ignored.
    let frames = frame(0x99, 0, 0, &[0; 8]).repeat(1000);
    let connected = || {
        let mut stream = TcpStream::connect(at)?;
        stream.write_all(&preface)?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    };
    let mut streams: Vec<std::io::Result<TcpStream>> = (0..80).map(|_| connected()).collect();
    while !end.load(Ordering::Relaxed) {
        for stream in &mut streams {
            let is_over = stream.as_mut().map_or(true, |stream| {
                let sent = stream.write(&frames);
                sent.is_err_and(|error| error.kind() != ErrorKind::WouldBlock)
            });
            if is_over {
                *stream = connected();
            }
        }
    }
}

fn header_bombs(at: &str) {
    let bomb = [REQUEST.strip_suffix(b"\r\n").unwrap(), &vec![b'x'; 1 << 20]].concat();
    each_of(2, 400, at, |stream| stream.write_all(&bomb));
}

fn pipelined(at: &str) {
    let requests = REQUEST.repeat(10_000);
    each_of(4, 4, at, |stream| {
        let mut reader = stream.try_clone()?;
        let reading = thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        stream.write_all(&requests)?;
        stream.shutdown(Shutdown::Write)?;
        reading.join().unwrap().map(drop)
    });
}

fn pipelined_and_never_read(at: &str) {
    let requests = REQUEST.repeat(10_000);
    each_of(4, 40, at, |stream| {
        stream.set_write_timeout(Some(Duration::from_millis(200)))?;
        stream.write_all(&requests)
    });
}

fn one_byte_at_a_time(at: &str) {
    each_of(2, 400, at, |stream| {
        stream.set_nodelay(true)?;
        REQUEST.chunks(1).try_for_each(|byte| stream.write_all(byte))
    });
}

/// Sends all of it on each of many connections, half-closes and reads until the end.
fn sent_and_half_closed(count: usize, at: &str, bytes: &[u8]) {
    each_of(2, count, at, |stream| {
        stream.write_all(bytes)?;
        stream.shutdown(Shutdown::Write)?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    });
}

fn garbage() -> Vec<u8> {
    let bytes = (0..4096_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes());
    bytes.flatten().collect()
}

const TLS: &[u8] = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03";

type Attack = (&'static str, fn(&str));

const ATTACKS: [Attack; 13] = [
    ("slow headers", |at| slowhttptest(at, "-H")),
    ("slow bodies", |at| slowhttptest(at, "-B")),
    ("slow reading", |at| slowhttptest(at, "-X -k 5 -w 1 -y 10 -n 1 -z 1")),
    ("connect and leave", |at| each_of(1, 10_000, at, |_| Ok(()))),
    ("header bombs", header_bombs),
    ("10,000 pipelined requests", pipelined),
    ("pipelined and never read", pipelined_and_never_read),
    ("one byte at a time", one_byte_at_a_time),
    ("half-closes", |at| sent_and_half_closed(4000, at, REQUEST)),
    ("HTTP/2 rapid reset", |at| sent_and_half_closed(80, at, &rapid_resets())),
    ("HTTP/2 continuations", |at| sent_and_half_closed(80, at, &continuations())),
    ("garbage", |at| sent_and_half_closed(1000, at, &garbage())),
    ("TLS", |at| sent_and_half_closed(2000, at, TLS)),
];

#[test]
fn a_prober_is_answered_whatever_others_do() {
    if ["/usr/bin/slowhttptest", "/usr/bin/curl"].iter().any(|path| !Path::new(path).exists()) {
        skip("slowhttptest or curl is not installed");
        return;
    }
    let _alone = ALONE.lock();
    let worker = ready_worker(&mut program());
    let calm = under_attack(&worker, "calm", |_| thread::park_timeout(Duration::from_secs(1)));
    let memory = peak_memory(&worker);
    // A machine that does something else for a while is given another chance.
    let soon = (0..3).any(|_| is_answered_soon(&worker, calm.descriptors + 66));
    assert!(soon, "the prober had to wait, three times");
    let grown = peak_memory(&worker).saturating_sub(memory);
    println!("{grown} KiB more than in calm");
    assert!(grown < 16 * 1024, "{grown} KiB");
}

/// Whether half of the answers in each attack, and 99 % of all, come soon. Attackers, worker and
/// prober share the cores, so that a single answer may have to wait for them.
fn is_answered_soon(worker: &Worker, descriptors: usize) -> bool {
    let mut all = Seen::default();
    let mut soon = true;
    for (name, attack) in ATTACKS {
        let seen = under_attack(worker, name, attack);
        assert!(seen.descriptors <= descriptors, "{name}: {}", seen.descriptors);
        soon &= seen.within(50) < SOON;
        all.probes.extend(seen.probes);
    }
    all.probes.sort_by(f64::total_cmp);
    println!("{} answers, 99 % of them within {:.1} ms", all.probes.len(), all.within(99));
    soon && all.within(99) < SOON
}

#[test]
fn those_who_never_stop_sending_make_room() {
    let _alone = ALONE.lock();
    let worker = ready_worker(&mut program());
    let (address, id, end) = (worker.address(), worker.id(), AtomicBool::new(false));
    let answers = thread::scope(|scope| {
        scope.spawn(|| frames_without_end(&end, address));
        let begun = Instant::now();
        while fs::read_dir(format!("/proc/{id}/fd")).unwrap().count() < 64 + 8
            && begun.elapsed() < Duration::from_secs(10)
        {
            thread::yield_now();
        }
        // The flood goes on until they are answered.
        let asked = Instant::now();
        let ask = |_| exchange(address, "GET /livez HTTP/1.0\r\n\r\n");
        let answers: Vec<_> = (0..5).map(ask).collect();
        end.store(true, Ordering::Relaxed);
        println!("answered after {:?}", asked.elapsed());
        assert!(
            asked.elapsed() < Duration::from_secs(20),
            "they had to wait for all others' turns"
        );
        answers
    });
    for answer in answers {
        assert!(answer.expect("an answer").starts_with("HTTP/1.0 200 OK\r\n"));
    }
}

#[test]
fn a_process_without_descriptors_goes_on_answering() {
    let mut command = Command::new("sh");
    let worker = env!("CARGO_BIN_EXE_failing-worker");
    let worker = ready_worker(command.args(["-c", &format!("ulimit -n 64; exec {worker}")]));
    let seen = under_attack(&worker, "64 descriptors", |at| {
        let held: Vec<_> = (0..200).map(|_| TcpStream::connect(at)).collect();
        thread::park_timeout(Duration::from_secs(2));
        drop(held);
    });
    // Whoever started the tests may have handed down some that lie beyond the limit.
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", worker.id())).unwrap();
    let number = |name: OsString| name.to_str().and_then(|name| name.parse::<usize>().ok());
    let beyond = descriptors
        .filter_map(|descriptor| number(descriptor.unwrap().file_name()))
        .filter(|number| *number >= 64)
        .count();
    assert!(seen.descriptors <= 64 + beyond, "{} and {beyond} beyond", seen.descriptors);
}

/// A connection from one of the many loopback addresses.
fn connect_from(ip: [u8; 4], address: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((ip, 0)).into()).unwrap();
    socket.connect(&address.parse::<SocketAddr>().unwrap().into()).unwrap();
    socket.into()
}

#[test]
fn one_peer_does_not_push_another_out() {
    let worker = ready_worker(&mut program());
    let ask = |stream: &mut TcpStream| {
        stream.write_all(REQUEST).unwrap();
        let mut answer = [0; 1024];
        let count = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(answer.get(..count).unwrap()).into_owned()
    };
    // The oldest of all, and idle: by age alone it would be the first to go.
    let mut kubelet = connect_from([127, 0, 0, 1], worker.address());
    assert!(ask(&mut kubelet).starts_with("HTTP/1.1 200 OK\r\n"));
    let mut hostile: Vec<_> =
        (0..300).map(|_| connect_from([127, 0, 0, 2], worker.address())).collect();
    let mut last = hostile.pop().unwrap();
    assert!(ask(&mut last).contains("\r\nconnection: close\r\n"), "there is no room to stay");
    let first = hostile.first_mut().unwrap();
    first.set_read_timeout(Some(Duration::from_secs(4))).unwrap();
    assert_eq!(first.read(&mut [0; 1]).expect("an end, and no reset"), 0, "the oldest has gone");
    assert!(ask(&mut kubelet).starts_with("HTTP/1.1 200 OK\r\n"));
}
