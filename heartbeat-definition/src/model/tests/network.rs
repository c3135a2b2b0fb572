//! The network of a service configuration.

use crate::{
    AccessControl, AccessRule, Action, DnsServer, EndpointAcl, InstanceAddress, LoadBalancer,
    NetworkConfiguration, NetworkSecurityGroup, PublicIp,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::xml::{attribute, element, given, list, name, named, source, text};

prop_compose! {
    fn instance_address()(
        role_name in name(),
        subnets in vec(name(), 0..3),
        public_ip in option::of((name(), option::of(1..1000_u32))),
    ) -> InstanceAddress {
        let public_ip = public_ip.map(|(name, idle_timeout_in_minutes)| PublicIp {
            name, idle_timeout_in_minutes, source: source(),
        });
        InstanceAddress { role_name, subnets, public_ip, source: source() }
    }
}

prop_compose! {
    fn access_rule()(
        order in option::of(any::<u16>()),
        action in option::of(select(&[Action::Permit, Action::Deny][..])),
        remote_subnet in text(),
        description in option::of(text()),
    ) -> AccessRule {
        AccessRule { order, action, remote_subnet, description, source: source() }
    }
}

fn access_control() -> impl Strategy<Value = AccessControl> {
    let control = (name(), vec(access_rule(), 0..3));
    control.prop_map(|(name, rules)| AccessControl { name, rules, source: source() })
}

prop_compose! {
    fn endpoint_acl()(role in name(), endpoint in name(), access_control in name()) -> EndpointAcl {
        EndpointAcl { role, endpoint, access_control, source: source() }
    }
}

prop_compose! {
    fn load_balancer()(
        name in name(),
        subnet in option::of(name()),
        static_virtual_network_ip_address in option::of(text()),
    ) -> LoadBalancer {
        LoadBalancer { name, subnet, static_virtual_network_ip_address, source: source() }
    }
}

prop_compose! {
    pub(super) fn network()(
        dns_servers in vec((name(), text()), 0..3),
        virtual_network_site in option::of(name()),
        instance_addresses in vec(instance_address(), 0..3),
        reserved_ip in option::of(name()),
        access_controls in vec(access_control(), 0..3),
        endpoint_acls in vec(endpoint_acl(), 0..3),
        load_balancers in vec(load_balancer(), 0..3),
        groups in vec((name(), name()), 0..3),
    ) -> NetworkConfiguration {
        let dns_servers = dns_servers.into_iter();
        let groups = groups.into_iter();
        NetworkConfiguration {
            dns_servers: dns_servers
                .map(|(name, ip_address)| DnsServer { name, ip_address, source: source() })
                .collect(),
            virtual_network_site, instance_addresses, reserved_ip, access_controls, endpoint_acls,
            load_balancers,
            network_security_groups: groups
                .map(|(role_name, name)| NetworkSecurityGroup { role_name, name, source: source() })
                .collect(),
            source: source(),
        }
    }
}

fn write_dns_server(server: &DnsServer) -> String {
    let attributes = [given("name", &server.name), given("IPAddress", &server.ip_address)];
    element("DnsServer", &attributes, "")
}

fn write_instance_address(address: &InstanceAddress) -> String {
    let public_ip = |ip: &PublicIp| {
        let timeout = attribute("idleTimeoutInMinutes", ip.idle_timeout_in_minutes);
        element("PublicIP", &[given("name", &ip.name), timeout], "")
    };
    let children = list("Subnets", &address.subnets, |subnet| named("Subnet", subnet))
        + &list("PublicIPs", &address.public_ip, public_ip);
    element("InstanceAddress", &[given("roleName", &address.role_name)], &children)
}

fn write_access_control(control: &AccessControl) -> String {
    let rule = |rule: &AccessRule| {
        let attributes = [
            attribute("order", rule.order),
            attribute("action", rule.action),
            given("remoteSubnet", &rule.remote_subnet),
            attribute("description", rule.description.as_ref()),
        ];
        element("Rule", &attributes, "")
    };
    let rules: String = control.rules.iter().map(rule).collect();
    element("AccessControl", &[given("name", &control.name)], &rules)
}

fn write_endpoint_acl(acl: &EndpointAcl) -> String {
    let attributes = [
        given("role", &acl.role),
        given("endPoint", &acl.endpoint),
        given("accessControl", &acl.access_control),
    ];
    element("EndpointAcl", &attributes, "")
}

fn write_load_balancer(balancer: &LoadBalancer) -> String {
    let address = balancer.static_virtual_network_ip_address.as_ref();
    let attributes = [
        given("type", "private"),
        attribute("subnet", balancer.subnet.as_ref()),
        attribute("staticVirtualNetworkIPAddress", address),
    ];
    let frontend = element("FrontendIPConfiguration", &attributes, "");
    element("LoadBalancer", &[given("name", &balancer.name)], &frontend)
}

fn write_group(group: &NetworkSecurityGroup) -> String {
    let name = named("NetworkSecurityGroup", &group.name);
    element("NetworkSecurityGroupRef", &[given("roleName", &group.role_name)], &name)
}

pub(super) fn write_network(network: &NetworkConfiguration) -> String {
    let site = network.virtual_network_site.iter();
    let addresses: String = network.instance_addresses.iter().map(write_instance_address).collect();
    let reserved = list("ReservedIPs", &network.reserved_ip, |ip| named("ReservedIP", ip));
    let children = [
        element("Dns", &[], &list("DnsServers", &network.dns_servers, write_dns_server)),
        site.map(|name| named("VirtualNetworkSite", name)).collect(),
        element("AddressAssignments", &[], &(addresses + &reserved)),
        list("AccessControls", &network.access_controls, write_access_control),
        list("EndpointAcls", &network.endpoint_acls, write_endpoint_acl),
        list("LoadBalancers", &network.load_balancers, write_load_balancer),
        list("NetworkSecurityGroupRefs", &network.network_security_groups, write_group),
    ];
    element("NetworkConfiguration", &[], &children.concat())
}
