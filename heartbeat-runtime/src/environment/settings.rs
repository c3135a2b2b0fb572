//! The declared settings and their values.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use heartbeat_definition::{
    ConfiguredRole, ConfiguredSetting, Role, ServiceConfiguration, nearest,
};

use super::{Variables, variable_name};
use crate::Error;

/// Read where no other file is named.
const DEFAULT_CONFIGURATION: &str = "ServiceConfiguration.cscfg";

/// Every declared setting, and those of imported plug-ins that the configuration values.
pub(crate) struct Settings {
    role: String,
    values: Vec<(String, String)>,
}

/// Why a setting has no value: the role does not declare it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    role: String,
    name: String,
    declared: Vec<String>,
}

impl Settings {
    /// # Errors
    ///
    /// Where the service configuration cannot be read, or declared settings have no value: those
    /// are named together.
    pub(crate) fn of(role: &Role, variables: &Variables) -> Result<Self, Error> {
        let configuration = if variables.are_of_process() {
            Configuration::load(variables)?
        } else {
            // A test says all of it, and what lies in its folder is for the worker.
            Configuration { path: DEFAULT_CONFIGURATION.into(), content: None }
        };
        let (mut values, mut missing) = (Vec::new(), Vec::new());
        for ConfiguredSetting { name, value } in configuration.of(role).settings {
            let variable = variables.text(&variable_name("HEARTBEAT_SETTING_", name))?;
            match variable.or_else(|| value.map(str::to_owned)) {
                Some(value) => values.push((name.to_owned(), value)),
                None => missing.push(name),
            }
        }
        if missing.is_empty() {
            Ok(Self { role: role.name.clone(), values })
        } else if variables.are_of_process() {
            Err(configuration.lacks(&role.name, &missing).into())
        } else {
            let given: Vec<_> =
                missing.iter().map(|name| format!(".setting({name:?}, \"…\")")).collect();
            let (role, given) = (&role.name, given.join(""));
            Err(format!("settings of role `{role}` have no value in this test: add {given}").into())
        }
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

/// The service configuration, where there is one.
struct Configuration {
    path: PathBuf,
    content: Option<ServiceConfiguration>,
}

impl Configuration {
    /// The file that `HEARTBEAT_CONFIGURATION` names, which has to be there, else the one in the
    /// working directory, which need not.
    fn load(variables: &Variables) -> Result<Self, Error> {
        let named = variables.path("HEARTBEAT_CONFIGURATION");
        let optional = named.is_none();
        let path = named.unwrap_or_else(|| DEFAULT_CONFIGURATION.into());
        let content = match std::fs::read(&path) {
            Ok(bytes) => Some(parse(&path, &bytes)?),
            Err(error) if optional && error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let path = path.display();
                return Err(format!(
                    "cannot read the service configuration {path}: {error}: \
                     set HEARTBEAT_CONFIGURATION to the path of a .cscfg file"
                )
                .into());
            }
        };
        Ok(Self { path, content })
    }

    fn of<'a>(&'a self, role: &'a Role) -> ConfiguredRole<'a> {
        let content = self.content.as_ref();
        ConfiguredRole::new(role, content.and_then(|content| content.role(&role.name)))
    }

    /// What to say where settings have no value.
    fn lacks(&self, role: &str, names: &[&str]) -> String {
        let listed: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let variables: Vec<_> =
            names.iter().map(|name| variable_name("HEARTBEAT_SETTING_", name)).collect();
        let (listed, variables) = (listed.join(", "), variables.join(", "));
        let path = self.path.display();
        let looked = match &self.content {
            None => format!("{path} is not in the working directory"),
            Some(content) if content.role(role).is_none() => {
                format!("{path} has no role `{role}`")
            }
            Some(_) => format!("{path} does not give it"),
        };
        format!(
            "no value for setting {listed} of role `{role}`: {looked}: set {variables}, or name a \
             service configuration with HEARTBEAT_CONFIGURATION"
        )
    }
}

fn parse(path: &Path, bytes: &[u8]) -> Result<ServiceConfiguration, Error> {
    match ServiceConfiguration::read(bytes) {
        Ok(reading) => Ok(reading.model),
        Err(error) => {
            Err(format!("cannot read the service configuration {}:{error}", path.display()).into())
        }
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, name, declared } = self;
        write!(f, "role `{role}` declares no setting `{name}`")?;
        if let Some(near) = nearest(name, declared.iter().map(String::as_str)) {
            return write!(f, ": did you mean `{near}`?");
        }
        write!(f, ", only {declared:?}: add <Setting name=\"{name}\" /> to the service definition")
    }
}

