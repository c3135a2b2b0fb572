//! What only the tools enforced: unique names, resolved references, ranges,
//! limits. All of it works on the model and points at what was written.

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

/// Reports every breach within a service definition.
pub(super) fn check_definition(definition: &ServiceDefinition, diagnostics: &mut Diagnostics) {
    names::check_definition(definition, diagnostics);
    names::check_limits(definition, diagnostics);
    probes::check_probes(definition, diagnostics);
    endpoints::check_public_ports(definition, diagnostics);
    let roles: Vec<_> = definition.roles.iter().map(DeclaredNames::by).collect();
    for role in &roles {
        endpoints::check_endpoints(role, diagnostics);
        endpoints::check_sites(role, diagnostics);
        processes::check_processes(role, diagnostics);
    }
    traffic::check_traffic_rules(definition, &roles, diagnostics);
}
