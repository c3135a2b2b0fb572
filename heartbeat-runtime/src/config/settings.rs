//! The declared settings and their values.

use heartbeat_definition::{ConfiguredSetting, Role, suggest};

use super::env_vars::{EnvVars, variable_name};
use super::service_configuration::Configuration;
use crate::error::Error;

/// The values of the declared settings, and of those settings of imported modules that the
/// configuration gives.
pub(crate) struct Settings {
    role: String,
    values: Vec<(String, String)>,
}

/// The error of a setting that the role does not declare.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("role `{role}` declares {}", undeclared(name, declared))]
pub struct SettingError {
    role: String,
    name: String,
    declared: Vec<String>,
}

/// The error of declared settings that have no value.
#[derive(Debug, thiserror::Error)]
#[error(
    "no value for setting {} of role `{role}`: {reason}: set {}, or name a service configuration \
     with HEARTBEAT_CONFIGURATION",
    quoted(names),
    list(names.iter().map(|name| variable_name("HEARTBEAT_SETTING_", name)))
)]
pub(crate) struct MissingValues {
    pub(crate) role: String,
    pub(crate) names: Vec<String>,
    reason: String,
}

impl Settings {
    /// Collects the values from the variables, else from the configuration.
    ///
    /// # Errors
    ///
    /// A variable is not Unicode text, or declared settings have no value; the error names all of
    /// them.
    pub(crate) fn new(
        role: &Role,
        variables: &EnvVars,
        configuration: &Configuration,
    ) -> Result<Self, Error> {
        let (mut values, mut missing) = (Vec::new(), Vec::new());
        for ConfiguredSetting { name, value, .. } in configuration.role(role).settings {
            let variable = variables.text(&variable_name("HEARTBEAT_SETTING_", name))?;
            match variable.or_else(|| value.map(str::to_owned)) {
                Some(value) => values.push((name.to_owned(), value)),
                None => missing.push(name.to_owned()),
            }
        }
        if !missing.is_empty() {
            let reason = configuration.missing_value(&role.name);
            return Err(MissingValues { role: role.name.clone(), names: missing, reason }.into());
        }
        Ok(Self { role: role.name.clone(), values })
    }

    pub(crate) fn get(&self, name: &str) -> Result<&str, SettingError> {
        let named = self.values.iter().find(|(declared, _)| declared == name);
        named.map(|(_, value)| value.as_str()).ok_or_else(|| SettingError {
            role: self.role.clone(),
            name: name.to_owned(),
            declared: self.values.iter().map(|(declared, _)| declared.clone()).collect(),
        })
    }
}

/// Describes the missing declaration: suggests the nearest name, else what to add.
fn undeclared(name: &str, declared: &[String]) -> String {
    if let Some(near) = suggest(name, declared.iter().map(String::as_str)) {
        return format!("no setting `{name}`: did you mean `{near}`?");
    }
    let found = match declared {
        [] => "no settings".to_owned(),
        _ => format!("no setting `{name}`, only {}", quoted(declared)),
    };
    format!("{found}: add <Setting name=\"{name}\" /> to the service definition")
}

