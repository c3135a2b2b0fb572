//! The subcommands that talk to a running `run`.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anstream::{AutoStream, ColorChoice};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::client::Client;
use super::lock::wait_for_end;
use super::protocol::{Question, Reply, Status};
use super::table;
use crate::failure::Failure;
use crate::project::Project;
use crate::run::logs::Terminal;
use crate::run::plan::parse_scale;

/// Returns the arguments of `heartbeat status`.
pub(crate) fn status_command() -> Command {
    Command::new("status")
        .about("Shows the instances of a running `heartbeat run`")
        .long_about(
            "Shows the instances of a running `heartbeat run`. Exits with 1 if one is red or not ready.",
        )
        .arg(definition())
        .arg(flag("json", "Prints JSON"))
        .after_help("Example:\n  heartbeat status --json | jq '.instances[] | select(.ready | not) | .id'")
}

/// Returns the arguments of `heartbeat logs`.
pub(crate) fn logs_command() -> Command {
    let lines =
        Arg::new("lines").long("lines").short('n').value_name("NUMBER").default_value("1000");
    Command::new("logs")
        .about("Prints the last lines of the instances of a running `heartbeat run`")
        .long_about(
            "Prints the last lines of the instances of a running `heartbeat run`, of all or of the named \
             ones. Everything that an instance has printed is in .heartbeat/logs.",
        )
        .arg(names("Instances and roles; all by default"))
        .arg(flag("follow", "Prints the lines that follow, until you press Ctrl-C").short('f'))
        .arg(lines.value_parser(value_parser!(usize)).help("Number of lines at most"))
        .arg(definition())
        .after_help("Example:\n  heartbeat logs -f Orders")
}

/// Returns the arguments of `heartbeat restart`.
pub(crate) fn restart_command() -> Command {
    Command::new("restart")
        .about("Restarts instances, or the instances of a role one by one")
        .long_about(
            "Restarts instances, or the instances of a role one by one: each is stopped gracefully, and is \
             ready again before the next one is stopped. An instance that has stopped or ended is started.",
        )
        .arg(names("Instances and roles").required(true).num_args(1..))
        .arg(definition())
        .after_help("Example:\n  heartbeat restart Orders")
}

/// Returns the arguments of `heartbeat stop`.
pub(crate) fn stop_command() -> Command {
    Command::new("stop")
        .about("Stops instances gracefully; without a name the whole `heartbeat run`")
        .arg(names("Instances and roles; the whole run by default"))
        .arg(definition())
        .after_help("Example:\n  heartbeat stop Orders_IN_1")
}

/// Returns the arguments of `heartbeat scale`.
pub(crate) fn scale_command() -> Command {
    let scale = Arg::new("scale").value_name("ROLE=NUMBER").required(true).num_args(1..);
    Command::new("scale")
        .about("Sets the number of instances of roles")
        .arg(scale.value_parser(parse_scale).help("A role and its number of instances"))
        .arg(definition())
        .after_help("Example:\n  heartbeat scale Orders=3")
}

/// Prints the state of all instances.
pub(crate) fn status(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let mut client = Client::connect(matches)?;
    client.expect_answer_at_once()?;
    client.ask(&Question::Status)?;
    let Some(Reply::Status(status)) = client.answer()? else {
        return Err(Failure::failed("`heartbeat run` gave no answer"));
    };
    let text = if matches.get_flag("json") {
        serde_json::to_string_pretty(&status).map_err(Failure::failed)? + "\n"
    } else {
        rendered(&status)
    };
    // A reader that closes the pipe early is no failure.
    let _ = io::stdout().write_all(text.as_bytes());
    let is_well = status.instances.iter().all(|it| it.well);
    Ok(ExitCode::from(u8::from(!is_well)))
}

/// Prints lines.
pub(crate) fn logs(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let mut client = Client::connect(matches)?;
    let lines = matches.get_one("lines").copied().unwrap_or(usize::MAX);
    let follow = matches.get_flag("follow");
    client.ask(&Question::Logs { instances: given(matches), lines, follow })?;
    let mut terminal = Terminal::new(&[]);
    while let Some(reply) = client.answer()? {
        match reply {
            Reply::Line { instance, text } => {
                let instance: Arc<str> = instance.into();
                terminal.add(&instance);
                terminal.line(&instance, &text);
            }
            Reply::Skipped(lines) => {
                let folder = client.folder().join("logs");
                terminal
                    .own_line(&format!("{lines} lines came too fast: see {}", folder.display()));
            }
            _ => {}
        }
        if client.has_read_all() && terminal.flush().is_err() {
            break;
        }
    }
    // A reader that closes the pipe early is no failure.
    let _ = terminal.flush();
    Ok(ExitCode::SUCCESS)
}

/// Restarts instances.
pub(crate) fn restart(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let mut client = Client::connect(matches)?;
    request(&mut client, &Question::Restart { names: given(matches) })
}

/// Stops instances, or the whole run.
pub(crate) fn stop(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let mut client = Client::connect(matches)?;
    let names = given(matches);
    let is_whole_run = names.is_empty();
    let done = request(&mut client, &Question::Stop { names })?;
    if is_whole_run {
        wait_for_end(client.folder()).map_err(Failure::failed)?;
        println!("stopped");
    }
    Ok(done)
}

/// Sets numbers of instances.
pub(crate) fn scale(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let scale = matches.get_many::<(String, u32)>("scale").into_iter().flatten();
    for (role, instances) in scale {
        let question = Question::Scale { role: role.clone(), instances: *instances };
        request(&mut Client::connect(matches)?, &question)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Sends a request, and prints what was done.
fn request(client: &mut Client, question: &Question) -> Result<ExitCode, Failure> {
    client.ask(question)?;
    match client.answer()? {
        Some(Reply::Done(done)) => {
            println!("{done}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(Failure::failed("`heartbeat run` ended before it was done")),
    }
}

fn rendered(status: &Status) -> String {
    let stdout = io::stdout();
    let width = if stdout.is_terminal() { terminal_size::terminal_size() } else { None };
    let width = width.map(|(terminal_size::Width(columns), _)| usize::from(columns));
    let has_colors = AutoStream::choice(&stdout) != ColorChoice::Never;
    table::render(status, width, has_colors)
}

/// Returns the argument by which the run is found.
fn definition() -> Arg {
    let [definition, _configuration] = Project::arguments();
    definition
}

fn names(help: &'static str) -> Arg {
    Arg::new("names").value_name("INSTANCE|ROLE").num_args(0..).help(help)
}

fn given(matches: &ArgMatches) -> Vec<String> {
    matches.get_many::<String>("names").into_iter().flatten().cloned().collect()
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}
