//! Supervisors of processes: `heartbeat run`, and those that start what a `Procfile` names.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

use crate::contender::COMMAND;
use crate::report::Report;
use crate::tools::{bench_folder, run};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supervisor {
    Heartbeat,
    /// From Python's registry.
    Honcho,
    /// In Ruby, from the system's packages.
    Foreman,
    /// From Node's registry.
    NodeForeman,
    /// From Rust's registry.
    Ultraman,
}

const PEERS: [Supervisor; 4] =
    [Supervisor::Honcho, Supervisor::Foreman, Supervisor::NodeForeman, Supervisor::Ultraman];

/// Peers that nothing here can install.
const ELSEWHERE: &str = "they are Go programs, and none of the registries of Rust, Python, Node and Debian \
                         has them";

/// Installs the peers, and notes those that cannot be installed.
pub(crate) fn install_all(report: &mut Report) {
    report.add_missing("process-compose, overmind and hivemind", ELSEWHERE, &[]);
    for peer in PEERS.into_iter().filter(|peer| !peer.is_installed()) {
        if let Err(error) = peer.install() {
            report.add_missing(peer.name(), &error.to_string(), &[]);
        }
    }
}

/// Returns the supervisors that run here.
pub(crate) fn installed() -> Vec<Supervisor> {
    let all = [Supervisor::Heartbeat].into_iter().chain(PEERS);
    all.filter(|supervisor| supervisor.is_installed()).collect()
}

// === impl Supervisor ===

impl Supervisor {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Heartbeat => "`heartbeat run`",
            Self::Honcho => "honcho (Python)",
            Self::Foreman => "foreman (Ruby)",
            Self::NodeForeman => "foreman (Node)",
            Self::Ultraman => "ultraman (Rust)",
        }
    }

    /// Returns a command that starts what the files in the working folder name.
    pub(crate) fn command(self) -> Command {
        let (program, arguments): (PathBuf, &[&str]) = match self {
            Self::Heartbeat => {
                let mut command = COMMAND.command();
                command.args(["run", "--scale", "Worker=10", "--port", "0"]);
                return command;
            }
            Self::Honcho => (peers().join("honcho/bin/honcho"), &["start"]),
            Self::Foreman => ("foreman".into(), &["start"]),
            Self::NodeForeman => (peers().join("node/node_modules/.bin/nf"), &["start"]),
            Self::Ultraman => (peers().join("ultraman/bin/ultraman"), &["start"]),
        };
        let mut command = Command::new(program);
        command.args(arguments);
        command
    }

    fn is_installed(self) -> bool {
        let mut help = Command::new(self.command().get_program());
        help.arg("--help").output().is_ok_and(|output| output.status.success())
    }

    fn install(self) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Heartbeat => Err("the command does not run".into()),
            Self::Foreman => Err("`ruby-foreman`, a package of Debian, is not installed".into()),
            Self::Honcho => {
                let folder = peers().join("honcho");
                let mut environment = Command::new("python3");
                environment.args(["-m", "venv"]).arg(&folder);
                run(environment)?;
                let mut pip = Command::new(folder.join("bin/pip"));
                pip.args(["install", "--quiet", "honcho==2.0.0"]);
                run(pip).map(drop)
            }
            Self::NodeForeman => {
                let folder = peers().join("node");
                std::fs::create_dir_all(&folder)?;
                for file in ["package.json", "package-lock.json"] {
                    std::fs::copy(bench_folder().join("peers").join(file), folder.join(file))?;
                }
                let mut npm = Command::new("npm");
                npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder);
                run(npm).map(drop)
            }
            Self::Ultraman => {
                let mut cargo = Command::new("cargo");
                cargo.args(["install", "ultraman", "--version", "0.4.0", "--locked", "--root"]);
                cargo.arg(peers().join("ultraman")).env_remove("CARGO_TARGET_DIR");
                run(cargo).map(drop)
            }
        }
    }
}

fn peers() -> PathBuf {
    bench_folder().join("target/peers")
}
