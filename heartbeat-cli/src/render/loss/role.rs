//! Losses of a role: health, numbers, values, plug-ins, its process and its variables.

use heartbeat_definition::{EntryPoint, ExecutionContext, RoleValue, Variable};

use super::{Loss, program_of, table};
use crate::render::variables::is_settable;
use crate::render::worker::Worker;

pub(super) fn health(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    if worker.heartbeat().is_none() {
        losses.push(Loss::new(
            worker.role.position,
            format!(
                "role `{}` has no probes: nothing says which endpoint serves health",
                worker.role.name
            ),
            format!(
                "write `heartbeat = \"…\"` under {} in heartbeat.toml, as in the attribute",
                table(worker)
            ),
        ));
    }
}

/// Numbers and values that the configuration should have.
pub(super) fn configured(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    let role = worker.role;
    if worker.configuration.is_none_or(|configuration| configuration.instances.is_none()) {
        losses.push(Loss::new(
            role.position,
            format!(
                "role `{}`: no configuration gives its number of instances, so it is 1",
                role.name
            ),
            "name one with --configuration",
        ));
    }
    for setting in worker.settings.iter().filter(|s| !s.is_secret && s.value.is_none()) {
        let position =
            role.setting(&setting.declared).map(|declared| declared.source.position_of("name"));
        losses.push(Loss::new(
            position.unwrap_or(role.position),
            format!(
                "setting `{}` has no value, without which the worker does not start",
                setting.declared
            ),
            "give it one in the configuration, or list it under `secrets` in heartbeat.toml",
        ));
    }
}

pub(super) fn imports(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    for import in &worker.role.imports {
        let help = match &*import.module_name {
            "RemoteAccess" | "RemoteForwarder" => "log in by the means of the engine",
            "Diagnostics" => "collect the log from stderr, and the metrics from /metrics",
            "Caching" => "run a cache beside the service",
            _ => "do without it, or with what the engine offers instead",
        };
        losses.push(Loss::new(
            import.source.position_of("moduleName"),
            format!(
                "import `{}`: plug-ins, with their settings and endpoints, are Azure's",
                import.module_name
            ),
            help,
        ));
    }
}

/// The entry point and the rights of the role's process.
pub(super) fn process(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    let role = worker.role;
    let runtime = &role.runtime;
    match &runtime.entry_point {
        Some(EntryPoint::NetFx { assembly_name, source, .. }) => losses.push(Loss::new(
            source.position_of("assemblyName"),
            format!("entry point `{assembly_name}` is an assembly of .NET"),
            "the program is the worker that you write instead",
        )),
        Some(EntryPoint::Program { command_line, source, .. })
            if command_line.trim().contains(' ') =>
        {
            losses.push(Loss::new(
                source.position_of("commandLine"),
                format!("the arguments of `{}` are not passed on", program_of(command_line)),
                "read them from settings",
            ));
        }
        _ => {}
    }
    if runtime.execution_context == ExecutionContext::Elevated {
        let position = runtime.source.as_ref().map(|s| s.position_of("executionContext"));
        losses.push(Loss::new(
            position.unwrap_or(role.position),
            format!("role `{}` does not run with the rights of an administrator", role.name),
            "do at deployment what needs them",
        ));
    }
    if !role.enable_native_code_execution {
        losses.push(Loss::new(
            role.source.position_of("enableNativeCodeExecution"),
            format!("role `{}`: there is no partial trust", role.name),
            "the rendered files take all rights that they can from the worker",
        ));
    }
}

/// Variables whose values are known on Azure alone, or must not be in a file.
pub(super) fn variables(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    for variable in &worker.role.runtime.environment {
        let is_carried = worker.variables.iter().any(|carried| carried.name == variable.name);
        if is_carried || is_read_by_worker(variable) {
            continue;
        }
        let help = "set it where the worker runs, or make it a setting";
        let what = format!("variable `{}` is not set", variable.name);
        let position = variable.source.position_of("name");
        losses.push(Loss::new(position, format!("{what}: {}", why_unset(variable)), help));
    }
}

/// Returns whether a variable is one that the worker reads: its endpoint has the address anyway.
fn is_read_by_worker(variable: &Variable) -> bool {
    let value = variable.role_instance_value.as_ref().and_then(|path| path.value.as_ref());
    matches!(value, Some(RoleValue::EndpointAddress(_) | RoleValue::EndpointPort(_)))
}

fn why_unset(variable: &Variable) -> &'static str {
    if !is_settable(&variable.name) {
        return "no engine takes its name";
    }
    match variable.role_instance_value.as_ref().map(|path| path.value.as_ref()) {
        Some(Some(RoleValue::Setting(_))) => "the setting is a secret, or has no value",
        Some(Some(_)) => "only Azure has this value",
        Some(None) => "its path is unknown",
        None if variable.value.is_some() => "its value may be a secret",
        None => "it has no value",
    }
}
