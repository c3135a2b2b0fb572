//! Losses of what the platform installs beside a worker, and of its machines.

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
