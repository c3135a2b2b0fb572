//! The rules for load balancer probes and the endpoints that name them.

use std::collections::HashSet;

use crate::excerpt::{excerpt, pasted};
use crate::lint::diagnostics::Diagnostics;
use crate::{Code, LoadBalancerProbe, ProbeProtocol, ServiceDefinition};

pub(super) fn check_probes(definition: &ServiceDefinition, diagnostics: &mut Diagnostics) {
    let names = definition.load_balancer_probes.iter().map(|probe| &*probe.name);
    let declared: HashSet<_> = names.clone().collect();
    let mut used = HashSet::new();
    for endpoint in definition.roles.iter().flat_map(|role| &role.endpoints) {
        let Some(wanted) = endpoint.load_balancer_probe() else {
            continue;
        };
        used.insert(wanted);
        if !declared.contains(wanted) {
            let place = endpoint.source.position_of("loadBalancerProbe");
            let message = format!("there is no load balancer probe `{}`", excerpt(wanted));
            diagnostics.add_unresolved(
                Code::UnknownProbe,
                place,
                message,
                wanted,
                &mut names.clone(),
            );
        }
    }
    for probe in &definition.load_balancer_probes {
        check_path(probe, diagnostics);
        check_times(probe, diagnostics);
        if !used.contains(&*probe.name) {
            let message = format!("no endpoint uses the probe `{}`", excerpt(&probe.name));
            let fix = format!("write loadBalancerProbe=\"{}\" at an endpoint", pasted(&probe.name));
            let place = probe.source.position_of("name");
            diagnostics.add_with_fix(Code::UnusedProbe, place, message, fix);
        }
    }
}

fn check_path(probe: &LoadBalancerProbe, diagnostics: &mut Diagnostics) {
    let name = excerpt(&probe.name);
    match (probe.protocol, probe.path.as_deref()) {
        (Some(ProbeProtocol::Http), None | Some("")) => diagnostics.add_with_fix(
            Code::ProbePath,
            probe.source.position_of("path"),
            format!("the http probe `{name}` has no path"),
            "add path=\"/health\"",
        ),
        (Some(ProbeProtocol::Tcp), Some(_)) => diagnostics.add_with_fix(
            Code::ProbePath,
            probe.source.position_of("path"),
            format!("the tcp probe `{name}` has a path, but only http probes have one"),
            "remove it, or write protocol=\"http\"",
        ),
        (Some(ProbeProtocol::Http), Some(path)) if !path.starts_with('/') => diagnostics
            .add_with_fix(
                Code::RelativeProbePath,
                probe.source.position_of("path"),
                format!("the path of the probe `{name}` does not begin with `/`"),
                format!("write path=\"/{}\"", pasted(path)),
            ),
        _ => {}
    }
}

fn check_times(probe: &LoadBalancerProbe, diagnostics: &mut Diagnostics) {
    let (interval, timeout) = (probe.interval_in_seconds, probe.timeout_in_seconds);
    if timeout < interval {
        let message = format!(
            "the timeout of the probe `{}`, {timeout} s, is shorter than its interval, {interval} s",
            excerpt(&probe.name)
        );
        let place = probe.source.position_of("timeoutInSeconds");
        diagnostics.add(Code::ShortProbeTimeout, place, message);
    }
}
