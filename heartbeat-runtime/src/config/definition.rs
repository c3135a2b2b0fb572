//! The embedded service definition.

use heartbeat_definition::{Endpoint, SelectError, ServiceDefinition};

use crate::error::Error;

/// The name of the embedded definition in errors.
const DEFINITION_FILE: &str = "ServiceDefinition.csdef";

/// Reads the embedded definition.
pub(crate) fn read_definition(definition: &[u8]) -> Result<ServiceDefinition, Error> {
    ServiceDefinition::read(definition).map_err(|error| format!("{DEFINITION_FILE}:{error}").into())
}

/// Returns the place of an endpoint's declaration.
pub(crate) fn place(endpoint: &Endpoint) -> String {
    format!("{DEFINITION_FILE}:{}", endpoint.position)
}

/// Words a selection error on one line.
pub(crate) fn report(error: &SelectError) -> Error {
    error.report(DEFINITION_FILE).to_string().into()
}
