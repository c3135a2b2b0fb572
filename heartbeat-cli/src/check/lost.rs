//! Findings of things that a target of `heartbeat render` cannot carry over.

use heartbeat_definition::{ServiceConfiguration, ServiceDefinition, Severity};

use super::finding::Finding;
use super::service::{CheckedFile, Model, definitions_of};
use crate::failure::Failure;
use crate::render::{DEPLOYMENT_FILE, DeploymentFile, Loss, Service, Target};

/// Returns what a target loses of each definition, with each of its configurations, and the indices of
/// the files.
pub(super) fn lost(
    checked: &[CheckedFile],
    target: Target,
) -> Result<Vec<(usize, Finding)>, Failure> {
    let mut found = Vec::new();
    for (defined, file) in checked.iter().enumerate() {
        let Model::Definition(definition) = &file.model else { continue };
        let configurations = configurations_of(defined, checked);
        // Without any, all that a definition alone loses.
        let without = configurations.is_empty().then_some((defined, None));
        for (configured, configuration) in configurations.into_iter().chain(without) {
            let losses = losses(file, definition, configuration, target)?;
            found.extend(losses.into_iter().map(|loss| {
                let index = if loss.in_configuration { configured } else { defined };
                (index, Finding::from(loss))
            }));
        }
    }
    Ok(found)
}

/// Returns the configurations of a definition, with their indices.
fn configurations_of(
    defined: usize,
    checked: &[CheckedFile],
) -> Vec<(usize, Option<&ServiceConfiguration>)> {
    let files = checked.iter().enumerate();
    let configurations = files.filter_map(|(index, file)| {
        let Model::Configuration(configuration) = &file.model else { return None };
        let definitions = definitions_of(file, configuration, checked);
        let is_for = definitions.iter().any(|(definition, _)| *definition == defined);
        is_for.then_some((index, Some(&**configuration)))
    });
    configurations.collect()
}

fn losses(
    file: &CheckedFile,
    definition: &ServiceDefinition,
    configuration: Option<&ServiceConfiguration>,
    target: Target,
) -> Result<Vec<Loss>, Failure> {
    let deployment = DeploymentFile::open(&file.folder().join(DEPLOYMENT_FILE))?;
    let service = Service::new(definition, configuration, &deployment)?;
    Ok(target.lost(&service))
}

// === impl Finding ===

impl From<Loss> for Finding {
    fn from(Loss { position, what, help, .. }: Loss) -> Self {
        let severity = Severity::Warning;
        Self { position, severity, code: "not-carried-over", message: what, fix: Some(help) }
    }
}
