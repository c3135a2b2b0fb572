//! Losses of endpoints.

use heartbeat_definition::EndpointKind::{Input, InstanceInput, Internal};
use heartbeat_definition::{Distribution, Endpoint, InputEndpoint};

use super::Loss;
use crate::render::worker::Worker;

pub(super) fn endpoints(worker: &Worker<'_>, losses: &mut Vec<Loss>) {
    for endpoint in &worker.endpoints {
        let declared = endpoint.declared;
        let lost = match &declared.kind {
            Internal(internal)
                if internal.fixed_ports.iter().any(|r| r.min != r.max)
                    || internal.fixed_ports.len() > 1 =>
            {
                let what = format!(
                    "endpoint `{}` has only port {} of its range",
                    declared.name, endpoint.port
                );
                Some((what, "declare an endpoint for each port"))
            }
            Input(input) if input.port.is_none() => {
                let what = format!("endpoint `{}` has no public port", declared.name);
                Some((what, "give it a `port` in the definition"))
            }
            Input(input) if input.load_balancer.is_some() => {
                let what =
                    format!("endpoint `{}` is not behind the named load balancer", declared.name);
                Some((what, "choose an internal one by the means of the engine"))
            }
            InstanceInput(_) | Input(_) | Internal(_) => None,
        };
        losses.extend(lost.map(|(what, help)| Loss::new(declared.position, what, help)));
    }
}

/// The ways in which Azure's load balancer treats clients.
pub(super) fn balancing(endpoint: &Endpoint, input: &InputEndpoint, losses: &mut Vec<Loss>) {
    let is_sticky = matches!(input.load_balancer_distribution, Some(d) if d != Distribution::None);
    for (is_lost, attribute, what) in [
        (is_sticky, "loadBalancerDistribution", "a client is not kept at one instance"),
        (
            input.ignore_role_instance_status,
            "ignoreRoleInstanceStatus",
            "an instance that is not ready gets no clients",
        ),
        (
            input.idle_timeout_in_minutes.is_some(),
            "idleTimeoutInMinutes",
            "the idle time-out is the engine's",
        ),
    ] {
        if is_lost {
            losses.push(Loss::new(
                endpoint.source.position_of(attribute),
                format!("endpoint `{}`: {what}", endpoint.name),
                "set what the engine has for it by hand",
            ));
        }
    }
}
