//! JSON output, for programs.

use heartbeat_definition::{ConfiguredRole, Diagnostic, Endpoint, Port};
use serde_json::{Value, json};

use crate::inspection::{Inspection, kind};

pub(crate) fn render(inspection: &Inspection) -> String {
    let diagnostics = inspection.diagnostics.iter();
    let value = json!({
        "service": inspection.definition.name,
        "valid": inspection.is_valid(),
        "roles": inspection.roles().map(|r| role(inspection, &r)).collect::<Vec<_>>(),
        "diagnostics": diagnostics.map(|d| diagnostic(inspection, d)).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn role(inspection: &Inspection, configured: &ConfiguredRole<'_>) -> Value {
    let settings = configured.settings.iter().map(|setting| {
        let value = inspection.value_state(setting);
        json!({ "name": setting.name, "value": (!value.is_empty()).then_some(value) })
    });
    let role = configured.role;
    json!({
        "kind": role.kind.as_str(),
        "name": role.name,
        "vmSize": role.vm_size,
        "instances": configured.instances,
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

fn diagnostic(inspection: &Inspection, diagnostic: &Diagnostic) -> Value {
    json!({
        "file": inspection.path(diagnostic).to_string_lossy(),
        "line": diagnostic.position.line,
        "column": diagnostic.position.column,
        "severity": diagnostic.severity.to_string(),
        "code": diagnostic.code.as_str(),
        "authority": diagnostic.code.authority().to_string(),
        "message": diagnostic.message,
        "fix": diagnostic.fix,
    })
}
