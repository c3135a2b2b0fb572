//! `heartbeat probe`: what a prober would be told, and why.

mod client;
mod target;
mod verdict;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::builder::styling::{AnsiColor, Style};
use clap::{Arg, ArgAction, ArgMatches, Command};
use heartbeat_definition::parse_duration;
use serde_json::json;

use crate::failure::Failure;
use crate::project::{Place, Project};
use crate::terminal;
use client::{Answer, ProbeError};
use target::{Target, TargetError};
use verdict::Verdict;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) fn command() -> Command {
    Command::new("probe")
        .about("Tells what a prober would be told by a worker, and why")
        .long_about(
            "Tells what a prober would be told by a worker, and why.\n\n\
             Exits with 0 if the probe passes, and with 1 if it fails or nobody answers.",
        )
        .arg(
            Arg::new("address")
                .value_name("ADDRESS|ROLE")
                .required(true)
                .help("A port, host:port, http(s)://host:port/path, unix:/path, or a role"),
        )
        .arg(
            Arg::new("kind")
                .value_name("KIND")
                .default_value("health")
                .value_parser(PossibleValuesParser::new(["health", "live", "ready", "startup"]))
                .help("The question; `health` is live and ready"),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("DURATION")
                .value_parser(duration)
                .help("How long the answer may take [default: 5s]"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Prints the result as JSON, with the worker's whole report"),
        )
        .args(Project::arguments())
        .after_help(
            "Examples:\n  heartbeat probe 3000\n  heartbeat probe Orders ready\n  \
             heartbeat probe http://10.0.0.4:3000/livez --json",
        )
}

pub(crate) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let text = |name| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let within = matches.get_one("timeout").copied().unwrap_or(DEFAULT_TIMEOUT);
    let target = find_target(text("address"), matches)?;
    let path = match (&target.path, text("kind")) {
        (Some(path), _) => path.as_str(),
        (None, "live") => "/livez",
        (None, "ready") => "/readyz",
        (None, "startup") => "/startupz",
        (None, _) => "/health",
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::failed)?;
    let answer = runtime.block_on(client::get(&target.address, path, within));
    // A name that is looked up may take longer than that.
    runtime.shutdown_background();
    let answer = answer.map(|answer| (Verdict::of(&answer), answer));
    let place = format!("{}{path}", target.address);
    let text =
        if matches.get_flag("json") { in_json(&place, &answer) } else { in_words(&place, &answer) };
    terminal::print(anstream::stdout(), &text)?;
    Ok(ExitCode::from(u8::from(!answer.is_ok_and(|(verdict, _)| verdict.passes))))
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text).ok_or("write a whole number and its unit, such as 250ms, 5s or 2m")
}

/// Returns the address that a text is, else that of the role of this name.
fn find_target(text: &str, matches: &ArgMatches) -> Result<Target, Failure> {
    match text.parse() {
        Ok(target) => Ok(target),
        Err(TargetError::NotAnAddress) if is_name(text) => {
            let project = Project::from_arguments(matches, Place::Local)?;
            Target::of_role(&project, text).map_err(Failure::configuration)
        }
        Err(error) => {
            Err(Failure::usage(format!("`{}` is no address: {error}", text.escape_debug())))
        }
    }
}

/// Tells whether a text can be the name of a role.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.contains([':', '/'])
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

type Probed = Result<(Verdict, Answer), ProbeError>;

fn in_words(place: &str, probed: &Probed) -> String {
    let bold = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
    let (red, green) = (bold(AnsiColor::Red), bold(AnsiColor::Green));
    match probed {
        Err(error) => format!("{red}no answer{red:#} from {place}: {error}\n"),
        Ok((verdict, answer)) => {
            let (word, style) = if verdict.passes { ("pass", green) } else { ("fail", red) };
            let Answer { status, elapsed, .. } = answer;
            let milliseconds = Duration::as_secs_f64(elapsed) * 1000.0;
            let mut text = format!(
                "{style}{word}{style:#}: {place} answers {status}, in {milliseconds:.1} ms\n"
            );
            for word in &verdict.words {
                let _ = writeln!(text, "  {word}");
            }
            text
        }
    }
}

fn in_json(place: &str, probed: &Probed) -> String {
    let value = match probed {
        Err(error) => json!({ "address": place, "pass": false, "error": error.to_string() }),
        Ok((verdict, answer)) => json!({
            "address": place,
            "pass": verdict.passes,
            "status_code": answer.status,
            "seconds": answer.elapsed.as_secs_f64(),
            "words": verdict.words,
            "report": verdict.report,
        }),
    };
    format!("{value:#}\n")
}
