//! The load balancers in front of input endpoints, and the instances that they send connections to.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::balancer::Balancer;
use super::fleet::{Fleet, InstanceView};
use super::public_ports::PublicPort;

/// The load balancers of a run. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Rotation {
    balancers: Vec<(PublicPort, Balancer)>,
}

/// The error of a port that cannot be bound.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot bind {address}, the public port of endpoint `{endpoint}` of role `{role}`: {cause}: stop what \
     listens there, or move all public ports with --port-offset, such as --port-offset 10000"
)]
pub(super) struct PortError {
    address: SocketAddr,
    endpoint: String,
    role: String,
    cause: std::io::Error,
}

// === impl Rotation ===

impl Rotation {
    /// Binds the public ports on the loopback addresses of IPv4 and, where the system has it, IPv6.
    pub(super) async fn bind(ports: &[PublicPort]) -> Result<Self, PortError> {
        let mut balancers = Vec::new();
        for port in ports {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.port));
            let balancer = Balancer::bind(address).await.map_err(|cause| PortError {
                address,
                endpoint: port.endpoint.clone(),
                role: port.role.clone(),
                cause,
            })?;
            balancers.push((port.clone(), balancer));
            let six = Balancer::bind((Ipv6Addr::LOCALHOST, port.port).into()).await;
            balancers.extend(six.ok().map(|balancer| (port.clone(), balancer)));
        }
        Ok(Self { balancers })
    }

    /// Starts the load balancers, and keeps their targets as the fleet is.
    pub(super) async fn serve(self, fleet: Fleet) {
        let mut tasks = JoinSet::new();
        let mut targets = Vec::new();
        for (port, balancer) in self.balancers {
            let (sender, receiver) = watch::channel(Vec::new());
            tasks.spawn(balancer.serve(receiver));
            targets.push((port, sender));
        }
        let mut changed = fleet.changed();
        loop {
            let all = fleet.snapshot();
            for (port, sender) in &targets {
                let now: Vec<_> = all.iter().filter_map(|it| target(port, it)).collect();
                sender.send_if_modified(|targets| {
                    let is_changed = *targets != now;
                    *targets = now;
                    is_changed
                });
            }
            if changed.changed().await.is_err() {
                return;
            }
        }
    }
}

/// Returns the address of the endpoint behind a public port in an instance that is in rotation.
fn target(port: &PublicPort, instance: &InstanceView) -> Option<SocketAddr> {
    let is_meant = instance.role == port.role
        && port.instance.is_none_or(|number| instance.id.ends_with(&format!("_IN_{number}")));
    if !is_meant || !instance.is_in_rotation() {
        return None;
    }
    let endpoint = instance.endpoints.iter().find(|it| it.name == port.endpoint)?;
    Some(endpoint.address)
}
