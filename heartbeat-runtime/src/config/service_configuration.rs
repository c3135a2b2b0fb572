//! The service configuration: a `.cscfg` file that gives values to settings.

use std::io;
use std::path::PathBuf;

use heartbeat_definition::{ConfiguredRole, Role, ServiceConfiguration};

use super::env_vars::EnvVars;
use crate::error::Error;

/// The file in the working directory, for which `HEARTBEAT_CONFIGURATION` names another.
const DEFAULT_PATH: &str = "ServiceConfiguration.cscfg";

/// The service configuration of this process, if there is one.
pub(crate) struct Configuration {
    path: PathBuf,
    content: Option<ServiceConfiguration>,
}

impl Configuration {
    /// Creates an empty configuration: the variables give every value.
    #[cfg(feature = "test-util")]
    pub(crate) fn none() -> Self {
        Self { path: DEFAULT_PATH.into(), content: None }
    }

    /// Reads the file that `HEARTBEAT_CONFIGURATION` names, which must exist, else the one in the
    /// working directory, which need not.
    pub(crate) fn load(variables: &EnvVars) -> Result<Self, Error> {
        let named = variables.path("HEARTBEAT_CONFIGURATION");
        let optional = named.is_none();
        let path = named.unwrap_or_else(|| DEFAULT_PATH.into());
        let shown = path.display();
        let content = match std::fs::read(&path) {
            Ok(bytes) => match ServiceConfiguration::read(&bytes) {
                Ok(configuration) => Some(configuration),
                Err(error) => {
                    return Err(
                        format!("cannot read the service configuration {shown}:{error}").into()
                    );
                }
            },
            Err(error) if optional && error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(format!(
                    "cannot read the service configuration {shown}: {error}: set \
                     HEARTBEAT_CONFIGURATION to the path of a .cscfg file"
                )
                .into());
            }
        };
        Ok(Self { path, content })
    }

    /// Returns the settings of a role, with the values that the configuration gives.
    pub(super) fn role<'a>(&'a self, role: &'a Role) -> ConfiguredRole<'a> {
        let content = self.content.as_ref();
        ConfiguredRole::new(role, content.and_then(|content| content.role(&role.name)))
    }

    /// Describes why the configuration does not give a value to a setting of a role.
    pub(super) fn missing_value(&self, role: &str) -> String {
        let path = self.path.display();
        match &self.content {
            None => format!("{path} is not in the working directory"),
            Some(content) if content.role(role).is_none() => {
                format!("{path} has no role `{role}`")
            }
            Some(_) => format!("{path} does not give it"),
        }
    }
}
