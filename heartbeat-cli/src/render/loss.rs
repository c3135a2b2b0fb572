//! What a definition or a configuration says, and no deploy file can.

use std::fmt;

use heartbeat_definition::{EntryPoint, ExecutionContext, Position, RoleKind, RoleValue, Variable};

use super::service::Service;
use super::worker::Worker;

/// Something that is not carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    /// The place in the definition.
    pub(crate) position: Position,
    /// The thing, and why it is lost.
    pub(crate) what: String,
    /// The way to have it again.
    pub(crate) help: String,
}

impl Loss {
    pub(crate) fn new(
        position: Position,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { position, what: what.into(), help: help.into() }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.position, self.what, self.help)
    }
}

/// Returns what is lost wherever the service runs.
pub(super) fn common(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = Vec::new();
    for role in service.definition.roles.iter().filter(|role| role.kind == RoleKind::Web) {
        losses.push(Loss::new(
            role.position,
            format!("web role `{}`: its sites need IIS", role.name),
            "serve them from a worker role, by `role.serve`",
        ));
    }
    if service.definition.source.attribute("upgradeDomainCount").is_some() {
        losses.push(Loss::new(
            service.definition.source.position_of("upgradeDomainCount"),
            "there are no upgrade domains",
            "instances are replaced one at a time",
        ));
    }
    for worker in &service.workers {
        health(worker, &mut losses);
        configured(worker, &mut losses);
        imports(worker, &mut losses);
        process(worker, &mut losses);
        variables(worker, &mut losses);
        endpoints(worker, &mut losses);
    }
    losses
}

/// Returns what is lost in containers besides.
pub(super) fn in_containers(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = Vec::new();
    for worker in &service.workers {
        startup_tasks(worker, &mut losses);
        contents(worker, &mut losses);
        size(worker, &mut losses);
    }
    losses
}

fn health(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
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
fn configured(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
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

fn imports(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
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
fn process(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
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
                format!("the arguments of `{command_line}` are not passed on"),
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
fn variables(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
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
    match variable.role_instance_value.as_ref().map(|path| path.value.as_ref()) {
        Some(Some(RoleValue::Setting(_))) => "the setting is a secret, or has no value",
        Some(Some(_)) => "only Azure has this value",
        Some(None) => "its path is unknown",
        None if variable.value.is_some() => "its value may be a secret",
        None => "it has no value",
    }
}

fn endpoints(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    use heartbeat_definition::EndpointKind::{Input, InstanceInput, Internal};
    for endpoint in &worker.endpoints {
        let declared = endpoint.declared;
        let lost = match &declared.kind {
            Internal(internal)
                if internal.fixed_ports.iter().any(|r| r.min != r.max)
                    || internal.fixed_ports.len() > 1 =>
            {
                let what = format!(
                    "endpoint `{}` has only port {} of its range",
                    declared.name, endpoint.port
                );
                Some((what, "declare an endpoint for each port"))
            }
            Input(input) if input.port.is_none() => {
                let what = format!("endpoint `{}` has no public port", declared.name);
                Some((what, "give it a `port` in the definition"))
            }
            Input(input) if input.load_balancer.is_some() => {
                let what =
                    format!("endpoint `{}` is not behind the named load balancer", declared.name);
                Some((what, "choose an internal one by the means of the engine"))
            }
            InstanceInput(_) | Input(_) | Internal(_) => None,
        };
        losses.extend(lost.map(|(what, help)| Loss::new(declared.position, what, help)));
    }
}

fn startup_tasks(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    for task in &worker.role.startup.tasks {
        losses.push(Loss::new(
            task.source.position_of("commandLine"),
            format!("startup task `{}` does not run", task.command_line),
            "do its work while you build the image, or in `on_start`",
        ));
    }
}

fn contents(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    for content in &worker.role.contents {
        losses.push(Loss::new(
            content.source.position_of("destination"),
            format!("folder `{}` is not packed with the worker", content.source_directory),
            "copy it into the image",
        ));
    }
}

fn size(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    let role = worker.role;
    let is_given = worker.keys.cpu.is_some() && worker.keys.memory.is_some();
    if role.source.attribute("vmsize").is_some() && !is_given {
        losses.push(Loss::new(
            role.source.position_of("vmsize"),
            format!("role `{}`: no engine knows the size `{}`", role.name, role.vm_size),
            format!("write `cpu` and `memory` under {} in heartbeat.toml", table(worker)),
        ));
    }
}

/// Returns the certificates that no worker has. `mounts` tells whether the target can give them to one
/// that ends TLS itself.
pub(super) fn certificates(service: &Service<'_>, mounts: bool) -> Vec<Loss> {
    let mut losses = Vec::new();
    for worker in &service.workers {
        let mounted: Vec<_> = worker.certificates().filter(|_| mounts).collect();
        for certificate in &worker.role.certificates {
            let name = &certificate.name;
            if mounted.contains(&name.as_str()) {
                continue;
            }
            let help = "end TLS in front of the worker";
            let help = if mounts {
                format!("{help}, or write `tls = true` under {}", table(worker))
            } else {
                help.to_owned()
            };
            losses.push(Loss::new(
                certificate.source.position_of("name"),
                format!("certificate `{name}` is not installed: there is no certificate store"),
                help,
            ));
        }
    }
    losses
}

/// Returns the header of a role's table in `heartbeat.toml`.
fn table(worker: &Worker<'_>) -> String {
    let name = &worker.role.name;
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(is_bare) {
        return format!("[roles.{name}]");
    }
    format!("[roles.{name:?}]")
}
