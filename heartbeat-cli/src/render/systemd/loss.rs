//! Losses under systemd, on one machine.

use heartbeat_definition::EndpointKind;

use super::addresses::{Binding, MAX_INSTANCES};
use super::environment::is_valid;
use crate::render::endpoint::WorkerEndpoint;
use crate::render::loss::{Loss, certificates, of_traffic, on_machines};
use crate::render::service::Service;
use crate::render::worker::Worker;

/// Returns what systemd has no counterpart for.
pub(crate) fn lost(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = on_machines(service);
    losses.extend(certificates(service, true));
    losses.extend(of_traffic(service));
    for worker in &service.workers {
        instances(worker, &mut losses);
        names(worker, &mut losses);
        storages(worker, &mut losses);
        for endpoint in &worker.endpoints {
            public(service, worker, endpoint, &mut losses);
            taken(service, worker, endpoint, &mut losses);
        }
    }
    losses
}

fn instances(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    let role = &worker.role;
    if worker.instances > MAX_INSTANCES {
        let what = format!(
            "role `{}`: {} instances are too many for one machine, which runs {MAX_INSTANCES}",
            role.name, worker.instances
        );
        losses.push(Loss::new(role.position, what, "use several machines, or Kubernetes"));
    }
}

/// Variables whose names systemd refuses.
fn names(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    let role = &worker.role;
    let variables = role.runtime.environment.iter();
    let variables = variables.map(|v| (v.name.clone(), v.source.position_of("name")));
    let settings = worker.settings.iter().map(|setting| {
        let declared = role.setting(&setting.declared);
        let position = declared.map_or(role.position, |d| d.source.position_of("name"));
        (setting.variable.clone(), position)
    });
    for (name, position) in variables.chain(settings).filter(|(name, _)| !is_valid(name)) {
        let what = format!("variable `{name}`: systemd takes A to Z, digits and _ alone");
        losses.push(Loss::new(position, what, "give it another name"));
    }
}

fn storages(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    for storage in worker.storages.iter().filter(|s| !s.declared.clean_on_role_recycle) {
        let what = format!(
            "local storage `{}` may grow beyond its {} MB",
            storage.declared.name, storage.declared.size_in_mb
        );
        let help = "watch the disk, or put /var/lib/private on one with quotas";
        losses.push(Loss::new(storage.declared.source.position_of("name"), what, help));
    }
}

/// Public endpoints of several instances: nothing asks which of them are ready.
fn public(
    service: &Service<'_>,
    worker: &Worker<'_>,
    endpoint: &WorkerEndpoint<'_>,
    losses: &mut Vec<Loss>,
) {
    const BALANCER: &str = "put a load balancer that asks for health in front of them";
    let declared = endpoint.declared;
    let binding = Binding::of(service, worker, endpoint);
    let lost = match (&declared.kind, &binding) {
        (EndpointKind::Input(_), Binding::SharedSocket(port)) => {
            let what = format!(
                "endpoint `{}`: connections to port {port} go to any instance, ready or not",
                declared.name
            );
            Some((what, BALANCER))
        }
        (EndpointKind::Input(input), Binding::Socket(own) | Binding::Variable(own))
            if worker.instances > 1 && input.port.is_some() =>
        {
            let what = format!(
                "endpoint `{}`: {} instances cannot share its public port, and listen on {own}",
                declared.name, worker.instances
            );
            Some((what, BALANCER))
        }
        (EndpointKind::InstanceInput(_), Binding::SocketEach(ports))
            if u32::from(ports.end - ports.start) < worker.instances =>
        {
            let what = format!(
                "endpoint `{}`: there are {} public ports for {} instances",
                declared.name,
                ports.end - ports.start,
                worker.instances
            );
            Some((what, "widen its range"))
        }
        (EndpointKind::InstanceInput(_), Binding::Socket(own) | Binding::Variable(own)) => {
            let what = format!("endpoint `{}` is not public, and listens on {own}", declared.name);
            Some((what, "forward a port for each instance"))
        }
        _ => None,
    };
    losses.extend(
        lost.map(|(what, help)| Loss::new(declared.position, what.replace("%i", "N"), help)),
    );
}

/// Ports that another role has on all interfaces, so that only one of the two can start.
fn taken(
    service: &Service<'_>,
    worker: &Worker<'_>,
    endpoint: &WorkerEndpoint<'_>,
    losses: &mut Vec<Loss>,
) {
    let own = Binding::of(service, worker, endpoint);
    let others = service.workers.iter().flat_map(|w| w.endpoints.iter().map(move |e| (w, e)));
    for (other_worker, other) in others {
        let is_same = std::ptr::eq(other, endpoint) || other.is_udp() != endpoint.is_udp();
        let of_other = Binding::of(service, other_worker, other);
        let clash = ports(&of_other).find(|port| !is_same && occupies(&own, endpoint, *port));
        let Some(port) = clash else { continue };
        losses.push(Loss::new(
            endpoint.declared.position,
            format!(
                "endpoint `{}`: port {port} of this machine is that of endpoint `{}` of role `{}`",
                endpoint.declared.name, other.declared.name, other_worker.role.name
            ),
            "give one of the two another port",
        ));
    }
}

/// Returns the ports that an endpoint has on all interfaces.
fn ports(binding: &Binding) -> Box<dyn Iterator<Item = u16> + '_> {
    match binding {
        Binding::SharedSocket(port) => Box::new(std::iter::once(*port)),
        Binding::SocketEach(ports) => Box::new(ports.clone()),
        Binding::Socket(address) | Binding::Variable(address) => {
            Box::new(address.parse::<u16>().into_iter())
        }
    }
}

/// Returns whether an endpoint binds a port, on all interfaces or on one.
fn occupies(binding: &Binding, endpoint: &WorkerEndpoint<'_>, port: u16) -> bool {
    let is_own = endpoint.port == port && ports(binding).next().is_none();
    is_own || ports(binding).any(|bound| bound == port)
}
