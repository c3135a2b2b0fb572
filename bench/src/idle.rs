//! CPU, wakeups, threads and memory of idle workers.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::contender::{AXUM_TLS, Contender, HEARTBEAT, TLS};
use crate::probe::{Outcome, probe};
use crate::process::{Process, TIMEOUT, Usage};
use crate::report::{Limit, Report};
use crate::stats::median;
use crate::table::cells;
use crate::tls::Certificate;

const ROUNDS: usize = 3;
/// Outlasts the remains of a start: an idle thread for blocking work lives for ten seconds.
const SETTLE: Duration = Duration::from_secs(12);
const WINDOW: Duration = Duration::from_secs(10);
const WORKERS: usize = 1000;

const MEMORY: Limit = Limit { name: "resident memory above tokio + axum", required: "2 MiB" };
const CPU: Limit = Limit { name: "CPU of an idle worker", required: "0.1 % of a core" };
pub(crate) const LIMITS: [Limit; 2] = [MEMORY, CPU];
pub(crate) const THOUSAND: Limit =
    Limit { name: "1,000 idle workers on a 2-core machine", required: "all healthy" };

/// Resources used in one window.
struct Idle {
    cpu_percent: f64,
    wakeups: f64,
    threads: f64,
    resident_mib: f64,
}

/// One round of a thousand workers.
struct Thousand {
    healthy: usize,
    slowest: Duration,
    cpu_percent: f64,
}

/// Measures all contenders at once, as none of them needs a core; with them a worker that a page listens
/// to, one with a hundred tasks, and two with TLS.
pub(crate) fn measure(contenders: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let certificate = Certificate::create()?;
    let mut rounds: Vec<Vec<Idle>> = (0..contenders.len() + 4).map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        let mut processes = start_all(contenders)?;
        let mut shown = HEARTBEAT.command();
        shown.env("HEARTBEAT_DETAILS", "always");
        let mut shown = Process::start_command(shown, HEARTBEAT.variable, "idle")?;
        shown.wait_until_ok(HEARTBEAT.ready)?;
        listen(shown.address)?;
        processes.push(shown);
        let mut with_tasks = Process::start(&HEARTBEAT, "tasks")?;
        with_tasks.wait_until_ok(HEARTBEAT.ready)?;
        processes.push(with_tasks);
        for contender in [&TLS, &AXUM_TLS] {
            let command = certificate.command(contender);
            let mut process = Process::start_command(command, contender.variable, "idle")?;
            process.wait_until_open()?;
            processes.push(process);
        }
        for (window, rounds) in measure_window(&processes)?.into_iter().zip(&mut rounds) {
            rounds.push(window);
        }
    }
    let (columns, others) = rounds.split_at(contenders.len());
    let (page, others) = others.split_at(1);
    let (tasks, tls) = others.split_at(1);
    let table = &mut report.workers;
    let mut add_both = |memory, cpu, rounds: &[Vec<Idle>]| {
        table.add(memory, "MiB", cells(rounds, |idle| idle.resident_mib));
        table.add(cpu, "%", cells(rounds, |idle| idle.cpu_percent));
    };
    add_both("resident memory", "idle: CPU, share of a core", columns);
    add_both("with the page open: resident memory", "the same: CPU, share of a core", page);
    add_both("with 100 tasks: resident memory", "the same: CPU, share of a core", tasks);
    add_both("with TLS: resident memory", "the same: CPU, share of a core", tls);
    table.add("threads", "", cells(columns, |idle| idle.threads));
    table.add("idle: wakeups", "/s", cells(columns, |idle| idle.wakeups));

    let pairs = columns[0].iter().zip(&columns[1]);
    let above = median(pairs.map(|(own, other)| own.resident_mib - other.resident_mib));
    let above = above.unwrap_or(f64::INFINITY);
    report.add_bound(MEMORY, format!("{above:.2} MiB"), above < 2.0);
    let cpu = median(columns[0].iter().map(|idle| idle.cpu_percent)).unwrap_or(f64::INFINITY);
    report.add_bound(CPU, format!("{cpu:.3} %"), cpu < 0.1);
    Ok(())
}

/// Measures a thousand workers of this project at once.
pub(crate) fn thousand(_: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let rounds = (0..ROUNDS).map(|_| Thousand::measure());
    let rounds = rounds.collect::<Result<Vec<_>, _>>()?;
    let healthy = rounds.iter().map(|round| round.healthy).min().unwrap_or_default();
    let slowest = median(rounds.iter().map(|round| round.slowest)).unwrap_or(TIMEOUT);
    let cpu = median(rounds.iter().map(|round| round.cpu_percent)).unwrap_or(f64::INFINITY);
    let cores = thread::available_parallelism()?;
    let measured = format!(
        "{healthy} healthy, slowest response {:.1} ms, {cpu:.0} % of one core in total, {cores} cores",
        slowest.as_secs_f64() * 1e3
    );
    report.add_bound(THOUSAND, measured, healthy == WORKERS);
    Ok(())
}

/// Listens to the events of a worker, as its page does, until it ends.
fn listen(address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /events HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
    let (sender, first_event) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if line.starts_with("data:") {
                // Only the first one is awaited.
                let _ = sender.send(());
            }
        }
    });
    Ok(first_event.recv_timeout(TIMEOUT).map_err(|_| "no event for the page")?)
}

fn start_all<'a>(
    contenders: impl IntoIterator<Item = &'a Contender>,
) -> Result<Vec<Process>, Box<dyn Error>> {
    let started =
        contenders.into_iter().map(|contender| Ok((Process::start(contender, "idle")?, contender)));
    let started: Vec<_> = started.collect::<Result<_, Box<dyn Error>>>()?;
    let wait = |(mut process, contender): (Process, &Contender)| {
        process.wait_until_ok(contender.ready).map(|_| process)
    };
    started.into_iter().map(wait).collect()
}

/// Measures the resources that each process uses once it has settled.
fn measure_window(processes: &[Process]) -> Result<Vec<Idle>, Box<dyn Error>> {
    let usages = || processes.iter().map(Process::usage).collect::<Result<Vec<_>, _>>();
    thread::sleep(SETTLE);
    let before = usages()?;
    thread::sleep(WINDOW);
    let after = usages()?;
    Ok(before.iter().zip(&after).map(|(before, after)| Idle::between(before, after)).collect())
}

// === impl Idle ===

impl Idle {
    fn between(before: &Usage, after: &Usage) -> Self {
        let seconds = WINDOW.as_secs_f64();
        Self {
            cpu_percent: (after.cpu_seconds - before.cpu_seconds) / seconds * 100.0,
            wakeups: after.wakeups.saturating_sub(before.wakeups) as f64 / seconds,
            threads: after.threads as f64,
            resident_mib: after.resident_kib as f64 / 1024.0,
        }
    }
}

// === impl Thousand ===

impl Thousand {
    fn measure() -> Result<Self, Box<dyn Error>> {
        let processes = start_all(std::iter::repeat_n(&HEARTBEAT, WORKERS))?;
        let cpu_percent = measure_window(&processes)?.iter().map(|idle| idle.cpu_percent).sum();
        let probe = |process: &Process| probe(process.address, HEARTBEAT.health);
        let probes: Vec<_> = processes.iter().map(probe).collect();
        let is_healthy = |(outcome, _): &&(Outcome, _)| *outcome == Outcome::Status(200);
        Ok(Self {
            healthy: probes.iter().filter(is_healthy).count(),
            slowest: probes.iter().map(|(_, took)| *took).max().unwrap_or_default(),
            cpu_percent,
        })
    }
}
