//! The rules for traffic: they name roles and their endpoints.

use std::collections::HashMap;

use super::DeclaredNames;
use crate::excerpt::excerpt;
use crate::lint::diagnostics::Diagnostics;
use crate::{Code, RoleEndpoint, ServiceDefinition, Source};

pub(super) fn check_traffic_rules(
    definition: &ServiceDefinition,
    roles: &[DeclaredNames<'_>],
    diagnostics: &mut Diagnostics,
) {
    let roles = Roles(roles.iter().map(|role| (&*role.role.name, role)).collect());
    for rule in &definition.network_traffic_rules {
        for destination in &rule.destinations {
            let RoleEndpoint { role_name, source, .. } = destination;
            if let Some(role) = roles.find(role_name, source, definition, diagnostics) {
                check_endpoint(destination, role, diagnostics);
            }
        }
        for from in &rule.from_roles {
            roles.find(&from.role_name, &from.source, definition, diagnostics);
        }
    }
}

struct Roles<'a>(HashMap<&'a str, &'a DeclaredNames<'a>>);

impl<'a> Roles<'a> {
    fn find(
        &self,
        wanted: &str,
        written: &Source,
        definition: &ServiceDefinition,
        diagnostics: &mut Diagnostics,
    ) -> Option<&'a DeclaredNames<'a>> {
        let found = self.0.get(wanted).copied();
        if found.is_none() && !wanted.is_empty() {
            let mut names = definition.roles.iter().map(|role| &*role.name);
            let place = written.position_of("roleName");
            let message = format!("there is no role `{}`", excerpt(wanted));
            diagnostics.add_unresolved(Code::UnknownRole, place, message, wanted, &mut names);
        }
        found
    }
}

fn check_endpoint(
    destination: &RoleEndpoint,
    role: &DeclaredNames<'_>,
    diagnostics: &mut Diagnostics,
) {
    let wanted = &*destination.endpoint_name;
    if !role.has_endpoint(wanted) {
        let mut names = role.role.endpoints.iter().map(|endpoint| &*endpoint.name);
        let place = destination.source.position_of("endpointName");
        let message = role.missing("endpoint", wanted);
        diagnostics.add_unresolved(Code::UnknownEndpoint, place, message, wanted, &mut names);
    }
}
