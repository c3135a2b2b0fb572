//! The rules within a service configuration.

use std::collections::HashSet;

use super::names::check_unique;
use crate::excerpt::excerpt;
use crate::lint::diagnostics::Diagnostics;
use crate::{Code, NetworkConfiguration, ServiceConfiguration};

/// Reports every violation within a service configuration.
pub(in crate::lint) fn check_configuration(
    configuration: &ServiceConfiguration,
    diagnostics: &mut Diagnostics,
) {
    let roles = configuration.roles.iter();
    check_unique("roles", &mut roles.map(|r| (&*r.name, &r.source)), diagnostics);
    for role in &configuration.roles {
        let settings = role.settings.iter();
        check_unique("settings", &mut settings.map(|s| (&*s.name, &s.source)), diagnostics);
        let certificates = role.certificates.iter();
        check_unique("certificates", &mut certificates.map(|c| (&*c.name, &c.source)), diagnostics);
        if let Some(instances) = &role.instances
            && instances.count < 0
        {
            diagnostics.add_with_fix(
                Code::InstanceCount,
                instances.source.position_of("count"),
                format!("`{}` has {} instances", excerpt(&role.name), instances.count),
                "write 0 or more",
            );
        }
    }
    if let Some(network) = &configuration.network {
        check_network(network, diagnostics);
    }
}

fn check_network(network: &NetworkConfiguration, diagnostics: &mut Diagnostics) {
    let controls = network.access_controls.iter();
    check_unique(
        "access controls",
        &mut controls.clone().map(|c| (&*c.name, &c.source)),
        diagnostics,
    );
    let balancers = network.load_balancers.iter();
    check_unique("load balancers", &mut balancers.map(|b| (&*b.name, &b.source)), diagnostics);
    let names: HashSet<_> = controls.clone().map(|control| &*control.name).collect();
    for acl in &network.endpoint_acls {
        let wanted = &*acl.access_control;
        if !wanted.is_empty() && !names.contains(wanted) {
            let place = acl.source.position_of("accessControl");
            let message = format!("there is no access control `{}`", excerpt(wanted));
            let mut declared = controls.clone().map(|control| &*control.name);
            diagnostics.add_unresolved(
                Code::UnknownAccessControl,
                place,
                message,
                wanted,
                &mut declared,
            );
        }
    }
    for control in &network.access_controls {
        let mut orders = HashSet::new();
        for rule in &control.rules {
            if rule.order.is_some_and(|order| !orders.insert(order)) {
                let place = rule.source.position_of("order");
                let name = excerpt(&control.name);
                let message =
                    format!("two rules of the access control `{name}` have the same order");
                diagnostics.add_with_fix(
                    Code::DuplicateName,
                    place,
                    message,
                    "renumber one of them",
                );
            }
        }
    }
}
