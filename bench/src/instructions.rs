//! Instructions per response, which other load on the machine does not change.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use crate::contender::{AXUM_SERVE, Contender, SERVE, SERVE_ON_HEARTBEAT};
use crate::load::on_core;
use crate::process::Process;
use crate::table::{Cell, Table};

/// Responses of a run from which the start of the worker is known.
const FEW: u32 = 500;
const MANY: u32 = 4500;

pub(crate) fn measure(contenders: &[Contender], table: &mut Table) -> Result<(), Box<dyn Error>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        table.add_skipped("instructions per response", "valgrind is not installed");
        return Ok(());
    }
    let health = contenders.iter().map(|contender| {
        let counted = contender.binary().map(|_| per_response(contender)).transpose();
        counted.map(Cell::from_option).map_err(|error| format!("{}: {error}", contender.name))
    });
    let health = health.collect::<Result<_, _>>()?;
    table.add_cells("a health response", "instructions", health);
    let (own, on_heartbeat) = (per_response(&SERVE)?, per_response(&SERVE_ON_HEARTBEAT)?);
    let axum = per_response(&AXUM_SERVE)?;
    table.add_first("a response of a user route", "instructions", &[own, axum]);
    table.add_first("the same on the heartbeat's endpoint", "instructions", &[on_heartbeat, axum]);
    Ok(())
}

fn per_response(contender: &Contender) -> Result<f64, Box<dyn Error>> {
    let (few, many) = (count(contender, FEW)?, count(contender, MANY)?);
    Ok((many - few) / f64::from(MANY - FEW))
}

/// Counts the instructions of a process that answers some requests.
fn count(contender: &Contender, responses: u32) -> Result<f64, Box<dyn Error>> {
    let report = tempfile::NamedTempFile::new()?;
    let mut command = Command::new("valgrind");
    command
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", report.path().display()))
        .arg(contender.command().get_program());
    let command = on_core("0", &command);
    let mut process = Process::start_command(command, contender.variable, "idle")?;
    process.wait_until_ok(contender.health)?;
    send(process.address, contender.health, responses)?;
    process.terminate()?;
    process.wait()?;
    let report = fs::read_to_string(report.path())?;
    let total = report.lines().find_map(|line| line.strip_prefix("totals: "));
    Ok(total.ok_or("valgrind counted nothing")?.parse()?)
}

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
