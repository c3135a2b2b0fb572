//! Who is measured.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::running::Running;

/// One that is measured, in a process of its own.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    program: Program,
    pub(crate) live: &'static str,
    pub(crate) ready: &'static str,
    pub(crate) health: &'static str,
}

enum Program {
    /// A package of this workspace, and its binary.
    Cargo(&'static str, &'static str),
    /// A folder beside the packages.
    Node(&'static str),
}

pub(crate) const HEARTBEAT: Peer = Peer {
    name: "Heartbeat",
    program: Program::Cargo("heartbeat-peer", "heartbeat-peer"),
    live: "/livez",
    ready: "/readyz",
    health: "/health",
};

/// What people write today; the others are told as so many times of it.
const BY_HAND: Peer = one_path("tokio + axum", Program::Cargo("axum-peer", "axum-peer"), "/health");

const KUBERT: Peer = Peer {
    name: "kubert",
    program: Program::Cargo("kubert-peer", "kubert-peer"),
    live: "/live",
    ready: "/ready",
    health: "/ready",
};

const FOUNDATIONS: Peer =
    one_path("foundations", Program::Cargo("foundations-peer", "foundations-peer"), "/health");

const TERMINUS: Peer = one_path("terminus (Node)", Program::Node("terminus"), "/health");

/// The floor of what an axum route costs: one thread, and nothing else in the process.
pub(crate) const BARE: Peer =
    one_path("bare axum, one thread", Program::Cargo("axum-peer", "bare-axum"), "/health");

const fn one_path(name: &'static str, program: Program, path: &'static str) -> Peer {
    Peer { name, program, live: path, ready: path, health: path }
}

/// This project and what is written by hand, and of the others who can be built and run here; who
/// cannot is told of, with the reason.
pub(crate) fn built(mut skip: impl FnMut(&str, &str)) -> Result<Vec<Peer>, Box<dyn Error>> {
    let mut peers = vec![HEARTBEAT, BY_HAND];
    for peer in &peers {
        peer.build()?;
    }
    for peer in [KUBERT, FOUNDATIONS, TERMINUS] {
        let runs = peer.build().and_then(|()| Running::start(&peer, "idle")?.up(peer.ready));
        match runs {
            Ok(_) => peers.push(peer),
            Err(error) => skip(peer.name, error.to_string().lines().next().unwrap_or_default()),
        }
    }
    Ok(peers)
}

// === impl Peer ===

impl Peer {
    /// The package that is built, where it is one.
    pub(crate) fn package(&self) -> Option<&'static str> {
        match self.program {
            Program::Cargo(package, _) => Some(package),
            Program::Node(_) => None,
        }
    }

    /// The file that is run, where it is one alone.
    pub(crate) fn binary(&self) -> Option<PathBuf> {
        match self.program {
            Program::Cargo(_, binary) => Some(built_at(binary)),
            Program::Node(_) => None,
        }
    }

    pub(crate) fn command(&self) -> Command {
        match self.program {
            Program::Cargo(_, binary) => Command::new(built_at(binary)),
            Program::Node(folder) => {
                let mut command = Command::new("node");
                command.arg(here().join("target").join(folder).join("worker.js"));
                command
            }
        }
    }

    fn build(&self) -> Result<(), Box<dyn Error>> {
        match self.program {
            Program::Cargo(package, _) => {
                run(cargo(&["build", "--release", "--locked", "--package", package])).map(drop)
            }
            Program::Node(folder) => {
                let target = here().join("target");
                let mut copy = Command::new("cp");
                copy.arg("-R").arg(here().join("peers").join(folder)).arg(&target);
                run(copy)?;
                let mut install = Command::new("npm");
                install.args(["ci", "--no-audit", "--no-fund"]).current_dir(target.join(folder));
                run(install).map(drop)
            }
        }
    }
}

fn built_at(binary: &str) -> PathBuf {
    here().join("target/release").join(binary)
}

/// The folder of the bench.
pub(crate) fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Cargo, in the workspace of the bench.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(here());
    // What is built is looked for where it is built by default, and by nobody's cache.
    command.env_remove("CARGO_TARGET_DIR").env_remove("RUSTC_WRAPPER");
    command
}

/// Runs a command to its end; returns what it printed, or shows what it said where it failed.
pub(crate) fn run(mut command: Command) -> Result<String, Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let mut message = format!("{command:?}: {}", output.status);
    write!(message, "\n{}", String::from_utf8_lossy(&output.stderr))?;
    Err(message.into())
}
