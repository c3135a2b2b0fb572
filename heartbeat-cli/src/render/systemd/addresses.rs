//! The addresses of instances that share one machine.
//!
//! The instances of a role have the same ports, so each needs an address of its own: the template units
//! of a role know no more of an instance than its number, which therefore ends the address. Roles
//! differ in the number before it, as they may have the same ports too. `heartbeat run` has
//! 127.255.0.0/24.

use std::fmt::Display;
use std::ops::Range;

use heartbeat_definition::{EndpointKind, Protocol};

use crate::render::endpoint::WorkerEndpoint;
use crate::render::service::Service;
use crate::render::worker::Worker;

/// Maximum number of instances of a role: the last number of an address has 8 bits.
pub(super) const MAX_INSTANCES: u32 = 256;

/// The instance's number in a template unit.
pub(super) const INSTANCE: &str = "%i";

/// The way in which an instance gets its endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// systemd opens a socket at this address.
    Socket(String),
    /// systemd opens a socket for each instance on one port of all interfaces.
    SharedSocket(u16),
    /// systemd opens a socket on this port of all interfaces for instance 0, the next for instance 1,
    /// and so on as far as the range goes.
    SocketEach(Range<u16>),
    /// The instance itself binds this address, which a variable gives it.
    Variable(String),
}

impl Binding {
    pub(super) fn of(
        service: &Service<'_>,
        worker: &Worker<'_>,
        endpoint: &WorkerEndpoint<'_>,
    ) -> Self {
        let is_handed_over = is_handed_over(service, worker, endpoint);
        let own = format!("{}:{}", address(service, worker, INSTANCE), endpoint.port);
        match &endpoint.declared.kind {
            EndpointKind::Input(input) => match input.port {
                Some(port) if worker.instances <= 1 && is_handed_over => {
                    Self::Socket(port.to_string())
                }
                Some(port) if worker.instances <= 1 => Self::Variable(port.to_string()),
                // Each instance tells its own health.
                Some(port) if is_handed_over && !worker.is_heartbeat(endpoint) => {
                    Self::SharedSocket(port)
                }
                _ if is_handed_over => Self::Socket(own),
                _ => Self::Variable(own),
            },
            EndpointKind::InstanceInput(instance) if is_handed_over => {
                let range = instance.public_ports.first();
                range.map_or(Self::Socket(own), |range| {
                    Self::SocketEach(range.min..range.max.saturating_add(1))
                })
            }
            _ if is_handed_over => Self::Socket(own),
            _ => Self::Variable(own),
        }
    }
}

/// Returns whether systemd opens the endpoint's socket: worker code binds others itself.
fn is_handed_over(
    service: &Service<'_>,
    worker: &Worker<'_>,
    endpoint: &WorkerEndpoint<'_>,
) -> bool {
    let is_stream = match endpoint.declared.protocol {
        Protocol::Http | Protocol::Https | Protocol::Tcp => true,
        // It may be one of UDP, unless health is served there.
        Protocol::Any => worker.is_heartbeat(endpoint),
        Protocol::Udp => false,
    };
    // The name of a descriptor is ASCII, without colons; other characters have a meaning in units.
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name = &endpoint.declared.name;
    let is_named = (1..=255).contains(&name.len()) && name.chars().all(is_name);
    service.keys.systemd.sockets && is_stream && is_named
}

/// Returns the loopback address of an instance.
pub(crate) fn address(
    service: &Service<'_>,
    worker: &Worker<'_>,
    instance: impl Display,
) -> String {
    let place = service.workers.iter().position(|other| other.name == worker.name);
    let place = place.and_then(|place| u8::try_from(place).ok()).unwrap_or_default();
    format!("127.255.{}.{instance}", service.keys.systemd.network.saturating_add(place))
}

/// Returns the numbers of a role's instances.
pub(crate) fn instances(worker: &Worker<'_>) -> Range<u32> {
    0..worker.instances.min(MAX_INSTANCES)
}
