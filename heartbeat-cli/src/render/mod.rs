//! `heartbeat render`: writes the files that run a service elsewhere.

mod compose;
mod container_apps;
mod deployment;
mod endpoint;
#[cfg(test)]
mod fixture;
mod grafana;
mod kubernetes;
mod loss;
mod names;
mod output;
mod prometheus;
mod quantity;
mod service;
mod storage;
mod systemd;
mod target;
mod variables;
mod worker;
mod yaml;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::failure::Failure;
use crate::project::{Place, Project};
use crate::terminal;
pub(crate) use deployment::{DeploymentFile, FILE as DEPLOYMENT_FILE};
pub(crate) use loss::Loss;
use output::{Difference, OutputError};
pub(crate) use service::Service;
use target::RenderedFile;
pub(crate) use target::Target;

pub(crate) fn command() -> Command {
    let targets = Target::ALL.iter().map(|target| target.as_str());
    Command::new("render")
        .about("Writes the files that run the service elsewhere")
        .long_about(
            "Writes the files that run the service elsewhere, from its definition, its configuration \
             and, for what these cannot say, the heartbeat.toml beside them. What cannot be carried \
             over is told on stderr.",
        )
        .after_help(
            "Example:\n  heartbeat render kubernetes -o deploy/kubernetes\n  \
             heartbeat render kubernetes -o deploy/kubernetes --check",
        )
        .arg(
            Arg::new("target")
                .required(true)
                .value_name("TARGET")
                .value_parser(targets.collect::<Vec<_>>())
                .help("The kind of files"),
        )
        .args(Project::arguments())
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("The folder of the files; stdout by default"),
        )
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .requires("output")
                .help("Writes nothing; exits with 1 if the files in DIR are not up to date"),
        )
}

pub(crate) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let project = Project::from_arguments(matches, Place::Cloud)?;
    let name = matches.get_one::<String>("target").map(String::as_str).unwrap_or_default();
    let target = Target::from_name(name).ok_or_else(|| Failure::usage("no such target"))?;
    let file = DeploymentFile::open(&project.folder().join(DEPLOYMENT_FILE))?;
    let service = Service::new(&project.definition, project.configuration.as_ref(), &file)?;
    if service.workers.is_empty() {
        let path = project.definition_path.display();
        return Err(Failure::configuration(format_args!("{path} has no worker role to render")));
    }
    let files = target.render(&service).map_err(Failure::failed)?;
    for loss in target.lost(&service) {
        let configuration = project.configuration_path.as_ref().filter(|_| loss.in_configuration);
        let path = configuration.unwrap_or(&project.definition_path);
        let warning = format!("warning: {}:{loss}", path.display());
        eprintln!("{}", warning.chars().map(terminal::printable).collect::<String>());
    }
    match matches.get_one::<PathBuf>("output") {
        Some(folder) if matches.get_flag("check") => check(target, &files, folder),
        Some(folder) => write(target, &files, folder),
        None => {
            terminal::print(io::stdout(), output::stream(&files))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn write(target: Target, files: &[RenderedFile], folder: &Path) -> Result<ExitCode, Failure> {
    let stale = output::write(target, files, folder)?;
    print_lines(files.iter().map(|file| format!("wrote {}", folder.join(&file.path).display())))?;
    for path in stale {
        eprintln!("warning: {} is no longer rendered: remove it", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn check(target: Target, files: &[RenderedFile], folder: &Path) -> Result<ExitCode, Failure> {
    let differences = output::compare(target, files, folder)?;
    print_lines(differences.iter().map(|(path, difference)| {
        let path = path.display();
        match difference {
            Difference::Missing => format!("{path}: missing"),
            Difference::Differs(line) => format!("{path}:{line}: not up to date"),
            Difference::Stale => format!("{path}: no longer rendered: remove it"),
        }
    }))?;
    if differences.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::failed(format_args!(
        "{} of the files in {} differ: run `heartbeat render {} -o {}`",
        differences.len(),
        folder.display(),
        target.as_str(),
        folder.display()
    )))
}

fn print_lines(lines: impl Iterator<Item = String>) -> Result<(), Failure> {
    terminal::print(io::stdout(), lines.map(|line| line + "\n").collect::<String>())
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::configuration(error)
    }
}
