//! Endpoints and probes.

use crate::{
    Distribution, Endpoint, EndpointKind, InputEndpoint, InstanceInputEndpoint, InternalEndpoint,
    LoadBalancerProbe, Port, PortRange, Position, ProbeProtocol, Protocol,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::xml::{attribute, element, given, name, source, text};

fn port() -> impl Strategy<Value = Port> {
    prop_oneof![(1..=u16::MAX).prop_map(Port::Fixed), Just(Port::Any)]
}

fn range() -> impl Strategy<Value = PortRange> {
    let ends =
        prop_oneof![(1..=u16::MAX, 1..=u16::MAX), (1..=u16::MAX).prop_map(|port| (port, port)),];
    ends.prop_map(|(a, b)| PortRange { min: a.min(b), max: a.max(b), source: source() })
}

prop_compose! {
    fn input()(
        port in option::of(1..=u16::MAX),
        local_port in option::of(port()),
        certificate in option::of(name()),
        ignore_role_instance_status in any::<bool>(),
        load_balancer_probe in option::of(name()),
        load_balancer in option::of(name()),
        idle_timeout_in_minutes in option::of(1..1000_u32),
        load_balancer_distribution in option::of(select(
            &[Distribution::SourceIp, Distribution::SourceIpProtocol, Distribution::None][..],
        )),
    ) -> EndpointKind {
        EndpointKind::Input(InputEndpoint {
            port, local_port, certificate, ignore_role_instance_status, load_balancer_probe,
            load_balancer, idle_timeout_in_minutes, load_balancer_distribution,
        })
    }
}

prop_compose! {
    fn instance_input()(
        local_port in option::of(1..=u16::MAX),
        public_ports in vec(range(), 0..2),
        idle_timeout_in_minutes in option::of(1..1000_u32),
    ) -> EndpointKind {
        EndpointKind::InstanceInput(InstanceInputEndpoint {
            local_port, public_ports, idle_timeout_in_minutes,
        })
    }
}

fn kind() -> impl Strategy<Value = EndpointKind> {
    let internal = (option::of(port()), vec(range(), 0..3));
    let internal = internal.prop_map(|(port, fixed_ports)| {
        EndpointKind::Internal(InternalEndpoint { port, fixed_ports })
    });
    prop_oneof![input(), internal, instance_input()]
}

prop_compose! {
    pub(super) fn endpoint()(
        name in name(),
        protocol in select(
            &[Protocol::Http, Protocol::Https, Protocol::Tcp, Protocol::Udp, Protocol::Any][..],
        ),
        kind in kind(),
        legacy in any::<bool>(),
    ) -> Endpoint {
        Endpoint { name, protocol, position: Position::START, kind, legacy, source: source() }
    }
}

prop_compose! {
    pub(super) fn probe()(
        name in text(),
        protocol in option::of(select(&[ProbeProtocol::Http, ProbeProtocol::Tcp][..])),
        port in option::of(1..=u16::MAX),
        path in option::of(text()),
        interval_in_seconds in 0..1000_u32,
        timeout_in_seconds in 0..1000_u32,
    ) -> LoadBalancerProbe {
        LoadBalancerProbe {
            name, protocol, port, path, interval_in_seconds, timeout_in_seconds, source: source(),
        }
    }
}

fn write_port(port: Port) -> String {
    match port {
        Port::Fixed(port) => port.to_string(),
        Port::Any => "*".to_owned(),
    }
}

fn write_range(range: &PortRange) -> String {
    element("FixedPortRange", &[given("min", range.min), given("max", range.max)], "")
}

fn write_fixed(range: &PortRange) -> String {
    if range.min == range.max {
        element("FixedPort", &[given("port", range.min)], "")
    } else {
        write_range(range)
    }
}

/// Writes an endpoint within the element for its age.
pub(super) fn write_endpoint(endpoint: &Endpoint) -> String {
    let mut attributes = vec![given("name", &endpoint.name), given("protocol", endpoint.protocol)];
    let written = match &endpoint.kind {
        EndpointKind::Input(input) => {
            attributes.extend([
                attribute("port", input.port),
                attribute("localPort", input.local_port.map(write_port)),
                attribute("certificate", input.certificate.as_ref()),
                given("ignoreRoleInstanceStatus", input.ignore_role_instance_status),
                attribute("loadBalancerProbe", input.load_balancer_probe.as_ref()),
                attribute("loadBalancer", input.load_balancer.as_ref()),
                attribute("idleTimeoutInMinutes", input.idle_timeout_in_minutes),
                attribute("loadBalancerDistribution", input.load_balancer_distribution),
            ]);
            element("InputEndpoint", &attributes, "")
        }
        EndpointKind::Internal(internal) => {
            attributes.push(attribute("port", internal.port.map(write_port)));
            let ports: String = internal.fixed_ports.iter().map(write_fixed).collect();
            element("InternalEndpoint", &attributes, &ports)
        }
        EndpointKind::InstanceInput(instance) => {
            attributes.extend([
                attribute("localPort", instance.local_port),
                attribute("idleTimeoutInMinutes", instance.idle_timeout_in_minutes),
            ]);
            let ports: String = instance.public_ports.iter().map(write_range).collect();
            let from = element("AllocatePublicPortFrom", &[], &ports);
            element("InstanceInputEndpoint", &attributes, &from)
        }
    };
    element(if endpoint.legacy { "InputEndpoints" } else { "Endpoints" }, &[], &written)
}

pub(super) fn write_probe(probe: &LoadBalancerProbe) -> String {
    let attributes = [
        given("name", &probe.name),
        attribute("protocol", probe.protocol),
        attribute("port", probe.port),
        attribute("path", probe.path.as_ref()),
        given("intervalInSeconds", probe.interval_in_seconds),
        given("timeoutInSeconds", probe.timeout_in_seconds),
    ];
    element("LoadBalancerProbe", &attributes, "")
}
