//! The inspection for a program.

use heartbeat_definition::{Endpoint, Finding, Port, Role};
use serde_json::{Value, json};

use crate::inspection::{Inspection, kind};

pub(crate) fn render(inspection: &Inspection) -> String {
    let roles = inspection.definition.roles.iter();
    let findings = inspection.findings.iter();
    let value = json!({
        "service": inspection.definition.name,
        "valid": inspection.is_valid(),
        "roles": roles.map(|r| role(inspection, r)).collect::<Vec<_>>(),
        "findings": findings.map(|f| finding(inspection, f)).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn role(inspection: &Inspection, role: &Role) -> Value {
    let settings = role.settings.iter().map(|setting| {
        let value = inspection.value(role, &setting.name).as_str();
        json!({ "name": setting.name, "value": (!value.is_empty()).then_some(value) })
    });
    json!({
        "kind": role.kind.as_str(),
        "name": role.name,
        "vmSize": role.vm_size,
        "instances": inspection.instances(role),
        "endpoints": role.endpoints.iter().map(endpoint).collect::<Vec<_>>(),
        "settings": settings.collect::<Vec<_>>(),
    })
}

fn endpoint(endpoint: &Endpoint) -> Value {
    let local = endpoint.local_port().map(|port| match port {
        Port::Fixed(port) => json!(port),
        Port::Any => json!("*"),
    });
    json!({
        "name": endpoint.name,
        "kind": kind(endpoint),
        "protocol": endpoint.protocol.as_str(),
        "publicPort": endpoint.public_port(),
        "localPort": local,
        "line": endpoint.position.line,
        "column": endpoint.position.column,
    })
}

fn finding(inspection: &Inspection, finding: &Finding) -> Value {
    json!({
        "file": inspection.path(finding).to_string_lossy(),
        "line": finding.position.line,
        "column": finding.position.column,
        "severity": finding.severity.to_string(),
        "code": finding.code.as_str(),
        "authority": finding.code.authority().to_string(),
        "message": finding.message,
        "fix": finding.fix,
    })
}
