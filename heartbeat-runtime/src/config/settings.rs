//! The declared settings and their values.

use std::str::FromStr;

use heartbeat_definition::{ConfiguredRole, ConfiguredSetting, Position, ServiceDefinition};

use super::env_vars::EnvVars;
use super::errors::ConfigErrors;
use super::missing_values::MissingValues;
use super::service_configuration::Configuration;
use super::setting_error::SettingError;
use super::setting_source::{SettingSource, value_variable};
use crate::error::Error;

/// The values of the declared settings, and of those settings of imported modules that the
/// configuration gives.
pub(crate) struct Settings {
    role: String,
    settings: Vec<Setting>,
}

struct Setting {
    name: String,
    value: String,
    source: SettingSource,
}

impl Settings {
    /// Collects the values from the variables and the files that they name, else from the
    /// configuration; it is `None` if it cannot be read.
    ///
    /// # Errors
    ///
    /// A variable or its file is not text, or declared settings have no value; the error names all of
    /// them.
    pub(super) fn new(
        definition: &ServiceDefinition,
        configured: &ConfiguredRole<'_>,
        variables: &EnvVars,
        configuration: Option<&Configuration>,
    ) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let (mut settings, mut missing) = (Vec::new(), Vec::new());
        for setting in &configured.settings {
            let name = setting.name.to_owned();
            match errors.keep(value(setting, configured, variables, configuration)) {
                Some(Some((value, source))) => settings.push(Setting { name, value, source }),
                Some(None) => missing.push(name),
                None => {}
            }
        }
        let role = configured.role;
        if let Some(configuration) = configuration
            && !missing.is_empty()
        {
            let misspelt = configuration.misspelt(definition, role, &missing);
            let reason = configuration.missing_value(&role.name);
            errors.push(MissingValues { role: role.name.clone(), names: missing, reason });
            errors.extend(misspelt);
        }
        errors.into_result(Some(Self { role: role.name.clone(), settings }))
    }

    pub(crate) fn get(&self, name: &str) -> Result<&str, SettingError> {
        self.find(name).map(|setting| setting.value.as_str())
    }

    /// Parses the value of a setting.
    pub(crate) fn parse<T: FromStr>(&self, name: &str) -> Result<T, SettingError> {
        let Setting { name, value, source } = self.find(name)?;
        value.parse().map_err(|_| {
            let wanted = std::any::type_name::<T>();
            SettingError::unparsable(&self.role, (name, value), source, wanted)
        })
    }

    fn find(&self, name: &str) -> Result<&Setting, SettingError> {
        self.settings.iter().find(|setting| setting.name == name).ok_or_else(|| {
            let declared = self.settings.iter().map(|setting| setting.name.clone());
            SettingError::undeclared(&self.role, name, declared.collect())
        })
    }
}

/// Returns the value of a setting and its source, if there is one.
pub(super) fn value(
    ConfiguredSetting { name, value, .. }: &ConfiguredSetting<'_>,
    configured: &ConfiguredRole<'_>,
    variables: &EnvVars,
    configuration: Option<&Configuration>,
) -> Result<Option<(String, SettingSource)>, Error> {
    let mut names = configured.settings.iter().map(|setting| setting.name);
    let is_value = |variable: &str| names.any(|name| value_variable(name) == variable);
    let given = SettingSource::from_variables(name, variables, is_value)?;
    Ok(given.or_else(|| {
        let position = position(configured, name);
        Some(((*value)?.to_owned(), configuration?.source(position)))
    }))
}

/// Returns the place of a setting's value in the configuration of its role.
fn position(configured: &ConfiguredRole<'_>, name: &str) -> Position {
    let given = configured.configuration.iter().flat_map(|role| &role.settings);
    let given = given.into_iter().find(|given| given.name == name);
    given.map(|given| given.source.position_of("value")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
