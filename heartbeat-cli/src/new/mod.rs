//! `heartbeat new`: a worker that runs.

mod members;
mod name;
mod package;
mod workspace;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::PossibleValue;
use clap::{Arg, ArgMatches, Command, ValueEnum, value_parser};

use crate::failure::Failure;
use crate::terminal;
use name::PackageName;
use package::{Package, Shape};
use workspace::Workspace;

const FIRST_PORT: u16 = 3000;

pub(crate) fn command() -> Command {
    Command::new("new")
        .about("Makes a worker that runs")
        .long_about(
            "Makes a worker that runs: a package with a service definition, a configuration and a \
             test. Inside a workspace it joins that. Its health is on port 3000 or, if a definition of \
             the workspace has that, on the next one.",
        )
        .arg(
            Arg::new("path")
                .value_name("NAME")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The name of the package, or the path of its folder"),
        )
        .arg(
            Arg::new("shape")
                .long("shape")
                .value_name("SHAPE")
                .default_value("role")
                .value_parser(value_parser!(Shape))
                .help("The form of the worker"),
        )
        .after_help(
            "Examples:\n  heartbeat new orders && cd orders && cargo run\n  \
             heartbeat new services/orders --shape main",
        )
}

pub(crate) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let Some(path) = matches.get_one::<PathBuf>("path") else {
        return Err(Failure::usage("give the new worker a name"));
    };
    let shape = matches.get_one("shape").copied().unwrap_or(Shape::Role);
    // Without a slash at its end.
    let path = &*path.components().collect::<PathBuf>();
    let Some(name) = path.file_name() else {
        return Err(Failure::usage(format!(
            "`{}` names no new folder: give the worker a name, as in `heartbeat new orders`",
            path.display()
        )));
    };
    let name = PackageName::parse(&name.to_string_lossy()).map_err(Failure::usage)?;
    let failed = |cause| Failure::configuration(format!("cannot make {}: {cause}", path.display()));
    let folder = resolve(path).map_err(failed)?;
    refuse_existing(&folder).map_err(failed)?;
    let workspace = Workspace::of(&folder)?;
    if let Some(other) = workspace.as_ref().and_then(|it| it.package(name.as_str())) {
        let message = format!("{} has this name already: choose another", other.display());
        return Err(failed(io::Error::other(message)));
    }
    let ports = workspace.as_ref().map(Workspace::ports).unwrap_or_default();
    let port = (FIRST_PORT..u16::MAX).find(|port| !ports.contains(port)).unwrap_or(FIRST_PORT);
    let has_gitignore =
        workspace.is_none() && !folder.ancestors().any(|it| it.join(".git").exists());
    let package =
        Package { name: &name, shape, port, workspace: workspace.as_ref(), has_gitignore };
    let files = package.files()?;
    package::write(&folder, &files).map_err(failed)?;
    let joined = workspace.as_ref().map(|workspace| join(workspace, &folder)).transpose()?;
    let files: Vec<_> = files.iter().map(|(name, _)| *name).collect();
    let text = report(path, &name, port, &files, joined.flatten());
    terminal::print(anstream::stdout(), &text)?;
    Ok(ExitCode::SUCCESS)
}

impl ValueEnum for Shape {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Role, Self::Module, Self::Main]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Role => PossibleValue::new("role").help("A type that implements WorkerRole"),
            Self::Module => PossibleValue::new("module").help("A module of free functions"),
            Self::Main => {
                PossibleValue::new("main").help("One function, for a worker of ten lines")
            }
        })
    }
}

/// Returns the absolute path of a folder that need not exist yet.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let path = std::env::current_dir()?.join(path);
    let existing = path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(&path);
    let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
    Ok(existing.canonicalize()?.join(rest))
}

/// Refuses a folder that has something in it, and whatever else has its name.
fn refuse_existing(folder: &Path) -> io::Result<()> {
    let is_free = match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(error),
        Ok(metadata) => metadata.is_dir() && fs::read_dir(folder)?.next().is_none(),
    };
    let taken =
        || io::Error::other("it exists already, and nothing is overwritten: choose another name");
    if is_free { Ok(()) } else { Err(taken()) }
}

/// Makes a package a member of a workspace, unless a pattern does, and returns the changed manifest.
fn join<'a>(workspace: &'a Workspace, folder: &Path) -> Result<Option<&'a Path>, Failure> {
    let Some(manifest) = workspace.with_member(folder) else { return Ok(None) };
    fs::write(&workspace.manifest, manifest).map_err(|cause| {
        // Half a member would break the builds of the others.
        let _ = fs::remove_dir_all(folder);
        Failure::configuration(format!("cannot write {}: {cause}", workspace.manifest.display()))
    })?;
    Ok(Some(&workspace.manifest))
}

fn report(
    path: &Path,
    name: &PackageName,
    port: u16,
    files: &[&str],
    joined: Option<&Path>,
) -> String {
    let path = path.display();
    let mut text = format!("made the worker {name}, with its health on port {port}:\n");
    for file in files {
        let _ = writeln!(text, "  {path}/{file}");
    }
    if let Some(manifest) = joined {
        let _ = writeln!(text, "and made it a member of the workspace {}", manifest.display());
    }
    let _ = write!(text, "\nNext:\n  cd {path}\n  cargo run\n  cargo test\n");
    let _ = write!(text, "and, while it runs:\n  heartbeat probe {port}\n");
    text
}
