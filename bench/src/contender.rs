//! Contenders: how each is built, started and probed.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

use crate::process::Process;
use crate::tools::{bench_folder, cargo, run};

/// A worker to measure, in a process of its own.
#[derive(Clone, Copy)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    program: Program,
    /// Variable of the address.
    pub(crate) variable: &'static str,
    pub(crate) live: &'static str,
    pub(crate) ready: &'static str,
    pub(crate) health: &'static str,
}

#[derive(Clone, Copy)]
enum Program {
    /// Package and binary in this workspace.
    Cargo(&'static str, &'static str),
    /// Package and binary in the project's own workspace.
    Project(&'static str, &'static str),
    /// Folder beside the packages.
    Node(&'static str),
}

const VARIABLE: &str = "BENCH_ADDRESS";
const HEARTBEAT_VARIABLE: &str = "HEARTBEAT_ENDPOINT_HEARTBEAT";

pub(crate) const HEARTBEAT: Contender = Contender {
    name: "Heartbeat",
    program: Program::Cargo("heartbeat-contender", "heartbeat-contender"),
    variable: HEARTBEAT_VARIABLE,
    live: "/livez",
    ready: "/readyz",
    health: "/health",
};

/// The worker that people write today, and the base of all ratios.
const BY_HAND: Contender =
    one_path("tokio + axum", Program::Cargo("axum-contender", "axum-contender"), "/health");

const KUBERT: Contender = Contender {
    name: "kubert",
    program: Program::Cargo("kubert-contender", "kubert-contender"),
    variable: VARIABLE,
    live: "/live",
    ready: "/ready",
    health: "/ready",
};

const FOUNDATIONS: Contender = one_path(
    "foundations",
    Program::Cargo("foundations-contender", "foundations-contender"),
    "/health",
);

const TERMINUS: Contender = one_path("terminus (Node)", Program::Node("terminus"), "/health");

/// Lower bound of an axum route: one thread, and nothing else in the process.
pub(crate) const BARE: Contender =
    one_path("bare axum, one thread", Program::Cargo("axum-contender", "bare-axum"), "/health");

/// Path of a user route.
pub(crate) const ROUTE: &str = "/orders";

/// User routes of a worker of this project, on an endpoint of their own.
pub(crate) const SERVE: Contender = Contender {
    variable: "HEARTBEAT_ENDPOINT_ORDERS",
    ..one_path("serve", Program::Cargo("serve-contender", "role-serve"), ROUTE)
};

/// The same routes, on the heartbeat's endpoint.
pub(crate) const SERVE_ON_HEARTBEAT: Contender = Contender {
    variable: HEARTBEAT_VARIABLE,
    ..one_path("serve on the heartbeat's endpoint", SERVE.program, ROUTE)
};

/// The same routes, served by axum.
pub(crate) const AXUM_SERVE: Contender =
    one_path("axum::serve", Program::Cargo("serve-contender", "axum-serve"), ROUTE);

/// Health over TLS by a worker of this project.
pub(crate) const TLS: Contender =
    Contender { program: Program::Cargo("tls-contender", "role-tls"), ..HEARTBEAT };

/// The same health, by hand with axum and rustls.
pub(crate) const AXUM_TLS: Contender =
    one_path("axum on rustls", Program::Cargo("tls-contender", "axum-tls"), "/health");

/// Three workers of this project in one package.
pub(crate) const FLEET: [Contender; 3] = [fleet("front"), fleet("middle"), fleet("back")];

/// A program that prints lines.
pub(crate) const LINES: Contender =
    one_path("lines", Program::Cargo("bench-work", "print-lines"), "");

/// The command of this project.
pub(crate) const COMMAND: Contender =
    one_path("heartbeat", Program::Project("heartbeat-cli", "heartbeat"), "");

const fn fleet(binary: &'static str) -> Contender {
    Contender { program: Program::Cargo("fleet-contender", binary), ..HEARTBEAT }
}

const fn one_path(name: &'static str, program: Program, path: &'static str) -> Contender {
    Contender { name, program, variable: VARIABLE, live: path, ready: path, health: path }
}

/// Builds the workers of the columns and returns those that run here. Passes each other project that does
/// not to `skip`, with the reason.
pub(crate) fn build_all(
    mut skip: impl FnMut(&str, &str),
) -> Result<Vec<Contender>, Box<dyn Error>> {
    let mut contenders = vec![HEARTBEAT, BY_HAND];
    for contender in &contenders {
        contender.build()?;
    }
    for contender in [KUBERT, FOUNDATIONS, TERMINUS] {
        let first_run = contender
            .build()
            .and_then(|()| Process::start(&contender, "idle")?.wait_until_ok(contender.ready));
        match first_run {
            Ok(_) => contenders.push(contender),
            Err(error) => skip(contender.name, &error.to_string()),
        }
    }
    Ok(contenders)
}

// === impl Contender ===

impl Contender {
    /// Returns the Cargo package; `None` on Node.
    pub(crate) fn package(&self) -> Option<&'static str> {
        match self.program {
            Program::Cargo(package, _) | Program::Project(package, _) => Some(package),
            Program::Node(_) => None,
        }
    }

    /// Returns the executable; `None` on Node.
    pub(crate) fn binary(&self) -> Option<PathBuf> {
        match self.program {
            Program::Cargo(_, binary) | Program::Project(_, binary) => Some(release_binary(binary)),
            Program::Node(_) => None,
        }
    }

    pub(crate) fn command(&self) -> Command {
        match self.program {
            Program::Cargo(_, binary) | Program::Project(_, binary) => {
                Command::new(release_binary(binary))
            }
            Program::Node(folder) => {
                let mut command = Command::new("node");
                command.arg(bench_folder().join("target").join(folder).join("worker.js"));
                command
            }
        }
    }

    pub(crate) fn build(&self) -> Result<(), Box<dyn Error>> {
        match self.program {
            Program::Cargo(package, _) => {
                run(cargo(&["build", "--release", "--locked", "--package", package])).map(drop)
            }
            Program::Project(package, binary) => {
                let mut build = cargo(&["build", "--release", "--locked", "--package", package]);
                build.args(["--bin", binary, "--manifest-path", "../Cargo.toml"]);
                build.args(["--target-dir", "target"]);
                run(build).map(drop)
            }
            Program::Node(folder) => {
                let target = bench_folder().join("target");
                let mut copy = Command::new("cp");
                copy.arg("-R").arg(bench_folder().join("contenders").join(folder)).arg(&target);
                run(copy)?;
                let mut install = Command::new("npm");
                install.args(["ci", "--no-audit", "--no-fund"]).current_dir(target.join(folder));
                run(install).map(drop)
            }
        }
    }
}

fn release_binary(binary: &str) -> PathBuf {
    bench_folder().join("target/release").join(binary)
}
