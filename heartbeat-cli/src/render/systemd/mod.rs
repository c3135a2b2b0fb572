//! systemd: for each worker role a template of its instances' services and one of each socket, and a
//! target that starts them all, on one machine.

mod addresses;
mod environment;
mod hardening;
mod loss;
mod quote;
mod resources;
mod service_unit;
mod socket_unit;
mod storages;
mod target_unit;
#[cfg(test)]
mod tests;
mod unit;

pub(super) use addresses::{address, instances};
pub(super) use loss::lost;

use super::service::Service;
use super::target::RenderedFile;
use super::worker::Worker;

/// Renders the units.
pub(super) fn render(service: &Service<'_>) -> Vec<RenderedFile> {
    let mut files = vec![target_unit::render(service)];
    for worker in &service.workers {
        files.push(service_unit::render(service, worker));
        files.extend(socket_unit::render(service, worker));
    }
    files
}

/// Returns the name of a worker's units, without `@` and what follows.
fn unit_name(service: &Service<'_>, worker: &Worker<'_>) -> String {
    if service.name == worker.name {
        return worker.name.clone();
    }
    format!("{}-{}", service.name, worker.name)
}

/// Returns the name of the target that starts and stops all units.
fn target_name(service: &Service<'_>) -> String {
    format!("{}.target", service.name)
}
