//! A measured process and the resources it uses.

use std::error::Error;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::contender::Contender;
use crate::probe::{Outcome, probe};

/// Maximum wait for steps that should take milliseconds.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// A running contender; killed on drop.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    started: Instant,
}

/// Resources that a process has used so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_seconds: f64,
    /// Voluntary context switches of all threads: each is followed by a wakeup.
    pub(crate) wakeups: u64,
    pub(crate) threads: u64,
    pub(crate) resident_kib: u64,
}

// === impl Process ===

impl Process {
    /// Starts a contender with the kind of work that `BENCH_WORK` selects.
    pub(crate) fn start(contender: &Contender, work: &str) -> Result<Self, Box<dyn Error>> {
        Self::start_command(contender.command(), contender.variable, work)
    }

    /// Starts a command, with the address in a variable.
    pub(crate) fn start_command(
        mut command: Command,
        variable: &str,
        work: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let address = free_address()?;
        command
            .env("BENCH_WORK", work)
            .env(variable, address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let started = Instant::now();
        let child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        Ok(Self { child, address, started })
    }

    /// Waits for the first 200 and returns the time since the start.
    pub(crate) fn wait_until_ok(&mut self, path: &str) -> Result<Duration, Box<dyn Error>> {
        let start = Instant::now();
        while start.elapsed() < TIMEOUT {
            if probe(self.address, path).0 == Outcome::Status(200) {
                return Ok(self.started.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the process exited before the first 200: {status}").into());
            }
        }
        Err(format!("no 200 from {path} within {TIMEOUT:?}").into())
    }

    /// Waits for a listener, where a probe would need TLS.
    pub(crate) fn wait_until_open(&mut self) -> Result<(), Box<dyn Error>> {
        while TcpStream::connect(self.address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the process exited before it listened: {status}").into());
            }
            if self.started.elapsed() > TIMEOUT {
                return Err(format!("no listener within {TIMEOUT:?}").into());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    pub(crate) fn terminate(&self) -> Result<(), Box<dyn Error>> {
        Ok(kill_process(self.pid()?, Signal::TERM)?)
    }

    /// Waits for the process to exit.
    pub(crate) fn wait(mut self) -> Result<ExitStatus, Box<dyn Error>> {
        let start = Instant::now();
        while start.elapsed() < TIMEOUT {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_micros(50));
        }
        Err(format!("the process did not exit within {TIMEOUT:?}").into())
    }

    pub(crate) fn usage(&self) -> Result<Usage, Box<dyn Error>> {
        let process = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{process}/status"))?;
        let mut usage = Usage {
            threads: field(&status, "Threads:"),
            resident_kib: field(&status, "VmRSS:"),
            ..Usage::default()
        };
        for thread in fs::read_dir(format!("{process}/task"))? {
            let thread = thread?.path();
            let status = fs::read_to_string(thread.join("status"))?;
            usage.wakeups += field(&status, "voluntary_ctxt_switches:");
            let scheduled = fs::read_to_string(thread.join("schedstat"))?;
            let nanoseconds: f64 = scheduled.split(' ').next().unwrap_or_default().parse()?;
            usage.cpu_seconds += nanoseconds / 1e9;
        }
        Ok(usage)
    }

    fn pid(&self) -> Result<Pid, Box<dyn Error>> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        pid.ok_or_else(|| "the process has no valid id".into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails if the process has already exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number in the line that starts with `name`; 0 without one.
fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// A loopback address that no other process of this run has, with a free port.
pub(crate) fn free_address() -> std::io::Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    TcpListener::bind((Ipv4Addr::new(127, 1, high, low), 0))?.local_addr()
}
