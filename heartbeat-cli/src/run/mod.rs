//! `heartbeat run`: all roles and instances of a service as processes on this machine.

mod addresses;
mod balancer;
mod cargo;
mod describe;
pub(crate) mod elapsed;
mod entry_point;
pub(crate) mod exec;
mod exit;
pub(crate) mod fleet;
mod health;
mod instance;
pub(crate) mod logs;
mod page;
pub(crate) mod plan;
mod prepare;
mod process;
mod programs;
mod public_ports;
mod requests;
mod restart;
mod rolling;
mod rotation;
mod running;
mod shutdown;
mod signals;
mod supervisor;
mod variables;
mod view;
mod vigil;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use tokio::net::UnixListener;
use tokio::sync::mpsc;

use self::cargo::BuildOptions;
use self::exec::Guard;
use self::fleet::Fleet;
use self::logs::Logs;
use self::page::Page;
use self::plan::{InstancePlan, Plan, parse_scale};
use self::prepare::prepare;
use self::rotation::Rotation;
use self::signals::Signals;
use self::supervisor::{Inputs, Supervisor};
use crate::check;
use crate::control::lock::RunLock;
use crate::control::{server, socket};
use crate::failure::Failure;
use crate::project::{Place, Project};

/// The options of a run.
#[derive(Clone, Debug)]
struct Options {
    build: BuildOptions,
    watches: bool,
    port_offset: u16,
    stop_within: Option<Duration>,
    page_port: Option<u16>,
}

/// Returns the arguments of `heartbeat run`.
pub(crate) fn command() -> Command {
    let flag = |name, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let option = |name, value, help| Arg::new(name).long(name).value_name(value).help(help);
    let scale = option(
        "scale",
        "ROLE=NUMBER",
        "Number of instances of a role, instead of the configuration's",
    );
    let features = option("features", "FEATURES", "Features for cargo");
    let offset = option("port-offset", "NUMBER", "Moves all public ports by a number");
    let port = option("port", "NUMBER", "Port of the page, instead of 4300; 0 is any free one");
    let stop =
        option("stop-within", "DURATION", "Time that instances may take to stop, such as 5s");
    Command::new("run")
        .about("Runs all roles and instances on this machine")
        .long_about(
            "Runs all roles and instances on this machine, each as a process that is restarted when it \
             crashes. Input endpoints are load-balanced on their public ports. Ctrl-C stops all \
             gracefully, a second one at once. What instances print is also in .heartbeat/logs beside \
             the definition, with that of the run before.",
        )
        .args(Project::arguments())
        .arg(scale.action(ArgAction::Append).value_parser(parse_scale))
        .arg(flag("release", "Builds with optimizations"))
        .arg(features.action(ArgAction::Append))
        .arg(flag("watch", "Builds and restarts what changes"))
        .arg(offset.value_parser(value_parser!(u16)).default_value("0"))
        .arg(port.value_parser(value_parser!(u16)))
        .arg(stop.value_parser(parse_time))
        .after_help("Example:\n  heartbeat run --watch --scale Orders=3")
}

/// Runs the instances until they end.
pub(crate) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let options = Options::new(matches);
    let project = Project::from_arguments(matches, Place::Local)?;
    let files = [Some(&project.definition_path), project.configuration_path.as_ref()];
    check::refuse_errors(files.into_iter().flatten().cloned().collect())?;
    let definition = std::path::absolute(&project.definition_path).map_err(Failure::failed)?;
    let folder = definition.parent().unwrap_or(&definition).to_owned();
    let scale: Vec<_> = matches.get_many("scale").into_iter().flatten().cloned().collect();
    let plan = Plan::new(&project, folder, &scale).map_err(Failure::usage)?;
    let lock = RunLock::acquire(&plan.state_folder()).map_err(Failure::failed)?;
    // Workers die with the thread that starts them, so that must be this one.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let exit = runtime.map_err(Failure::failed)?.block_on(supervise(&project, plan, &options));
    drop(lock);
    exit
}

/// Builds, starts and supervises the instances.
async fn supervise(project: &Project, plan: Plan, options: &Options) -> Result<ExitCode, Failure> {
    let public = plan.public_ports(options.port_offset).map_err(Failure::usage)?;
    let rotation = Rotation::bind(&public).await.map_err(Failure::failed)?;
    let page = Page::bind(options.page_port).await.map_err(Failure::failed)?;
    let guard = Guard::start().map_err(Failure::failed)?;
    let (mut plan, watch) = prepare(project, plan, options, &guard).await?;
    let instances = plan.instances().map_err(Failure::failed)?;
    let (fleet, requests) = Fleet::new(&project.definition.name);
    let state = plan.state_folder();
    let ids = instances.iter().map(InstancePlan::id);
    let logs = Logs::start(fleet.clone(), state.join("logs"), ids).map_err(Failure::failed)?;
    let socket = socket::bind(&state).and_then(UnixListener::from_std).map_err(Failure::failed)?;
    let signals = Signals::register().map_err(Failure::failed)?;
    for line in std::mem::take(&mut plan.notes).into_iter().chain(plan.entrances(&public)) {
        logs.say(line);
    }
    logs.say(format!("see all instances on {}", page.url()));
    let mut supervisor = Supervisor::new(plan, public, fleet.clone(), logs.clone(), guard);
    supervisor.start(instances);
    tokio::spawn(rotation.serve(fleet.clone()));
    tokio::spawn(page.serve(fleet.clone()));
    tokio::spawn(server::serve(socket, fleet));
    let changes = options.watches.then(|| {
        let (sender, changes) = mpsc::unbounded_channel();
        tokio::spawn(watch.with_logs(logs).run(sender));
        changes
    });
    let exit = supervisor.run(Inputs { requests, signals, changes }).await;
    socket::remove(&state).map_err(Failure::failed)?;
    Ok(exit)
}

fn parse_time(text: &str) -> Result<Duration, &'static str> {
    heartbeat_definition::parse_duration(text).ok_or("write a duration, such as 5s or 500ms")
}

// === impl Options ===

impl Options {
    fn new(matches: &ArgMatches) -> Self {
        let features = matches.get_many::<String>("features").into_iter().flatten();
        let build = BuildOptions {
            is_release: matches.get_flag("release"),
            features: features.cloned().collect(),
        };
        Self {
            build,
            watches: matches.get_flag("watch"),
            port_offset: matches.get_one("port-offset").copied().unwrap_or_default(),
            stop_within: matches.get_one("stop-within").copied(),
            page_port: matches.get_one("port").copied(),
        }
    }
}
