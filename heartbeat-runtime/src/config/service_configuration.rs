//! The service configuration: a `.cscfg` file that gives values to settings.

use std::io;
use std::path::PathBuf;

use heartbeat_definition::{
    Position, Role, RoleConfiguration, ServiceConfiguration, ServiceDefinition, SettingValue,
    suggest,
};

use super::env_vars::EnvVars;
use super::regular_file::read_regular_file;
use super::setting_source::SettingSource;
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
        let content = match read_regular_file(&path) {
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

    /// Returns the part of a role.
    pub(super) fn role(&self, name: &str) -> Option<&RoleConfiguration> {
        self.content.as_ref()?.role(name)
    }

    /// Returns the place of a value in this file as its source.
    pub(super) fn source(&self, position: Position) -> SettingSource {
        SettingSource::Configuration { path: self.path.clone(), position }
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

    /// Describes the names in the configuration that are probably meant for the role, or for its
    /// settings without a value.
    pub(super) fn misspelt(
        &self,
        definition: &ServiceDefinition,
        role: &Role,
        missing: &[String],
    ) -> Vec<String> {
        let Some(content) = &self.content else { return Vec::new() };
        match content.role(&role.name) {
            Some(given) => self.misspelt_settings(role, given, missing),
            None => self.misspelt_roles(definition, role, &content.roles),
        }
    }

    fn misspelt_roles(
        &self,
        definition: &ServiceDefinition,
        role: &Role,
        given: &[RoleConfiguration],
    ) -> Vec<String> {
        let undeclared = given.iter().filter(|given| definition.role(&given.name).is_none());
        let near = undeclared.filter(|given| suggest(&given.name, [&*role.name]).is_some());
        let hint = |RoleConfiguration { name, position, .. }: &RoleConfiguration| {
            format!(
                "{}:{position} configures role `{name}`, which the service definition does not \
                 declare: did you mean `{}`?",
                self.path.display(),
                role.name
            )
        };
        near.map(hint).collect()
    }

    fn misspelt_settings(
        &self,
        role: &Role,
        given: &RoleConfiguration,
        missing: &[String],
    ) -> Vec<String> {
        let is_declared = |name: &str| role.settings.iter().any(|declared| declared.name == name);
        let undeclared = given.settings.iter().filter(|given| !is_declared(&given.name));
        let hint = |given: &SettingValue| {
            let near = suggest(&given.name, missing.iter().map(String::as_str))?;
            Some(format!(
                "{}:{} gives `{}`, which the role does not declare: did you mean `{near}`?",
                self.path.display(),
                given.source.position_of("name"),
                given.name
            ))
        };
        undeclared.filter_map(hint).collect()
    }
}
