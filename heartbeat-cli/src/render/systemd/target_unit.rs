//! The target that starts and stops all instances.

use super::addresses::instances;
use super::quote::line;
use super::unit::Unit;
use super::{environment, target_name, unit_name};
use crate::render::service::Service;
use crate::render::target::RenderedFile;

pub(super) fn render(service: &Service<'_>) -> RenderedFile {
    let mut unit = Unit::new();
    unit.comment(&instructions(service));
    unit.section("Unit");
    unit.set("Description", line(&format!("All instances of {}", service.definition.name)));
    for worker in &service.workers {
        let name = unit_name(service, worker);
        let services = instances(worker).map(|instance| format!("{name}@{instance}.service"));
        let services = services.collect::<Vec<_>>().join(" ");
        if !services.is_empty() {
            unit.set("Wants", services);
        }
    }
    unit.section("Install");
    unit.set("WantedBy", "multi-user.target");
    RenderedFile::new(target_name(service), unit.into_text())
}

/// Returns what a person does with the units.
fn instructions(service: &Service<'_>) -> String {
    let target = target_name(service);
    let folder = &service.keys.systemd.programs;
    let mut lines = vec![
        format!("Copy the units to /etc/systemd/system and the programs to {folder}, then:"),
        format!("  systemctl daemon-reload && systemctl enable --now {target}"),
    ];
    let mut names = service.workers.iter().map(|worker| unit_name(service, worker));
    if let Some(name) = names.next() {
        lines.push("A new program, without a lost connection:".to_owned());
        lines.push(format!("  systemctl restart '{name}@*.service'"));
        lines.push("Stop one instance, and the sockets that would start it again:".to_owned());
        lines.push(format!("  systemctl stop '{name}*@0.*'"));
    }
    let credentials = service.workers.iter().flat_map(|w| environment::credentials(service, w));
    let credentials: Vec<_> = credentials.collect();
    if !credentials.is_empty() {
        lines.push(
            "Secrets are read from files that only root may read, with one value each:".to_owned(),
        );
        lines.extend(credentials.iter().map(|credential| format!("  {}", credential.path)));
    }
    lines.join("\n")
}
