//! Losses of what the platform installs beside a worker, and of its machines.

use heartbeat_definition::Position;

use super::{Loss, program_of, table};
use crate::render::service::Service;
use crate::render::worker::Worker;

pub(super) fn startup_tasks(worker: &Worker<'_>, help: &str, losses: &mut Vec<Loss>) {
    for task in &worker.role.startup.tasks {
        losses.push(Loss::new(
            task.source.position_of("commandLine"),
            // Its arguments may be secrets.
            format!("startup task `{}` does not run", program_of(&task.command_line)),
            help,
        ));
    }
}

pub(super) fn contents(worker: &Worker<'_>, help: &str, losses: &mut Vec<Loss>) {
    for content in &worker.role.contents {
        losses.push(Loss::new(
            content.source.position_of("destination"),
            format!("folder `{}` is not packed with the worker", content.source_directory),
            help,
        ));
    }
}

pub(super) fn size(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
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
pub(in crate::render) fn certificates(service: &Service<'_>, mounts: bool) -> Vec<Loss> {
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

/// Returns the declared names that would be in variables, if Kubernetes took other letters than those
/// of ASCII there.
pub(in crate::render) fn names(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = Vec::new();
    let mut check = |kind: &str, name: &str, position: Position| {
        if !name.is_ascii() {
            let what = format!("{kind} `{name}` cannot be in the name of a variable");
            let help = "give it a name of unaccented letters and digits";
            losses.push(Loss::new(position, what, help));
        }
    };
    for worker in &service.workers {
        let role = worker.role;
        check("role", &role.name, role.position);
        for setting in &worker.settings {
            check("setting", &setting.declared, role.position);
        }
        for endpoint in worker.endpoints.iter().map(|endpoint| endpoint.declared) {
            check("endpoint", &endpoint.name, endpoint.position);
        }
        for storage in worker.storages.iter().map(|storage| storage.declared) {
            check("local storage", &storage.name, storage.source.position_of("name"));
        }
    }
    losses
}
