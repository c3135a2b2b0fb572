//! The rules that only the tools enforced, checked on the model: unique names, references, ranges,
//! limits.

mod configuration;
mod cross_check;
mod declared_names;
mod endpoints;
mod modules;
mod names;
mod probes;
mod processes;
mod traffic;

use super::diagnostics::Diagnostics;
use crate::ServiceDefinition;

pub(super) use configuration::check_configuration;
pub(super) use cross_check::cross_check;
use declared_names::DeclaredNames;

/// Reports every violation within a service definition.
pub(super) fn check_definition(definition: &ServiceDefinition, diagnostics: &mut Diagnostics) {
    names::check_definition(definition, diagnostics);
    names::check_limits(definition, diagnostics);
    probes::check_probes(definition, diagnostics);
    endpoints::check_public_ports(definition, diagnostics);
    let roles: Vec<_> = definition.roles.iter().map(DeclaredNames::of).collect();
    for role in &roles {
        endpoints::check_endpoints(role, diagnostics);
        endpoints::check_sites(role, diagnostics);
        processes::check_processes(role, diagnostics);
    }
    traffic::check_traffic_rules(definition, &roles, diagnostics);
}
