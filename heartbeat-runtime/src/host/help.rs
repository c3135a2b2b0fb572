//! `--help`: the arguments of a worker, and the variables that this one reads.

use std::env::args_os;
use std::fmt::Write;
use std::path::Path;

use heartbeat_definition::ConfiguredRole;

use super::builder::{Bound, Host};
use crate::config::{known_variables, read_definition};

const ARGUMENTS: [(&str, &str); 4] = [
    ("--help", "prints this text"),
    ("--version", "prints the role and its version"),
    ("--heartbeat-describe", "prints the configuration and its sources as JSON"),
    ("--heartbeat-probe=live|ready|startup", "probes the running worker: exits with 0 or 1"),
];

/// Maximum width of the column of names, in characters.
const MAX_WIDTH: usize = 36;

/// Returns the text of `--help`.
pub(super) fn help<S>(host: &Host<S, Bound>) -> String {
    let program = args_os().next().unwrap_or_default();
    let program = Path::new(&program).file_name().unwrap_or_default().to_string_lossy();
    let (role, version) = (host.role, host.version);
    let variables = variables(host);
    let mut text = format!("{role} {version}, a background worker\n\nUsage: {program}\n\n");
    text.push_str("One of these, alone, is answered without starting the worker:\n\n");
    for (argument, does) in ARGUMENTS {
        let _ = writeln!(text, "  {argument:<36}  {does}");
    }
    text.push_str("\nVariables of the environment:\n\n");
    let widths = variables.iter().map(|(name, _)| name.len());
    let width = widths.filter(|width| *width <= MAX_WIDTH).max().unwrap_or_default();
    for (name, gives) in variables {
        // A longer name has a line of its own.
        let gap = if name.len() > width { format!("\n  {:width$}", "") } else { String::new() };
        let _ = writeln!(text, "  {name:<width$}{gap}  {gives}");
    }
    text
}

/// Returns the variables that the worker reads, and what each gives.
fn variables<S>(host: &Host<S, Bound>) -> Vec<(String, String)> {
    let definition = read_definition(host.binding.definition).ok();
    let known = definition.as_ref().and_then(|definition| {
        let role = definition.worker_role(host.role).ok()?;
        Some(known_variables(definition, &ConfiguredRole::new(role, None)))
    });
    known.into_iter().flatten().map(|variable| (variable.name, variable.gives)).collect()
}
