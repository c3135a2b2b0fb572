//! `heartbeat completions` and `heartbeat man`: the command in the user's shell.

use std::io;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::terminal;

pub(crate) fn completions_command() -> Command {
    Command::new("completions")
        .about("Prints the completions of this command for a shell")
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(value_parser!(Shell))
                .help("The shell"),
        )
        .after_help(
            "Examples:\n  heartbeat completions bash > ~/.local/share/bash-completion/completions/heartbeat\n  \
             heartbeat completions fish > ~/.config/fish/completions/heartbeat.fish\n  \
             source <(heartbeat completions zsh)",
        )
}

pub(crate) fn completions(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let Some(shell) = matches.get_one::<Shell>("shell") else {
        return Err(Failure::usage("name a shell"));
    };
    let mut command = crate::command_with(|subcommand| !subcommand.is_hide_set());
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut command, "heartbeat", &mut script);
    terminal::print(io::stdout(), script)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man_command() -> Command {
    Command::new("man")
        .about("Prints the manual page, or that of a subcommand")
        .hide(true)
        .arg(Arg::new("subcommand").value_name("COMMAND").help("A subcommand"))
        .after_help("Example:\n  heartbeat man > heartbeat.1\n  heartbeat man check | man -l -")
}

pub(crate) fn man(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let mut command = crate::command();
    // The names that help shows, and the arguments of all.
    command.build();
    let command = match matches.get_one::<String>("subcommand") {
        None => command,
        Some(name) => {
            let found = command.get_subcommands().find(|it| it.get_name() == name).cloned();
            let found = found.ok_or_else(|| Failure::usage(format!("no subcommand `{name}`")))?;
            found.name(format!("heartbeat-{name}"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(Failure::failed)?;
    terminal::print(io::stdout(), page)?;
    Ok(ExitCode::SUCCESS)
}
