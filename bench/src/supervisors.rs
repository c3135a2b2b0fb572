//! `heartbeat run` beside its peers, with ten processes.

use std::error::Error;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::contender::{Contender, HEARTBEAT};
use crate::lines::{self, Lines};
use crate::peers::{Supervisor, installed};
use crate::probe::{Outcome, probe};
use crate::process::TIMEOUT;
use crate::report::Report;
use crate::table::{cells, last_texts};
use crate::tree::{Stop, Tree};

const ROUNDS: usize = 3;
pub(crate) const PROCESSES: usize = 10;

const SETTLE: Duration = Duration::from_secs(5);
const WINDOW: Duration = Duration::from_secs(10);

/// One round of a supervisor.
struct Round {
    ready: Duration,
    stop: Stop,
    lines: Lines,
}

/// Resources that a supervisor uses in one window, without its workers.
struct Idle {
    cpu_percent: f64,
    memory_mib: f64,
}

/// A folder with all files that a supervisor may read.
pub(crate) struct Service {
    folder: TempDir,
    addresses: Vec<SocketAddr>,
}

pub(crate) fn measure(_: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let supervisors = installed();
    let mut rounds: Vec<Vec<Round>> = supervisors.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (supervisor, rounds) in supervisors.iter().zip(&mut rounds) {
            let round = Round::measure(*supervisor);
            rounds.push(round.map_err(|error| format!("{}: {error}", supervisor.name()))?);
        }
    }
    let idle = measure_idle(&supervisors)?;
    let table = &mut report.supervisors;
    table.set_columns(supervisors.iter().map(|supervisor| supervisor.name()).collect());
    table.add(
        "10 workers: command to all ready",
        "ms",
        cells(&rounds, |it| milliseconds(it.ready)),
    );
    table.add("Ctrl-C to exit", "ms", cells(&rounds, |it| milliseconds(it.stop.took)));
    table.add("processes that outlive it", "", last_texts(&rounds, |it| it.stop.left.to_string()));
    table.add("idle: CPU, share of a core", "%", cells(&idle, |it| it.cpu_percent));
    table.add("memory", "MiB", cells(&idle, |it| it.memory_mib));
    table.add(
        "log lines of 10 processes",
        "thousand/s",
        cells(&rounds, |it| it.lines.per_second / 1e3),
    );
    table.add(
        "lines lost or out of order",
        "",
        last_texts(&rounds, |it| it.lines.wrong.to_string()),
    );
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Measures all supervisors at once, as none of them needs a core.
fn measure_idle(supervisors: &[Supervisor]) -> Result<Vec<Vec<Idle>>, Box<dyn Error>> {
    let mut running = Vec::new();
    for supervisor in supervisors {
        let service = Service::of_workers()?;
        let tree = Tree::start(service.command(*supervisor))?;
        service.wait_until_ready()?;
        running.push((service, tree));
    }
    let worker = HEARTBEAT.binary().ok_or("the worker has no binary")?.canonicalize()?;
    let usage = |(_, tree): &(Service, Tree)| tree.usage_without(&worker);
    let usages = || running.iter().map(usage).collect::<Result<Vec<_>, _>>();
    thread::sleep(SETTLE);
    let mut rounds: Vec<Vec<Idle>> = supervisors.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        let before = usages()?;
        thread::sleep(WINDOW);
        for ((before, after), rounds) in before.iter().zip(usages()?).zip(&mut rounds) {
            let cpu_percent =
                (after.cpu_seconds - before.cpu_seconds) / WINDOW.as_secs_f64() * 100.0;
            rounds.push(Idle { cpu_percent, memory_mib: after.memory_mib });
        }
    }
    for (_, tree) in running {
        tree.stop()?;
    }
    Ok(rounds)
}

// === impl Round ===

impl Round {
    fn measure(supervisor: Supervisor) -> Result<Self, Box<dyn Error>> {
        let service = Service::of_workers()?;
        let start = Instant::now();
        let tree = Tree::start(service.command(supervisor))?;
        service.wait_until_ready()?;
        let ready = start.elapsed();
        thread::sleep(Duration::from_millis(300));
        let stop = tree.stop()?;
        Ok(Self { ready, stop, lines: lines::measure(supervisor)? })
    }
}

// === impl Service ===

impl Service {
    /// Ten workers of this project, which every supervisor runs.
    fn of_workers() -> Result<Self, Box<dyn Error>> {
        // The addresses that `heartbeat run` assigns.
        let port = TcpListener::bind((Ipv4Addr::new(127, 255, 0, 1), 0))?.local_addr()?.port();
        let address = |last| SocketAddr::from((Ipv4Addr::new(127, 255, 0, last), port));
        let addresses: Vec<_> = (1..).map(address).take(PROCESSES).collect();
        let worker = HEARTBEAT.binary().ok_or("the worker has no binary")?;
        let worker = worker.to_str().ok_or("the path of the bench is not UTF-8")?;
        let variable = |address| format!("{}={address} {worker}", HEARTBEAT.variable);
        let commands: Vec<_> = addresses.iter().map(variable).collect();
        let endpoint = format!(
            "<Endpoints><InternalEndpoint name=\"Heartbeat\" protocol=\"http\"><FixedPort port=\"{port}\" />\
             </InternalEndpoint></Endpoints>"
        );
        Self::new(&commands, worker, &endpoint, addresses)
    }

    /// Writes a `Procfile` of commands, and the definition of a role with a command line.
    pub(crate) fn new(
        commands: &[String],
        command_line: &str,
        endpoints: &str,
        addresses: Vec<SocketAddr>,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let lines = commands.iter().enumerate();
        let lines: Vec<_> = lines.map(|(number, it)| format!("worker{number}: {it}\n")).collect();
        fs::write(folder.path().join("Procfile"), lines.concat())?;
        let definition = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <ServiceDefinition name=\"Bench\" \
             xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition\">\n\
             <WorkerRole name=\"Worker\" vmsize=\"Small\"><Runtime><EntryPoint><ProgramEntryPoint \
             commandLine=\"{command_line}\" setReadyOnProcessStart=\"true\" /></EntryPoint></Runtime>\
             {endpoints}</WorkerRole>\n\
             </ServiceDefinition>\n"
        );
        fs::write(folder.path().join("ServiceDefinition.csdef"), definition)?;
        Ok(Self { folder, addresses })
    }

    /// Returns a command that runs the service.
    pub(crate) fn command(&self, supervisor: Supervisor) -> Command {
        let mut command = supervisor.command();
        command.current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn wait_until_ready(&self) -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        for &address in &self.addresses {
            while probe(address, HEARTBEAT.ready).0 != Outcome::Status(200) {
                if start.elapsed() > TIMEOUT {
                    return Err(format!("no worker is ready at {address}").into());
                }
                thread::sleep(Duration::from_micros(500));
            }
        }
        Ok(())
    }
}
