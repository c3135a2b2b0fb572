//! Service configurations.

use crate::{
    CertificateThumbprint, InstanceCount, Position, RoleConfiguration, ServiceConfiguration,
    SettingValue,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::network::{network, write_network};
use super::xml::{attribute, element, given, list, name, source, text};

prop_compose! {
    fn role()(
        name in name(),
        vm_name in option::of(text()),
        os_image in option::of(text()),
        instances in option::of(any::<i32>()),
        settings in vec((name(), option::of(text())), 0..4),
        certificates in vec((name(), text()), 0..3),
    ) -> RoleConfiguration {
        let instances = instances.map(|count| InstanceCount { count, source: source() });
        let settings = settings.into_iter();
        let settings = settings.map(|(name, value)| SettingValue { name, value, source: source() });
        let certificates = certificates.into_iter().map(|(name, thumbprint)| {
            CertificateThumbprint { name, thumbprint, source: source() }
        });
        RoleConfiguration {
            name, position: Position::START, vm_name, os_image, instances,
            settings: settings.collect(), certificates: certificates.collect(), source: source(),
        }
    }
}

prop_compose! {
    pub(super) fn configuration()(
        service_name in name(),
        os_family in option::of(text()),
        os_version in option::of(text()),
        schema_version in option::of(text()),
        roles in vec(role(), 0..4),
        network in option::of(network()),
        cleanup_firewall_on_role_restart in any::<bool>(),
        allow_role_process_local_dumps in any::<bool>(),
    ) -> ServiceConfiguration {
        ServiceConfiguration {
            service_name, os_family, os_version, schema_version, roles, network,
            cleanup_firewall_on_role_restart, allow_role_process_local_dumps, source: source(),
        }
    }
}

fn write_setting(setting: &SettingValue) -> String {
    let attributes = [given("name", &setting.name), attribute("value", setting.value.as_ref())];
    element("Setting", &attributes, "")
}

fn write_certificate(certificate: &CertificateThumbprint) -> String {
    let attributes =
        [given("name", &certificate.name), given("thumbprint", &certificate.thumbprint)];
    element("Certificate", &attributes, "")
}

fn write_role(role: &RoleConfiguration) -> String {
    let image = role.os_image.iter().map(|image| element("OsImage", &[given("href", image)], ""));
    let instances = role.instances.iter();
    let instances = instances.map(|i| element("Instances", &[given("count", i.count)], ""));
    let children = [
        image.collect(),
        list("ConfigurationSettings", &role.settings, write_setting),
        instances.collect(),
        list("Certificates", &role.certificates, write_certificate),
    ];
    let attributes = [given("name", &role.name), attribute("vmName", role.vm_name.as_ref())];
    element("Role", &attributes, &children.concat())
}

pub(super) fn write_configuration(configuration: &ServiceConfiguration) -> String {
    let namespace = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration";
    let attributes = [
        given("xmlns", namespace),
        given("serviceName", &configuration.service_name),
        attribute("osFamily", configuration.os_family.as_ref()),
        attribute("osVersion", configuration.os_version.as_ref()),
        attribute("schemaVersion", configuration.schema_version.as_ref()),
    ];
    let guest = [
        given("cleanupFirewallOnRoleRestart", configuration.cleanup_firewall_on_role_restart),
        given("allowRoleProcessLocalDumps", configuration.allow_role_process_local_dumps),
    ];
    let children = [
        configuration.roles.iter().map(write_role).collect(),
        configuration.network.iter().map(write_network).collect(),
        element("GuestAgentSettings", &guest, ""),
    ];
    element("ServiceConfiguration", &attributes, &children.concat())
}
