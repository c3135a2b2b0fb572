//! The rules between a definition and a configuration: each has the roles, settings and
//! certificates of the other.

use std::collections::{HashMap, HashSet};

use super::{DeclaredNames, modules};
use crate::excerpt::{excerpt, excerpt_beside, pasted};
use crate::lint::diagnostics::Diagnostics;
use crate::{
    Code, Diagnostic, EndpointKind, File, Position, RoleConfiguration, ServiceConfiguration,
    ServiceDefinition,
};

/// Reports every violation, those in the definition first.
pub(in crate::lint) fn cross_check(
    definition: &ServiceDefinition,
    configuration: &ServiceConfiguration,
) -> Vec<Diagnostic> {
    let roles = definition.roles.iter();
    let mut check = CrossCheck {
        definition,
        configuration,
        declared: roles.map(|role| (&*role.name, DeclaredNames::of(role))).collect(),
        diagnostics: Diagnostics::new(File::Configuration),
    };
    check.check_service_name();
    check.check_roles();
    check.check_network();
    let mut diagnostics = check_load_balancers(definition, configuration);
    diagnostics.extend(check.diagnostics.into_sorted());
    diagnostics
}

struct CrossCheck<'a> {
    definition: &'a ServiceDefinition,
    configuration: &'a ServiceConfiguration,
    declared: HashMap<&'a str, DeclaredNames<'a>>,
    diagnostics: Diagnostics,
}

impl CrossCheck<'_> {
    fn check_service_name(&mut self) {
        let (name, other) = (&self.definition.name, &self.configuration.service_name);
        if name != other && !name.is_empty() && !other.is_empty() {
            self.diagnostics.add_with_fix(
                Code::ServiceNameMismatch,
                self.configuration.source.position_of("serviceName"),
                format!("the definition is for the service `{}`", excerpt_beside(name, other)),
                format!("write serviceName=\"{}\", unless this is the wrong file", pasted(name)),
            );
        }
    }

    fn check_roles(&mut self) {
        let mut given = HashSet::new();
        for role in &self.configuration.roles {
            given.insert(&*role.name);
            self.check_role_name(&role.name, role.position);
            if let Some(declared) = self.declared.get(&*role.name) {
                let diagnostics = &mut self.diagnostics;
                check_settings(declared, role, diagnostics);
                modules::check_imported_settings(declared, role, diagnostics);
                check_certificates(declared, role, diagnostics);
                check_public_ports(declared, role, diagnostics);
            }
        }
        let roles = self.definition.roles.iter();
        for role in roles.filter(|role| !role.name.is_empty() && !given.contains(&*role.name)) {
            self.diagnostics.add_with_fix(
                Code::MissingRole,
                self.configuration.source.position,
                format!("the role `{}` is not configured", excerpt(&role.name)),
                format!(
                    "add <Role name=\"{}\"><Instances count=\"1\" /></Role>",
                    pasted(&role.name)
                ),
            );
        }
    }

    fn check_role_name(&mut self, wanted: &str, place: Position) {
        if !wanted.is_empty() && !self.declared.contains_key(wanted) {
            let mut names = self.definition.roles.iter().map(|r| &*r.name);
            let message = format!("the definition has no role `{}`", excerpt(wanted));
            self.diagnostics.add_unresolved(Code::UnknownRole, place, message, wanted, &mut names);
        }
    }

    fn check_network(&mut self) {
        let Some(network) = &self.configuration.network else {
            return;
        };
        for address in &network.instance_addresses {
            self.check_role_name(&address.role_name, address.source.position_of("roleName"));
        }
        for group in &network.network_security_groups {
            self.check_role_name(&group.role_name, group.source.position_of("roleName"));
        }
        for acl in &network.endpoint_acls {
            self.check_role_name(&acl.role, acl.source.position_of("role"));
            let Some(role) = self.declared.get(&*acl.role) else {
                continue;
            };
            if !role.has_endpoint(&acl.endpoint) {
                let mut names = role.role.endpoints.iter().map(|e| &*e.name);
                let message = role.missing("endpoint", &acl.endpoint);
                let place = acl.source.position_of("endPoint");
                let code = Code::UnknownEndpoint;
                self.diagnostics.add_unresolved(code, place, message, &acl.endpoint, &mut names);
            }
        }
    }
}

