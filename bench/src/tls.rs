//! TLS: a worker of this project against axum, on the same rustls.

use std::error::Error;
use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::contender::{AXUM_TLS, Contender, TLS};
use crate::load::{Load, run_wrk};
use crate::process::Process;
use crate::report::Report;
use crate::stats::take_turns;
use crate::table::{Cell, cells};
use crate::tools::{on_core, run};

const ROUNDS: usize = 5;

/// A certificate of its own for the contenders, in a folder that is removed on drop.
pub(crate) struct Certificate(TempDir);

/// One round of a contender.
struct Round {
    /// On open connections.
    requests: Load,
    /// A connection for each request.
    handshakes: Load,
}

pub(crate) fn measure(_: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let certificate = Certificate::create()?;
    let rounds = take_turns(&[&TLS, &AXUM_TLS], ROUNDS, |contender| {
        let command = on_core("0", &certificate.command(contender));
        let mut server = Process::start_command(command, contender.variable, "idle")?;
        server.wait_until_open()?;
        let url = format!("https://{}{}", server.address, contender.health);
        let requests = run_wrk(&server, &["--connections=16", &url])?;
        let close = ["--connections=8", "--header=Connection: close", &url];
        Ok(Round { requests, handshakes: run_wrk(&server, &close)? })
    })?;
    let table = &mut report.workers;
    let thousands = cells(&rounds, |round| round.requests.per_second / 1e3);
    table.add("health over TLS: throughput, one core, 16 connections", "thousand/s", thousands);
    table.add("the same: p99", "µs", cells(&rounds, |round| round.requests.p99));
    let handshakes = cells(&rounds, |round| round.handshakes.per_second / 1e3);
    table.add("a handshake for each request, 8 at once", "thousand/s", handshakes);
    table.add("the same: p50", "µs", cells(&rounds, |round| round.handshakes.p50));
    table.add("the same: CPU of the server", "µs", cells(&rounds, |round| round.handshakes.cpu));
    let sizes = [TLS, AXUM_TLS].map(|contender| contender.binary().map(fs::metadata).transpose());
    let mut binaries = Vec::new();
    for size in sizes {
        let bytes = size?.ok_or("a contender has no binary")?.len();
        binaries.push(Cell::Rounds(vec![bytes as f64 / f64::from(1 << 20)]));
    }
    table.add("binary with TLS, release, with symbols", "MiB", binaries);
    Ok(())
}

// === impl Certificate ===

impl Certificate {
    pub(crate) fn create() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        openssl.args(["-nodes", "-days", "30", "-subj", "/CN=localhost"]);
        openssl.arg("-keyout").arg(folder.path().join("tls.key"));
        openssl.arg("-out").arg(folder.path().join("tls.crt"));
        run(openssl)?;
        Ok(Self(folder))
    }

    /// Creates a command that runs a contender with this certificate.
    pub(crate) fn command(&self, contender: &Contender) -> Command {
        let mut command = contender.command();
        for variable in ["HEARTBEAT_CERTIFICATE_TLS", "BENCH_CERTIFICATE"] {
            command.env(variable, self.0.path());
        }
        command
    }
}