fn quoted(names: &[String]) -> String {
    list(names.iter().map(|name| format!("`{name}`")))
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use heartbeat_definition::ServiceDefinition;

    use super::super::service_configuration::Configuration;
    use super::{EnvVars, Settings};

    const DEFINITION: &str = r#"
        <ServiceDefinition name="S"><WorkerRole name="W"><ConfigurationSettings>
            <Setting name="Queue.Url"/><Setting name="Batch"/>
        </ConfigurationSettings></WorkerRole></ServiceDefinition>"#;

    fn settings(variables: &EnvVars) -> Result<Settings, String> {
        let definition = ServiceDefinition::read(DEFINITION.as_bytes()).unwrap();
        let role = definition.role("W").unwrap();
        let configuration = Configuration::load(variables).map_err(|error| error.to_string())?;
        Settings::new(role, variables, &configuration).map_err(|error| error.to_string())
    }

    #[test]
    fn a_variable_overrides_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some.cscfg");
        let configuration = r#"
            <ServiceConfiguration serviceName="S"><Role name="W"><ConfigurationSettings>
                <Setting name="Queue.Url" value="from file"/><Setting name="Batch" value=""/>
            </ConfigurationSettings></Role></ServiceConfiguration>"#;
        std::fs::write(&file, configuration).unwrap();
        let file = file.to_str().unwrap();

        let of_file = settings(&EnvVars::from([("HEARTBEAT_CONFIGURATION", file)])).unwrap();
        assert_eq!((of_file.get("Queue.Url"), of_file.get("Batch")), (Ok("from file"), Ok("")));

        let variables = EnvVars::from([
            ("HEARTBEAT_CONFIGURATION", file),
            ("HEARTBEAT_SETTING_QUEUE_URL", "from variable"),
        ]);
        assert_eq!(settings(&variables).unwrap().get("Queue.Url"), Ok("from variable"));
    }

    #[test]
    fn has_those_settings_of_imported_modules_that_the_configuration_gives() {
        const URL: &str = "Microsoft.WindowsAzure.Plugins.Diagnostics.Url";
        let definition = r#"
            <ServiceDefinition name="S"><WorkerRole name="W">
                <Imports><Import moduleName="Diagnostics"/></Imports>
            </WorkerRole></ServiceDefinition>"#;
        let definition = ServiceDefinition::read(definition.as_bytes()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some.cscfg");
        let configuration = r#"
            <ServiceConfiguration serviceName="S"><Role name="W"><ConfigurationSettings>
                <Setting name="Microsoft.WindowsAzure.Plugins.Diagnostics.Url" value="there"/>
                <Setting name="Microsoft.WindowsAzure.Plugins.Diagnostics.Url" value="elsewhere"/>
                <Setting name="Microsoft.WindowsAzure.Plugins.Diagnostics.Empty"/>
                <Setting name="Microsoft.WindowsAzure.Plugins.RemoteAccess.Enabled" value="true"/>
            </ConfigurationSettings></Role></ServiceConfiguration>"#;
        std::fs::write(&file, configuration).unwrap();

        let variables = EnvVars::from([("HEARTBEAT_CONFIGURATION", file.to_str().unwrap())]);
        let configuration = Configuration::load(&variables).unwrap();
        let role = definition.role("W").unwrap();
        let settings = Settings::new(role, &variables, &configuration).unwrap();
        assert_eq!(settings.get(URL), Ok("there"), "the first of two wins");
        assert!(settings.get("Microsoft.WindowsAzure.Plugins.Diagnostics.Empty").is_err());
        assert!(settings.get("Microsoft.WindowsAzure.Plugins.RemoteAccess.Enabled").is_err());
    }

    #[test]
    fn names_all_settings_without_a_value() {
        let error = settings(&EnvVars::from([])).err().unwrap();
        assert_eq!(
            error,
            "no value for setting `Queue.Url`, `Batch` of role `W`: ServiceConfiguration.cscfg is \
             not in the working directory: set HEARTBEAT_SETTING_QUEUE_URL, \
             HEARTBEAT_SETTING_BATCH, or name a service configuration with HEARTBEAT_CONFIGURATION"
        );
    }

    #[test]
    fn a_named_configuration_must_exist() {
        let variables = EnvVars::from([("HEARTBEAT_CONFIGURATION", "absent.cscfg")]);
        let error = settings(&variables).err().unwrap();
        assert!(
            error.starts_with("cannot read the service configuration absent.cscfg: "),
            "{error}"
        );
    }

    #[test]
    fn suggests_the_nearest_declared_setting() {
        let variables =
            EnvVars::from([("HEARTBEAT_SETTING_QUEUE_URL", ""), ("HEARTBEAT_SETTING_BATCH", "7")]);
        let error = settings(&variables).unwrap().get("batch").unwrap_err().to_string();
        assert_eq!(error, "role `W` declares no setting `batch`: did you mean `Batch`?");
        let error = settings(&variables).unwrap().get("Region").unwrap_err().to_string();
        assert_eq!(
            error,
            "role `W` declares no setting `Region`, only `Queue.Url`, `Batch`: add <Setting \
             name=\"Region\" /> to the service definition"
        );
    }
}