fn check_settings(
    declared: &DeclaredNames<'_>,
    role: &RoleConfiguration,
    diagnostics: &mut Diagnostics,
) {
    let given: HashSet<_> = role.settings.iter().map(|s| &*s.name).collect();
    let names = declared.role.settings.iter().map(|s| &*s.name);
    for name in names.clone().filter(|name| !name.is_empty() && !given.contains(name)) {
        diagnostics.add_with_fix(
            Code::MissingSetting,
            role.position,
            declared.missing("value for the setting", name),
            format!("add <Setting name=\"{}\" value=\"…\" />", pasted(name)),
        );
    }
    // Settings of modules have their own rule.
    let own = role.settings.iter().filter(|s| modules::split(&s.name).is_none());
    for setting in own.filter(|s| !declared.has_setting(&s.name)) {
        let place = setting.source.position_of("name");
        let message = declared.missing("setting", &setting.name);
        let code = Code::UnknownSetting;
        diagnostics.add_unresolved(code, place, message, &setting.name, &mut names.clone());
    }
}

fn check_certificates(
    declared: &DeclaredNames<'_>,
    role: &RoleConfiguration,
    diagnostics: &mut Diagnostics,
) {
    let given: HashSet<_> = role.certificates.iter().map(|c| &*c.name).collect();
    let names = declared.role.certificates.iter().map(|c| &*c.name);
    for name in names.clone().filter(|name| !name.is_empty() && !given.contains(name)) {
        diagnostics.add_with_fix(
            Code::MissingCertificate,
            role.position,
            declared.missing("thumbprint for the certificate", name),
            format!("add <Certificate name=\"{}\" thumbprint=\"…\" />", pasted(name)),
        );
    }
    for certificate in role.certificates.iter().filter(|c| !declared.has_certificate(&c.name)) {
        let place = certificate.source.position_of("name");
        let message = declared.missing("certificate", &certificate.name);
        let code = Code::UnknownCertificate;
        diagnostics.add_unresolved(code, place, message, &certificate.name, &mut names.clone());
    }
}

/// Checks that each instance has a public port of each instance input endpoint.
fn check_public_ports(
    declared: &DeclaredNames<'_>,
    role: &RoleConfiguration,
    diagnostics: &mut Diagnostics,
) {
    let Some(instances) = &role.instances else {
        return;
    };
    for endpoint in &declared.role.endpoints {
        let EndpointKind::InstanceInput(input) = &endpoint.kind else {
            continue;
        };
        let ranges = input.public_ports.iter();
        let size = |range: &crate::PortRange| i64::from(range.max) - i64::from(range.min) + 1;
        let ports: i64 = ranges.map(|range| size(range).max(0)).sum();
        // A definition without any port has a diagnostic of its own.
        if ports > 0 && i64::from(instances.count) > ports {
            let message = format!(
                "there are {} instances, but the endpoint `{}` has only {ports} public ports",
                instances.count,
                excerpt(&endpoint.name)
            );
            let place = instances.source.position_of("count");
            diagnostics.add_with_fix(
                Code::InstanceCount,
                place,
                message,
                "widen its `FixedPortRange`",
            );
        }
    }
}

fn check_load_balancers(
    definition: &ServiceDefinition,
    configuration: &ServiceConfiguration,
) -> Vec<Diagnostic> {
    let mut diagnostics = Diagnostics::new(File::Definition);
    let network = configuration.network.iter();
    let names = network.flat_map(|n| &n.load_balancers).map(|b| &*b.name);
    let known: HashSet<_> = names.clone().collect();
    for endpoint in definition.roles.iter().flat_map(|r| &r.endpoints) {
        let input = endpoint.as_input();
        let wanted = input.and_then(|input| input.load_balancer.as_deref());
        if let Some(wanted) = wanted.filter(|wanted| !known.contains(wanted)) {
            let place = endpoint.source.position_of("loadBalancer");
            let message = format!("the configuration has no load balancer `{}`", excerpt(wanted));
            let code = Code::UnknownLoadBalancer;
            diagnostics.add_unresolved(code, place, message, wanted, &mut names.clone());
        }
    }
    diagnostics.into_sorted()
}
