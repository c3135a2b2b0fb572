//! A prober that measures a worker during an attack.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_tests::{Worker, exchange};

/// Measurements of one attack.
#[derive(Default)]
pub(crate) struct Measured {
    /// The latency of each response, in milliseconds, sorted.
    pub(crate) latencies: Vec<f64>,
    /// The most open descriptors.
    pub(crate) descriptors: usize,
}

impl Measured {
    /// Returns a percentile of the latencies.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let last = self.latencies.len() - 1;
        self.latencies.get(last * percent / 100).copied().unwrap()
    }
}

/// Probes one request after another, with curl and without, until `end` is set.
fn probe_until(end: &AtomicBool, address: &str, id: u32) -> Measured {
    let mut measured = Measured::default();
    loop {
        let url = format!("http://{address}/livez");
        let output = Command::new("curl")
            .args(["--max-time", "10", "-fsS", "-o", "/dev/null", "-w", "%{time_total}", &url])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let seconds: f64 = String::from_utf8(output.stdout).unwrap().parse().unwrap();
        measured.latencies.push(seconds * 1000.0);
        for _ in 0..20 {
            let start = Instant::now();
            let response = exchange(address, "GET /livez HTTP/1.0\r\n\r\n").expect("a response");
            measured.latencies.push(start.elapsed().as_secs_f64() * 1000.0);
            assert!(response.starts_with("HTTP/1.0 200 OK\r\n"), "{response:?}");
        }
        let open = fs::read_dir(format!("/proc/{id}/fd")).unwrap().count();
        measured.descriptors = measured.descriptors.max(open);
        if end.load(Ordering::Relaxed) {
            measured.latencies.sort_by(f64::total_cmp);
            return measured;
        }
    }
}

/// Returns the peak memory of the worker, in KiB.
pub(crate) fn peak_memory(worker: &Worker) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", worker.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Repeats an attack for at least half a second, while a prober measures.
pub(crate) fn measure_attack(worker: &Worker, name: &str, attack: impl Fn(&str)) -> Measured {
    let end = AtomicBool::new(false);
    let (address, id) = (worker.address(), worker.id());
    let measured = thread::scope(|scope| {
        let prober = scope.spawn(|| probe_until(&end, address, id));
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(500) {
            attack(address);
        }
        end.store(true, Ordering::Relaxed);
        prober.join().expect("every probe gets a response")
    });
    println!(
        "{name:28} {:4} probes, median {:5.1} ms, p99 {:5.1} ms, max {:5.1} ms; {:3} descriptors, peak {} KiB",
        measured.latencies.len(),
        measured.percentile(50),
        measured.percentile(99),
        measured.percentile(100),
        measured.descriptors,
        peak_memory(worker),
    );
    measured
}
