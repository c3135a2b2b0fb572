//! Traffic rules name roles and their endpoints.

use std::collections::HashMap;

use super::Declared;
use crate::lint::diagnostic::{Findings, excerpt};
use crate::{Code, RoleEndpoint, ServiceDefinition, Source};

pub(super) fn check_traffic_rules(
    definition: &ServiceDefinition,
    roles: &[Declared<'_>],
    findings: &mut Findings,
) {
    let roles = Roles(roles.iter().map(|role| (&*role.role.name, role)).collect());
    for rule in &definition.network_traffic_rules {
        for destination in &rule.destinations {
            let RoleEndpoint { role_name, source, .. } = destination;
            if let Some(role) = roles.find(role_name, source, definition, findings) {
                check_endpoint(destination, role, findings);
            }
        }
        for from in &rule.from_roles {
            roles.find(&from.role_name, &from.source, definition, findings);
        }
    }
}

struct Roles<'a>(HashMap<&'a str, &'a Declared<'a>>);

impl<'a> Roles<'a> {
    fn find(
        &self,
        wanted: &str,
        written: &Source,
        definition: &ServiceDefinition,
        findings: &mut Findings,
    ) -> Option<&'a Declared<'a>> {
        let found = self.0.get(wanted).copied();
        if found.is_none() && !wanted.is_empty() {
            let mut names = definition.roles.iter().map(|role| &*role.name);
            let place = written.position_of("roleName");
            let message = format!("there is no role `{}`", excerpt(wanted));
            findings.unresolved(Code::UnknownRole, place, message, wanted, &mut names);
        }
        found
    }
}

fn check_endpoint(destination: &RoleEndpoint, role: &Declared<'_>, findings: &mut Findings) {
    let wanted = &*destination.endpoint_name;
    if !role.endpoint(wanted) {
        let mut names = role.role.endpoints.iter().map(|endpoint| &*endpoint.name);
        let place = destination.source.position_of("endpointName");
        let message = role.lacks("endpoint", wanted);
        findings.unresolved(Code::UnknownEndpoint, place, message, wanted, &mut names);
    }
}
