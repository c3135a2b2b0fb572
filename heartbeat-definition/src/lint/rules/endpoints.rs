//! The rules for endpoints: public ports, certificates, ranges, and the sites that bind to them.

use std::collections::HashMap;

use super::DeclaredNames;
use crate::excerpt::excerpt;
use crate::lint::diagnostics::Diagnostics;
use crate::{Code, Endpoint, EndpointKind, PortRange, Protocol, RoleKind, ServiceDefinition};

/// Checks that public ports are unique in the service, for each load balancer.
pub(super) fn check_public_ports(definition: &ServiceDefinition, diagnostics: &mut Diagnostics) {
    let mut seen = HashMap::new();
    for role in &definition.roles {
        for endpoint in &role.endpoints {
            let Some(input) = endpoint.as_input() else {
                continue;
            };
            let Some(port) = input.port else { continue };
            let place = endpoint.source.position_of("port");
            let key = (&input.load_balancer, port);
            let Some((name, of, first)) = seen.get(&key) else {
                seen.insert(key, (&endpoint.name, &role.name, place));
                continue;
            };
            diagnostics.add_with_fix(
                Code::DuplicatePort,
                place,
                format!(
                    "the public port {port} is taken by the endpoint `{}` of `{}` at {first}",
                    excerpt(name),
                    excerpt(of)
                ),
                "give each input endpoint a port of its own; `localPort` may be the same",
            );
        }
    }
}

pub(super) fn check_endpoints(declared: &DeclaredNames<'_>, diagnostics: &mut Diagnostics) {
    let role = declared.role;
    let http = |e: &Endpoint| {
        e.as_input().is_some() && matches!(e.protocol, Protocol::Http | Protocol::Https)
    };
    if role.kind == RoleKind::Web && !role.endpoints.iter().any(http) {
        diagnostics.add(
            Code::NoHttpEndpoint,
            role.source.position,
            format!("the web role `{}` has no http input endpoint", excerpt(&role.name)),
        );
    }
    for endpoint in &role.endpoints {
        match &endpoint.kind {
            EndpointKind::Input(input) => {
                check_certificate(endpoint, input.certificate.as_deref(), declared, diagnostics);
            }
            EndpointKind::Internal(internal) => check_ranges(&internal.fixed_ports, diagnostics),
            EndpointKind::InstanceInput(instance) => {
                check_ranges(&instance.public_ports, diagnostics);
            }
        }
    }
}

fn check_certificate(
    endpoint: &Endpoint,
    certificate: Option<&str>,
    declared: &DeclaredNames<'_>,
    diagnostics: &mut Diagnostics,
) {
    match certificate {
        None if endpoint.protocol == Protocol::Https => diagnostics.add_with_fix(
            Code::HttpsWithoutCertificate,
            endpoint.source.position,
            format!("the https endpoint `{}` has no certificate", excerpt(&endpoint.name)),
            "add certificate=\"…\", the name of a certificate of the role",
        ),
        Some(wanted) if !declared.has_certificate(wanted) => {
            let mut names = declared.role.certificates.iter().map(|c| &*c.name);
            let place = endpoint.source.position_of("certificate");
            let message = declared.missing("certificate", wanted);
            diagnostics.add_unresolved(
                Code::UnknownCertificate,
                place,
                message,
                wanted,
                &mut names,
            );
        }
        _ => {}
    }
}

fn check_ranges(ranges: &[PortRange], diagnostics: &mut Diagnostics) {
    for PortRange { min, max, source } in ranges {
        if min > max {
            diagnostics.add_with_fix(
                Code::InvertedRange,
                source.position_of("min"),
                format!("the range from {min} to {max} is empty"),
                "swap `min` and `max`",
            );
        }
    }
}

/// Checks that the bindings of a web role's sites name its endpoints.
pub(super) fn check_sites(declared: &DeclaredNames<'_>, diagnostics: &mut Diagnostics) {
    let names = declared.role.endpoints.iter().map(|endpoint| &*endpoint.name);
    for binding in declared.role.sites.iter().flat_map(|site| &site.bindings) {
        let wanted = &*binding.endpoint_name;
        if !declared.has_endpoint(wanted) {
            let place = binding.source.position_of("endpointName");
            let message = declared.missing("endpoint", wanted);
            diagnostics.add_unresolved(
                Code::UnknownEndpoint,
                place,
                message,
                wanted,
                &mut names.clone(),
            );
        }
    }
}
