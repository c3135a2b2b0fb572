//! All that is done before the first instance starts: the definition is checked, programs are found,
//! built, and asked.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use heartbeat_definition::{Endpoint, Protocol, Role};

use super::Options;
use super::cargo::{Binary, Workspace};
use super::describe::{Description, describe_all};
use super::exec::Guard;
use super::plan::{Plan, RolePlan};
use super::programs::{Program, ProgramSource, Programs};
use super::watch::Watch;
use crate::failure::Failure;
use crate::project::Project;

/// Time that a worker may take to stop, unless it tells another.
const STOP_WITHIN: Duration = Duration::from_secs(25);

/// Finds, builds and asks the programs, and plans with what they tell.
pub(super) async fn prepare(
    project: &Project,
    mut plan: Plan,
    options: &Options,
    guard: &Guard,
) -> Result<(Plan, Watch), Failure> {
    let path = std::path::absolute(&project.definition_path).map_err(Failure::failed)?;
    let run = plan.roles.iter().filter(|role| role.instances > 0).map(|it| &it.role);
    let run: Vec<&Role> = run.collect();
    let workspace = Workspace::of_folder(&plan.folder).await.map_err(Failure::failed)?;
    let definition = (path.as_path(), &project.definition);
    let programs = Programs::find(&run, definition, workspace.as_ref());
    let mut programs = programs.map_err(Failure::configuration)?;
    let binaries = programs.binaries();
    let built = match &workspace {
        Some(workspace) if !binaries.is_empty() => {
            workspace.build(&binaries, &options.build, guard).await.map_err(Failure::failed)?
        }
        _ => HashMap::new(),
    };
    let workers = built.iter().filter(|(binary, _)| programs.may_be_asked(binary));
    let workers = workers.map(|(binary, path)| (binary.clone(), path.clone())).collect();
    let told = describe_all(&workers).await;
    programs.learn(&told).map_err(Failure::configuration)?;
    let mut watched = Vec::new();
    for (role, program) in &programs.found {
        let Some(role) = plan.roles.iter_mut().find(|it| it.role.name == *role) else { continue };
        let file = file(program, &built).ok_or_else(|| {
            Failure::failed(format!(
                "cargo did not tell where the program of {} is",
                role.role.name
            ))
        })?;
        complete(role, program, file, &told, options);
        watched.push((role.role.name.clone(), role.program.clone(), program.built().cloned()));
    }
    let watch = Watch {
        workspace,
        options: options.build.clone(),
        programs: watched,
        configuration: plan.configuration.clone(),
        definition: path,
        logs: None,
        guard: guard.clone(),
    };
    Ok((plan, watch))
}

fn file(program: &Program, built: &HashMap<Binary, PathBuf>) -> Option<PathBuf> {
    match &program.source {
        ProgramSource::Binary(binary) => built.get(binary).cloned(),
        ProgramSource::File(path) => Some(path.clone()),
    }
}

/// Completes the plan of a role with its program.
fn complete(
    role: &mut RolePlan,
    program: &Program,
    file: PathBuf,
    told: &HashMap<Binary, Description>,
    options: &Options,
) {
    let told = program.built().and_then(|binary| told.get(binary));
    role.health = match told {
        Some(told) => Some(told.heartbeat.clone()),
        None => role.role.endpoints.iter().find(|it| is_heartbeat(it)).map(|it| it.name.clone()),
    };
    let stop_within = options.stop_within.or(told.and_then(Description::stop_within));
    let stop_within = stop_within.unwrap_or(STOP_WITHIN);
    // A worker ends by itself at that time, so it is killed a little later.
    role.stop_within = stop_within + stop_within / 5;
    role.program = file;
    role.arguments.clone_from(&program.arguments);
}

/// Tells whether an endpoint of a program that cannot be asked is taken for that of its health.
fn is_heartbeat(endpoint: &Endpoint) -> bool {
    endpoint.name.eq_ignore_ascii_case("heartbeat")
        && matches!(endpoint.protocol, Protocol::Http | Protocol::Tcp)
}
