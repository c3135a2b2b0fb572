//! `heartbeat check`: everything that is wrong with definitions and configurations.

mod files;
mod finding;
mod human;
mod lost;
mod machine;
mod secrets;
mod service;
mod shown_line;
mod source;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::failure::Failure;
use crate::render::Target;
use crate::terminal;
use finding::Counts;

pub(crate) fn command() -> Command {
    Command::new("check")
        .about("Shows everything that is wrong with a definition and its configurations")
        .long_about(
            "Shows everything that is wrong with service definitions (.csdef), their configurations \
             (.cscfg) and role modules (.csplugin), each with the line of the file under it. Values \
             of settings are never shown.\n\n\
             Exits with 1 if there is an error, with --strict also if there is a warning.",
        )
        .arg(
            Arg::new("files")
                .value_name("FILE")
                .num_args(0..)
                .value_parser(value_parser!(PathBuf))
                .help("Files, folders and patterns")
                .long_help(
                    "Files, folders, and patterns such as '**/*.csdef'. By default the nearest \
                     ServiceDefinition.csdef, from the working directory up. Without a configuration \
                     among them, those beside the definitions are checked too, and the other way round.",
                ),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .default_value("human")
                .value_parser(PossibleValuesParser::new(["human", "json", "github"]))
                .help("The form of the findings; `github` writes workflow commands"),
        )
        .arg(
            Arg::new("strict")
                .long("strict")
                .action(ArgAction::SetTrue)
                .help("Fails on warnings too, as strict readers of such files do"),
        )
        .arg(
            Arg::new("for")
                .long("for")
                .value_name("TARGET")
                .value_parser(PossibleValuesParser::new(Target::ALL.iter().map(|it| it.as_str())))
                .help("Warns of all that `heartbeat render TARGET` cannot carry over"),
        )
        .after_help(
            "Examples:\n  heartbeat check --for kubernetes\n  heartbeat check --strict 'services/**/*.csdef'\n  \
             heartbeat check Shop.csdef Shop.Cloud.cscfg --format github",
        )
}

/// Prints the errors of files, each checked alone, and refuses files with errors.
#[cfg(unix)]
pub(crate) fn refuse_errors(paths: Vec<PathBuf>) -> Result<(), Failure> {
    let checked = service::errors(paths)?;
    let counts = Counts::of(checked.iter().flat_map(|file| &file.findings));
    if counts.errors == 0 {
        return Ok(());
    }
    // Without a stderr nobody can be told.
    let _ = anstream::stderr().write_all(human::render(&checked).as_bytes());
    Err(Failure::configuration(counts.summary(checked.len())))
}

pub(crate) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let files: Vec<PathBuf> = matches.get_many("files").unwrap_or_default().cloned().collect();
    let target = matches.get_one::<String>("for").and_then(|name| Target::from_name(name));
    let lost = |checked: &[_]| target.map_or(Ok(Vec::new()), |target| lost::lost(checked, target));
    let checked = service::check(files::expand(&files)?, lost)?;
    let counts = Counts::of(checked.iter().flat_map(|file| &file.findings));
    let summary = counts.summary(checked.len());
    let text = match matches.get_one::<String>("format").map(String::as_str) {
        Some("json") => machine::json(&checked, counts),
        Some("github") => format!("{}{summary}\n", machine::github(&checked)),
        _ => format!("{}{summary}\n", human::render(&checked)),
    };
    terminal::print(anstream::stdout(), &text)?;
    let fails = counts.errors > 0 || (matches.get_flag("strict") && counts.warnings > 0);
    Ok(ExitCode::from(u8::from(fails)))
}
