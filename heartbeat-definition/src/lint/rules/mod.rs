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

use super::diagnostic::Findings;
use crate::ServiceDefinition;

pub(super) use configuration::check_configuration;
pub(super) use cross_check::cross_check;
use declared_names::Declared;

/// Reports every breach within a service definition.
pub(super) fn check_definition(definition: &ServiceDefinition, findings: &mut Findings) {
    names::check_definition(definition, findings);
    names::check_limits(definition, findings);
    probes::check_probes(definition, findings);
    endpoints::check_public_ports(definition, findings);
    let roles: Vec<_> = definition.roles.iter().map(Declared::by).collect();
    for role in &roles {
        endpoints::check_endpoints(role, findings);
        endpoints::check_sites(role, findings);
        processes::check_processes(role, findings);
    }
    traffic::check_traffic_rules(definition, &roles, findings);
}
