//! Service definitions.

use crate::{FromRole, RoleEndpoint, ServiceDefinition, TopologyChangeDiscovery, TrafficRule};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::endpoint::{probe, write_probe};
use super::role::{role, write_role};
use super::xml::{attribute, element, given, list, name, source, text};

prop_compose! {
    fn traffic_rule()(
        destinations in vec((name(), name()), 0..3),
        allow_all_traffic in any::<bool>(),
        from_roles in vec(name(), 0..3),
    ) -> TrafficRule {
        let destinations = destinations.into_iter().map(|(role_name, endpoint_name)| {
            RoleEndpoint { role_name, endpoint_name, source: source() }
        });
        let from = from_roles.into_iter().map(|role_name| FromRole { role_name, source: source() });
        TrafficRule {
            destinations: destinations.collect(), allow_all_traffic, from_roles: from.collect(),
            source: source(),
        }
    }
}

prop_compose! {
    pub(super) fn definition()(
        name in name(),
        upgrade_domain_count in 1..100_u32,
        schema_version in option::of(text()),
        topology_change_discovery in select(
            &[TopologyChangeDiscovery::UpgradeDomainWalk, TopologyChangeDiscovery::Blast][..],
        ),
        load_balancer_probes in vec(probe(), 0..3),
        roles in vec(role(), 0..4),
        network_traffic_rules in vec(traffic_rule(), 0..3),
    ) -> ServiceDefinition {
        ServiceDefinition {
            name, upgrade_domain_count, schema_version, topology_change_discovery,
            load_balancer_probes, roles, network_traffic_rules, source: source(),
        }
    }
}

fn write_destination(destination: &RoleEndpoint) -> String {
    let attributes = [
        given("roleName", &destination.role_name),
        given("endpointName", &destination.endpoint_name),
    ];
    element("RoleEndpoint", &attributes, "")
}

fn write_traffic_rule(rule: &TrafficRule) -> String {
    let from = |from: &FromRole| element("FromRole", &[given("roleName", &from.role_name)], "");
    let children = [
        list("Destinations", &rule.destinations, write_destination),
        if rule.allow_all_traffic { element("AllowAllTraffic", &[], "") } else { String::new() },
        list("WhenSource", &rule.from_roles, from),
    ];
    element("OnlyAllowTrafficTo", &[], &children.concat())
}

pub(super) fn write_definition(definition: &ServiceDefinition) -> String {
    let namespace = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition";
    let attributes = [
        given("xmlns", namespace),
        given("name", &definition.name),
        given("upgradeDomainCount", definition.upgrade_domain_count),
        attribute("schemaVersion", definition.schema_version.as_ref()),
        given("topologyChangeDiscovery", definition.topology_change_discovery),
    ];
    let children = [
        list("LoadBalancerProbes", &definition.load_balancer_probes, write_probe),
        definition.roles.iter().map(write_role).collect(),
        list("NetworkTrafficRules", &definition.network_traffic_rules, write_traffic_rule),
    ];
    element("ServiceDefinition", &attributes, &children.concat())
}
