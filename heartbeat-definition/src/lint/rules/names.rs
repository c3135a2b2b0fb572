//! The rules for names: they are unique, and there are not too many.

use std::collections::HashMap;

use crate::excerpt::excerpt;
use crate::lint::diagnostics::Diagnostics;
use crate::{Certificate, Code, Endpoint, Position, Role, ServiceDefinition, Severity, Source};

pub(super) fn check_definition(definition: &ServiceDefinition, diagnostics: &mut Diagnostics) {
    if definition.roles.is_empty() {
        diagnostics.add_with_fix(
            Code::NoRole,
            definition.source.position,
            "the definition has no role",
            "add <WorkerRole name=\"…\" />",
        );
    }
    let roles = definition.roles.iter();
    check_unique("roles", &mut roles.map(|r| (&*r.name, &r.source)), diagnostics);
    let probes = definition.load_balancer_probes.iter();
    check_unique("load balancer probes", &mut probes.map(|p| (&*p.name, &p.source)), diagnostics);
    for role in &definition.roles {
        check_service_name(&definition.name, role, diagnostics);
        check_role(role, diagnostics);
    }
}

/// Checks that a role does not have the name of its service, which extended support refuses.
fn check_service_name(service: &str, role: &Role, diagnostics: &mut Diagnostics) {
    if !service.is_empty() && role.name.eq_ignore_ascii_case(service) {
        diagnostics.add_with_fix(
            Code::ServiceNamedLikeRole,
            role.source.position_of("name"),
            format!(
                "the service has the name of its role `{}`, so it cannot be migrated to extended support",
                excerpt(&role.name)
            ),
            "rename the service, in `name` here and in `serviceName` of the configuration",
        );
    }
}

fn check_role(role: &Role, diagnostics: &mut Diagnostics) {
    let endpoints = role.endpoints.iter();
    check_unique("endpoints", &mut endpoints.map(|e| (&*e.name, &e.source)), diagnostics);
    let settings = role.settings.iter();
    check_unique("settings", &mut settings.map(|s| (&*s.name, &s.source)), diagnostics);
    let resources = role.local_resources.iter();
    check_unique("local resources", &mut resources.map(|r| (&*r.name, &r.source)), diagnostics);
    check_certificates(&role.certificates, diagnostics);
}

/// Checks that certificates differ in name. Only a warning if they differ in store: real files declare
/// a certificate once for each store that it is installed in.
fn check_certificates(certificates: &[Certificate], diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<&str, &Certificate> = HashMap::new();
    for certificate in certificates.iter().filter(|c| !c.name.is_empty()) {
        let Some(first) = seen.get(&*certificate.name) else {
            seen.insert(&certificate.name, certificate);
            continue;
        };
        let store = |c: &Certificate| (c.store_location, c.store_name.clone());
        let severity =
            if store(first) == store(certificate) { Severity::Error } else { Severity::Warning };
        let place = first.source.position_of("name");
        diagnostics.push(
            Code::DuplicateName,
            severity,
            certificate.source.position_of("name"),
            format!(
                "two certificates are named `{}`, the first at {place}",
                excerpt(&certificate.name)
            ),
            Some("rename one of them".to_owned()),
        );
    }
}

/// Reports repeated names. The schema reports missing ones.
pub(super) fn check_unique<'a>(
    kind: &str,
    items: &mut dyn Iterator<Item = (&'a str, &'a Source)>,
    diagnostics: &mut Diagnostics,
) {
    let mut seen: HashMap<&str, Position> = HashMap::new();
    for (name, source) in items.filter(|(name, _)| !name.is_empty()) {
        let place = source.position_of("name");
        if let Some(first) = seen.get(name) {
            diagnostics.add_with_fix(
                Code::DuplicateName,
                place,
                format!("two {kind} are named `{}`, the first at {first}", excerpt(name)),
                "rename one of them",
            );
        } else {
            seen.insert(name, place);
        }
    }
}

/// Checks the limits that the platform documents.
pub(super) fn check_limits(definition: &ServiceDefinition, diagnostics: &mut Diagnostics) {
    let domains = definition.upgrade_domain_count;
    if domains > 20 {
        let place = definition.source.position_of("upgradeDomainCount");
        let message =
            format!("there are {domains} upgrade domains, but the platform allows at most 20");
        diagnostics.add(Code::TooMany, place, message);
    }
    let roles = definition.roles.iter();
    check_count("roles in a service", 25, &mut roles.clone().map(|r| &r.source), diagnostics);
    let endpoints = || definition.roles.iter().flat_map(|role| &role.endpoints);
    let internal = endpoints().filter(|e| e.is_internal());
    check_count(
        "internal endpoints in a service",
        25,
        &mut internal.map(|e| &e.source),
        diagnostics,
    );
    let input = endpoints().filter(|e| e.as_input().is_some());
    check_count("input endpoints in a service", 25, &mut input.map(|e| &e.source), diagnostics);
    for role in roles {
        let internal = role.endpoints.iter().filter(|e| Endpoint::is_internal(e));
        check_count(
            "internal endpoints in a role",
            5,
            &mut internal.map(|e| &e.source),
            diagnostics,
        );
    }
}

fn check_count(
    kind: &str,
    limit: usize,
    items: &mut dyn Iterator<Item = &Source>,
    diagnostics: &mut Diagnostics,
) {
    if let Some(first_over) = items.nth(limit) {
        let message = format!("the platform allows at most {limit} {kind}");
        diagnostics.add(Code::TooMany, first_over.position, message);
    }
}