impl std::error::Error for SettingError {}

#[cfg(test)]
mod tests {
    use heartbeat_definition::ServiceDefinition;

    use super::{Settings, Variables};

    const DEFINITION: &str = r#"
        <ServiceDefinition name="S"><WorkerRole name="W"><ConfigurationSettings>
            <Setting name="Queue.Url"/><Setting name="Batch"/>
        </ConfigurationSettings></WorkerRole></ServiceDefinition>"#;

    fn settings(variables: &Variables) -> Result<Settings, String> {
        let definition = ServiceDefinition::read(DEFINITION.as_bytes()).unwrap().model;
        let role = definition.role("W").unwrap();
        Settings::of(role, variables).map_err(|error| error.to_string())
    }

    #[test]
    fn a_variable_gives_a_value_before_the_configuration_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("some.cscfg");
        let configuration = r#"
            <ServiceConfiguration serviceName="S"><Role name="W"><ConfigurationSettings>
                <Setting name="Queue.Url" value="from file"/><Setting name="Batch" value=""/>
            </ConfigurationSettings></Role></ServiceConfiguration>"#;
        std::fs::write(&file, configuration).unwrap();
        let file = file.to_str().unwrap();

        let of_file = settings(&Variables::from([("HEARTBEAT_CONFIGURATION", file)])).unwrap();
        assert_eq!((of_file.get("Queue.Url"), of_file.get("Batch")), (Ok("from file"), Ok("")));

        let variables = Variables::from([
            ("HEARTBEAT_CONFIGURATION", file),
            ("HEARTBEAT_SETTING_QUEUE_URL", "from variable"),
        ]);
        assert_eq!(settings(&variables).unwrap().get("Queue.Url"), Ok("from variable"));
    }

    #[test]
    fn settings_of_imported_plug_ins_are_those_that_the_configuration_values() {
        const URL: &str = "Microsoft.WindowsAzure.Plugins.Diagnostics.Url";
        let definition = r#"
            <ServiceDefinition name="S"><WorkerRole name="W">
                <Imports><Import moduleName="Diagnostics"/></Imports>
            </WorkerRole></ServiceDefinition>"#;
        let definition = ServiceDefinition::read(definition.as_bytes()).unwrap().model;
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

        let variables = Variables::from([("HEARTBEAT_CONFIGURATION", file.to_str().unwrap())]);
        let settings = Settings::of(definition.role("W").unwrap(), &variables).unwrap();
        assert_eq!(settings.get(URL), Ok("there"), "the first of two counts");
        assert!(settings.get("Microsoft.WindowsAzure.Plugins.Diagnostics.Empty").is_err());
        assert!(settings.get("Microsoft.WindowsAzure.Plugins.RemoteAccess.Enabled").is_err());
    }

    #[test]
    fn what_has_no_value_is_named_together_with_the_way_out() {
        let error = settings(&Variables::from([])).err().unwrap();
        assert_eq!(
            error,
            "no value for setting `Queue.Url`, `Batch` of role `W`: ServiceConfiguration.cscfg is \
             not in the working directory: set HEARTBEAT_SETTING_QUEUE_URL, \
             HEARTBEAT_SETTING_BATCH, or name a service configuration with HEARTBEAT_CONFIGURATION"
        );
    }

    #[test]
    fn a_named_configuration_has_to_be_there() {
        let variables = Variables::from([("HEARTBEAT_CONFIGURATION", "absent.cscfg")]);
        let error = settings(&variables).err().unwrap();
        assert!(
            error.starts_with("cannot read the service configuration absent.cscfg: "),
            "{error}"
        );
    }

    #[test]
    fn an_undeclared_setting_is_an_error_that_names_the_nearest() {
        let variables = Variables::from([
            ("HEARTBEAT_SETTING_QUEUE_URL", ""),
            ("HEARTBEAT_SETTING_BATCH", "7"),
        ]);
        let error = settings(&variables).unwrap().get("batch").unwrap_err().to_string();
        assert_eq!(error, "role `W` declares no setting `batch`: did you mean `Batch`?");
    }
}
