//! Prints the roles, endpoints and settings of a service definition, and all that is wrong with it: a
//! short use of `heartbeat-definition`. `heartbeat check` shows the latter with the lines of the file.
//!
//! ```text
//! inspect-definition DEFINITION [CONFIGURATION]
//! ```
//!
//! Exits with 1 if a strict reader would reject a file, and with 2 if a file cannot be read or the
//! arguments are wrong. Never prints values of settings, as they may be secrets.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use heartbeat_definition::{
    ConfiguredRole, Diagnostic, Endpoint, EndpointKind, File, Parsed, Port, ReadError,
    ServiceConfiguration, ServiceDefinition, Severity,
};

const USAGE: &str = "usage: inspect-definition DEFINITION [CONFIGURATION]";

fn main() -> ExitCode {
    let files: Vec<_> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (definition, configuration) = match &*files {
        [definition] => (definition, None),
        [definition, configuration] => (definition, Some(configuration)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match inspect(definition, configuration.map(PathBuf::as_path)) {
        Ok((text, is_valid)) => {
            // A reader that closes the pipe early is not a failure.
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::from(u8::from(!is_valid))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Describes a definition and its configuration, and tells whether a strict reader accepts both.
fn inspect(
    definition_path: &Path,
    configuration_path: Option<&Path>,
) -> Result<(String, bool), String> {
    let definition = lint(definition_path, ServiceDefinition::lint)?;
    let configuration =
        configuration_path.map(|path| lint(path, ServiceConfiguration::lint)).transpose()?;
    let mut diagnostics = definition.diagnostics;
    if let Some(configuration) = &configuration {
        diagnostics.extend_from_slice(&configuration.diagnostics);
        diagnostics.extend(definition.model.cross_check(&configuration.model));
    }

    let mut text = format!("service {}\n", definition.model.name);
    let configuration = configuration.map(|parsed| parsed.model);
    for role in &definition.model.roles {
        let configured = configuration.as_ref().and_then(|it| it.role(&role.name));
        describe_role(&ConfiguredRole::new(role, configured), &mut text);
    }
    let path = |diagnostic: &Diagnostic| match diagnostic.file {
        File::Definition => definition_path,
        File::Configuration => configuration_path.unwrap_or(definition_path),
    };
    for diagnostic in &diagnostics {
        let _ = writeln!(text, "{}:{diagnostic}", path(diagnostic).display());
    }
    Ok((text, diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Note)))
}

/// Reads a file and checks it.
fn lint<T>(
    path: &Path,
    lint: impl Fn(&[u8]) -> Result<Parsed<T>, ReadError>,
) -> Result<Parsed<T>, String> {
    let place = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {place}: {error}"))?;
    lint(&bytes).map_err(|error| format!("{place}:{error}"))
}

fn describe_role(configured: &ConfiguredRole<'_>, text: &mut String) {
    let role = configured.role;
    let count = configured.instances.map_or(String::new(), |count| format!(", instances: {count}"));
    let _ = writeln!(text, "{} {}, {}{count}", role.kind, role.name, role.vm_size);
    for endpoint in &role.endpoints {
        let _ = writeln!(text, "  endpoint {}", describe(endpoint));
    }
    for setting in &configured.settings {
        let value = match setting.value {
            None => "no value",
            Some("") => "an empty value",
            Some(_) => "a value",
        };
        let _ = writeln!(text, "  setting {}: {value}", setting.name);
    }
}

fn describe(endpoint: &Endpoint) -> String {
    let kind = match endpoint.kind {
        EndpointKind::Input(_) => "input",
        EndpointKind::Internal(_) => "internal",
        EndpointKind::InstanceInput(_) => "instance input",
    };
    let port = match endpoint.local_port() {
        Some(Port::Fixed(port)) => format!("port {port}"),
        Some(Port::Any) => "any port".to_owned(),
        None => "no port".to_owned(),
    };
    format!("{}: {kind}, {}, {port}", endpoint.name, endpoint.protocol)
}
