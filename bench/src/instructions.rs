//! Instructions per response and per beat, which other load on the machine does not change.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use crate::contender::{AXUM_SERVE, Contender, HEARTBEAT, SERVE, SERVE_ON_HEARTBEAT};
use crate::process::Process;
use crate::report::Report;
use crate::table::Cell;
use crate::tools::on_core;

/// Responses of two runs, of which the first tells the cost of a start.
const RESPONSES: [u32; 2] = [500, 4500];

/// Holds the C library to the variants of `memcpy` and the like that every processor has.
const PLAIN_VARIANTS: &str =
    "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM,-AVX512F";

/// Calls under the profiler.
const CALLS: u32 = 1_000_000;

pub(crate) fn measure(contenders: &[Contender], report: &mut Report) -> Result<(), Box<dyn Error>> {
    let (beat, empty) = per_beat(&HEARTBEAT.command())?;
    let table = &mut report.workers;
    table.add_own("`beat()` and its loop", "instructions", beat);
    table.add_own("an empty call and its loop", "instructions", empty);
    let mut health = Vec::new();
    for contender in contenders {
        health.push(match contender.binary() {
            Some(_) => of_contender(contender)?,
            None => Cell::none(),
        });
    }
    table.add("a health response", "instructions", health);
    let axum = of_contender(&AXUM_SERVE)?;
    let route = vec![of_contender(&SERVE)?, axum.clone()];
    table.add("a response of a user route", "instructions", route);
    let on_heartbeat = vec![of_contender(&SERVE_ON_HEARTBEAT)?, axum];
    table.add("the same on the heartbeat's endpoint", "instructions", on_heartbeat);
    Ok(())
}

fn of_contender(contender: &Contender) -> Result<Cell, Box<dyn Error>> {
    let (command, variable) = (contender.command(), contender.variable);
    let count = per_response(&command, variable, contender.health, RESPONSES);
    let count = count.map_err(|error| format!("{}: {error}", contender.name))?;
    Ok(Cell::Rounds(vec![count]))
}

/// Counts the instructions of a beat and of an empty call, each with one turn of a loop.
pub(crate) fn per_beat(worker: &Command) -> Result<(f64, f64), Box<dyn Error>> {
    let count = |function: &str| -> Result<f64, Box<dyn Error>> {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(format!("--toggle-collect=*{function}*"))
            .arg(worker.get_program())
            .env("BENCH_CALLS", CALLS.to_string())
            .env(HEARTBEAT.variable, "127.0.0.1:0");
        let output = command.output()?;
        let report = String::from_utf8_lossy(&output.stderr);
        let collected = report.lines().find_map(|line| line.split_once("Collected : "));
        let (_, count) = collected.ok_or("valgrind counted nothing")?;
        Ok(count.trim().parse::<f64>()? / f64::from(CALLS))
    };
    Ok((count("bench_beats")?, count("bench_empty_calls")?))
}

/// Counts the instructions of a response: the difference of two runs with different numbers of them.
pub(crate) fn per_response(
    worker: &Command,
    variable: &str,
    path: &str,
    [few, many]: [u32; 2],
) -> Result<f64, Box<dyn Error>> {
    let difference = count(worker, variable, path, many)? - count(worker, variable, path, few)?;
    Ok(difference / f64::from(many - few))
}

/// Counts the instructions of a process that answers some requests.
fn count(
    worker: &Command,
    variable: &str,
    path: &str,
    responses: u32,
) -> Result<f64, Box<dyn Error>> {
    let report = tempfile::NamedTempFile::new()?;
    let mut command = Command::new("valgrind");
    command
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", report.path().display()))
        .arg(worker.get_program())
        .env("GLIBC_TUNABLES", PLAIN_VARIANTS)
        // For metrics.
        .env("HEARTBEAT_DETAILS", if path == METRICS { "always" } else { "never" });
    let mut process = Process::start_command(on_core("0", &command), variable, "idle")?;
    process.wait_until_ok(path)?;
    send(process.address, path, responses)?;
    process.terminate()?;
    process.wait()?;
    let report = fs::read_to_string(report.path())?;
    let total = report.lines().find_map(|line| line.strip_prefix("totals: "));
    Ok(total.ok_or("valgrind counted nothing")?.parse()?)
}

/// The path of a scrape, one of the details.
pub(crate) const METRICS: &str = "/metrics";

/// Sends requests over one connection, each after the response to the one before.
fn send(address: SocketAddr, path: &str, times: u32) -> Result<(), Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    let mut responses = BufReader::new(stream.try_clone()?);
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    for _ in 0..times {
        stream.write_all(request.as_bytes())?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            responses.read_line(&mut line)?;
            match line.trim_end().to_ascii_lowercase().split_once(": ") {
                Some(("content-length", number)) => length = number.parse()?,
                Some(_) => {}
                None if line == "\r\n" => break,
                None if line.starts_with("HTTP/1.1 200 ") => {}
                None => return Err(format!("unexpected line in a response: {line:?}").into()),
            }
        }
        responses.read_exact(&mut vec![0; length])?;
    }
    Ok(())
}
